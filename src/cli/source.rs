//! Files of objects: read one after the other, with every problem in all of them named at once.

use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bundle::{Bundle, Encoding, Format, Lines, Located, Place, Problem, ReadError};
use crate::domain::{Key, Object};

/// The objects of a file as they come.
pub(super) type Objects = Box<dyn Iterator<Item = Result<Located<Object>, Problem>> + Send>;

/// An object with the file and place that it was read from.
#[derive(Clone, Debug)]
pub(super) struct Sourced {
    pub(super) file: Arc<str>,
    pub(super) place: Place,
    pub(super) object: Object,
}

/// Everything that is wrong with some files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Problems(pub(super) Vec<Problem>);

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} problems", self.0.len())?;
        self.0.iter().try_for_each(|problem| write!(f, "\n{problem}"))
    }
}

impl std::error::Error for Problems {}

/// The objects of a file. JSON Lines are read as they are asked for, in bounded memory.
pub(super) fn open(file: &Path) -> Result<Objects, Problems> {
    let encoding = Format::of_name(&file.to_string_lossy()).map(|format| format.encoding);
    match encoding {
        Some(Encoding::Lines) => match Lines::open(file) {
            Ok(lines) => Ok(Box::new(lines)),
            Err(error) => Err(Problems::of(file, error)),
        },
        Some(Encoding::Yaml | Encoding::Json) | None => match Bundle::open(file) {
            Ok(bundle) => Ok(Box::new(bundle.objects.into_iter().map(Ok))),
            Err(error) => Err(Problems::of(file, error)),
        },
    }
}

/// Every object of all files, each key once.
pub(super) fn read(files: &[PathBuf]) -> Result<Vec<Sourced>, Problems> {
    let (mut sourced, mut problems) = (Vec::new(), Problems::default());
    for file in files {
        let name: Arc<str> = file.to_string_lossy().into();
        match open(file) {
            Ok(objects) => {
                for object in objects {
                    match object {
                        Ok(Located { place, value }) => {
                            sourced.push(Sourced { file: Arc::clone(&name), place, object: value });
                        }
                        Err(problem) => problems.0.push(problem),
                    }
                }
            }
            Err(found) => problems.0.extend(found.0),
        }
    }
    problems.0.extend(repeats(&sourced));
    if problems.0.is_empty() { Ok(sourced) } else { Err(problems) }
}

/// How many objects a file has, if it has no problems.
pub(super) fn count(file: &Path) -> Result<u64, Problems> {
    let (mut count, mut problems) = (0, Problems::default());
    for object in open(file)? {
        match object {
            Ok(_) => count += 1,
            Err(problem) => problems.0.push(problem),
        }
    }
    if problems.0.is_empty() { Ok(count) } else { Err(problems) }
}

/// Within one file, repeats are the reader's to find.
fn repeats(sourced: &[Sourced]) -> Vec<Problem> {
    let mut first: HashMap<Key, &Sourced> = HashMap::with_capacity(sourced.len());
    let mut found = Vec::new();
    for it in sourced {
        let key = it.object.key();
        match first.get(&key) {
            Some(other) => {
                let message = format!("the {key} is in {}:{} too", other.file, other.place.line);
                found.push(it.problem(message));
            }
            None => drop(first.insert(key, it)),
        }
    }
    found
}

impl Sourced {
    pub(super) fn problem(&self, message: String) -> Problem {
        let (line, field) = (self.place.line, self.place.to_string());
        Problem { file: Arc::clone(&self.file), line, field, message }
    }
}

impl Problems {
    fn of(file: &Path, error: ReadError) -> Self {
        match error {
            ReadError::Problems(found) => Self(found),
            ReadError::Io { file, source } => {
                let message = format!("can't be read: {source}");
                Self(vec![Problem { file, line: 0, field: String::new(), message }])
            }
            ReadError::UnknownEnding { .. } => {
                let message = "ends in none of .yaml, .yml, .json, .jsonl, each also with .gz".to_owned();
                let file = file.to_string_lossy().into();
                Self(vec![Problem { file, line: 0, field: String::new(), message }])
            }
        }
    }
}
