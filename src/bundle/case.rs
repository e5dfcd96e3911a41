//! The format of conformance cases: steps on one store that starts empty, and the answers that must come.
//!
//! Users, ids and actions of questions are plain texts, since a case may ask with one that is ill-formed.

mod step;
#[cfg(test)]
mod tests;

use std::io::Read;
use std::path::Path as FilePath;
use std::sync::Arc;

use super::cursor::{Cursor, Path};
use super::format;
use super::json;
use super::problem::{Parsed, Problems, ReadError};
use super::scalar;
use crate::domain::{Facts, NewsEvent, Object, Operation};

/// A conformance case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// The name.
    pub name: String,
    /// The rule that it shows.
    pub why: String,
    /// The steps in their order.
    pub steps: Vec<Step>,
}

/// A step of a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Step {
    /// An import.
    Load(Vec<Object>),
    /// A write that must succeed.
    Write(Vec<Operation>),
    /// A write that must be refused and change nothing.
    Refuse {
        /// The operations.
        operations: Vec<Operation>,
        /// A rule that they break, by its number.
        rule: String,
    },
    /// Checks.
    Checks(Vec<CheckCase>),
    /// Lists of what a user may see.
    Lists(Vec<ListCase>),
    /// Lists of who may do something.
    Subjects(Vec<SubjectsCase>),
    /// Recipients of a ticket's news.
    Recipients(Vec<RecipientsCase>),
}

/// A check and its answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CheckCase {
    /// Who asks.
    pub user: String,
    /// What he would do.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
    /// The resource.
    pub target: Target,
    /// The answer.
    pub expect: Expect,
}

/// The resource that a check is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A stored one.
    Id(String),
    /// One that isn't stored.
    Facts(Facts),
}

/// The answer to a check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expect {
    /// It is allowed.
    Allow {
        /// What the caller must see to, if anything.
        obligation: Option<String>,
    },
    /// It is denied.
    Deny,
    /// It is an error of this gRPC code, such as `INVALID_ARGUMENT`.
    Error(String),
}

/// What a user may see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListCase {
    /// Who asks.
    pub user: String,
    /// What he would do.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
    /// The ids that must come, in their order.
    pub ids: Vec<String>,
}

/// Who may do something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectsCase {
    /// The entity type.
    pub entity_type: String,
    /// The resource.
    pub id: String,
    /// What would be done.
    pub action: String,
    /// The users that must come, in their order.
    pub users: Vec<String>,
}

/// Who is told a ticket's news.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecipientsCase {
    /// The entity type.
    pub entity_type: String,
    /// The ticket.
    pub id: String,
    /// What happened to it.
    pub event: NewsEvent,
    /// The users that must come, in their order.
    pub users: Vec<String>,
    /// Whether each of them may read the ticket.
    pub can_read: Vec<(String, bool)>,
}

impl Case {
    /// Reads a JSON file.
    ///
    /// # Errors
    /// Says why the file can't be read, or names every problem in it.
    pub fn open(path: &FilePath) -> Result<Self, ReadError> {
        let (_, source) = format::open(path)?;
        Self::read(&format::file_name(path), source)
    }

    /// Reads the bytes of a JSON file; its name is for messages alone.
    ///
    /// # Errors
    /// Says why the bytes can't be read, or names every problem in them.
    pub fn read(file: &str, source: impl Read) -> Result<Self, ReadError> {
        let file: Arc<str> = file.into();
        let problems = Problems::new(file.clone());
        let parsed =
            format::read_document(&file, source, &problems)?.and_then(|bytes| parse(&bytes, &problems));
        problems.settle(parsed)
    }
}

fn parse(bytes: &[u8], problems: &Problems) -> Parsed<Case> {
    let node = json::read(bytes, problems)?;
    let at = Cursor { node: &node, path: &Path::Root, problems };
    let fields = at.fields(&["name", "why", "steps"])?;
    let name = fields.required("name", scalar::string);
    let why = fields.required("why", scalar::string);
    let steps = fields.required("steps", |at| at.list(step::step));
    Ok(Case { name: name?, why: why?, steps: steps? })
}
