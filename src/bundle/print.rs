//! Objects as text: one JSON line each, or a whole document in YAML or JSON.
//!
//! Defaults are left out. What is printed reads back as exactly the same objects.

mod value;
mod yaml;

use std::io::{self, Write};

use serde_json::{Map, Value};

use super::format::Encoding;
use crate::domain::{Kind, Object};

/// An object as a line of JSON Lines, without the line's end.
#[must_use]
pub fn json_line(object: &Object) -> String {
    let mut line = Map::new();
    line.insert(object.key().kind().list_name().to_owned(), value::of(object));
    Value::Object(line).to_string()
}

/// Why an object was not printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The text can't be written.
    #[error("the text can't be written")]
    Io(#[from] io::Error),
    /// A document holds each list once, so all objects of a kind come together.
    #[error("an object of {} comes after that list has ended", .0.list_name())]
    Scattered(Kind),
}

/// Prints objects one after the other, holding none of them.
#[derive(Debug)]
pub struct Printer<W> {
    out: W,
    encoding: Encoding,
    begun: Vec<Kind>,
}

impl<W: Write> Printer<W> {
    /// Begins a text.
    pub const fn new(encoding: Encoding, out: W) -> Self {
        Self { out, encoding, begun: Vec::new() }
    }

    /// Prints the next object.
    ///
    /// # Errors
    /// Says that the text can't be written, or that in a document the object's list has ended.
    pub fn put(&mut self, object: &Object) -> Result<(), PrintError> {
        match self.encoding {
            Encoding::Lines => writeln!(self.out, "{}", json_line(object))?,
            Encoding::Json => self.put_json(object)?,
            Encoding::Yaml => self.put_yaml(object)?,
        }
        Ok(())
    }

    /// Ends the text and gives the writer back.
    ///
    /// # Errors
    /// Says that the text can't be written.
    pub fn finish(mut self) -> Result<W, PrintError> {
        match (self.encoding, self.begun.is_empty()) {
            (Encoding::Lines, _) | (Encoding::Yaml, false) => {}
            (Encoding::Json, false) => self.out.write_all(b"\n  ]\n}\n")?,
            (Encoding::Yaml | Encoding::Json, true) => self.out.write_all(b"{}\n")?,
        }
        self.out.flush()?;
        Ok(self.out)
    }

    fn put_json(&mut self, object: &Object) -> Result<(), PrintError> {
        let kind = object.key().kind();
        let lead = match (self.turn_to(kind)?, self.begun.len()) {
            (Turn::Same, _) => ",\n",
            (Turn::Next, 1) => "{\n",
            (Turn::Next, _) => "\n  ],\n",
        };
        self.out.write_all(lead.as_bytes())?;
        if lead != ",\n" {
            writeln!(self.out, "  \"{}\": [", kind.list_name())?;
        }
        write!(self.out, "    {}", value::of(object))?;
        Ok(())
    }

    fn put_yaml(&mut self, object: &Object) -> Result<(), PrintError> {
        let kind = object.key().kind();
        match self.turn_to(kind)? {
            Turn::Same => {}
            Turn::Next => writeln!(self.out, "{}:", kind.list_name())?,
        }
        self.out.write_all(yaml::item(&value::of(object)).as_bytes())?;
        Ok(())
    }

    fn turn_to(&mut self, kind: Kind) -> Result<Turn, PrintError> {
        if self.begun.last() == Some(&kind) {
            return Ok(Turn::Same);
        }
        if self.begun.contains(&kind) {
            return Err(PrintError::Scattered(kind));
        }
        self.begun.push(kind);
        Ok(Turn::Next)
    }
}

/// Whether an object goes on with a list or begins one.
enum Turn {
    Same,
    Next,
}
