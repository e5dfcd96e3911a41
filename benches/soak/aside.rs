//! What administrators ask now and then: explanations, proposals, previews, conflicts, who may.

use std::sync::Arc;

use dopusk::client::{ConflictQuery, Freshness, PreviewQuery, SubjectsQuery, Wanted, Whose, Window};
use dopusk::domain::{Id, Key, Object, Operation, User};

use crate::life::Link;
use crate::load::Load;
use crate::reader::{past, question};

/// One of them, drawn.
pub(crate) async fn ask(load: &Load) {
    let link = load.lives.link().await;
    match rand::random_range(0..10) {
        0..4 => explain(load, &link).await,
        4..6 => preview(load, &link).await,
        6 => {
            let question = question(load);
            load.call("proposals", &link, link.client.why_not(&question, "en")).await;
        }
        7 => {
            let query =
                ConflictQuery { whose: Whose::User(question(load).subject), ..ConflictQuery::default() };
            load.call("conflicts", &link, link.client.conflicts(query, "ru")).await;
        }
        _ => subjects(load, &link).await,
    }
}

/// An explanation, whose decision must be that of a check in the same state.
async fn explain(load: &Load, link: &Link) {
    let question = question(load);
    let Some(told) = load.call("explanations", link, link.client.explain(&question, "en")).await else {
        return;
    };
    let client = link.client.reading(past(&told.revision));
    if let Some(answer) = load.call("checks of explanations", link, client.check(&question)).await
        && answer.value != told.value.ruling
    {
        load.tally.fault(&format!("{question} is {answer:?} and explained as {:?}", told.value.ruling));
    }
}

/// The preview of a move.
async fn preview(load: &Load, link: &Link) {
    let user = Id::parse(&format!("u{}", rand::random_range(0..10_000))).unwrap();
    let client = link.client.reading(Freshness::Newest);
    let Some(Object::User(it)) = load.call("objects read", link, client.get(&Key::User(user))).await else {
        return;
    };
    let departments = vec![Id::parse(&format!("d{}", rand::random_range(0..500))).unwrap()];
    let moved = Operation::put(Object::User(Arc::new(User { departments, ..User::clone(&it) })));
    let query = PreviewQuery { language: "en", ..PreviewQuery::default() };
    load.call("previews", link, link.client.preview(&[moved], query)).await;
}

/// Who may, among whom a subject must be whom a check in the same state allows it.
async fn subjects(load: &Load, link: &Link) {
    let question = question(load);
    let query = SubjectsQuery {
        action: question.action.clone(),
        entity_type: question.entity_type.clone(),
        target: question.target.clone(),
        wanted: Wanted::Names,
    };
    let listed =
        load.call("lists of subjects", link, link.client.list_subjects(&query, Window::default())).await;
    let Some(page) = listed.map(|it| it.listed).filter(|it| it.next.is_empty()) else { return };
    let client = link.client.reading(past(&page.revision));
    if let Some(answer) = load.call("checks of subjects", link, client.check(&question)).await
        && answer.value.is_allow() != page.names.contains(&question.subject)
    {
        load.tally.fault(&format!("{question} is {answer:?}, other than the list of subjects"));
    }
}
