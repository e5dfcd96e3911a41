//! A file's content as a tree of values that know their lines.
//!
//! Both notations are read into it, so everything after that is written once. Repeated fields are kept: to refuse
//! them is the matter of whoever knows which fields there are.

use compact_str::CompactString;

/// A value and the line where it begins.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) content: Content,
}

/// A value.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Content {
    Null,
    Flag(bool),
    Whole(i64),
    /// Any other number as it was written, or an unquoted text that some reader of YAML takes for one.
    Number(CompactString),
    /// An unquoted yes, no, on or off, which YAML 1.1 takes for a flag and YAML 1.2 for a text.
    Word(CompactString),
    Text(CompactString),
    List(Vec<Node>),
    Fields(Vec<Entry>),
}

/// A named value of an object.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Entry {
    pub(super) name: CompactString,
    pub(super) line: usize,
    pub(super) node: Node,
}

impl Content {
    /// What it is, for a message that refuses it.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Null => "is empty".to_owned(),
            Self::Flag(flag) => format!("is the flag {flag}"),
            Self::Whole(number) => format!("is the number {number}"),
            Self::Number(text) => format!("is the number {text}"),
            Self::Word(text) => format!("is {text}, which some readers of YAML take for a flag"),
            Self::Text(text) => format!("is the text \"{}\"", shortened(text)),
            Self::List(_) => "is a list".to_owned(),
            Self::Fields(_) => "is an object".to_owned(),
        }
    }

    /// The text that quotes would make of it, if it is a scalar that isn't a text.
    pub(super) fn quotable(&self) -> Option<String> {
        match self {
            Self::Flag(flag) => Some(flag.to_string()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Number(text) | Self::Word(text) => Some(text.to_string()),
            Self::Null | Self::Text(_) | Self::List(_) | Self::Fields(_) => None,
        }
    }
}

impl Node {
    /// The line of a field such as `grants[1].stages`, or of the nearest value around it.
    pub(super) fn line_of(&self, field: &str) -> usize {
        let mut node = self;
        for step in field.split(['.', '[']).filter(|step| !step.is_empty()) {
            match node.child(step) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.line
    }

    fn child(&self, step: &str) -> Option<&Self> {
        match &self.content {
            Content::List(nodes) => nodes.get(step.trim_end_matches(']').parse::<usize>().ok()?),
            Content::Fields(entries) => {
                entries.iter().find(|entry| entry.name == step).map(|entry| &entry.node)
            }
            Content::Null
            | Content::Flag(_)
            | Content::Whole(_)
            | Content::Number(_)
            | Content::Word(_)
            | Content::Text(_) => None,
        }
    }
}

fn shortened(text: &str) -> String {
    const CHARS_MAX: usize = 40;
    let mut chars = text.chars();
    let start: String = chars.by_ref().take(CHARS_MAX).flat_map(char::escape_debug).collect();
    if chars.next().is_some() { format!("{start}…") } else { start }
}
