//! What writes the audit log: knows where the chain and the store's history stand in it, and goes on from there.
//!
//! INVARIANT: where it stands changes only when the lines that lead there are in the file.

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::JournalError;
use super::chain::{Chain, Link, LinkError};
use super::changes::{Changes, ChangesError, RefusedWrite};
use super::file::{FileSettings, LogFile, numbered};
use super::line::{Clock, Line};
use crate::bundle::json_line;
use crate::domain::{Change, ChangeSet, Id, Note, Object, Revision};

/// How many committed writes are read at a time.
const READ_AT_ONCE: usize = 64;
/// How many bytes of changes a line has, about; a larger write has several lines.
const LINE_BYTES: usize = 1 << 20;
/// How many bytes of a file are looked at, at a time, for where its last line begins.
const TAIL_BYTES: u64 = 64 << 10;

/// Why the audit log did not go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScribeError {
    /// The file takes nothing.
    #[error("the file can't be written")]
    File(#[from] io::Error),
    /// The changes can't be read.
    #[error(transparent)]
    Changes(#[from] ChangesError),
}

/// Where an audit log stands.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Place {
    chain: Chain,
    /// The store whose history it follows.
    store: String,
    /// The revision up to which every write is there.
    revision: Revision,
    /// How many changes of the next one are there.
    begun: usize,
}

/// What writes an audit log.
pub(super) struct Scribe {
    file: LogFile,
    changes: Arc<dyn Changes>,
    place: Place,
    clock: Clock,
    /// Refused writes that could not yet be written.
    refused: VecDeque<RefusedWrite>,
    /// How many dropped ones lines have told of.
    told: u64,
    /// Whether the file has a line that says what it follows.
    is_begun: bool,
}

impl Scribe {
    /// Opens a file where it ended.
    pub(super) fn open(settings: FileSettings, changes: Arc<dyn Changes>) -> Result<Self, JournalError> {
        let path = settings.path.clone();
        let failed = |cause| JournalError::File { file: path.clone(), cause };
        let last = last_line(&path).map_err(failed)?;
        let file = LogFile::open(settings).map_err(failed)?;
        let (store, newest) = (changes.store(), changes.newest());
        let ended = last.map(|(file, line)| {
            let place = Link::read(&line).and_then(|link| Place::behind(&link).ok_or(LinkError::Form));
            place.map_err(|cause| JournalError::Audit { file, cause: cause.into() })
        });
        let ended = ended.transpose()?;
        let is_begun = ended.as_ref().is_some_and(|place| place.store == store && place.revision <= newest);
        let place = match ended {
            Some(place) if is_begun => place,
            // Another store, or this one as it was: what follows isn't what was told before.
            other => Place {
                chain: other.map(|it| it.chain).unwrap_or_default(),
                store,
                revision: newest,
                begun: 0,
            },
        };
        let (clock, refused) = (Clock::default(), VecDeque::new());
        Ok(Self { file, changes, place, clock, refused, told: 0, is_begun })
    }

    /// The revision up to which every write is there.
    pub(super) const fn revision(&self) -> Revision {
        self.place.revision
    }

    /// Writes all that is committed, then what was refused.
    pub(super) fn go_on(&mut self, refused: VecDeque<RefusedWrite>, dropped: u64) -> Result<(), ScribeError> {
        self.refused.extend(refused);
        if !self.is_begun {
            self.write("dopusk.v1.audit.begin", SystemTime::now(), |_| {})?;
            self.is_begun = true;
        }
        loop {
            match self.changes.after(self.place.revision, READ_AT_ONCE) {
                Ok(sets) if sets.is_empty() => break,
                Ok(sets) => sets.iter().try_for_each(|set| self.write_set(set))?,
                Err(ChangesError::NotKept { oldest }) if oldest > self.place.revision => self.skip(oldest)?,
                Err(error) => return Err(error.into()),
            }
        }
        while let Some(refused) = self.refused.pop_front() {
            let written =
                self.write("dopusk.v1.write.refused", SystemTime::now(), |line| tell_refused(line, &refused));
            if written.is_err() {
                self.refused.push_front(refused);
            }
            written?;
        }
        if dropped > self.told {
            let count = dropped - self.told;
            self.write("dopusk.v1.dropped", SystemTime::now(), |line| line.json("dropped", count))?;
            self.told = dropped;
        }
        Ok(())
    }

    /// Has all of it put on disk, and tells the hash of the last line, which proves something where it is kept elsewhere.
    pub(super) fn end(&self) {
        // What the disk has lost is written again from the change log.
        drop(self.file.sync());
        let Chain { sequence, hash } = self.place.chain;
        tracing::info!(sequence, %hash, "the audit log has ended");
    }

