//! A way through a tree of nodes that knows where it is, and notes what is wrong there.
//!
//! Every method either gives the value that was asked for or notes a problem and answers [`Refused`]. Readers take
//! all fields before they give up, so that one pass finds every problem.

use std::collections::HashSet;
use std::fmt;

use super::node::{Content, Entry, Node};
use super::problem::{Parsed, Problems, Refused};
use super::scalar;

/// The way from the root to a value.
#[derive(Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Name(&'a Self, &'a str),
    Index(&'a Self, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Name(Path::Root, name) => f.write_str(name),
            Self::Name(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// A value and the way to it.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    pub(super) node: &'a Node,
    pub(super) path: &'a Path<'a>,
    pub(super) problems: &'a Problems,
}

impl<'a> Cursor<'a> {
    /// Notes that the value is wrong.
    pub(super) fn refuse(self, message: String) -> Refused {
        self.problems.add(self.node.line, self.path.to_string(), message);
        Refused
    }

    /// Notes that the value is of the wrong type.
    pub(super) fn refuse_kind(self, wanted: &str) -> Refused {
        self.refuse(format!("{}; {wanted} is needed", self.node.content.describe()))
    }

    /// A list, item by item.
    pub(super) fn list<T>(self, read: impl Fn(Cursor<'_>) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = Vec::new();
        let mut whole = Ok(());
        for (index, node) in self.nodes()?.iter().enumerate() {
            let path = Path::Index(self.path, index);
            match read(Cursor { node, path: &path, problems: self.problems }) {
                Ok(item) => items.push(item),
                Err(refused) => whole = Err(refused),
            }
        }
        whole.map(|()| items)
    }

    fn nodes(self) -> Parsed<&'a [Node]> {
        let Content::List(nodes) = &self.node.content else {
            return Err(self.refuse_kind("a list"));
        };
        Ok(nodes)
    }

    fn entries(self) -> Parsed<&'a [Entry]> {
        let Content::Fields(entries) = &self.node.content else {
            return Err(self.refuse_kind("an object"));
        };
        Ok(entries)
    }

    /// An object whose fields have any names, each once.
    pub(super) fn map<T>(self, read: impl Fn(&str, Cursor<'_>) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut seen = HashSet::new();
        let mut items = Vec::new();
        let mut whole = Ok(());
        for entry in self.entries()? {
            if !seen.insert(entry.name.as_str()) {
                whole = Err(self.refuse_entry(entry, "is given a second time; give it once".to_owned()));
            }
            match self.enter(entry, |at| read(&entry.name, at)) {
                Ok(item) => items.push(item),
                Err(refused) => whole = Err(refused),
            }
        }
        whole.map(|()| items)
    }

    /// An object of known fields. Others, and repeats, are noted.
    pub(super) fn fields(self, known: &[&str]) -> Parsed<Fields<'a>> {
        let entries = self.entries()?;
        let mut seen = Vec::new();
        for entry in entries {
            let name = entry.name.as_str();
            if !known.contains(&name) {
                self.refuse_entry(entry, format!("is unknown; known are {}", known.join(", ")));
            } else if seen.contains(&name) {
                self.refuse_entry(entry, "is given a second time; give it once".to_owned());
            } else {
                seen.push(name);
            }
        }
        Ok(Fields { at: self, entries })
    }

    fn refuse_entry(self, entry: &Entry, message: String) -> Refused {
        let path = Path::Name(self.path, &entry.name);
        self.problems.add(entry.line, path.to_string(), message);
        Refused
    }

    fn enter<T>(self, entry: &Entry, read: impl FnOnce(Cursor<'_>) -> T) -> T {
        let path = Path::Name(self.path, &entry.name);
        read(Cursor { node: &entry.node, path: &path, problems: self.problems })
    }
}

/// The fields of an object.
pub(super) struct Fields<'a> {
    at: Cursor<'a>,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// The names in their order.
    pub(super) fn names(&self) -> impl Iterator<Item = &'a str> {
        self.entries.iter().map(|entry| entry.name.as_str())
    }

    /// A field that must be there.
    pub(super) fn required<T>(&self, name: &str, read: impl FnOnce(Cursor<'_>) -> Parsed<T>) -> Parsed<T> {
        match self.entry(name) {
            Some(entry) => self.at.enter(entry, read),
            None => Err(self.at.refuse(format!("lacks the field {name}"))),
        }
    }

    /// A field that may be left out.
    pub(super) fn optional<T>(
        &self,
        name: &str,
        read: impl FnOnce(Cursor<'_>) -> Parsed<T>,
    ) -> Parsed<Option<T>> {
        self.entry(name).map(|entry| self.at.enter(entry, read)).transpose()
    }

    /// A field that has a value when it is left out.
    pub(super) fn or<T>(
        &self,
        name: &str,
        default: T,
        read: impl FnOnce(Cursor<'_>) -> Parsed<T>,
    ) -> Parsed<T> {
        Ok(self.optional(name, read)?.unwrap_or(default))
    }

    /// A flag that is false when it is left out.
    pub(super) fn flag(&self, name: &str) -> Parsed<bool> {
        self.or(name, false, scalar::flag)
    }

    /// The one field of some that is there.
    pub(super) fn one_of(&self, names: &[&'static str]) -> Parsed<&'static str> {
        let given: Vec<_> = names.iter().copied().filter(|name| self.entry(name).is_some()).collect();
        match given.as_slice() {
            [name] => Ok(name),
            [] => Err(self.at.refuse(format!("needs one of {}", names.join(", ")))),
            several => Err(self.at.refuse(format!("has {}; one of them is needed", several.join(" and ")))),
        }
    }

    /// Notes a field that is there although the one that it goes with isn't.
    pub(super) fn refuse_stray(&self, name: &str, companion: &str) -> Parsed<()> {
        let stray = self.entry(name);
        stray.map_or(Ok(()), |entry| Err(self.at.refuse_entry(entry, format!("goes with {companion} alone"))))
    }

    fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}
