//! A whole file of objects in memory.

use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::path::Path as FilePath;
use std::sync::Arc;

use super::cursor::{Cursor, Fields, Path};
use super::format::{self, Encoding};
use super::item;
use super::line::Lines;
use super::problem::{Located, Parsed, Place, Problem, Problems, ReadError, Refused};
use super::{json, yaml};
use crate::domain::{Key, Kind, Object};

/// The objects of one file in their order, each with its place.
///
/// INVARIANT: no key stands twice, and no object is wrong by itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// The file's name as the reader was given it.
    pub file: Arc<str>,
    /// The objects.
    pub objects: Vec<Located<Object>>,
}

impl Bundle {
    /// Reads a file whose name tells its encoding.
    ///
    /// # Errors
    /// Says why the file can't be read, or names every problem in it.
    pub fn open(path: &FilePath) -> Result<Self, ReadError> {
        let (encoding, source) = format::open(path)?;
        Self::read(&format::file_name(path), encoding, source)
    }

    /// Reads the bytes of a file; its name is for messages alone.
    ///
    /// # Errors
    /// Says why the bytes can't be read, or names every problem in them.
    pub fn read(file: &str, encoding: Encoding, source: impl Read) -> Result<Self, ReadError> {
        let file: Arc<str> = file.into();
        let problems = Problems::new(file.clone());
        let parsed = match encoding {
            Encoding::Lines => Ok(read_lines(&file, source, &problems)),
            Encoding::Yaml | Encoding::Json => format::read_document(&file, source, &problems)?
                .and_then(|bytes| parse(encoding, &bytes, &problems)),
        };
        let objects = problems.settle(parsed)?;
        Ok(Self { file, objects })
    }

    /// The objects without their places.
    pub fn into_objects(self) -> impl Iterator<Item = Object> {
        self.objects.into_iter().map(|located| located.value)
    }
}

fn read_lines(file: &str, source: impl Read, problems: &Problems) -> Vec<Located<Object>> {
    let mut objects = Vec::new();
    for line in Lines::new(file, BufReader::new(source)) {
        match line {
            Ok(object) => objects.push(object),
            Err(Problem { line, field, message, .. }) => problems.add(line, field, message),
        }
    }
    objects
}

fn parse(encoding: Encoding, bytes: &[u8], problems: &Problems) -> Parsed<Vec<Located<Object>>> {
    let node = match encoding {
        Encoding::Yaml => yaml::read(utf8(bytes, problems)?, problems),
        Encoding::Json | Encoding::Lines => json::read(bytes, problems),
    }?;
    let objects = objects(Cursor { node: &node, path: &Path::Root, problems })?;
    refuse_repeats(&objects, problems);
    Ok(objects)
}

fn utf8<'a>(bytes: &'a [u8], problems: &Problems) -> Parsed<&'a str> {
    std::str::from_utf8(bytes).map_err(|error| {
        let sound = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = sound.split(|byte| *byte == b'\n').count();
        problems.add(line, String::new(), "is not UTF-8".to_owned());
        Refused
    })
}

/// Reads an object of lists.
pub(super) fn objects(at: Cursor<'_>) -> Parsed<Vec<Located<Object>>> {
    let lists = at.fields(&item::list_names())?;
    let mut objects = Vec::new();
    let mut whole = Ok(());
    for kind in kinds_in_order(&lists) {
        let list = lists.required(kind.list_name(), |at| at.list(|at| located(kind, at)));
        match list {
            Ok(list) => objects.extend(list),
            Err(refused) => whole = Err(refused),
        }
    }
    whole.map(|()| objects)
}

fn kinds_in_order(lists: &Fields<'_>) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(Kind::EACH.len());
    for kind in lists.names().filter_map(item::kind_of) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn located(kind: Kind, at: Cursor<'_>) -> Parsed<Located<Object>> {
    let index = match at.path {
        Path::Index(_, index) => Some(*index),
        Path::Root | Path::Name(..) => None,
    };
    let value = item::sound_object(kind, at)?;
    Ok(Located { place: Place { line: at.node.line, kind, index }, value })
}

/// Notes every object whose key stood before already.
pub(super) fn refuse_repeats(objects: &[Located<Object>], problems: &Problems) {
    let mut first: HashMap<Key, usize> = HashMap::with_capacity(objects.len());
    for Located { place, value } in objects {
        let key = value.key();
        if let Some(line) = first.get(&key) {
            let message = format!("the {key} is there a second time; the first is on line {line}");
            problems.add(place.line, place.to_string(), message);
        } else {
            first.insert(key, place.line);
        }
    }
}
