//! `PreviewService`: writes are tried off the async threads, a few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tonic::{Request, Response, Status};

use super::deadline::Deadline;
use super::directory::DirectoryApi;
use super::seat::Seats;
use super::{Context, convert, pb, status};
use crate::domain::{
    PREVIEW_ROWS_DEFAULT, PREVIEW_ROWS_MAX, PREVIEW_SAMPLES_DEFAULT, PREVIEW_SAMPLES_MAX,
    PREVIEWS_AT_ONCE_MAX,
};
use crate::engine::{PreviewError, PreviewQuery};
use crate::telemetry::carry;
use crate::text::Language;

/// Answers `PreviewService`.
#[derive(Clone)]
pub struct PreviewApi {
    context: Context,
    seats: Seats,
}

impl PreviewApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context, seats: Seats::new(PREVIEWS_AT_ONCE_MAX, "previews", "TOO_MANY_PREVIEWS") }
    }

    fn parse(&self, request: pb::PreviewRequest) -> Result<(PreviewQuery, Language), Status> {
        let language = convert::language(&request.language)?;
        let pb::PreviewRequest { operations, expected_revision, author, .. } = request;
        let write = pb::WriteRequest { operations, expected_revision, author, ..pb::WriteRequest::default() };
        let query = PreviewQuery {
            write: DirectoryApi::new(self.context.clone()).parse_write(&write)?,
            rows_max: bounded(request.rows_max, PREVIEW_ROWS_DEFAULT, PREVIEW_ROWS_MAX),
            samples_max: bounded(request.samples_max, PREVIEW_SAMPLES_DEFAULT, PREVIEW_SAMPLES_MAX),
        };
        Ok((query, language))
    }
}

fn bounded(wanted: u32, default: usize, max: usize) -> usize {
    match usize::try_from(wanted) {
        Ok(0) => default,
        Ok(wanted) => wanted.min(max),
        Err(_) => max,
    }
}

/// Says that nobody waits any more when it is dropped, which a call is that ends early.
#[derive(Default)]
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

#[tonic::async_trait]
impl pb::preview_service_server::PreviewService for PreviewApi {
    async fn preview(
        &self,
        request: Request<pb::PreviewRequest>,
    ) -> Result<Response<pb::PreviewResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let deadline = Deadline::of(&request);
        let (query, language) = self.parse(request.get_ref().clone())?;
        permit.operations(&query.write.operations)?;
        let (seat, context) = (self.seats.take()?, self.context.clone());
        let waiting = Waiting::default();
        let is_left = Arc::clone(&waiting.0);
        let published = Arc::clone(&*context.at(None).await?);
        let making = tokio::task::spawn_blocking(carry(move || {
            let _seat = seat;
            let is_late = || deadline.is_some_and(Deadline::has_passed);
            let mut go_on = || !is_left.load(Ordering::Acquire) && !is_late() && !*context.stopping.borrow();
            match context.engine.preview(&published, &query, &mut go_on) {
                Ok(preview) => Ok(convert::preview(&preview, published.token(), language)),
                Err(PreviewError::Refused(error)) => Err(status::write(&error)),
                Err(PreviewError::Stopped) if is_late() => Err(status::deadline_exceeded()),
                Err(PreviewError::Stopped) => Err(status::shutting_down()),
            }
        }));
        let made = making.await.map_err(|_| status::shutting_down())?;
        made.map(Response::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_a_default_and_a_most() {
        assert_eq!([0, 7, 5_000].map(|wanted| bounded(wanted, 100, 1_000)), [100, 7, 1_000]);
    }
}
