//! The thread that writes the decision log: it makes lines of what was decided, and goes on when the disk fails.

use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime};

use super::decision::{Counts, Prefix};
use super::entry::Answer;
use super::file::LogFile;
use super::line::{Clock, Line};
use super::page::{Page, Row, Text, Texts};
use super::queue::Queue;

/// How many bytes of lines are written at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// What the writer has done.
#[derive(Debug, Default)]
pub(super) struct Tally {
    written: AtomicU64,
    /// Lines that could not be written.
    lost: AtomicU64,
    failures: AtomicU64,
}

/// What writes.
pub(super) struct Writer {
    prefix: Prefix,
    file: LogFile,
    queue: Arc<Queue>,
    tally: Arc<Tally>,
    lines: Lines,
    /// How many drops lines have told of.
    told: u64,
    is_failing: bool,
}

/// Lines that are not yet in the file.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    count: u64,
    id: String,
    clock: Clock,
}

impl Tally {
    pub(super) fn counts(&self, queue: &Queue) -> Counts {
        let [written, lost, failures] =
            [&self.written, &self.lost, &self.failures].map(|it| it.load(Ordering::Relaxed));
        Counts { written, dropped: queue.dropped() + lost, failures }
    }
}

impl Writer {
    pub(super) fn new(prefix: Prefix, file: LogFile, queue: Arc<Queue>, tally: Arc<Tally>) -> Self {
        Self { prefix, file, queue, tally, lines: Lines::default(), told: 0, is_failing: false }
    }

    /// Writes until the queue ends.
    pub(super) fn run(mut self) {
        let mut page = Page::default();
        while self.queue.take(&mut page) {
            // A row knows how long ago its answer was there; the clock is asked once.
            let (now, time) = (Instant::now(), SystemTime::now());
            for (row, texts) in page.rows() {
                let ago = now.saturating_duration_since(row.ended());
                self.lines.decision(self.prefix, time.checked_sub(ago).unwrap_or(time), (row, &texts));
                if self.lines.bytes.len() >= CHUNK_BYTES {
                    self.write();
                }
            }
            self.write();
            self.tell_drops(time);
        }
        self.tell_drops(SystemTime::now());
    }

    /// Says in the log what it lacks; again the next time, if that can't be said now.
    fn tell_drops(&mut self, time: SystemTime) {
        let dropped = self.tally.counts(&self.queue).dropped;
        if dropped > self.told {
            self.lines.drops(self.prefix, time, (dropped, dropped - self.told));
            if self.put().is_ok() {
                self.told = dropped;
            }
        }
    }

    /// Writes what is there; lines that can't be written are lost, and counted.
    fn write(&mut self) {
        let count = self.lines.count;
        if count > 0 && self.put().is_err() {
            self.tally.lost.fetch_add(count, Ordering::Relaxed);
        }
    }

    fn put(&mut self) -> Result<(), ()> {
        let written = self.file.add(&self.lines.bytes);
        let count = std::mem::take(&mut self.lines.count);
        self.lines.bytes.clear();
        match written {
            Ok(()) => {
                self.tally.written.fetch_add(count, Ordering::Relaxed);
                if std::mem::take(&mut self.is_failing) {
                    tracing::info!("the decision log is written again");
                }
                Ok(())
            }
            Err(error) => {
                self.tally.failures.fetch_add(1, Ordering::Relaxed);
                if !std::mem::replace(&mut self.is_failing, true) {
                    let error: &dyn Error = &error;
                    tracing::error!(error, "the decision log can't be written; decisions go on without it");
                }
                Err(())
            }
        }
    }
}

impl Lines {
    fn begin(&mut self, time: SystemTime, source: Option<&str>, kind: &str) -> Line<'_> {
        self.count += 1;
        let mut line = Line::begin(&mut self.bytes);
        line.word("id", &self.id);
        line.source(source);
        line.word("type", kind);
        line.word("time", self.clock.text(time));
        line
    }

    fn decision(&mut self, prefix: Prefix, time: SystemTime, (row, texts): (&Row, &Texts<'_>)) {
        self.id.clear();
        self.id.push_str(prefix.id(row.ticket.number).as_str());
        if let Some(index) = row.index {
            self.id.push('.');
            self.id.push_str(&index.to_string());
        }
        let kind = match row.answer {
            Answer::Decision(_) => "dopusk.v1.decision",
            Answer::Count(_) => "dopusk.v1.list",
            Answer::Plan(_) => "dopusk.v1.plan",
        };
        let revision = texts.get(Text::Revision);
        let store = revision.and_then(|token| token.split('.').next());
        let mut line = self.begin(time, store, kind);
        line.open("data");
        line.word("call", row.ticket.call);
        line.text_if_any("caller", texts.get(Text::Caller));
        line.text_if_any("subject", texts.get(Text::Subject));
        line.text_if_any("action", texts.get(Text::Action));
        line.text_if_any("entity_type", texts.get(Text::EntityType));
        line.text_if_any("id", texts.get(Text::Resource));
        if let Some(facts) = texts.get(Text::Facts) {
            line.json("facts", facts);
        }
        answer(&mut line, &row.answer);
        line.text_if_any("revision", revision);
        line.json("latency_us", Micros(u64::try_from(row.took.as_nanos()).unwrap_or(u64::MAX)));
        if let Some(index) = row.index {
            line.json("index", index);
        }
        line.text_if_any("trace_id", texts.get(Text::TraceId));
        line.text_if_any("request_id", texts.get(Text::RequestId));
        line.close();
        line.end();
    }

    /// A line that says how many are missing before it: in all since the start, and since the last such line.
    fn drops(&mut self, prefix: Prefix, time: SystemTime, (all, dropped): (u64, u64)) {
        self.id.clear();
        self.id.push_str(prefix.id(0).as_str());
        // Writing to memory doesn't fail.
        let _ = write!(self.id, ".{all}");
        let mut line = self.begin(time, None, "dopusk.v1.dropped");
        line.open("data");
        line.json("dropped", dropped);
        line.close();
        line.end();
    }
}

fn answer(line: &mut Line<'_>, answer: &Answer) {
    match answer {
        Answer::Decision(decision) => {
            line.word("effect", decision.effect.name());
            line.word("reason", decision.reason.name());
            line.texts("rules", decision.reason.rules());
            line.text_if_any("obligation", decision.obligation.map(|it| it.name()));
        }
        Answer::Count(count) => line.json("count", count),
        Answer::Plan(kind) => line.text("plan", kind),
    }
}

/// Nanoseconds as microseconds with three digits behind the point.
struct Micros(u64);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1_000, self.0 % 1_000)
    }
}
