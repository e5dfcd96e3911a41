//! `ReviewService`: findings are made off the async threads, as the caller takes them.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::deadline::{Deadline, expire};
use super::seat::{Seat, Seats};
use super::{Context, convert, pb, status};
use crate::domain::{FINDINGS_CHUNK_MAX, REVIEWS_AT_ONCE_MAX};
use crate::engine::Effects;
use crate::telemetry::carry;
use crate::text::{advice_text, review_text};

/// Messages that wait for a slow reader.
const MESSAGES_WAITING_MAX: usize = 4;

/// Answers `ReviewService`.
#[derive(Clone)]
pub struct ReviewApi {
    context: Context,
    seats: Seats,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

impl ReviewApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context, seats: Seats::new(REVIEWS_AT_ONCE_MAX, "reviews", "TOO_MANY_REVIEWS") }
    }

    /// Sends what is made, until there is no more, nobody takes it, or time is up; the seat is held as long.
    fn send<T: Send + 'static>(
        &self,
        (seat, deadline): (Seat, Option<Deadline>),
        answers: impl Iterator<Item = T> + Send + 'static,
    ) -> Answers<T> {
        let (messages, stream) = mpsc::channel(MESSAGES_WAITING_MAX);
        let (context, maker) = (self.context.clone(), messages.clone());
        let making = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            // A reader who is gone wants no more.
            drop(answers.map(Ok).try_for_each(|answer| maker.blocking_send(answer)));
        });
        tokio::spawn(async move {
            let end = tokio::select! {
                made = making => made.err().map(|_| status::shutting_down()),
                () = expire(deadline) => Some(status::deadline_exceeded()),
                () = context.stops() => Some(status::shutting_down()),
            };
            if let Some(error) = end {
                drop(messages.send(Err(error)).await);
            }
        });
        Box::pin(self.context.readers.look_after(ReceiverStream::new(stream)))
    }
}

/// Makes an answer off the async threads.
async fn blocking<T: Send + 'static>(make: impl FnOnce() -> T + Send + 'static) -> Result<T, Status> {
    tokio::task::spawn_blocking(carry(make)).await.map_err(|_| status::shutting_down())
}

#[tonic::async_trait]
impl pb::review_service_server::ReviewService for ReviewApi {
    type ListConflictsStream = Answers<pb::ListConflictsResponse>;

    async fn list_conflicts(
        &self,
        request: Request<pb::ListConflictsRequest>,
    ) -> Result<Response<Self::ListConflictsStream>, Status> {
        self.context.permit(&request)?;
        let deadline = Deadline::of(&request);
        let request = request.into_inner();
        let published = Arc::clone(&*self.context.at(request.consistency.as_ref()).await?);
        let language = convert::language(&request.language)?;
        let language = request.with_texts.then_some(language);
        let filter = convert::conflict_filter(request.filter.as_ref())?;
        let part = convert::people_part(request.people_max, &request.people_after)?;
        let seat = self.seats.take()?;
        let found = blocking(move || published.conflicts(convert::circle(&request), &filter, part)).await?;
        let mut found = found.map_err(|error| status::circle(&error))?;
        let (total, revision) = (found.len() as u64, found.published().token().to_owned());
        let mut is_first = true;
        let chunks = std::iter::from_fn(move || {
            let chunk = found.by_ref().take(FINDINGS_CHUNK_MAX);
            let conflicts: Vec<pb::Conflict> = chunk
                .map(|it| convert::conflict(&it, language.map(|language| review_text(&it, language))))
                .collect();
            let is_told = std::mem::take(&mut is_first) || !conflicts.is_empty();
            is_told.then(|| pb::ListConflictsResponse { conflicts, total, revision: revision.clone() })
        });
        Ok(Response::new(self.send((seat, deadline), chunks)))
    }

    type ListAdviceStream = Answers<pb::ListAdviceResponse>;

    async fn list_advice(
        &self,
        request: Request<pb::ListAdviceRequest>,
    ) -> Result<Response<Self::ListAdviceStream>, Status> {
        self.context.permit(&request)?;
        let deadline = Deadline::of(&request);
        let request = request.get_ref();
        let published = Arc::clone(&*self.context.at(request.consistency.as_ref()).await?);
        let language = convert::language(&request.language)?;
        let (kinds, thresholds) = convert::advice_query(request)?;
        let effects = if request.with_effects { Effects::Counted } else { Effects::Left };
        let part = convert::people_part(request.people_max, &request.people_after)?;
        let seat = self.seats.take()?;
        let mut found = blocking(move || published.advice(&kinds, thresholds, part, effects)).await?;
        let (total, revision) = (found.len() as u64, found.published().token().to_owned());
        let mut is_first = true;
        let chunks = std::iter::from_fn(move || {
            let chunk = found.by_ref().take(FINDINGS_CHUNK_MAX);
            let advice: Vec<pb::Advice> =
                chunk.map(|it| convert::advice(&it, advice_text(&it, language))).collect();
            let is_told = std::mem::take(&mut is_first) || !advice.is_empty();
            is_told.then(|| pb::ListAdviceResponse { advice, total, revision: revision.clone() })
        });
        Ok(Response::new(self.send((seat, deadline), chunks)))
    }
}
