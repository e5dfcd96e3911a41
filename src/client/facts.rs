//! The facts of a resource as one argument: `responsible=u2,stage=NEW,open=true,departments=d1+d2`.
//!
//! A comma, plus sign or backslash in an id has a backslash before it. What is written reads back the same.

use crate::domain::{Facts, Id, IdError, sorted_set};

/// Why a text is no facts.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FactsError {
    /// A part without `=`.
    #[error("{part} is no fact; write NAME=VALUE, such as responsible=u2")]
    NoValue {
        /// The part.
        part: String,
    },
    /// A fact that resources don't have.
    #[error("{name} is no fact; there are responsible, author, stage, open, departments, observers")]
    Unknown {
        /// Its name.
        name: String,
    },
    /// A fact twice.
    #[error("{name} is there twice")]
    Twice {
        /// Its name.
        name: String,
    },
    /// A flag that is neither true nor false.
    #[error("open is {value}; it is true or false")]
    NoFlag {
        /// What was given.
        value: String,
    },
    /// A value that is no id.
    #[error("{name} {error}")]
    NoId {
        /// The fact's name.
        name: String,
        /// Why not.
        #[source]
        error: IdError,
    },
}

/// Reads facts.
///
/// # Errors
/// Says which part is wrong.
pub fn parse_facts(text: &str) -> Result<Facts, FactsError> {
    let mut facts = Facts::default();
    let mut seen = Vec::new();
    for part in split(text, ',').into_iter().filter(|part| !part.is_empty()) {
        let Some((name, value)) = part.split_once('=') else {
            return Err(FactsError::NoValue { part: part.to_owned() });
        };
        if seen.contains(&name) {
            return Err(FactsError::Twice { name: name.to_owned() });
        }
        seen.push(name);
        set(&mut facts, name, value)?;
    }
    Ok(facts)
}

fn set(facts: &mut Facts, name: &str, value: &str) -> Result<(), FactsError> {
    match name {
        "responsible" => facts.responsible = Some(id(name, value)?),
        "author" => facts.author = Some(id(name, value)?),
        "stage" => facts.stage = Some(id(name, value)?),
        "departments" => facts.departments = ids(name, value)?,
        "observers" => facts.observers = ids(name, value)?,
        "open" => {
            facts.open = value.parse().map_err(|_| FactsError::NoFlag { value: value.to_owned() })?;
        }
        _ => return Err(FactsError::Unknown { name: name.to_owned() }),
    }
    Ok(())
}

fn id(name: &str, value: &str) -> Result<Id, FactsError> {
    Id::parse(&unescape(value)).map_err(|error| FactsError::NoId { name: name.to_owned(), error })
}

fn ids(name: &str, value: &str) -> Result<Vec<Id>, FactsError> {
    let ids: Result<Vec<Id>, _> = split(value, '+').into_iter().map(|value| id(name, value)).collect();
    ids.map(sorted_set)
}

/// The parts between separators that have no backslash before them; the backslashes stay.
fn split(text: &str, separator: char) -> Vec<&str> {
    let mut is_escaped = false;
    let parts = text.split(|letter| {
        let is_end = letter == separator && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        is_end
    });
    parts.collect()
}

fn unescape(text: &str) -> String {
    let mut letters = text.chars();
    let mut plain = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        plain.push(if letter == '\\' { letters.next().unwrap_or(letter) } else { letter });
    }
    plain
}

/// Writes facts.
#[must_use]
pub fn facts_text(facts: &Facts) -> String {
    let one = |name: &str, id: Option<&Id>| id.map(|id| format!("{name}={}", escape(id)));
    let many = |name: &str, ids: &[Id]| {
        let joined = ids.iter().map(escape).collect::<Vec<_>>().join("+");
        (!ids.is_empty()).then(|| format!("{name}={joined}"))
    };
    let parts = [
        one("responsible", facts.responsible.as_ref()),
        one("author", facts.author.as_ref()),
        one("stage", facts.stage.as_ref()),
        facts.open.then(|| "open=true".to_owned()),
        many("departments", &facts.departments),
        many("observers", &facts.observers),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(",")
}

fn escape(id: &Id) -> String {
    let special = |letter| matches!(letter, ',' | '+' | '\\');
    id.as_str().chars().fold(String::new(), |mut text, letter| {
        if special(letter) {
            text.push('\\');
        }
        text.push(letter);
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed_id(text: &str) -> Id {
        Id::parse(text).unwrap()
    }

    #[test]
    fn every_fact_is_read() {
        let text = "responsible=u2,stage=NEW,open=true,departments=d2+d1+d2,observers=u1,author=u3";
        let facts = Facts {
            author: Some(parsed_id("u3")),
            responsible: Some(parsed_id("u2")),
            departments: vec![parsed_id("d1"), parsed_id("d2")],
            stage: Some(parsed_id("NEW")),
            open: true,
            observers: vec![parsed_id("u1")],
        };
        assert_eq!(parse_facts(text), Ok(facts));
        assert_eq!(parse_facts(""), Ok(Facts::default()));
    }

    #[test]
    fn an_id_with_separators_is_written_with_backslashes_and_read_back() {
        let stage = Some(parsed_id("C1:NEW=\\ a,b+c"));
        let facts = Facts { stage, departments: vec![parsed_id("+"), parsed_id(",")], ..Facts::default() };
        assert_eq!(parse_facts(&facts_text(&facts)), Ok(facts));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let error = |text| parse_facts(text).unwrap_err().to_string();
        assert_eq!(error("open"), "open is no fact; write NAME=VALUE, such as responsible=u2");
        assert!(error("owner=u1").starts_with("owner is no fact; there are responsible,"));
        assert_eq!(error("open=yes"), "open is yes; it is true or false");
        assert_eq!(error("stage=A,stage=B"), "stage is there twice");
        assert!(error("observers=u1++u2").starts_with("observers is empty"));
    }
}
