//! A committer that does not come back: whoever waits for it is told, and writes stop.
//!
//! The store is written through code that can wait for ever where the disk fails, and a disk can be silent. So the committer
//! puts down on its desk what it is at, and who waits for what is being committed. A thread looks there, and gives up what
//! does not go on: those who were being committed are told that it isn't known, those behind them and all who come later
//! that writes have stopped. Readers stay with the last published state. The committer is left where it is; should it come
//! back, it finds that nobody waits any more, publishes nothing and ends.

use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::watch;

use super::Shared;
use super::write::{Waiting, WriteError, refuse};

/// How often is looked. Time is counted in looks, so that a process that was halted for a while has not lost it.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The most looks at the same piece of work: 30 seconds. So long does Linux wait for a disk's answer to a command before
/// it takes it for lost; what takes longer is not slow. A commit is two syncs, two seconds on a disk that takes 0.9 s for
/// each, and the largest write takes some seconds of work besides.
const LOOKS_MAX: u32 = 300;
/// The same once the store is known to have failed, and no more than the way back is waited for: a second.
const LOOKS_FAILED_MAX: u32 = 10;

/// A piece of work that did not end.
#[derive(Debug, thiserror::Error)]
#[error("a commit did not end and was given up")]
struct Stall;

/// What the committer is at.
pub(super) struct Desk {
    piece: Mutex<Piece>,
    given_up: watch::Sender<bool>,
}

/// A piece of work, and its number.
struct Piece {
    number: u64,
    work: Work,
}

enum Work {
    /// None, or none that could take long.
    Nothing,
    /// It judges or mends; nothing is being written.
    Judging,
    /// What these wait for is being written.
    Committing(Waiting),
    /// It has been given up, and may write no more.
    GivenUp,
}

impl Default for Desk {
    fn default() -> Self {
        let piece = Piece { number: 0, work: Work::Nothing };
        Self { piece: Mutex::new(piece), given_up: watch::Sender::new(false) }
    }
}

impl Desk {
    /// Begins to judge or to mend.
    ///
    /// # Errors
    /// It has been given up.
    pub(super) fn begin(&self) -> Result<(), WriteError> {
        self.turn_to(Work::Judging).map(drop)
    }

    /// Begins to write what these wait for.
    ///
    /// # Errors
    /// It has been given up; they have been told.
    pub(super) fn begin_commit(&self, waiting: Waiting) -> Result<(), WriteError> {
        self.turn_to(Work::Committing(waiting)).map(drop)
    }

    /// Those who wait for what was written.
    ///
    /// # Errors
    /// It has been given up meanwhile; they have been told.
    pub(super) fn end_commit(&self) -> Result<Waiting, WriteError> {
        Ok(match self.turn_to(Work::Nothing)? {
            Work::Committing(waiting) => waiting,
            Work::Nothing | Work::Judging | Work::GivenUp => Waiting::new(),
        })
    }

    /// Ends whatever it is at. Whoever is still waiting for that gets no answer.
    pub(super) fn end(&self) {
        // What has been given up stays so.
        drop(self.turn_to(Work::Nothing));
    }

    /// Whether it has been given up.
    pub(super) fn is_given_up(&self) -> bool {
        *self.given_up.borrow()
    }

    /// Returns when it has been given up.
    pub(super) async fn gives_up(&self) {
        // An error would be a sender that is gone, and it is here.
        drop(self.given_up.subscribe().wait_for(|is_given_up| *is_given_up).await);
    }

    fn turn_to(&self, next: Work) -> Result<Work, WriteError> {
        let mut piece = self.piece();
        if let Work::GivenUp = piece.work {
            drop(piece);
            if let Work::Committing(waiting) = next {
                refuse(waiting, &WriteError::Stopped);
            }
            return Err(WriteError::Stopped);
        }
        piece.number += 1;
        Ok(std::mem::replace(&mut piece.work, next))
    }

