//! `HistoryService`.

use std::sync::Arc;

use prost_types::Timestamp;
use tonic::{Request, Response, Status};

use super::aside::aside;
use super::cursor::Mark;
use super::past::no_time;
use super::status::{self, Invalid, invalid};
use super::{Context, convert, pb};
use crate::domain::{Id, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, Revision};
use crate::engine::{First, HistoryQuery};

/// Answers `HistoryService`.
#[derive(Clone)]
pub struct HistoryApi {
    context: Context,
}

impl HistoryApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    fn token(&self, field: &str, token: &str) -> Result<Option<Revision>, Status> {
        if token.is_empty() {
            return Ok(None);
        }
        let revision = self.context.engine.revision_of(token);
        revision.map(Some).map_err(|error| status::token(field, &error))
    }

    /// What a request asks for, but for its times.
    fn query(&self, request: &pb::ListChangesRequest) -> Result<HistoryQuery, Status> {
        let object = request.object.as_ref().map(|key| convert::key(key, "object")).transpose();
        let author = Some(request.author.as_str()).filter(|it| !it.is_empty()).map(Id::parse).transpose();
        let wrong = |error: crate::domain::IdError| invalid(&[Invalid::new("author", error.to_string())]);
        let count_max = match request.page_size as usize {
            0 => PAGE_ITEMS_DEFAULT,
            size => size.min(PAGE_ITEMS_MAX),
        };
        Ok(HistoryQuery {
            object: object.map_err(|faults| invalid(&faults))?,
            author: author.map_err(wrong)?,
            after: self.token("after_revision", &request.after_revision)?.unwrap_or_default(),
            through: self.token("through_revision", &request.through_revision)?.unwrap_or(Revision::LAST),
            first: first(request.order)?,
            count_max,
        })
    }
}

#[tonic::async_trait]
impl pb::history_service_server::HistoryService for HistoryApi {
    async fn list_changes(
        &self,
        request: Request<pb::ListChangesRequest>,
    ) -> Result<Response<pb::ListChangesResponse>, Status> {
        self.context.permit(&request)?;
        let request = request.get_ref();
        let mut query = self.query(request)?;
        let (since, until) = (time("since", request.since)?, time("until", request.until)?);
        let mark = mark(request);
        let behind = behind(mark, &request.page_token)?;
        let _turn = self.context.load.turn().await?;
        let engine = Arc::clone(&self.context.engine);
        let reading = aside(move |is_wanted| {
            let (after, through) = engine.revisions_between(since, until)?;
            (query.after, query.through) = (query.after.max(after), query.through.min(through));
            match (behind, query.first) {
                (None, _) => {}
                (Some(behind), First::Newest) => query.through = query.through.min(behind),
                (Some(behind), First::Oldest) => query.after = query.after.max(behind),
            }
            engine.history(&query, is_wanted)
        });
        let page = reading.await?.map_err(|error| status::log_read(&error))?;
        let token = |revision| self.context.engine.token(revision);
        Ok(Response::new(pb::ListChangesResponse {
            changes: page.sets.iter().map(|set| convert::change_set(set, token(set.revision))).collect(),
            next_page_token: page.next.map(|next| mark.seal(&next.to_string())).unwrap_or_default(),
            oldest_revision: token(page.oldest),
        }))
    }
}

fn first(order: i32) -> Result<First, Status> {
    match pb::ChangeOrder::try_from(order) {
        Ok(pb::ChangeOrder::Unspecified | pb::ChangeOrder::NewestFirst) => Ok(First::Newest),
        Ok(pb::ChangeOrder::OldestFirst) => Ok(First::Oldest),
        Err(_) => {
            let text = "is none of CHANGE_ORDER_NEWEST_FIRST and CHANGE_ORDER_OLDEST_FIRST";
            Err(invalid(&[Invalid::new("order", text)]))
        }
    }
}

/// The milliseconds of a bound. Changes have whole ones, so a part of one more is the next.
fn time(field: &str, time: Option<Timestamp>) -> Result<Option<i64>, Status> {
    let Some(time) = time else { return Ok(None) };
    let time_ms = convert::time_ms(&time).map_err(|wrong| no_time(field, wrong))?;
    let is_whole = time.nanos % 1_000_000 == 0;
    Ok(Some(if is_whole { time_ms } else { time_ms.saturating_add(1) }))
}

/// What binds a page token to its question.
fn mark(request: &pb::ListChangesRequest) -> Mark {
    Mark::of(&pb::ListChangesRequest { page_size: 0, page_token: String::new(), ..request.clone() })
}

fn behind(mark: Mark, page_token: &str) -> Result<Option<Revision>, Status> {
    if page_token.is_empty() {
        return Ok(None);
    }
    let revision = mark.open(page_token).and_then(|text| text.parse().ok()).map(Revision::new);
    let text = "is not one that an answer to this question carried";
    revision.map(Some).ok_or_else(|| invalid(&[Invalid::new("page_token", text)]))
}
