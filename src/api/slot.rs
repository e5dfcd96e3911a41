//! Slots for work that takes longer than an async thread may be held: a few at once, given up when nobody waits.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tonic::Status;

use super::deadline::Deadline;
use super::{Context, status};
use crate::telemetry::carry;

/// So many pieces of such work are done at once; others wait for their turn. Each keeps a thread and some copies of what it
/// changes of a state.
const WORKING_MAX: usize = 4;

/// The slots of one service. Copies share them.
#[derive(Clone)]
pub(super) struct Slots(Arc<Semaphore>);

impl Default for Slots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(WORKING_MAX)))
    }
}

impl Slots {
    /// Does work on a thread of its own. It is told whether the answer is still wanted: nobody waits any longer where the
    /// caller is gone, his deadline has passed, or the server stops.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        context: &Context,
        deadline: Option<Deadline>,
        work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
    ) -> Result<T, Status> {
        let slot = Arc::clone(&self.0).acquire_owned().await.map_err(|_| status::shutting_down())?;
        let caller = Arc::new(());
        let (waiting, stopping) = (Arc::downgrade(&caller), context.stopping.clone());
        let done = tokio::task::spawn_blocking(carry(move || {
            let is_wanted = || {
                waiting.strong_count() > 0
                    && !deadline.is_some_and(Deadline::has_passed)
                    && !*stopping.borrow()
            };
            let done = work(&is_wanted);
            drop(slot);
            done
        }));
        let done = done.await;
        // Held until here: it is dropped before only if the caller is gone.
        drop(caller);
        done.map_err(|_| status::shutting_down())
    }
}
