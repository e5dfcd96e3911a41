//! JSON into nodes.
//!
//! The scanner is `serde_json`; the lines are counted under it, byte by byte, since it tells a position only with
//! an error.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};

use compact_str::CompactString;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Deserializer;

use super::node::{Content, Entry, Node};
use super::problem::{Parsed, Problems, Refused};

/// Reads a document that is one JSON value.
pub(super) fn read(text: &[u8], problems: &Problems) -> Parsed<Node> {
    let line = Cell::new(1);
    let mut scanner = Deserializer::from_reader(Counting { text, line: &line });
    let node = Tree { line: &line }.deserialize(&mut scanner).and_then(|node| scanner.end().map(|()| node));
    node.map_err(|error| refuse(problems, error.line(), &error))
}

/// Reads one line that is one JSON value.
pub(super) fn read_line(text: &[u8], number: usize, problems: &Problems) -> Parsed<Node> {
    let line = Cell::new(number);
    let mut scanner = Deserializer::from_slice(text);
    let node = Tree { line: &line }.deserialize(&mut scanner).and_then(|node| scanner.end().map(|()| node));
    node.map_err(|error| refuse(problems, number, &error))
}

fn refuse(problems: &Problems, line: usize, error: &serde_json::Error) -> Refused {
    let message = error.to_string();
    let cause = message.split(" at line ").next().unwrap_or_default();
    let column = error.column();
    problems.add(line, String::new(), format!("is not JSON: {cause}, at column {column}"));
    Refused
}

/// Hands bytes on and counts the lines that went by.
struct Counting<'a> {
    text: &'a [u8],
    line: &'a Cell<usize>,
}

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.text.read(buffer)?;
        let ends = buffer.iter().take(count).filter(|byte| **byte == b'\n').count();
        self.line.set(self.line.get() + ends);
        Ok(count)
    }
}

/// Takes in whatever value comes next.
#[derive(Clone, Copy)]
struct Tree<'a> {
    line: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'de>>(self, scanner: D) -> Result<Node, D::Error> {
        let line = self.line.get();
        let content = scanner.deserialize_any(self)?;
        Ok(Node { line, content })
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Content;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Content, E> {
        Ok(Content::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Content, E> {
        Ok(Content::Flag(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Content, E> {
        Ok(Content::Whole(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Content, E> {
        Ok(i64::try_from(number).map_or_else(|_| Content::Number(number.to_string().into()), Content::Whole))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Content, E> {
        Ok(Content::Number(number.to_string().into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Content, E> {
        Ok(Content::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Content, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element_seed(self)? {
            nodes.push(node);
        }
        Ok(Content::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Content, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = object.next_key::<CompactString>()? {
            let line = self.line.get();
            let node = object.next_value_seed(self)?;
            entries.push(Entry { name, line, node });
        }
        Ok(Content::Fields(entries))
    }
}
