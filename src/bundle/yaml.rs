//! YAML into nodes.
//!
//! The part of YAML 1.2 that people need and every reader understands alike: no anchors, aliases, tags or
//! directives, one document, names that are texts. An unquoted scalar is what YAML 1.2 says, except for those that
//! other readers take for something else; they stay marked, and are refused where a text is wanted.

use granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, Span};

use super::node::{Content, Entry, Node};
use super::problem::{Parsed, Problems, Refused};

/// The most values around one another. The deepest format, a conformance file, needs 10.
const DEPTH_MAX: usize = 16;

/// Reads a document.
pub(super) fn read(text: &str, problems: &Problems) -> Parsed<Node> {
    let mut builder = Builder { open: Vec::new(), root: None, problems };
    for next in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = next.map_err(|error| broken(problems, &error))?;
        builder.take_in(event, span.start.line(), &span)?;
    }
    builder.root.ok_or_else(|| {
        problems.add(1, String::new(), "is empty; an empty bundle is written {}".to_owned());
        Refused
    })
}

fn options() -> Options {
    granit_parser::options! {
        strict_indentation: true,
        disallow_directives: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH_MAX,
        block_nesting_limit: DEPTH_MAX,
    }
}

fn broken(problems: &Problems, error: &ScanError) -> Refused {
    let (mark, cause) = (error.marker(), error.info());
    let message = format!("is not YAML: {cause}, at column {}", mark.col() + 1);
    problems.add(mark.line(), String::new(), message);
    Refused
}

/// A list or object whose end has not come yet.
enum Open {
    List { line: usize, nodes: Vec<Node> },
    Fields { line: usize, entries: Vec<Entry>, name: Option<Node> },
}

struct Builder<'a> {
    open: Vec<Open>,
    root: Option<Node>,
    problems: &'a Problems,
}

impl Builder<'_> {
    fn take_in(&mut self, event: Event<'_>, line: usize, span: &Span) -> Parsed<()> {
        if event.tag().is_some() {
            let line = span.tag_start().map_or(line, |mark| mark.line());
            return self.refuse(line, "has a tag; write the value alone");
        }
        match event {
            Event::Scalar(_, _, 1.., _)
            | Event::SequenceStart(_, 1.., _)
            | Event::MappingStart(_, 1.., _) => {
                self.refuse(line, "has an anchor; write each value where it is needed")
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => {
                self.refuse(line, "is an alias; write each value where it is needed")
            }
            Event::DocumentStart(..) if self.root.is_some() => {
                self.refuse(line, "begins a second document; a file holds one")
            }
            Event::Scalar(text, style, ..) => self.attach(Node { line, content: scalar(&text, style) }),
            Event::SequenceStart(..) => self.begin(Open::List { line, nodes: Vec::new() }),
            Event::MappingStart(..) => self.begin(Open::Fields { line, entries: Vec::new(), name: None }),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(..)
            | Event::DocumentEnd
            | Event::Anchor(..) => Ok(()),
            _ => self.refuse(line, "holds what only newer readers of YAML know"),
        }
    }

    fn begin(&mut self, value: Open) -> Parsed<()> {
        if self.open.len() >= DEPTH_MAX {
            let (Open::List { line, .. } | Open::Fields { line, .. }) = value;
            return self.refuse(line, &format!("is nested more than {DEPTH_MAX} deep"));
        }
        self.open.push(value);
        Ok(())
    }

    fn end(&mut self) -> Parsed<()> {
        match self.open.pop() {
            Some(Open::List { line, nodes }) => self.attach(Node { line, content: Content::List(nodes) }),
            Some(Open::Fields { line, entries, .. }) => {
                self.attach(Node { line, content: Content::Fields(entries) })
            }
            None => Ok(()),
        }
    }

    fn attach(&mut self, node: Node) -> Parsed<()> {
        let problems = self.problems;
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { nodes, .. }) => nodes.push(node),
            Some(Open::Fields { entries, name, .. }) => match name.take() {
                None => *name = Some(node),
                Some(key) => entries.push(entry(key, node, problems)?),
            },
        }
        Ok(())
    }

    fn refuse(&self, line: usize, message: &str) -> Parsed<()> {
        self.problems.add(line, String::new(), message.to_owned());
        Err(Refused)
    }
}

/// A named value. A name that quotes would mend is noted and taken as if it had them.
fn entry(key: Node, node: Node, problems: &Problems) -> Parsed<Entry> {
    let line = key.line;
    if let Content::Text(name) = key.content {
        return Ok(Entry { name, line, node });
    }
    let what = key.content.describe();
    if let Some(text) = key.content.quotable() {
        problems.add(line, String::new(), format!("a name {what}; quote it: \"{text}\""));
        return Ok(Entry { name: text.into(), line, node });
    }
    problems.add(line, String::new(), format!("a name {what}; a name is a text"));
    Err(Refused)
}

fn scalar(text: &str, style: ScalarStyle) -> Content {
    match style {
        ScalarStyle::Plain => unquoted(text),
        ScalarStyle::SingleQuoted
        | ScalarStyle::DoubleQuoted
        | ScalarStyle::Literal
        | ScalarStyle::Folded => Content::Text(text.into()),
    }
}

fn unquoted(text: &str) -> Content {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Content::Null,
        "true" | "True" | "TRUE" => Content::Flag(true),
        "false" | "False" | "FALSE" => Content::Flag(false),
        text if is_doubtful_flag(text) => Content::Word(text.into()),
        text if is_number_like(text) => number(text),
        text => Content::Text(text.into()),
    }
}

fn number(text: &str) -> Content {
    match text.parse::<i64>() {
        Ok(whole) if whole.to_string() == text => Content::Whole(whole),
        Ok(_) | Err(_) => Content::Number(text.into()),
    }
}

/// Whether YAML 1.1 takes the unquoted text for a flag.
pub(super) fn is_doubtful_flag(text: &str) -> bool {
    ["yes", "no", "on", "off"].into_iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// Whether some reader of YAML takes the unquoted text for a number, a time or a date.
pub(super) fn is_number_like(text: &str) -> bool {
    let unsigned = text.trim_start_matches(['+', '-', '.']);
    let lower = unsigned.to_ascii_lowercase();
    if lower == "inf" || lower == "nan" {
        return unsigned.len() < text.len();
    }
    let has_prefix = ["0x", "0o", "0b"].into_iter().any(|prefix| lower.starts_with(prefix));
    unsigned.starts_with(|first: char| first.is_ascii_digit())
        && (has_prefix
            || unsigned.parse::<f64>().is_ok()
            || unsigned.chars().all(|char| char.is_ascii_digit() || "+-._:".contains(char)))
}
