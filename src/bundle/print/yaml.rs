//! JSON values as YAML for people: what fits on a line stands on one, the rest is taken apart.
//!
//! Quoted is whatever any reader of YAML could take for something else than a text.

use serde_json::{Map, Value};

use crate::bundle::yaml::{is_doubtful_flag, is_number_like};

const LINE_CHARS_MAX: usize = 110;

/// An item of a top list, with its dash and its line's end.
pub(super) fn item(value: &Value) -> String {
    let mut text = String::new();
    dashed(value, 1, &mut text);
    text
}

fn dashed(value: &Value, depth: usize, text: &mut String) {
    let start = "  ".repeat(depth) + "- ";
    let line = flow(value);
    let fits = start.chars().count() + line.chars().count() <= LINE_CHARS_MAX;
    match value.as_object() {
        Some(fields) if !fits => block(fields, &start, depth + 1, text),
        Some(_) | None => text.extend([&start, &line, "\n"]),
    }
}

/// An object field by field; the first one follows what begins the item.
fn block(fields: &Map<String, Value>, start: &str, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    for (index, (name, value)) in fields.iter().enumerate() {
        let lead = format!("{}{}:", if index == 0 { start } else { &indent }, quoted(name));
        text.push_str(&lead);
        let line = flow(value);
        let fits = lead.chars().count() + line.chars().count() < LINE_CHARS_MAX;
        if fits && !has_objects(value) {
            text.extend([" ", &line, "\n"]);
        } else {
            below(value, depth + 1, text);
        }
    }
}

/// A value on the lines below its name.
fn below(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('\n');
            for item in items {
                dashed(item, depth, text);
            }
        }
        Value::Object(fields) => {
            text.push('\n');
            block(fields, &"  ".repeat(depth), depth, text);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            text.extend([" ", &flow(value), "\n"]);
        }
    }
}

fn has_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(Value::is_object))
}

fn flow(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => quoted(text),
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!("{}: {}", quoted(name), flow(value));
            format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(", "))
        }
    }
}

/// The text as it stands if it is safe so, otherwise in double quotes.
fn quoted(text: &str) -> String {
    if is_safe(text) {
        text.to_owned()
    } else {
        format!("\"{}\"", text.chars().map(escaped).collect::<String>())
    }
}

fn is_safe(text: &str) -> bool {
    let is_word = ["null", "true", "false", "y", "n"].into_iter().any(|word| text.eq_ignore_ascii_case(word));
    text.starts_with(char::is_alphabetic)
        && text.chars().all(|char| char.is_alphanumeric() || " _-.".contains(char))
        && !text.ends_with(' ')
        && !is_word
        && !is_doubtful_flag(text)
        && !is_number_like(text)
}

fn escaped(char: char) -> String {
    match char {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => numbered(char),
        char if char.is_control() => numbered(char),
        char => char.to_string(),
    }
}

fn numbered(char: char) -> String {
    format!("\\u{:04X}", u32::from(char))
}
