//! `PreviewService`: writes are tried off the async threads, a few at a time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::{Request, Response, Status};

use super::deadline::Deadline;
use super::directory::DirectoryApi;
use super::{Context, convert, pb, status};
use crate::domain::{
    PREVIEW_ROWS_DEFAULT, PREVIEW_ROWS_MAX, PREVIEW_SAMPLES_DEFAULT, PREVIEW_SAMPLES_MAX,
    PREVIEWS_AT_ONCE_MAX,
};
use crate::engine::{PreviewError, PreviewQuery};
use crate::text::Language;

/// Answers `PreviewService`.
#[derive(Clone)]
pub struct PreviewApi {
    context: Context,
    seats: Arc<Semaphore>,
}

impl PreviewApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context, seats: Arc::new(Semaphore::new(PREVIEWS_AT_ONCE_MAX)) }
    }

    fn seat(&self) -> Result<OwnedSemaphorePermit, Status> {
        Arc::clone(&self.seats).try_acquire_owned().map_err(|_| status::too_many_previews())
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
        let (seat, context) = (self.seat()?, self.context.clone());
        let waiting = Waiting::default();
        let is_left = Arc::clone(&waiting.0);
        let published = Arc::clone(&*context.at(None).await?);
        let making = tokio::task::spawn_blocking(move || {
            let _seat = seat;
            let is_late = || deadline.is_some_and(Deadline::has_passed);
            let mut go_on = || !is_left.load(Ordering::Acquire) && !is_late() && !*context.stopping.borrow();
            match context.engine.preview(&published, &query, &mut go_on) {
                Ok(preview) => Ok(convert::preview(&preview, published.token(), language)),
                Err(PreviewError::Refused(error)) => Err(status::write(&error)),
                Err(PreviewError::Stopped) if is_late() => Err(status::deadline_exceeded()),
                Err(PreviewError::Stopped) => Err(status::shutting_down()),
            }
        });
        let made = making.await.map_err(|_| status::shutting_down())?;
        made.map(Response::new)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;

    use super::*;
    use crate::testing::Office;

    #[tokio::test]
    async fn no_more_previews_are_worked_on_than_may_be() {
        let office = Office::empty();
        let (_stop, stopping) = watch::channel(false);
        let api = PreviewApi::new(Context::new(Arc::clone(office.engine()), stopping));
        let mut seats: Vec<_> = (0..PREVIEWS_AT_ONCE_MAX).map(|_| api.seat().unwrap()).collect();
        assert_eq!(api.seat().unwrap_err().code(), tonic::Code::ResourceExhausted);
        drop(seats.pop());
        assert!(api.seat().is_ok(), "one has ended");
    }

    #[test]
    fn bounds_have_a_default_and_a_most() {
        assert_eq!([0, 7, 5_000].map(|wanted| bounded(wanted, 100, 1_000)), [100, 7, 1_000]);
    }
}
