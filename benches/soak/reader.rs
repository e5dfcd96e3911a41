//! Questions about the company: checks that are asked again of the same state when it is of the past, and lists whose
//! pages are joined and counted.

use std::collections::BTreeSet;
use std::time::Duration;

use dopusk::client::{Freshness, Moment, Question, Visible, VisibleOrder, VisiblePart, VisibleQuery};

use crate::life::Link;
use crate::load::Load;

/// Checks that are asked again together.
const CHECKS_AT_ONCE: usize = 20;
/// Questions of a batch.
const BATCH: usize = 50;
/// Until then others have written, so that the state is of the past and rights in it are compiled anew.
const UNTIL_PAST: Duration = Duration::from_millis(300);
/// The ids of a page, and the most pages of a list that are joined.
const PAGE: u64 = 200;
const PAGES_MAX: usize = 25;

fn questions(load: &Load, count: usize) -> Vec<Question> {
    let drawn = load.company.questions(rand::random()).take(count);
    drawn
        .map(|it| {
            let texts = [&it.subject, &it.action, &it.entity_type, &it.resource_id].map(|id| id.as_str());
            let [subject, action, entity_type, id] = texts;
            Question::stored(subject, action, entity_type, id)
        })
        .collect()
}

pub(crate) fn question(load: &Load) -> Question {
    questions(load, 1).remove(0)
}

/// The state that an answer was made at, as one of the past.
pub(crate) fn past(token: &str) -> Freshness {
    Freshness::Past(Moment::Revision(token.to_owned()))
}

/// Asks a batch.
pub(crate) async fn batch(load: &Load) {
    let link = load.lives.link().await;
    let questions = questions(load, BATCH);
    let answers = load.call("batches of 50", &link, link.client.batch_check(&questions)).await;
    for (question, answer) in questions.iter().zip(answers.into_iter().flatten()) {
        if let Err(error) = answer {
            load.tally.fault(&format!("{question}: {error:?}"));
        }
    }
}

/// Checks, and when the state is of the past, again: without the cache, on a state made again from the log.
pub(crate) async fn check_again(load: &Load) {
    let link = load.lives.link().await;
    let mut answered = Vec::new();
    for question in questions(load, CHECKS_AT_ONCE) {
        if let Some(answer) = load.call("checks", &link, link.client.check(&question)).await {
            answered.push((question, answer));
        }
    }
    tokio::time::sleep(UNTIL_PAST).await;
    for (question, answer) in answered {
        let client = link.client.reading(past(&answer.revision));
        if let Some(again) = load.call("checks again in the past", &link, client.check(&question)).await
            && (again.value != answer.value || again.revision != answer.revision)
        {
            load.tally.fault(&format!("{question} was {answer:?} and is {again:?}, life {}", link.life));
        }
    }
}

/// Lists what somebody may see, page by page, in either order; the total must be its length, and that of the past.
pub(crate) async fn list(load: &Load) {
    let link = load.lives.link().await;
    let asked = question(load);
    let query = VisibleQuery {
        subject: asked.subject,
        action: "read".to_owned(),
        entity_type: asked.entity_type,
        order: if rand::random() { VisibleOrder::Id } else { VisibleOrder::SortKey },
        descending: rand::random(),
        ..VisibleQuery::default()
    };
    let Some((first, ids, is_whole)) = pages(load, &link, &query).await else { return };
    let (total, distinct) = (first.total.unwrap_or(0), ids.iter().collect::<BTreeSet<_>>().len());
    let count = ids.len() as u64;
    if distinct != ids.len() || count > total || (is_whole && count != total) {
        load.tally.fault(&format!("{count} ids, {distinct} of them once, of {total}: {query:?}"));
    }
    if !is_whole {
        load.tally.count("lists too long for all pages");
    }
    let client = link.client.reading(past(&first.revision));
    if let Some(counted) = load.call("counts in the past", &link, client.count_visible(&query, &[])).await
        && counted.total != total
    {
        load.tally.fault(&format!("{total} in all, and {} counted again: {query:?}", counted.total));
    }
}

/// The first page, the ids of all pages, and whether these are all that there are; none where a restart came between.
async fn pages(load: &Load, link: &Link, query: &VisibleQuery) -> Option<(Visible, Vec<String>, bool)> {
    let mut part =
        VisiblePart { size: PAGE, with_total: true, is_same_snapshot: true, ..VisiblePart::default() };
    let first = load.call("pages", link, link.client.list_visible(query, part.clone())).await?;
    let (mut ids, mut cursor) = (first.ids.clone(), first.cursor.clone());
    for _ in 1..PAGES_MAX {
        if cursor.is_empty() {
            break;
        }
        part.cursor = cursor;
        let page = load.call("pages", link, link.client.list_visible(query, part.clone())).await?;
        if page.is_other_snapshot || page.revision != first.revision {
            load.tally.fault(&format!("a page of {} behind one of {}", page.revision, first.revision));
        }
        ids.extend(page.ids);
        cursor = page.cursor;
    }
    Some((first, ids, cursor.is_empty()))
}
