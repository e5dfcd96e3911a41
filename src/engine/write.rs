//! Writes: one thread judges them in their order, commits many with one flush, and publishes what is on disk.

use std::collections::HashMap;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};

use super::past::now_ms;
use super::stall::{self, Lookout};
use super::verify::Mend;
use super::{Age, Engine, Shared};
use crate::domain::{ChangeSet, Id, Revision, Write};
use crate::snapshot::{Refusal, Snapshot};
use crate::store::CommitError;
use crate::telemetry::{Laps, laps};

/// The most writes that share one flush.
const GROUP_MAX: usize = 512;
/// The most operations that share one flush, unless a single write has more.
const GROUP_OPERATIONS_MAX: usize = 8_192;
/// The most writes that wait for the committer: two groups. More are refused; an import waits for a place.
const QUEUE_MAX: usize = 1_024;

/// Why a write was not done. It changed nothing, but for [`WriteError::Unknown`].
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// The objects or the rules stand against it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The newest revision is not the expected one.
    #[error("the newest revision is {newest}, not {expected}")]
    Conflict {
        /// What was expected.
        expected: Revision,
        /// What is.
        newest: Revision,
    },
    /// The store could not take it.
    #[error("the store failed; nothing was changed")]
    Store(#[source] Arc<dyn Error + Send + Sync>),
    /// As many writes wait as may.
    #[error("{QUEUE_MAX} writes wait to be done; the write was not taken")]
    Busy,
    /// The disk has too little room.
    #[error("the server's disk is too full to take writes; nothing was changed")]
    Full,
    /// The store failed half-way: what became of it shows when the server is started again.
    #[error(
        "the store failed while the write was under way; when the server has been started again, repeat the write with \
         the same request_id"
    )]
    Unsettled(#[source] Arc<dyn Error + Send + Sync>),
    /// The store has failed before.
    #[error(
        "the store has failed and takes no writes until the server is started again; nothing was changed"
    )]
    Stopped,
    /// The server is shutting down.
    #[error("the server is shutting down; the write was not taken")]
    Closed,
    /// The server broke it off before it could tell; repeat the write with the same `request_id`.
    #[error(
        "the server broke the write off and can't tell what became of it; repeat it with the same request_id"
    )]
    Unknown,
}

impl From<CommitError> for WriteError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::NoRoom(_) => Self::Full,
            CommitError::Stopped => Self::Stopped,
            CommitError::Unsettled(_) => Self::Unsettled(Arc::new(error)),
            CommitError::Order { .. }
            | CommitError::Unlike { .. }
            | CommitError::TooLarge { .. }
            | CommitError::Disk(_)
            | CommitError::Damaged(_) => Self::Store(Arc::new(error)),
        }
    }
}

/// Where writes wait.
pub(super) type Queue = mpsc::Sender<Request>;

/// What the committer is asked for.
pub(super) enum Request {
    /// A write.
    Write(Write, Answer),
    /// To make anew what was found wrong in the published state.
    Mend(Mend),
}

/// Who waits for a write, and in the trace of whose call the committer notes what it did.
pub(super) struct Answer {
    waiting: oneshot::Sender<Result<Revision, WriteError>>,
    laps: Laps,
}

impl Answer {
    /// An answer that is still to come, and where it comes.
    fn awaited() -> (Self, oneshot::Receiver<Result<Revision, WriteError>>) {
        let (waiting, outcome) = oneshot::channel();
        (Self { waiting, laps: laps() }, outcome)
    }

    /// Whoever no longer waits needs no answer.
    fn send(self, outcome: Result<Revision, WriteError>) {
        drop(self.waiting.send(outcome));
    }
}

/// Writes that were accepted, and the revisions that they make.
pub(super) type Waiting = Vec<(Answer, Revision)>;

/// Tells them all that they were not done.
pub(super) fn refuse(waiting: Waiting, error: &WriteError) {
    for (answer, _) in waiting {
        answer.send(Err(error.clone()));
    }
}

/// The running thread, and who looks whether it goes on.
pub(super) struct Committer {
    thread: JoinHandle<()>,
    is_stopping: Arc<AtomicBool>,
    wake: Queue,
    shared: Arc<Shared>,
    lookout: Lookout,
}

impl Committer {
    /// Lets what is queued be done, then ends the thread; waits for it at most so long, and not if it has been given up.
    pub(super) fn stop(self, wait_max: Duration) {
        self.is_stopping.store(true, Ordering::Release);
        // An empty write wakes the thread; it is answered like the rest.
        let (answer, _) = Answer::awaited();
        drop(self.wake.try_send(Request::Write(Write::default(), answer)));
        drop(self.wake);
        let end = Instant::now() + wait_max;
        let is_over = || self.thread.is_finished() || self.shared.desk.is_given_up();
        while !is_over() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        self.lookout.stop();
    }
}

