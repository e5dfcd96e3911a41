//! Between those who decide and the one who writes: a page under a lock that is held for some copying.
//!
//! INVARIANT: nobody who decides waits for the disk. The writer holds the lock to change pages, never while it writes.

use std::mem;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::page::Page;

/// How long the writer lets decisions gather, so that it is called seldom and writes much at a time.
const GATHER: Duration = Duration::from_millis(20);

/// Decisions on their way to the writer.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// Called when the page is no longer empty, when it is urgent, and at the end.
    filled: Condvar,
    dropped: AtomicU64,
}

#[derive(Debug, Default)]
struct Waiting {
    page: Page,
    is_ending: bool,
}

impl Queue {
    /// Takes in what `push` puts on the page; counts it as dropped where that has no room.
    pub(super) fn add(&self, push: impl FnOnce(&mut Page) -> bool) {
        let mut waiting = self.lock();
        let (was_empty, was_urgent) = (waiting.page.is_empty(), waiting.page.is_urgent());
        let is_taken = push(&mut waiting.page);
        let is_call = is_taken && (was_empty || was_urgent != waiting.page.is_urgent());
        drop(waiting);
        if is_call {
            self.filled.notify_one();
        }
        if !is_taken {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many there was no room for.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    /// Gives the writer what has gathered in place of an empty page; false at the end.
    pub(super) fn take(&self, page: &mut Page) -> bool {
        page.clear();
        let is_idle = |waiting: &mut Waiting| waiting.page.is_empty() && !waiting.is_ending;
        let waiting = self.filled.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner);
        let is_early = |waiting: &mut Waiting| !waiting.page.is_urgent() && !waiting.is_ending;
        let gathered = self.filled.wait_timeout_while(waiting, GATHER, is_early);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.page, page);
        !page.is_empty()
    }

    /// Has the writer end after what is there.
    pub(super) fn end(&self) {
        self.lock().is_ending = true;
        self.filled.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
