//! Directory, roles and resources as a file: read strictly, print exactly.
//!
//! One format in three encodings: YAML for people, JSON, and JSON Lines for bulk. Reading names every problem with
//! its file, line and field; what is printed reads back as the same objects. Whether objects fit one another is
//! judged elsewhere; here each is judged by itself.

pub mod case;
mod cursor;
mod document;
mod format;
mod item;
mod json;
mod line;
mod node;
mod print;
mod problem;
mod scalar;
mod word;
mod yaml;

#[cfg(test)]
mod tests;

pub use document::Bundle;
pub use format::{DOCUMENT_BYTES_MAX, Encoding, Format, Packing};
pub use line::{LINE_BYTES_MAX, Lines};
pub use print::{PrintError, Printer, json_line};
pub use problem::{Located, PROBLEMS_MAX, Place, Problem, ReadError};