impl Engine {
    /// Does a write: judged on its end state, on disk, and seen by every later answer when this returns.
    ///
    /// # Errors
    /// Says why it was refused.
    pub async fn write(&self, write: Write) -> Result<Revision, WriteError> {
        let done = async {
            let (answer, outcome) = Answer::awaited();
            self.queue.try_send(Request::Write(write, answer)).map_err(|refused| match refused {
                TrySendError::Full(_) => WriteError::Busy,
                TrySendError::Closed(_) => WriteError::Closed,
            })?;
            outcome.await.unwrap_or(Err(WriteError::Unknown))
        };
        self.unless_given_up(done).await
    }

    /// The same for a caller with many writes, one after the other: he waits for a place.
    pub(super) async fn write_patiently(&self, write: Write) -> Result<Revision, WriteError> {
        let done = async {
            let (answer, outcome) = Answer::awaited();
            self.queue.send(Request::Write(write, answer)).await.map_err(|_| WriteError::Closed)?;
            outcome.await.unwrap_or(Err(WriteError::Unknown))
        };
        self.unless_given_up(done).await
    }

    /// What became of a write, as long as there is somebody to do it.
    async fn unless_given_up(
        &self,
        done: impl Future<Output = Result<Revision, WriteError>>,
    ) -> Result<Revision, WriteError> {
        let desk = &self.shared.desk;
        if desk.is_given_up() {
            return Err(WriteError::Stopped);
        }
        tokio::select! {
            // Whoever was being committed has been told before the rest.
            biased;
            outcome = done => outcome,
            () = desk.gives_up() => Err(WriteError::Stopped),
        }
    }
}

/// Starts the committer.
pub(super) fn start(shared: Arc<Shared>) -> Result<(Committer, Queue), std::io::Error> {
    let (queue, mut requests) = mpsc::channel(QUEUE_MAX);
    let is_stopping = Arc::new(AtomicBool::new(false));
    let (stopping, working) = (Arc::clone(&is_stopping), Arc::clone(&shared));
    let lookout = stall::start(Arc::clone(&shared))?;
    let thread = std::thread::Builder::new().name("committer".to_owned()).spawn(move || {
        while let Some(first) = requests.blocking_recv() {
            if working.desk.begin().is_err() {
                break;
            }
            guard(&working, || Group::collect(&working, first, &mut requests).commit(&working));
            working.desk.end();
            if stopping.load(Ordering::Acquire) {
                requests.close();
            }
        }
    })?;
    Ok((Committer { thread, is_stopping, wake: queue.clone(), shared, lookout }, queue))
}

/// Does the work of a group. Where that panics, its callers are told that the outcome is unknown, and further groups
/// are only taken if nothing was committed that isn't published: all else was done to copies.
fn guard(shared: &Shared, work: impl FnOnce()) {
    if catch_unwind(AssertUnwindSafe(work)).is_ok() {
        return;
    }
    let published = shared.published.load().snapshot.revision();
    tracing::error!(%published, stored = %shared.store.revision(), "the committer panicked");
    if shared.store.revision() != published {
        shared.store.stop();
    }
}

/// Writes that are committed together.
struct Group {
    /// The state after those accepted so far.
    end: Snapshot,
    sets: Vec<Arc<ChangeSet>>,
    waiting: Waiting,
    by_request: HashMap<Id, Revision>,
    /// What is to be made anew when they are published.
    mends: Vec<Mend>,
}

impl Group {
    /// Judges the first write and those that wait behind it, up to the bounds of a group.
    fn collect(shared: &Shared, first: Request, requests: &mut mpsc::Receiver<Request>) -> Self {
        let mut group = Self {
            end: shared.published.load().snapshot.clone(),
            sets: Vec::new(),
            waiting: Waiting::new(),
            by_request: HashMap::new(),
            mends: Vec::new(),
        };
        let mut operations = 0;
        let mut next = Some(first);
        while let Some(request) = next {
            match request {
                Request::Write(write, answer) => {
                    operations += write.operations.len();
                    group.judge(shared, &write, answer);
                }
                Request::Mend(mend) => group.mends.push(mend),
            }
            let is_full = group.sets.len() >= GROUP_MAX || operations >= GROUP_OPERATIONS_MAX;
            next = if is_full { None } else { requests.try_recv().ok() };
        }
        group
    }

    fn judge(&mut self, shared: &Shared, write: &Write, mut answer: Answer) {
        answer.laps.end("wait for the committer");
        let judged = self.try_write(shared, write);
        answer.laps.end("judge");
        match judged {
            Ok(revision) => self.waiting.push((answer, revision)),
            Err(error) => answer.send(Err(error)),
        }
    }

