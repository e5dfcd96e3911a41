//! Values that are no lists and no objects, each read as what it has to be.

use super::cursor::Cursor;
use super::node::Content;
use super::problem::Parsed;
use crate::domain::Id;

/// A text.
pub(super) fn text(at: Cursor<'_>) -> Parsed<&str> {
    match (&at.node.content, at.node.content.quotable()) {
        (Content::Text(text), _) => Ok(text),
        (content, Some(text)) => {
            Err(at.refuse(format!("{}; a text is needed, quote it: \"{text}\"", content.describe())))
        }
        (_, None) => Err(at.refuse_kind("a text")),
    }
}

/// A text of its own.
pub(super) fn string(at: Cursor<'_>) -> Parsed<String> {
    text(at).map(str::to_owned)
}

/// An id or name.
pub(super) fn id(at: Cursor<'_>) -> Parsed<Id> {
    let text = text(at)?;
    Id::parse(text).map_err(|error| at.refuse(error.to_string()))
}

/// A flag.
pub(super) fn flag(at: Cursor<'_>) -> Parsed<bool> {
    let Content::Flag(flag) = at.node.content else {
        return Err(at.refuse_kind("true or false"));
    };
    Ok(flag)
}

/// A whole number.
pub(super) fn whole(at: Cursor<'_>) -> Parsed<i64> {
    let Content::Whole(number) = at.node.content else {
        return Err(at.refuse_kind("a whole number of 64 bits"));
    };
    Ok(number)
}

/// One of some values by its name.
pub(super) fn one_of<T: Copy>(at: Cursor<'_>, values: &[T], name: impl Fn(T) -> &'static str) -> Parsed<T> {
    let text = text(at)?;
    let found = values.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| {
        let names: Vec<_> = values.iter().copied().map(name).collect();
        at.refuse(format!("{}; it is one of {}", at.node.content.describe(), names.join(", ")))
    })
}

/// A list of ids.
pub(super) fn ids(at: Cursor<'_>) -> Parsed<Vec<Id>> {
    at.list(id)
}
