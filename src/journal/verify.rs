//! Whether an audit log is whole: every line as it was written, none missing, none in another place, and the writes of a
//! store without a gap.
//!
//! Files come in any order. What the chain alone can't prove, that nothing was cut off at its ends and that nobody has
//! written all of it anew, is proved by hashes and revisions that were noted elsewhere.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::chain::{Chain, Hash, Link, LinkError};
use crate::domain::Revision;

/// The most findings that are told.
const FINDINGS_MAX: usize = 100;
/// The most bytes of a line that is looked at.
const LINE_BYTES_MAX: u64 = 64 << 20;

/// What is known of a log from elsewhere.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expected {
    /// The hash of the line before the first one, where earlier files are kept elsewhere.
    pub after: Option<Hash>,
    /// The hash of a line that must be there.
    pub contains: Option<Hash>,
    /// The token of a revision that it must have come to.
    pub through: Option<String>,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// The file.
    pub file: PathBuf,
    /// The line, counted from 1; 0 is the file as a whole.
    pub line: u64,
    /// What is wrong with it.
    pub text: String,
}

/// What a log is found to be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Verified {
    /// How many lines there are.
    pub lines: u64,
    /// The number of the first line.
    pub first: u64,
    /// The number of the last line.
    pub last: u64,
    /// The hash of the last line.
    pub hash: Hash,
    /// The token of the revision that it has come to.
    pub revision: Option<String>,
    /// What is wrong, in the order of the lines; the first ones, where there are many.
    pub findings: Vec<Finding>,
}

/// Verifies the files of one audit log. Holds one line in memory.
///
/// # Errors
/// A file can't be read.
pub fn verify(files: &[PathBuf], expected: &Expected) -> io::Result<Verified> {
    let mut reading =
        Reading { expected, verified: Verified::default(), at: None, begun: 0, contains: false };
    for file in in_order(files)? {
        reading.file(&file)?;
    }
    Ok(reading.end(files))
}

/// The files in the order of their first lines.
fn in_order(files: &[PathBuf]) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in files {
        let mut lines = Lines::open(path)?;
        let mut first = None;
        while let (None, Some(line)) = (first, lines.next()?) {
            first = Link::read_any(line).ok().map(|(told, _)| told.sequence);
        }
        found.push((first, path.clone()));
    }
    found.sort_by_key(|(first, _)| *first);
    Ok(found.into_iter().map(|(_, path)| path).collect())
}

/// Where in a store's history a log stands.
struct At {
    chain: Chain,
    store: String,
    revision: Revision,
}

/// A log that is being read.
struct Reading<'a> {
    expected: &'a Expected,
    verified: Verified,
    at: Option<At>,
    /// How many changes of the next write were read.
    begun: u64,
    contains: bool,
}

