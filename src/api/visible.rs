//! Lists of visible resources: the request taken apart, chunks made as the caller takes them, cursors.

mod ahead;
mod chunk;

use std::sync::Arc;

use tokio_stream::Stream;
use tonic::{Request, Status};

use ahead::Ahead;
use chunk::Ids;
pub(super) use chunk::{Chunk, ChunkCodec};

use super::cursor::Mark;
use super::deadline::Deadline;
use super::load::Turn;
use super::status::{self, Invalid, invalid};
use super::{Context, pb};
use crate::domain::{Id, LIST_CHUNK_IDS_MAX, Revision};
use crate::engine::{
    Direction, Facets, Order, OrderKey, Part, Position, Published, VisibleCount, VisibleFilter, VisibleList,
    VisibleQuery,
};

/// The first chunk of a list is small, so that it comes soon; the following ones double.
const FIRST_CHUNK_IDS: usize = 64;

/// Starts a list.
pub(super) async fn list(
    context: &Context,
    request: &Request<pb::ListVisibleRequest>,
) -> Result<impl Stream<Item = Result<Chunk, Status>> + Send + use<>, Status> {
    let deadline = Deadline::of(request);
    let request = request.get_ref();
    let (order, facets) = (order(request)?, facets(&request.facets)?);
    let mark = mark(request);
    let behind = behind(mark, &request.cursor)?;
    let (turn, newest) = context.turn_at(request.consistency.as_ref()).await?;
    let same = behind.as_ref().filter(|_| request.snapshot() == pb::PageSnapshot::Same);
    let least = context.least(request.consistency.as_ref(), &newest)?;
    let kept = same.filter(|(revision, _)| least.is_some_and(|least| *revision >= least));
    let kept = kept.and_then(|(revision, _)| context.engine.kept(*revision));
    let published = kept.unwrap_or_else(|| Arc::clone(&newest));
    let is_other_snapshot = same.is_some_and(|(revision, _)| *revision != published.snapshot().revision());
    let wanted = match (request.count_only, request.page_size) {
        (true, _) => Some(0),
        (false, 0) => None,
        (false, size) => Some(size),
    };
    let is_counted = request.with_total || request.count_only || facets != Facets::default();
    let after = behind.map(|(_, position)| position);
    let part = Part { order, after, wanted, facets: is_counted.then_some(facets) };
    let list = context
        .engine
        .list_visible(published, &query(request), part)
        .map_err(|error| status::question(&error))?;
    let count = if is_counted { list.count() } else { None };
    let head = pb::ListVisibleResponse { is_other_snapshot, ..head(count) };
    let left = wanted.unwrap_or(u64::MAX);
    let context = context.clone();
    let chunks = Chunks {
        list,
        mark,
        left,
        size: FIRST_CHUNK_IDS,
        head: Some(head),
        deadline,
        context,
        turn: Some(turn),
        is_over: false,
    };
    Ok(Ahead::new(chunks))
}

/// Counts without listing.
pub(super) async fn count(
    context: &Context,
    request: &pb::CountVisibleRequest,
) -> Result<pb::CountVisibleResponse, Status> {
    let facets = facets(&request.facets)?;
    let (_turn, published) = context.turn_at(request.consistency.as_ref()).await?;
    let query = VisibleQuery {
        subject: &request.subject,
        action: &request.action,
        entity_type: &request.entity_type,
        filter: filter(request.filter.as_ref()),
    };
    let part = Part { wanted: Some(0), facets: Some(facets), ..Part::default() };
    let list = context
        .engine
        .list_visible(Arc::clone(&published), &query, part)
        .map_err(|error| status::question(&error))?;
    let count = list.count().unwrap_or_default();
    Ok(pb::CountVisibleResponse {
        total: count.total,
        stages: facet_counts(count.stages),
        responsibles: facet_counts(count.responsibles),
        revision: published.token().to_owned(),
    })
}

fn query(request: &pb::ListVisibleRequest) -> VisibleQuery<'_> {
    VisibleQuery {
        subject: &request.subject,
        action: &request.action,
        entity_type: &request.entity_type,
        filter: filter(request.filter.as_ref()),
    }
}

fn filter(filter: Option<&pb::VisibleFilter>) -> VisibleFilter<'_> {
    filter.map_or_else(VisibleFilter::default, |it| VisibleFilter {
        stages: &it.stages,
        open: it.open,
        responsibles: &it.responsibles,
        authors: &it.authors,
        departments: &it.departments,
        ids: &it.ids,
    })
}

fn order(request: &pb::ListVisibleRequest) -> Result<Order, Status> {
    let key = match pb::ListOrder::try_from(request.order) {
        Ok(pb::ListOrder::Unspecified | pb::ListOrder::Id) => OrderKey::Id,
        Ok(pb::ListOrder::SortKey) => OrderKey::SortKey,
        Err(_) => {
            let text = "is none of LIST_ORDER_ID and LIST_ORDER_SORT_KEY";
            return Err(invalid(&[Invalid::new("order", text)]));
        }
    };
    let direction = if request.descending { Direction::Descending } else { Direction::Ascending };
    Ok(Order { key, direction })
}

