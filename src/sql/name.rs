//! Names of tables and columns as callers give them.
//!
//! A name has plain letters, digits, `_` and `$` alone, so that no quoting of any database can be got out of.

use std::fmt;

/// The most bytes of one part of a name: PostgreSQL cuts longer ones.
const WORD_BYTES_MAX: usize = 63;
/// `schema.table.column`.
const COLUMN_WORDS_MAX: usize = 3;
/// `schema.table`.
const TABLE_WORDS_MAX: usize = 2;

/// One part of a name.
///
/// INVARIANT: `[A-Za-z_][A-Za-z0-9_$]{0,62}`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word(String);

/// A name of one to three parts, such as `stage`, `deals.stage` or `crm.deals.stage`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Name(Vec<Word>);

/// A table that holds the values of a field, one a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// The table.
    pub table: Name,
    /// Its column that holds whose value it is: the resource's id, or for the departments of a responsible his.
    pub key: Word,
    /// Its column that holds the value.
    pub value: Word,
}

/// Where the values of a field are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Source {
    /// In a column beside the resource; NULL where there is no value.
    Column(Name),
    /// In a table of their own.
    Link(Link),
}

/// Why a text is no name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NameError {
    /// A part that is no word.
    #[error(
        "{part:?} is no name; one has letters A to Z, digits, _ and $, begins with a letter or _, and has at most \
        {WORD_BYTES_MAX} bytes"
    )]
    NotAWord {
        /// The part.
        part: String,
    },
    /// Too many parts.
    #[error("{name:?} has more than {words_max} parts")]
    TooManyWords {
        /// The name.
        name: String,
        /// How many it may have.
        words_max: usize,
    },
    /// A table without its two columns.
    #[error("{text:?} is no table of values; write TABLE(KEY,VALUE)")]
    NotALink {
        /// What was given.
        text: String,
    },
}

impl Word {
    /// Takes a part of a name in.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
        let is_inner = |byte: u8| is_letter(byte) || byte.is_ascii_digit() || byte == b'$';
        let is_word = text.len() <= WORD_BYTES_MAX
            && text.bytes().next().is_some_and(is_letter)
            && text.bytes().all(is_inner);
        if is_word { Ok(Self(text.to_owned())) } else { Err(NameError::NotAWord { part: text.to_owned() }) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Name {
    /// Takes the name of a column in.
    ///
    /// # Errors
    /// It is none.
    pub fn column(text: &str) -> Result<Self, NameError> {
        Self::parse(text, COLUMN_WORDS_MAX)
    }

    /// Takes the name of a table in.
    ///
    /// # Errors
    /// It is none.
    pub fn table(text: &str) -> Result<Self, NameError> {
        Self::parse(text, TABLE_WORDS_MAX)
    }

    fn parse(text: &str, words_max: usize) -> Result<Self, NameError> {
        let words: Vec<Word> = text.split('.').map(Word::parse).collect::<Result<_, _>>()?;
        if words.len() > words_max {
            return Err(NameError::TooManyWords { name: text.to_owned(), words_max });
        }
        Ok(Self(words))
    }

    /// The parts.
    #[must_use]
    pub fn words(&self) -> &[Word] {
        &self.0
    }
}

impl Link {
    /// Takes a table and its columns in.
    ///
    /// # Errors
    /// One of the names is none.
    pub fn parse(table: &str, key: &str, value: &str) -> Result<Self, NameError> {
        Ok(Self { table: Name::table(table)?, key: Word::parse(key)?, value: Word::parse(value)? })
    }
}

impl Source {
    /// Takes `COLUMN` or `TABLE(KEY,VALUE)` in.
    ///
    /// # Errors
    /// It is neither.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let Some((table, rest)) = text.split_once('(') else { return Name::column(text).map(Self::Column) };
        let columns = rest.strip_suffix(')').and_then(|rest| rest.split_once(','));
        let (key, value) = columns.ok_or_else(|| NameError::NotALink { text: text.to_owned() })?;
        Link::parse(table, key.trim(), value.trim()).map(Self::Link)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<&str> = self.0.iter().map(Word::as_str).collect();
        f.write_str(&words.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_words_and_nothing_else() {
        for name in ["stage", "_s$1", "crm.deals.stage", &"a".repeat(63)] {
            assert_eq!(Name::column(name).unwrap().to_string(), name);
        }
        let nasty =
            ["", ".", "a.", "1a", "$a", "a b", "a\"b", "a`b", "a]b", "a;b", "a--", "a'", "é", "a\0", "a\n"];
        for name in nasty.into_iter().chain(["a.b.c.d", &"a".repeat(64)]) {
            assert!(Name::column(name).is_err(), "{name:?}");
        }
        assert!(Name::table("crm.deals").is_ok() && Name::table("x.crm.deals").is_err());
    }

    #[test]
    fn a_source_is_a_column_or_a_table_with_two() {
        assert!(matches!(Source::parse("deals.department"), Ok(Source::Column(_))));
        let link = Link::parse("crm.deal_departments", "deal", "department").unwrap();
        assert_eq!(Source::parse("crm.deal_departments(deal, department)"), Ok(Source::Link(link)));
        for wrong in ["t(", "t(a)", "t(a,b", "t(a,b,c)", "t(a.b,c)", "(a,b)", "t(a,b) x", "t((a,b)"] {
            assert!(Source::parse(wrong).is_err(), "{wrong}");
        }
    }
}