    fn piece(&self) -> MutexGuard<'_, Piece> {
        // Each change of it is one assignment.
        self.piece.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who looks. The thread ends when this is dropped.
pub(super) struct Lookout {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Lookout {
    /// Ends it, and waits until it has: it never waits for anybody.
    pub(super) fn stop(self) {
        drop(self.stop);
        // It has no more to say.
        drop(self.thread.join());
    }
}

/// Starts to look.
pub(super) fn start(shared: Arc<Shared>) -> io::Result<Lookout> {
    let (stop, stopped) = channel();
    let thread =
        std::thread::Builder::new().name("lookout".to_owned()).spawn(move || run(&shared, &stopped))?;
    Ok(Lookout { stop, thread })
}

fn run(shared: &Shared, stopped: &Receiver<()>) {
    let mut looks = Looks::default();
    while stopped.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
        looks.look(shared);
    }
}

/// How often in a row the same piece of work was seen.
#[derive(Default)]
struct Looks {
    number: u64,
    count: u32,
}

impl Looks {
    fn look(&mut self, shared: &Shared) {
        let mut piece = shared.desk.piece();
        let is_same = piece.number == self.number;
        self.number = piece.number;
        self.count = match piece.work {
            Work::Judging | Work::Committing(_) if is_same => self.count + 1,
            Work::Judging | Work::Committing(_) | Work::Nothing | Work::GivenUp => 0,
        };
        let most = if shared.store.has_failed() { LOOKS_FAILED_MAX } else { LOOKS_MAX };
        if self.count >= most {
            let work = std::mem::replace(&mut piece.work, Work::GivenUp);
            drop(piece);
            give_up(shared, work);
        }
    }
}

/// Tells everyone, those first who need to know that they don't know.
fn give_up(shared: &Shared, work: Work) {
    shared.store.give_up();
    tracing::error!("{Stall}");
    shared.commits.failures.fetch_add(1, Ordering::Relaxed);
    match work {
        Work::Committing(waiting) => refuse(waiting, &WriteError::Unsettled(Arc::new(Stall))),
        Work::Nothing | Work::Judging | Work::GivenUp => {}
    }
    shared.desk.given_up.send_replace(true);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Revision, Write};
    use crate::engine::write::tests::put;
    use crate::engine::{Consistency, Engine};
    use crate::store::Writing;
    use crate::testing::Office;

    /// Looks so often, all at once.
    fn look(engine: &Engine, count: u32) {
        let mut looks = Looks::default();
        (0..=count).for_each(|_| looks.look(&engine.shared));
    }

    fn is_committing(engine: &Engine) -> bool {
        matches!(engine.shared.desk.piece().work, Work::Committing(_))
    }

    async fn begins_to_commit(engine: &Engine) {
        while !is_committing(engine) {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn a_commit_that_does_not_end_is_given_up_and_everyone_is_told() {
        let office = Office::empty();
        let engine = Arc::clone(office.engine());
        let write = |id: &str| {
            let (engine, write) = (Arc::clone(&engine), put(id));
            tokio::spawn(async move { engine.write(write).await })
        };
        let held = engine.shared.store.hold();
        let first = write("a");
        begins_to_commit(&engine).await;
        let behind = write("b");
        look(&engine, LOOKS_MAX - 1);
        assert!(!engine.shared.desk.is_given_up());
        tokio::task::yield_now().await;
        look(&engine, LOOKS_MAX);
        assert!(matches!(first.await.unwrap(), Err(WriteError::Unsettled(_))));
        assert!(matches!(behind.await.unwrap(), Err(WriteError::Stopped)));
        assert!(matches!(engine.write(Write::default()).await, Err(WriteError::Stopped)));
        assert_eq!(engine.writing(), Writing::Stopped);
        assert_eq!(engine.shared.commits.failures.load(Ordering::Relaxed), 1);
        // It is not waited for.
        engine.close(Duration::from_hours(1));
        drop(held);
    }

    #[tokio::test]
    async fn a_committer_that_comes_back_publishes_nothing() {
        let office = Office::empty();
        let shared = &office.engine().shared;
        shared.desk.begin().unwrap();
        shared.desk.begin_commit(Waiting::new()).unwrap();
        look(office.engine(), LOOKS_MAX);
        assert!(matches!(shared.desk.end_commit(), Err(WriteError::Stopped)));
        shared.desk.end();
        assert!(matches!(shared.desk.begin(), Err(WriteError::Stopped)));
        let published = office.engine().at(Consistency::Newest).unwrap();
        assert_eq!(published.snapshot().revision(), Revision::ZERO);
    }

    #[tokio::test]
    async fn work_that_goes_on_is_left_alone() {
        let office = Office::empty();
        let (shared, mut looks) = (&office.engine().shared, Looks::default());
        for _ in 0..2 * LOOKS_MAX {
            shared.desk.begin().unwrap();
            looks.look(shared);
        }
        shared.desk.end();
        look(office.engine(), 2 * LOOKS_MAX);
        assert!(!shared.desk.is_given_up());
    }
}
