//! Snapshots that callers page through: the states of unfinished lists, for a while.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Published;
use crate::domain::Revision;

/// The most states kept. Each costs what has changed since.
const STATES_MAX: usize = 32;
/// How long a state is kept after it was last asked for.
const IDLE_MAX: Duration = Duration::from_mins(5);

/// The last states that lists were drawn from and left unfinished, the one longest not asked for first.
#[derive(Default)]
pub(super) struct Kept(Mutex<VecDeque<(Instant, Arc<Published>)>>);

impl Kept {
    /// Keeps a state.
    pub(super) fn keep(&self, published: &Arc<Published>) {
        self.touch(published.snapshot().revision(), || Some(Arc::clone(published)));
    }

    /// The state of a revision, if it is still kept.
    pub(super) fn get(&self, revision: Revision) -> Option<Arc<Published>> {
        self.touch(revision, || None)
    }

    fn touch(
        &self,
        revision: Revision,
        otherwise: impl FnOnce() -> Option<Arc<Published>>,
    ) -> Option<Arc<Published>> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        states.retain(|(used, _)| now.duration_since(*used) < IDLE_MAX);
        let at = states.iter().position(|(_, state)| state.snapshot().revision() == revision);
        let present = at.and_then(|at| states.remove(at)).map(|(_, state)| state);
        let state = present.or_else(otherwise)?;
        states.push_back((now, Arc::clone(&state)));
        if states.len() > STATES_MAX {
            states.pop_front();
        }
        Some(state)
    }
}