    fn try_write(&mut self, shared: &Shared, write: &Write) -> Result<Revision, WriteError> {
        if let Some(done) = self.already_done(shared, write)? {
            return Ok(done);
        }
        let newest = self.end.revision();
        if let Some(expected) = write.expected.filter(|expected| *expected != newest) {
            return Err(WriteError::Conflict { expected, newest });
        }
        if write.operations.is_empty() {
            return Ok(newest);
        }
        let outcome = self.end.apply(&write.operations)?;
        let revision = outcome.snapshot.revision();
        self.end = outcome.snapshot;
        self.by_request.extend(write.request_id.iter().map(|id| (id.clone(), revision)));
        self.sets.push(Arc::new(ChangeSet {
            revision,
            committed_at_ms: commit_time_ms(shared),
            request_id: write.request_id.clone(),
            note: write.note.clone(),
            changes: outcome.changes,
            affected: outcome.affected,
        }));
        Ok(revision)
    }

    fn already_done(&self, shared: &Shared, write: &Write) -> Result<Option<Revision>, WriteError> {
        let Some(id) = &write.request_id else { return Ok(None) };
        if let Some(revision) = self.by_request.get(id) {
            return Ok(Some(*revision));
        }
        shared.store.revision_of_request(id).map_err(|error| WriteError::Store(Arc::new(error)))
    }

    /// Commits, drops from the cache, publishes, tells, answers: in this order.
    ///
    /// Nobody may read what could still be lost, so the disk comes first. Whoever reads the new snapshot must not find
    /// rights of the old one, so the cache comes before publication (the invariant of [`crate::cache::Cache`]).
    /// Whoever was told of a revision, or whose write was acknowledged, must be able to read it, so telling and
    /// answering come last.
    fn commit(mut self, shared: &Shared) {
        if !self.sets.is_empty() {
            if let Err(error) = self.put_on_disk(shared) {
                return refuse(self.waiting, &error);
            }
            self.end_laps("commit");
            for set in &self.sets {
                shared.cache.drop_affected(&set.affected, set.revision);
            }
            shared.published.store(shared.to_publish(std::mem::take(&mut self.end), Age::Current));
            shared.feed.publish(std::mem::take(&mut self.sets));
            self.end_laps("publish");
            // Before anything more is asked of the disk: what was written must not be told to have been given up.
            self.acknowledge();
        }
        if !self.mends.is_empty() && shared.desk.begin().is_ok() {
            for mend in std::mem::take(&mut self.mends) {
                mend.carry_out(shared);
            }
        }
        self.acknowledge();
    }

    fn acknowledge(&mut self) {
        for (answer, revision) in self.waiting.drain(..) {
            answer.send(Ok(revision));
        }
    }

    /// Whoever waits is on the desk meanwhile, to be told if this does not end.
    fn put_on_disk(&mut self, shared: &Shared) -> Result<(), WriteError> {
        shared.desk.begin_commit(std::mem::take(&mut self.waiting))?;
        let begun = Instant::now();
        let committed = shared.store.commit(&self.sets);
        self.waiting = shared.desk.end_commit()?;
        shared.commits.durations.count(begun.elapsed());
        committed.map_err(|error| {
            shared.commits.count(&error);
            error.into()
        })
    }

    /// Ends a part of the work in the trace of each call that waits: it waited for all of it.
    fn end_laps(&mut self, name: &'static str) {
        for (answer, _) in &mut self.waiting {
            answer.laps.end(name);
        }
    }
}

/// The time of the next commit: the clock's, but never before that of the one before, so that times stand in the order
/// of revisions and a time can be looked for.
fn commit_time_ms(shared: &Shared) -> i64 {
    let now = now_ms();
    shared.committed_at_ms.fetch_max(now, Ordering::Relaxed).max(now)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{Object, Operation, SupportRole, User};
    use crate::store::Writing;
    use crate::testing::Office;

    pub(in super::super) fn put(id: &str) -> Write {
        let user = User {
            id: Id::parse(id).unwrap(),
            name: String::new(),
            departments: Vec::new(),
            active: true,
            admin: false,
            support_role: SupportRole::None,
        };
        let operations = vec![Operation::put(Object::User(Arc::new(user)))];
        Write { operations, ..Write::default() }
    }

    #[tokio::test]
    async fn a_panic_before_the_commit_changes_nothing_and_writes_go_on() {
        let office = Office::empty();
        guard(&office.engine().shared, || panic!("in the rules"));
        assert_eq!(office.engine().writing(), Writing::Open);
        assert_eq!(office.engine().write(put("a")).await.unwrap(), Revision::new(1));
    }

    #[tokio::test]
    async fn a_panic_behind_the_commit_stops_writes_and_reads_go_on() {
        let office = Office::empty();
        let shared = &office.engine().shared;
        guard(shared, || {
            let (answer, _) = Answer::awaited();
            let (_queue, mut requests) = mpsc::channel(1);
            let group = Group::collect(shared, Request::Write(put("a"), answer), &mut requests);
            shared.store.commit(&group.sets).unwrap();
            panic!("before it is published");
        });
        assert_eq!(office.engine().writing(), Writing::Stopped);
        assert!(matches!(office.engine().write(put("b")).await, Err(WriteError::Stopped)));
        let published = office.engine().at(crate::engine::Consistency::Newest).unwrap();
        assert_eq!(published.snapshot().revision(), Revision::ZERO);
    }
}
