//! Questions that are the caller's error, and answers that nobody waits for.

use dopusk::api::pb;
use dopusk::api::pb::why_not_service_client::WhyNotServiceClient;
use dopusk::engine::{Consistency, Question, ResourceRef, WhyNotError};
use tonic::Code;

use crate::explain::golden::office;
use crate::host::{Host, assert_error};

fn request() -> pb::WhyNotRequest {
    pb::WhyNotRequest {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(pb::why_not_request::Resource::Id("1".to_owned())),
        ..pb::WhyNotRequest::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_question_is_refused_with_the_field_at_fault() {
    let host = Host::start().await;
    let mut service = WhyNotServiceClient::new(host.channel.clone());
    let refused = service.why_not(request()).await.unwrap_err();
    assert_eq!(assert_error(&refused, Code::InvalidArgument, "UNKNOWN_ENTITY_TYPE"), ["entity_type"]);
    let wrong = pb::WhyNotRequest { language: "de".to_owned(), ..request() };
    let refused = service.why_not(wrong).await.unwrap_err();
    assert_eq!(assert_error(&refused, Code::InvalidArgument, "INVALID_FIELD"), ["language"]);
    let wrong = pb::WhyNotRequest { resource: None, ..request() };
    let refused = service.why_not(wrong).await.unwrap_err();
    assert_eq!(assert_error(&refused, Code::InvalidArgument, "INVALID_FIELD"), ["resource"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_search_ends_where_nobody_waits() {
    let office = office("deploy/sample/company.yaml").await;
    let published = office.engine().at(Consistency::Newest).unwrap();
    let resource = ResourceRef::Stored("deal-offer");
    let question = Question { subject: "tom", action: "read", entity_type: "deal", resource };
    for asked_max in [0, 3, 20] {
        let asked = std::cell::Cell::new(0);
        let is_wanted = || asked.replace(asked.get() + 1) < asked_max;
        let answer = office.engine().why_not(&published, &question, &is_wanted);
        assert_eq!(answer, Err(WhyNotError::Unwanted));
        assert_eq!(asked.get(), asked_max + 1);
    }
}