fn facets(wanted: &[i32]) -> Result<Facets, Status> {
    let mut facets = Facets::default();
    for (at, facet) in wanted.iter().enumerate() {
        match pb::Facet::try_from(*facet) {
            Ok(pb::Facet::Stage) => facets.stages = true,
            Ok(pb::Facet::Responsible) => facets.responsibles = true,
            Ok(pb::Facet::Unspecified) | Err(_) => {
                let text = "is none of FACET_STAGE and FACET_RESPONSIBLE";
                return Err(invalid(&[Invalid::new(format!("facets[{at}]"), text)]));
            }
        }
    }
    Ok(facets)
}

/// What a first message carries beside ids.
fn head(count: Option<VisibleCount>) -> pb::ListVisibleResponse {
    let count = count.map(|count| (Some(count.total), count.stages, count.responsibles));
    let (total, stages, responsibles) = count.unwrap_or_default();
    pb::ListVisibleResponse {
        total,
        stages: facet_counts(stages),
        responsibles: facet_counts(responsibles),
        ..pb::ListVisibleResponse::default()
    }
}

fn facet_counts(counts: Vec<(Option<Id>, u64)>) -> Vec<pb::FacetCount> {
    let counts = counts.into_iter();
    counts
        .map(|(value, count)| pb::FacetCount {
            value: value.map(|id| id.to_string()).unwrap_or_default(),
            count,
        })
        .collect()
}

/// The chunks of a list, made as the caller takes them.
struct Chunks {
    list: VisibleList,
    mark: Mark,
    left: u64,
    size: usize,
    /// What is still to be said in the first message.
    head: Option<pb::ListVisibleResponse>,
    deadline: Option<Deadline>,
    context: Context,
    /// Until the first message is made; a later one is a tenth of a millisecond's work, and waits for its reader.
    turn: Option<Turn>,
    is_over: bool,
}

impl Iterator for Chunks {
    type Item = Result<Chunk, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let refusal = if self.deadline.is_some_and(Deadline::has_passed) {
            Some(status::deadline_exceeded())
        } else {
            self.context.stopping.borrow().then(status::shutting_down)
        };
        if let Some(refusal) = refusal {
            self.is_over = true;
            return Some(Err(refusal));
        }
        let chunk = self.chunk();
        self.turn = None;
        Some(Ok(chunk))
    }
}

impl Chunks {
    fn chunk(&mut self) -> Chunk {
        let wanted = usize::try_from(self.left).unwrap_or(usize::MAX).min(self.size);
        let mut ids = Ids::with_capacity(wanted);
        let count = self.list.give_next(wanted, &mut |id| ids.push(id));
        self.left -= count as u64;
        let is_complete = count < wanted || wanted == 0;
        self.is_over = is_complete || self.left == 0;
        self.size = (self.size * 2).min(LIST_CHUNK_IDS_MAX);
        let published = self.list.published();
        let position = self.list.position().filter(|_| !is_complete);
        if self.is_over && position.is_some() {
            self.context.engine.keep(published);
        }
        let rest = pb::ListVisibleResponse {
            cursor: position.map(|it| cursor(self.mark, published, it)).unwrap_or_default(),
            revision: published.token().to_owned(),
            ..self.head.take().unwrap_or_default()
        };
        Chunk::new(rest, ids)
    }
}

/// What binds a cursor to its question: everything but the part that is wanted, and how it is answered.
fn mark(request: &pb::ListVisibleRequest) -> Mark {
    Mark::of(&pb::ListVisibleRequest {
        subject: request.subject.clone(),
        action: request.action.clone(),
        entity_type: request.entity_type.clone(),
        filter: request.filter.clone(),
        order: request.order.max(pb::ListOrder::Id.into()),
        descending: request.descending,
        ..pb::ListVisibleRequest::default()
    })
}

/// A cursor carries the revision, the sort key and the id of the last resource.
fn cursor(mark: Mark, published: &Published, last: &Position) -> String {
    mark.seal(&format!("{}.{}.{}", published.snapshot().revision(), last.sort_key, last.id))
}

pub(super) fn behind(mark: Mark, cursor: &str) -> Result<Option<(Revision, Position)>, Status> {
    if cursor.is_empty() {
        return Ok(None);
    }
    let parsed = mark.open(cursor).and_then(|payload| {
        let (revision, rest) = payload.split_once('.')?;
        let (sort_key, id) = rest.split_once('.')?;
        let position = Position { sort_key: sort_key.parse().ok()?, id: Id::parse(id).ok()? };
        Some((Revision::new(revision.parse().ok()?), position))
    });
    let wrong = || invalid(&[Invalid::new("cursor", "is not one that an answer to this question carried")]);
    parsed.map(Some).ok_or_else(wrong)
}
