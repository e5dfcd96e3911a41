//! What becomes of the lines of the logs.

use dopusk::api::pb;
use dopusk::domain::{Id, Key, Operation};

use super::{company, decisions_in, host, on, page_once};
use crate::host::{Host, number};

const CHECKS: u64 = 10;

/// So many decisions.
async fn check(host: &Host) {
    let batch = pb::BatchCheckRequest {
        items: vec![
            pb::BatchCheckItem {
                subject: "bartholomew".to_owned(),
                action: "read".to_owned(),
                entity_type: "deal".to_owned(),
                resource: Some(pb::batch_check_item::Resource::Id("contract-4711".to_owned())),
            };
            usize::try_from(CHECKS).unwrap()
        ],
        consistency: None,
    };
    host.decisions().batch_check(batch).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_are_written_are_told() {
    let host = host().await;
    check(&host).await;
    let token = host.write(&[Operation::delete(Key::User(Id::parse("rosalind").unwrap()))]).await.unwrap();
    let page = page_once(&host, |page| page.count("dopusk_decisions_logged_total", &[]) == CHECKS).await;
    let none = ["dopusk_decisions_unlogged_total", "dopusk_decision_log_errors_total"];
    assert_eq!(none.map(|name| page.written(name, &[])), [Some("0"); 2]);
    let page = page_once(&host, |page| page.count("dopusk_audited_revision", &[]) == number(&token)).await;
    let none = ["dopusk_refused_writes_unaudited_total", "dopusk_audit_log_errors_total"];
    assert_eq!(none.map(|name| page.written(name, &[])), [Some("0"); 2]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn decisions_that_find_no_room_on_the_disk_are_told() {
    let host = Host::start_with(|settings| {
        on(settings);
        settings.decision_log = settings.decision_log.take().map(|it| {
            let mut file = it.file;
            file.path = "/dev/full".into();
            decisions_in(file)
        });
    })
    .await;
    host.write(&company().into_iter().map(Operation::put).collect::<Vec<_>>()).await.unwrap();
    check(&host).await;
    let is_told = |page: &super::Page| {
        page.count("dopusk_decisions_unlogged_total", &[]) == CHECKS
            && page.count("dopusk_decision_log_errors_total", &[]) > 0
    };
    page_once(&host, is_told).await;
    host.stop().await;
}
