//! `WatchService`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::deadline::{Deadline, expire};
use super::seat::Seats;
use super::{Context, convert, pb, status};
use crate::domain::{ChangeSet, Revision, WATCHES_AT_ONCE_MAX};

/// How long nothing is committed before a heartbeat is sent.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How many change sets are read at once.
const READ_AT_ONCE: usize = 64;
/// Messages that wait for a slow watcher; the log waits for him, nobody else does.
const MESSAGES_WAITING_MAX: usize = 16;

type Message = Result<pb::WatchResponse, Status>;

/// Answers `WatchService`.
#[derive(Clone)]
pub struct WatchApi {
    context: Context,
    seats: Seats,
}

impl WatchApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context, seats: Seats::new(WATCHES_AT_ONCE_MAX, "watches", "TOO_MANY_WATCHES") }
    }
}

#[tonic::async_trait]
impl pb::watch_service_server::WatchService for WatchApi {
    type WatchStream = Pin<Box<dyn Stream<Item = Message> + Send>>;

    async fn watch(&self, request: Request<pb::WatchRequest>) -> Result<Response<Self::WatchStream>, Status> {
        self.context.permit(&request)?;
        let deadline = Deadline::of(&request);
        let engine = &self.context.engine;
        let newest = *engine.follow().borrow();
        let after = match request.get_ref().after.as_str() {
            "" => newest,
            token => engine.revision_of(token).map_err(|error| status::token("after", &error))?,
        };
        if after > newest {
            return Err(status::token("after", &crate::engine::TokenError::Ahead { newest }));
        }
        let seat = self.seats.take()?;
        // A start that can't be served is an answer, not the end of a stream.
        read(self.context.clone(), after).await?;
        let (messages, stream) = mpsc::channel(MESSAGES_WAITING_MAX);
        let context = self.context.clone();
        tokio::spawn(async move {
            let _seat = seat;
            let end = tokio::select! {
                error = follow(&context, after, &messages) => error,
                () = expire(deadline) => Some(status::deadline_exceeded()),
                () = context.stops() => Some(status::shutting_down()),
            };
            if let Some(error) = end {
                drop(messages.send(Err(error)).await);
            }
        });
        let stream = self.context.readers.look_after(ReceiverStream::new(stream));
        Ok(Response::new(Box::pin(stream)))
    }
}

/// Sends what is committed behind a revision until the watcher goes away or the log can't be read.
async fn follow(context: &Context, mut after: Revision, messages: &mpsc::Sender<Message>) -> Option<Status> {
    let watcher = context.engine.watcher(after);
    let mut newest = context.engine.follow();
    let mut known = *newest.borrow_and_update();
    messages.send(Ok(heartbeat(context, known))).await.ok()?;
    loop {
        while known > after {
            let sets = match read(context.clone(), after).await {
                Ok(sets) => sets,
                Err(error) => return Some(error),
            };
            for set in sets {
                after = set.revision;
                let change = convert::change_set(&set, context.engine.token(set.revision));
                let event = Some(pb::watch_response::Event::Change(change));
                messages.send(Ok(pb::WatchResponse { event })).await.ok()?;
                watcher.reached(after);
            }
        }
        let is_quiet = tokio::select! {
            changed = newest.changed() => changed.map(|()| false).ok()?,
            () = messages.closed() => return None,
            () = tokio::time::sleep(HEARTBEAT) => true,
        };
        known = *newest.borrow_and_update();
        if is_quiet {
            messages.send(Ok(heartbeat(context, known))).await.ok()?;
        }
    }
}

async fn read(context: Context, after: Revision) -> Result<Vec<Arc<ChangeSet>>, Status> {
    let reading = tokio::task::spawn_blocking(move || context.engine.changes_after(after, READ_AT_ONCE));
    let read = reading.await.map_err(|_| status::shutting_down())?;
    read.map_err(|error| status::log_read(&error))
}

fn heartbeat(context: &Context, revision: Revision) -> pb::WatchResponse {
    let heartbeat = pb::Heartbeat { revision: context.engine.token(revision) };
    pb::WatchResponse { event: Some(pb::watch_response::Event::Heartbeat(heartbeat)) }
}
