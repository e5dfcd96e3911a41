//! Places in a file, and what is wrong there.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::sync::Arc;

use crate::domain::Kind;

/// The most problems that are gathered from one file.
pub const PROBLEMS_MAX: usize = 1_000;

/// Where in a file an object stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// The line, counted from 1.
    pub line: usize,
    /// The list.
    pub kind: Kind,
    /// Its place in the list, counted from 0; none where a line holds one object.
    pub index: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.list_name())?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// A value with the place that it was read from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Located<T> {
    /// Where it stands.
    pub place: Place,
    /// The value.
    pub value: T,
}

/// One thing that is wrong in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file's name as the reader was given it.
    pub file: Arc<str>,
    /// The line, counted from 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The field, such as `resources[3].stage`; empty where none is meant.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.field.is_empty() {
            write!(f, ": {}", self.field)?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for Problem {}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file can't be opened or read.
    #[error("{file} can't be read")]
    Io {
        /// The file's name.
        file: Arc<str>,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The name doesn't tell the encoding.
    #[error("{file} ends in none of .yaml, .yml, .json, .jsonl, each also with .gz")]
    UnknownEnding {
        /// The file's name.
        file: Arc<str>,
    },
    /// The content is wrong; every problem found is named, a line each.
    #[error("{}", lines(.0))]
    Problems(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// A mark that something was refused; what, is among the problems.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Refused;

/// The result of reading a part of a file.
pub(super) type Parsed<T> = Result<T, Refused>;

/// The problems of one file as they are found.
#[derive(Debug)]
pub(super) struct Problems {
    file: Arc<str>,
    found: RefCell<Vec<Problem>>,
}

impl Problems {
    pub(super) const fn new(file: Arc<str>) -> Self {
        Self { file, found: RefCell::new(Vec::new()) }
    }

    /// Notes a problem. Beyond [`PROBLEMS_MAX`] only one more is noted, which says so.
    pub(super) fn add(&self, line: usize, field: String, message: String) {
        let count = self.found.borrow().len();
        if count < PROBLEMS_MAX {
            self.push(line, field, message);
        } else if count == PROBLEMS_MAX {
            let message = format!("there are more than {PROBLEMS_MAX} problems; the rest are left out");
            self.push(0, String::new(), message);
        }
    }

    fn push(&self, line: usize, field: String, message: String) {
        self.found.borrow_mut().push(Problem { file: self.file.clone(), line, field, message });
    }

    /// The problems found since the last call.
    pub(super) fn take(&self) -> Vec<Problem> {
        self.found.take()
    }

    /// The value if nothing is wrong with the file.
    pub(super) fn settle<T>(&self, parsed: Parsed<T>) -> Result<T, ReadError> {
        let found = self.take();
        match parsed {
            Ok(value) if found.is_empty() => Ok(value),
            Ok(_) | Err(Refused) => Err(ReadError::Problems(found)),
        }
    }
}
