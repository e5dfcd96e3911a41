//! The decision log: what is taken into it, and how it begins and ends.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use arrayvec::ArrayString;

use super::JournalError;
use super::entry::{Answer, Entry, Origin};
use super::file::{FileSettings, LogFile};
use super::queue::Queue;
use super::writer::{Tally, Writer};

/// How a decision log is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionSettings {
    /// Where.
    pub file: FileSettings,
    /// The part of all calls that is logged, 0 to 100; a batch is logged whole or not at all.
    pub percent: u64,
    /// What of that.
    pub selection: Selection,
    /// What is left out of the lines.
    pub mask: Mask,
}

/// Which answers are logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Selection {
    /// All.
    #[default]
    All,
    /// Denials alone.
    Denials,
}

/// What is left out of the lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Mask {
    /// The subject.
    pub subject: bool,
    /// The id of the resource.
    pub resource: bool,
    /// The facts.
    pub facts: bool,
}

/// What has become of the lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counts {
    /// Lines in the file.
    pub written: u64,
    /// Decisions that there was no room for, and lines that could not be written.
    pub dropped: u64,
    /// How often writing has failed.
    pub failures: u64,
}

/// A call that is logged.
#[derive(Clone, Copy, Debug)]
pub struct Ticket {
    pub(super) number: u64,
    pub(super) call: &'static str,
    pub(super) begun: Instant,
}

/// The id of a call: 16 hexadecimal digits, a dash, and up to 16 more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DecisionId(ArrayString<33>);

impl DecisionId {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A decision log that is being kept.
#[derive(Debug)]
pub struct DecisionLog {
    prefix: Prefix,
    calls: AtomicU64,
    /// The numbers of calls are spread over all of 64 bits; those up to this are logged.
    sampled_max: u64,
    selection: Selection,
    mask: Mask,
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Ticket {
    /// How long ago the call began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }
}

impl DecisionLog {
    /// Opens the file and starts the writer.
    ///
    /// # Errors
    /// Says why the log can't be kept.
    pub fn open(settings: DecisionSettings) -> Result<Self, JournalError> {
        let DecisionSettings { file, percent, selection, mask } = settings;
        let path = file.path.clone();
        let file = LogFile::open(file).map_err(|cause| JournalError::File { file: path, cause })?;
        let (prefix, queue, tally) = (Prefix::random(), Arc::<Queue>::default(), Arc::<Tally>::default());
        let writer = Writer::new(prefix, file, Arc::clone(&queue), Arc::clone(&tally));
        let thread = std::thread::Builder::new().name("decision-log".to_owned());
        let thread = thread.spawn(|| writer.run()).map_err(JournalError::Thread)?;
        let (calls, writer) = (AtomicU64::new(1), Mutex::new(Some(thread)));
        Ok(Self { prefix, calls, sampled_max: part_of_all(percent), selection, mask, queue, tally, writer })
    }

    /// Begins a call; none where it is not logged.
    pub fn begin(&self, call: &'static str) -> Option<Ticket> {
        let number = self.calls.fetch_add(1, Ordering::Relaxed);
        let is_sampled = number.wrapping_mul(SPREAD) <= self.sampled_max;
        is_sampled.then(|| Ticket { number, call, begun: Instant::now() })
    }

    /// Whether lines are written of such answers.
    #[must_use]
    pub fn selects(&self, answer: &Answer) -> bool {
        match self.selection {
            Selection::All => true,
            Selection::Denials => answer.is_denial(),
        }
    }

    /// Hands over what was decided. Never waits for the disk; what there is no room for is counted as dropped.
    pub fn add(&self, ticket: Ticket, origin: &Origin<'_>, entry: &Entry<'_>) {
        self.queue.add(|page| page.push(ticket, origin, entry, self.mask));
    }

    /// The id of a call; of an item of a batch it is that of the line up to the dot.
    #[must_use]
    pub fn id(&self, ticket: Ticket) -> DecisionId {
        self.prefix.id(ticket.number)
    }

    /// What has become of the lines.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.tally.counts(&self.queue)
    }

    /// Has everything written that was handed over, and ends; waits at most so long.
    pub fn close(&self, wait_max: Duration) {
        let Some(writer) = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take() else { return };
        self.queue.end();
        let end = Instant::now() + wait_max;
        while !writer.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
        if !writer.is_finished() {
            tracing::warn!(waited = ?wait_max, "the decision log's file is stuck; what it lacks is lost");
        }
    }
}

/// What the ids of a process begin with: random, so that it is other than that of any other, and a dash.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prefix(DecisionId);

impl Prefix {
    fn random() -> Self {
        let mut prefix = ArrayString::new();
        // There is room, here and below.
        let _ = write!(prefix, "{:016x}-", rand::random::<u64>());
        Self(DecisionId(prefix))
    }

    /// The id of a call.
    pub(super) fn id(self, number: u64) -> DecisionId {
        let mut id = self.0;
        let _ = write!(id.0, "{number:x}");
        id
    }
}

/// 2^64 divided by the golden ratio: the multiples of it are spread evenly, so that of any row of calls the wanted part is
/// logged.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// A part of all numbers of 64 bits.
const fn part_of_all(percent: u64) -> u64 {
    (u64::MAX / 100).saturating_mul(percent).saturating_add(u64::MAX % 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Decision, Reason};
    use crate::journal::About;

    fn settings(folder: &std::path::Path) -> DecisionSettings {
        let file = FileSettings { path: folder.join("log"), bytes_max: 1 << 20, files_max: None };
        DecisionSettings { file, percent: 100, selection: Selection::All, mask: Mask::default() }
    }

    fn entry() -> Entry<'static> {
        Entry {
            index: None,
            subject: Some("u"),
            action: Some("read"),
            entity_type: "t",
            about: About::Resource("7"),
            answer: Answer::Decision(Decision::deny(Reason::OutOfReach)),
            revision: "s.1",
            took: Duration::from_nanos(1_234),
        }
    }

    #[test]
    fn the_wanted_part_of_calls_is_logged_evenly() {
        let folder = tempfile::tempdir().unwrap();
        for (percent, wanted) in [(0, 0..=0), (25, 249..=251), (100, 1_000..=1_000)] {
            let log = DecisionLog::open(DecisionSettings { percent, ..settings(folder.path()) }).unwrap();
            let logged = (0..1_000).filter_map(|_| log.begin("Check")).count();
            assert!(wanted.contains(&logged), "{percent}: {logged}");
        }
    }

    #[test]
    fn what_was_handed_over_is_in_the_file_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let log = DecisionLog::open(settings(folder.path())).unwrap();
        let ids: Vec<String> = (0..100)
            .map(|_| {
                let ticket = log.begin("Check").unwrap();
                log.add(ticket, &Origin::default(), &entry());
                log.id(ticket).as_str().to_owned()
            })
            .collect();
        log.close(Duration::from_mins(1));
        let text = std::fs::read_to_string(folder.path().join("log")).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        assert_eq!(lines.map(|line| line["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>(), ids);
        assert_eq!(log.counts(), Counts { written: 100, dropped: 0, failures: 0 });
    }
}