impl Reading<'_> {
    fn file(&mut self, path: &Path) -> io::Result<()> {
        let mut lines = Lines::open(path)?;
        while lines.next()?.is_some() {
            self.verified.lines += 1;
            let place = (path, lines.number);
            if !lines.is_ended {
                self.find(place, "is cut off".to_owned());
            }
            match Link::read_any(&lines.line) {
                Ok((link, checked)) => self.link(place, &link, checked),
                Err(error) => self.find(place, error.to_string()),
            }
        }
        Ok(())
    }

    fn link(&mut self, place: (&Path, u64), link: &Link, checked: Result<(), LinkError>) {
        if let Err(error) = checked {
            self.find(place, error.to_string());
        }
        self.contains |= checked.is_ok() && self.expected.contains == Some(link.hash);
        let fault = match &self.at {
            None => self.begins(link),
            Some(at) => follows(at.chain, link),
        };
        if let Some(text) = fault {
            self.find(place, text);
        }
        match link.data.place() {
            Some((store, revision)) => {
                if let Some(text) = self.goes_on(link, store, revision) {
                    self.find(place, text);
                }
                self.stand(link, store, revision);
            }
            None => self.find(place, LinkError::Form.to_string()),
        }
    }

    /// What is wrong with the first line of all.
    fn begins(&mut self, link: &Link) -> Option<String> {
        self.verified.first = link.sequence;
        match self.expected.after {
            Some(hash) if link.previous == hash => None,
            Some(_) => Some("doesn't follow the line that was named".to_owned()),
            None if link.sequence == 1 && link.previous == Hash::default() => None,
            None => Some(format!("is line {}; those before it are missing", link.sequence)),
        }
    }

    /// What is wrong with where a line stands in a store's history.
    fn goes_on(&self, link: &Link, store: &str, revision: Revision) -> Option<String> {
        let at = self.at.as_ref()?;
        let same = at.store == store;
        match link.kind.as_str() {
            "dopusk.v1.audit.begin" if !same => None,
            "dopusk.v1.audit.begin" if revision == at.revision && self.begun == 0 => None,
            "dopusk.v1.audit.begin" => Some(format!(
                "the store goes on from revision {revision}, and the log was at {}",
                at.revision
            )),
            "dopusk.v1.audit.gap" => Some(format!(
                "writes behind revision {} up to {revision} are missing: the store had them no longer",
                at.revision
            )),
            _ if !same => Some("is of another store".to_owned()),
            "dopusk.v1.write" if revision != at.revision.next() => {
                Some(format!("is of revision {revision}; that behind {} is missing", at.revision))
            }
            "dopusk.v1.write" if link.data.first != self.begun => {
                Some(format!("changes of revision {revision} are missing"))
            }
            "dopusk.v1.write" => None,
            _ if self.begun > 0 => Some(format!("changes of revision {} are missing", at.revision.next())),
            _ if revision != at.revision => {
                Some(format!("stands behind revision {revision}, and the log is at {}", at.revision))
            }
            _ => None,
        }
    }

    fn stand(&mut self, link: &Link, store: &str, revision: Revision) {
        let read = link.data.first + link.data.changes.len() as u64;
        let is_part = read < link.data.of;
        self.begun = if is_part { read } else { 0 };
        let before = revision.get().saturating_sub(1);
        let revision = if is_part { Revision::new(before) } else { revision };
        self.verified.last = link.sequence;
        self.verified.hash = link.hash;
        self.verified.revision = Some(format!("{store}.{revision}"));
        self.at = Some(At { chain: link.chain(), store: store.to_owned(), revision });
    }

    /// What can be said when all is read.
    fn end(mut self, files: &[PathBuf]) -> Verified {
        let last = files.last().cloned().unwrap_or_default();
        let place = (last.as_path(), 0);
        if self.verified.lines == 0 {
            self.find(place, "has no lines".to_owned());
        }
        if self.begun > 0 {
            let text = "the log ends within a write".to_owned();
            self.find(place, text);
        }
        if let Some(hash) = self.expected.contains.filter(|_| !self.contains) {
            self.find(place, format!("the log has no line with the hash {hash}"));
        }
        if let Some(token) = &self.expected.through
            && !self.at.as_ref().is_some_and(|at| has_come_to(at, token))
        {
            let text = format!("the log hasn't come to revision {token}");
            self.find(place, text);
        }
        self.verified
    }

    fn find(&mut self, (file, line): (&Path, u64), text: String) {
        if self.verified.findings.len() < FINDINGS_MAX {
            self.verified.findings.push(Finding { file: file.to_owned(), line, text });
        }
    }
}

/// What is wrong with a line that should follow another.
fn follows(before: Chain, link: &Link) -> Option<String> {
    let next = before.sequence + 1;
    if link.sequence > next {
        return Some(format!(
            "is line {}; {} is missing",
            link.sequence,
            lines_between(next, link.sequence - 1)
        ));
    }
    if link.sequence < next {
        return Some(format!("is line {} behind line {}", link.sequence, before.sequence));
    }
    (link.previous != before.hash).then(|| format!("doesn't follow line {} as that is now", before.sequence))
}

fn lines_between(first: u64, last: u64) -> String {
    if first == last { format!("line {first}") } else { format!("what was from line {first} to {last}") }
}

fn has_come_to(at: &At, token: &str) -> bool {
    let parsed = token.split_once('.').and_then(|(store, revision)| Some((store, revision.parse().ok()?)));
    parsed.is_some_and(|(store, revision)| store == at.store && Revision::new(revision) <= at.revision)
}

/// The lines of a file, one at a time.
struct Lines {
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    /// Whether the line has its end.
    is_ended: bool,
}

impl Lines {
    fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)
            .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
        Ok(Self { file: BufReader::new(file), line: Vec::new(), number: 0, is_ended: true })
    }

    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        if self.file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line)? == 0 {
            return Ok(None);
        }
        self.is_ended = self.line.pop_if(|last| *last == b'\n').is_some();
        self.number += 1;
        Ok(Some(&self.line))
    }
}