    /// Writes what a commit has changed.
    fn write_set(&mut self, set: &ChangeSet) -> Result<(), ScribeError> {
        let (of, revision) = (set.changes.len(), self.token(set.revision));
        let millis = Duration::from_millis(u64::try_from(set.committed_at_ms).unwrap_or_default());
        let time = UNIX_EPOCH + millis;
        loop {
            let first = self.place.begun;
            let rest = set.changes.get(first..).unwrap_or_default();
            let (items, next) = part(rest, first);
            let tell = |line: &mut Line<'_>| {
                tell_note(line, &set.note, set.request_id.as_ref());
                line.json("first", first);
                line.json("of", of);
                line.open_list("changes");
                for item in &items {
                    line.item(item);
                }
                line.close_list();
            };
            let is_whole = next >= of;
            let (at, begun) = if is_whole { (set.revision, 0) } else { (self.place.revision, next) };
            self.put(("dopusk.v1.write", &revision, time), tell, (at, begun))?;
            if is_whole {
                return Ok(());
            }
        }
    }

    /// Says that the changes up to a revision are no longer kept.
    fn skip(&mut self, oldest: Revision) -> Result<(), ScribeError> {
        let (after, revision) = (self.token(self.place.revision), self.token(oldest));
        let tell = |line: &mut Line<'_>| line.text("after", &after);
        self.put(("dopusk.v1.audit.gap", &revision, SystemTime::now()), tell, (oldest, 0))
    }

    /// Writes a line that leaves the history where it is.
    fn write(
        &mut self,
        kind: &str,
        time: SystemTime,
        tell: impl FnOnce(&mut Line<'_>),
    ) -> Result<(), ScribeError> {
        let (revision, at) = (self.token(self.place.revision), (self.place.revision, self.place.begun));
        self.put((kind, &revision, time), tell, at)
    }

    fn put(
        &mut self,
        (kind, revision, time): (&str, &str, SystemTime),
        tell: impl FnOnce(&mut Line<'_>),
        (at, begun): (Revision, usize),
    ) -> Result<(), ScribeError> {
        let (mut out, mut chain) = (Vec::new(), self.place.chain);
        let mut line = Line::begin(&mut out);
        line.text("id", &(chain.sequence + 1).to_string());
        line.source(Some(&self.place.store));
        line.text("type", kind);
        line.text("time", self.clock.text(time));
        line.open("data");
        line.text("revision", revision);
        tell(&mut line);
        line.close();
        chain.seal(line);
        self.file.add(&out)?;
        (self.place.chain, self.place.revision, self.place.begun) = (chain, at, begun);
        Ok(())
    }

    fn token(&self, revision: Revision) -> String {
        format!("{}.{revision}", self.place.store)
    }
}

impl Place {
    /// Where a log stands whose last line is this one.
    fn behind(link: &Link) -> Option<Self> {
        let (store, revision) = link.data.place()?;
        let begun = link.data.first + link.data.changes.len() as u64;
        let (revision, begun) =
            if begun < link.data.of { (revision.get().checked_sub(1)?, begun) } else { (revision.get(), 0) };
        let (chain, begun) = (link.chain(), usize::try_from(begun).ok()?);
        Some(Self { chain, store: store.to_owned(), revision: Revision::new(revision), begun })
    }
}

/// As many changes as a line has, as JSON, and how many the lines up to this one have then.
fn part(changes: &[Change], first: usize) -> (Vec<String>, usize) {
    let (mut items, mut bytes) = (Vec::new(), 0);
    for change in changes {
        if bytes >= LINE_BYTES {
            break;
        }
        let item = change_json(change);
        bytes += item.len();
        items.push(item);
    }
    let next = first + items.len();
    (items, next)
}

/// A change: its object before and after, as a line of JSON Lines has it.
fn change_json(change: &Change) -> String {
    let side = |name: &str, object: Option<&Object>| object.map(|it| format!("\"{name}\":{}", json_line(it)));
    let sides = [side("before", change.before.as_ref()), side("after", change.after.as_ref())];
    format!("{{{}}}", sides.into_iter().flatten().collect::<Vec<_>>().join(","))
}

fn tell_note(line: &mut Line<'_>, note: &Note, request_id: Option<&Id>) {
    line.text_if_any("caller", note.caller.as_ref().map(Id::as_str));
    line.text_if_any("author", note.author.as_ref().map(Id::as_str));
    line.text_if_any("comment", Some(note.comment.as_str()).filter(|it| !it.is_empty()));
    line.text_if_any("request_id", request_id.map(Id::as_str));
}

fn tell_refused(line: &mut Line<'_>, refused: &RefusedWrite) {
    tell_note(line, &refused.note, refused.request_id.as_ref());
    line.text("reason", &refused.reason);
    line.text("message", &refused.message);
    line.json("operations", refused.operations);
    line.json("objects", serde_json::Value::from(refused.objects.as_slice()));
}

/// The last whole line of a log, and in which file it is. What is behind it, a crash has cut off: that is taken away.
fn last_line(path: &Path) -> io::Result<Option<(PathBuf, Vec<u8>)>> {
    if let Some(line) = last_line_of(path)? {
        return Ok(Some((path.to_owned(), line)));
    }
    // A file that has just been begun; the chain goes on from the one before.
    let Some((_, before)) = numbered(path)?.pop() else { return Ok(None) };
    Ok(last_line_of(&before)?.map(|line| (before, line)))
}

fn last_line_of(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match File::options().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Ok(None);
    }
    let length = file.metadata()?.len();
    let end = behind_newline(&file, length)?;
    if end < length {
        file.set_len(end)?;
    }
    let Some(last) = end.checked_sub(1) else { return Ok(None) };
    let start = behind_newline(&file, last)?;
    let mut line = vec![0; usize::try_from(last - start).unwrap_or_default()];
    file.read_exact_at(&mut line, start)?;
    Ok(Some(line))
}

/// The place behind the last newline before a place; the beginning if there is none.
fn behind_newline(file: &File, mut end: u64) -> io::Result<u64> {
    while end > 0 {
        let start = end.saturating_sub(TAIL_BYTES);
        let mut bytes = vec![0; usize::try_from(end - start).unwrap_or_default()];
        file.read_exact_at(&mut bytes, start)?;
        if let Some(at) = bytes.iter().rposition(|byte| *byte == b'\n') {
            return Ok(start + at as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
