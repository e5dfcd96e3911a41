//! The audit log: every committed write as a line with each object before and after, and every refused one.
//!
//! It follows the change log by revision, as whoever watches does, on a thread of its own. So no acknowledged write can be
//! left out: what the file lacks, because the disk was full or the process killed, is written when it can be. Where the
//! change log no longer has it, a line says so. Refused writes come from memory of a bounded size.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::JournalError;
use super::changes::{Changes, RefusedWrite};
use super::file::FileSettings;
use super::scribe::Scribe;

/// The most refused writes that wait.
const REFUSED_WAITING_MAX: usize = 1_024;
/// When what failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// How an audit stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuditCounts {
    /// The revision up to which every write has its line.
    pub revision: u64,
    /// Refused writes that there was no room for.
    pub dropped: u64,
    /// How often writing has failed.
    pub failures: u64,
}

/// An audit log that is being kept.
pub struct AuditLog {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What the thread and those who call it share.
#[derive(Default)]
pub(super) struct Shared {
    waiting: Mutex<Waiting>,
    called: Condvar,
    pub(super) revision: AtomicU64,
    dropped: AtomicU64,
    failures: AtomicU64,
}

/// Whether the last try went well.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Health {
    Sound,
    Failing,
}

#[derive(Default)]
struct Waiting {
    refused: VecDeque<RefusedWrite>,
    is_called: bool,
    is_ending: bool,
}

impl AuditLog {
    /// Opens the file, finds where it ended, and starts to follow the changes from there. A new file begins with the newest
    /// revision.
    ///
    /// # Errors
    /// Says why the log can't be kept: what is in the file must be whole lines of an audit log, but for the last one.
    pub fn open(file: FileSettings, changes: Arc<dyn Changes>) -> Result<Self, JournalError> {
        let scribe = Scribe::open(file, changes)?;
        let shared = Arc::<Shared>::default();
        let own = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("audit-log".to_owned());
        let thread = thread.spawn(move || own.run(scribe)).map_err(JournalError::Thread)?;
        Ok(Self { shared, thread: Mutex::new(Some(thread)) })
    }

    /// Says that something was committed.
    pub fn call(&self) {
        self.shared.lock().is_called = true;
        self.shared.called.notify_one();
    }

    /// Hands over a refused write. Never waits for the disk; what there is no room for is counted.
    pub fn refuse(&self, refused: RefusedWrite) {
        let mut waiting = self.shared.lock();
        if waiting.refused.len() >= REFUSED_WAITING_MAX {
            self.shared.dropped.fetch_add(1, Ordering::Relaxed);
        } else {
            waiting.refused.push_back(refused);
        }
        drop(waiting);
        self.call();
    }

    /// How it stands.
    #[must_use]
    pub fn counts(&self) -> AuditCounts {
        let shared = &self.shared;
        let [revision, dropped, failures] =
            [&shared.revision, &shared.dropped, &shared.failures].map(|it| it.load(Ordering::Relaxed));
        AuditCounts { revision, dropped, failures }
    }

    /// Writes what was committed and refused until now, and ends; waits at most so long.
    pub fn close(&self, wait_max: Duration) {
        let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.shared.lock().is_ending = true;
        self.shared.called.notify_one();
        let end = Instant::now() + wait_max;
        while !thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        if !thread.is_finished() {
            tracing::warn!(waited = ?wait_max, "the audit log is behind; it goes on at the next start");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn run(&self, mut scribe: Scribe) {
        let mut health = Health::Sound;
        loop {
            let (refused, is_last) = self.wait(health);
            let dropped = self.dropped.load(Ordering::Relaxed);
            match scribe.go_on(refused, dropped) {
                Ok(()) => {
                    if std::mem::replace(&mut health, Health::Sound) == Health::Failing {
                        tracing::info!("the audit log is written again");
                    }
                }
                Err(error) => {
                    self.failures.fetch_add(1, Ordering::Relaxed);
                    if std::mem::replace(&mut health, Health::Failing) == Health::Sound {
                        let error: &dyn Error = &error;
                        tracing::error!(error, "the audit log can't be written; it goes on when it can");
                    }
                }
            }
            self.revision.store(scribe.revision().get(), Ordering::Relaxed);
            if is_last {
                scribe.end();
                return;
            }
        }
    }

    /// Waits until there is something to write, and takes the refused writes; whether this is the end.
    fn wait(&self, health: Health) -> (VecDeque<RefusedWrite>, bool) {
        let is_idle = |waiting: &mut Waiting| !waiting.is_called && !waiting.is_ending;
        let mut waiting = match health {
            Health::Sound => {
                self.called.wait_while(self.lock(), is_idle).unwrap_or_else(PoisonError::into_inner)
            }
            // New calls don't make a full disk be tried more often.
            Health::Failing => {
                let is_open = |waiting: &mut Waiting| !waiting.is_ending;
                let waited = self.called.wait_timeout_while(self.lock(), RETRY, is_open);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        waiting.is_called = false;
        (std::mem::take(&mut waiting.refused), waiting.is_ending)
    }
}
