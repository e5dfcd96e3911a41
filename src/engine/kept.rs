//! States that callers come back to, kept for a while: those of unfinished lists, and those of the past.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::Published;
use crate::domain::Revision;

/// How long a state is kept after it was last asked for.
const IDLE_MAX: Duration = Duration::from_mins(5);

/// The states last asked for, the one longest not asked for first.
pub(super) struct Kept {
    states: Mutex<VecDeque<(Instant, Arc<Published>)>>,
    count_max: usize,
}

impl Kept {
    /// Nothing yet, and never more than so many states. Each costs what has changed since.
    pub(super) fn of(count_max: usize) -> Self {
        Self { states: Mutex::default(), count_max }
    }

    /// Keeps a state.
    pub(super) fn keep(&self, published: &Arc<Published>) {
        let revision = published.snapshot().revision();
        self.touch(|kept| kept == revision, || Some(Arc::clone(published)));
    }

    /// The state of a revision, if it is still kept.
    pub(super) fn get(&self, revision: Revision) -> Option<Arc<Published>> {
        self.touch(|kept| kept == revision, || None)
    }

    /// The first state from a revision on, if one is still kept.
    pub(super) fn first_from(&self, revision: Revision) -> Option<Arc<Published>> {
        let kept = |states: &VecDeque<(Instant, Arc<Published>)>| {
            states.iter().map(|(_, state)| state.snapshot().revision()).filter(|it| *it >= revision).min()
        };
        let first = kept(&self.states.lock().unwrap_or_else(PoisonError::into_inner))?;
        self.get(first)
    }

    /// Keeps none of them.
    pub(super) fn clear(&self) {
        let states = std::mem::take(&mut *self.states.lock().unwrap_or_else(PoisonError::into_inner));
        // What they hold alone can be much; others needn't wait until it is given back.
        drop(states);
    }

    fn touch(
        &self,
        is_wanted: impl Fn(Revision) -> bool,
        otherwise: impl FnOnce() -> Option<Arc<Published>>,
    ) -> Option<Arc<Published>> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        states.retain(|(used, _)| now.duration_since(*used) < IDLE_MAX);
        let at = states.iter().position(|(_, state)| is_wanted(state.snapshot().revision()));
        let present = at.and_then(|at| states.remove(at)).map(|(_, state)| state);
        let state = present.or_else(otherwise)?;
        states.push_back((now, Arc::clone(&state)));
        if states.len() > self.count_max {
            states.pop_front();
        }
        Some(state)
    }
}
