//! Reviews over gRPC: texts as they were agreed, parts that go on, and what is refused.

use std::fmt::Write as _;

use dopusk::api::pb;
use dopusk::domain::{Key, Object, User};
use tokio_stream::StreamExt as _;
use tonic::{Code, Status};

use super::{assert_golden, sample};
use crate::host::{Host, assert_error};
use crate::world::id;

async fn host() -> Host {
    let host = Host::start().await;
    host.import(&sample()).await.unwrap();
    host
}

async fn conflicts(host: &Host, request: pb::ListConflictsRequest) -> Result<Vec<pb::Conflict>, Status> {
    let mut answers = host.reviews().list_conflicts(request).await?.into_inner();
    let (mut conflicts, mut total) = (Vec::new(), None);
    while let Some(answer) = answers.next().await {
        let answer = answer?;
        assert!(!answer.revision.is_empty() && answer.conflicts.len() <= 100);
        total = Some(answer.total);
        conflicts.extend(answer.conflicts);
    }
    assert_eq!(total, Some(conflicts.len() as u64), "the total is that of the whole stream, and always told");
    Ok(conflicts)
}

fn of(circle: pb::list_conflicts_request::Circle) -> pb::ListConflictsRequest {
    pb::ListConflictsRequest { circle: Some(circle), ..pb::ListConflictsRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conflicts_of_the_sample_company_are_told_as_it_was_agreed() {
    let host = host().await;
    for language in ["en", "ru"] {
        let request = pb::ListConflictsRequest {
            language: language.to_owned(),
            with_texts: true,
            ..pb::ListConflictsRequest::default()
        };
        let mut told = String::new();
        for conflict in conflicts(&host, request).await.unwrap() {
            writeln!(told, "{}\n{}\n", conflict.short, conflict.full).unwrap();
        }
        assert_golden(&format!("conflicts-{language}.txt"), &told);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_conflict_of_the_seed_document_is_found_for_the_user_and_his_departments() {
    use pb::list_conflicts_request::Circle;
    let host = host().await;
    let department = |id: &str, include_subdepartments| {
        Circle::Department(pb::DepartmentSubject { id: id.to_owned(), include_subdepartments })
    };
    let lost = pb::ConflictFilter {
        kinds: vec![pb::ConflictKind::Narrowing.into()],
        action: "read".to_owned(),
        ..pb::ConflictFilter::default()
    };
    for circle in [
        Circle::User("tom".to_owned()),
        department("north", false),
        department("marketing", false),
        department("sales", true),
    ] {
        let request = pb::ListConflictsRequest { filter: Some(lost.clone()), ..of(circle.clone()) };
        let found = conflicts(&host, request).await.unwrap();
        let his = found.iter().find(|it| it.people.iter().any(|it| it.user.as_ref().unwrap().id == "tom"));
        let his = his.unwrap_or_else(|| panic!("{circle:?}"));
        assert_eq!(
            (his.stages.as_slice(), his.lost().collect::<Vec<_>>()),
            (&["OFFER".to_owned()][..], vec![pb::Scope::All])
        );
        assert_eq!(his.rules, ["3.5"]);
    }
    for circle in [department("sales", false), department("south", true), Circle::User("mark".to_owned())] {
        let request = pb::ListConflictsRequest { filter: Some(lost.clone()), ..of(circle.clone()) };
        assert_eq!(conflicts(&host, request).await.unwrap(), [], "{circle:?}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_people_of_a_conflict_are_named_part_by_part_and_counted_exactly() {
    let host = Host::start().await;
    let mut objects = sample();
    let tom = Key::User(id("tom"));
    let tom = objects.iter().find(|it| it.key() == tom).cloned();
    let Some(Object::User(tom)) = tom else { panic!("{tom:?}") };
    for at in 0..7 {
        let twin = User { id: id(&format!("tom{at}")), ..User::clone(&tom) };
        objects.push(Object::User(twin.into()));
    }
    host.import(&objects).await.unwrap();
    let filter = pb::ConflictFilter {
        entity_type: "deal".to_owned(),
        action: "read".to_owned(),
        stage: Some("OFFER".to_owned()),
        roles: vec!["seller".to_owned(), "analyst".to_owned()],
        kinds: vec![],
    };
    let (mut named, mut after) = (Vec::new(), String::new());
    loop {
        let request = pb::ListConflictsRequest {
            filter: Some(filter.clone()),
            people_max: 3,
            people_after: after.clone(),
            ..pb::ListConflictsRequest::default()
        };
        let found = conflicts(&host, request).await.unwrap();
        assert_eq!((found.len(), found[0].people_count), (1, 8));
        let part: Vec<String> = found[0].people.iter().map(|it| it.user.clone().unwrap().id).collect();
        let Some(last) = part.last() else { break };
        after.clone_from(last);
        named.push(part);
    }
    let wanted = [&["tom", "tom0", "tom1"][..], &["tom2", "tom3", "tom4"], &["tom5", "tom6"]];
    assert_eq!(named, wanted);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_review_of_what_is_not_there_and_each_bad_field_is_refused() {
    use pb::list_conflicts_request::Circle;
    let host = host().await;
    let department =
        Circle::Department(pb::DepartmentSubject { id: "nowhere".to_owned(), include_subdepartments: true });
    for circle in [Circle::User("nobody".to_owned()), department] {
        let status = conflicts(&host, of(circle)).await.unwrap_err();
        assert_error(&status, Code::NotFound, "OBJECT_NOT_FOUND");
    }
    let empty = pb::ListConflictsRequest::default();
    let filter =
        pb::ConflictFilter { kinds: vec![0], action: "\n".to_owned(), ..pb::ConflictFilter::default() };
    let bad = [
        (of(Circle::User(String::new())), vec!["user"]),
        (of(Circle::Department(pb::DepartmentSubject::default())), vec!["department.id"]),
        (pb::ListConflictsRequest { people_max: 1_001, ..empty.clone() }, vec!["people_max"]),
        (pb::ListConflictsRequest { people_after: "\n".to_owned(), ..empty.clone() }, vec!["people_after"]),
        (pb::ListConflictsRequest { language: "de".to_owned(), ..empty.clone() }, vec!["language"]),
        (
            pb::ListConflictsRequest { filter: Some(filter), ..empty },
            vec!["filter.action", "filter.kinds[0]"],
        ),
    ];
    for (request, fields) in bad {
        let status = conflicts(&host, request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), fields);
    }
    host.stop().await;
}
