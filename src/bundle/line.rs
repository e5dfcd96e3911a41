//! JSON Lines, object by object, in bounded memory.

use std::collections::{HashSet, VecDeque};
use std::hash::BuildHasher;
use std::io::{self, BufRead, Read};
use std::path::Path as FilePath;
use std::sync::Arc;

use foldhash::quality::FixedState;

use super::cursor::{Cursor, Path};
use super::format::{self, BYTE_ORDER_MARK, Encoding};
use super::item;
use super::json;
use super::problem::{Located, Parsed, Place, Problem, Problems, ReadError, Refused};
use crate::domain::{Key, Object};

/// The most bytes of one line.
pub const LINE_BYTES_MAX: usize = 4 << 20;

/// The objects of a JSON Lines file, one after the other.
///
/// Beside one line it holds a fingerprint of 16 bytes for every object that went by, by which it knows a key that
/// comes again. That two of ten million different keys share one has a chance of about 10^14 / 2^129, one in 10^24.
/// Goes on behind a problem, but not behind bytes that can't be read.
pub struct Lines<R> {
    source: R,
    number: usize,
    line: Vec<u8>,
    seen: HashSet<u128>,
    problems: Problems,
    waiting: VecDeque<Problem>,
    state: State,
}

/// Whether there may be more lines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    More,
    Ended,
}

impl Lines<Box<dyn BufRead + Send>> {
    /// Opens a file, packed or not.
    ///
    /// # Errors
    /// Says why the file can't be opened, or that its name doesn't end as JSON Lines do.
    pub fn open(path: &FilePath) -> Result<Self, ReadError> {
        let (encoding, source) = format::open(path)?;
        match encoding {
            Encoding::Lines => Ok(Self::new(&format::file_name(path), source)),
            Encoding::Yaml | Encoding::Json => {
                let message = "is one document, not JSON Lines (.jsonl, .jsonl.gz)".to_owned();
                let problem =
                    Problem { file: format::file_name(path), line: 0, field: String::new(), message };
                Err(ReadError::Problems(vec![problem]))
            }
        }
    }
}

impl<R: BufRead> Lines<R> {
    /// Reads the bytes of a file; its name is for messages alone.
    pub fn new(file: &str, source: R) -> Self {
        Self {
            source,
            number: 0,
            line: Vec::new(),
            seen: HashSet::new(),
            problems: Problems::new(Arc::from(file)),
            waiting: VecDeque::new(),
            state: State::More,
        }
    }

    fn next_object(&mut self) -> Option<Located<Object>> {
        while self.state == State::More && self.waiting.is_empty() {
            let parsed = self.advance();
            self.waiting.extend(self.problems.take());
            if let Ok(Some(object)) = parsed
                && self.waiting.is_empty()
            {
                return Some(object);
            }
        }
        None
    }

    /// The object of the next line, if that has one.
    fn advance(&mut self) -> Parsed<Option<Located<Object>>> {
        match next_line(&mut self.source, &mut self.line) {
            Ok(Ending::End) => {
                self.state = State::Ended;
                return Ok(None);
            }
            Ok(Ending::Line) => self.number += 1,
            Ok(Ending::TooLong) => {
                self.number += 1;
                return Err(
                    self.refuse(format!("has more than {LINE_BYTES_MAX} bytes, the limit LINE_BYTES_MAX"))
                );
            }
            Err(error) => {
                self.state = State::Ended;
                self.number += 1;
                return Err(self.refuse(format!("can't be read: {error}")));
            }
        }
        let object = parse_line(&self.line, self.number, &self.problems)?;
        if let Some(Located { place, value }) = &object {
            let key = value.key();
            if !self.seen.insert(fingerprint(&key)) {
                let message = format!("the {key} is there a second time");
                self.problems.add(place.line, place.to_string(), message);
            }
        }
        Ok(object)
    }

    fn refuse(&self, message: String) -> Refused {
        self.problems.add(self.number, String::new(), message);
        Refused
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<Located<Object>, Problem>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(problem) = self.waiting.pop_front() {
            return Some(Err(problem));
        }
        match self.next_object() {
            Some(object) => Some(Ok(object)),
            None => self.waiting.pop_front().map(Err),
        }
    }
}

/// How a line came to its end.
enum Ending {
    Line,
    TooLong,
    End,
}

/// Takes the next line in, without its end; of one that is too long, the rest is passed over.
fn next_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<Ending> {
    line.clear();
    let bound = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let count = source.by_ref().take(bound).read_until(b'\n', line)?;
    if count == 0 {
        return Ok(Ending::End);
    }
    if line.ends_with(b"\n") {
        line.pop();
    }
    if line.len() <= LINE_BYTES_MAX {
        return Ok(Ending::Line);
    }
    source.skip_until(b'\n')?;
    Ok(Ending::TooLong)
}

/// The object of a line; none if the line is blank.
fn parse_line(line: &[u8], number: usize, problems: &Problems) -> Parsed<Option<Located<Object>>> {
    let line = if number == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
    if line.iter().all(u8::is_ascii_whitespace) {
        return Ok(None);
    }
    let node = json::read_line(line, number, problems)?;
    let at = Cursor { node: &node, path: &Path::Root, problems };
    let names = item::list_names();
    let fields = at.fields(&names)?;
    let Some(kind) = item::kind_of(fields.one_of(&names)?) else {
        return Ok(None);
    };
    let value = fields.required(kind.list_name(), |at| item::sound_object(kind, at))?;
    Ok(Some(Located { place: Place { line: number, kind, index: None }, value }))
}

fn fingerprint(key: &Key) -> u128 {
    let half = |seed| u128::from(FixedState::with_seed(seed).hash_one(key));
    half(1) << 64 | half(2)
}
