//! Where the three databases differ: quotes, lists of values, bytewise comparison, bounds.

use super::{Name, Word};

/// A database whose SQL is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// Placeholders `$1`, `$2`; a list is one parameter, an array.
    PostgreSql,
    /// Placeholders `?`, one a value.
    MySql,
    /// Placeholders `?`, one a value.
    Sqlite,
}

impl Dialect {
    /// The name that people know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PostgreSql => "PostgreSQL",
            Self::MySql => "MySQL",
            Self::Sqlite => "SQLite",
        }
    }

    /// The most parameters of one statement.
    #[must_use]
    pub const fn parameters_max(self) -> usize {
        match self {
            // The protocols of both count them in two bytes.
            Self::PostgreSql | Self::MySql => 65_535,
            // SQLITE_MAX_VARIABLE_NUMBER, as it is by default.
            Self::Sqlite => 32_766,
        }
    }

    /// A part of a name, in quotes.
    ///
    /// Not in double ones for SQLite: it takes an unknown column in double quotes for a text, and the clause would
    /// hold or not by that text alone.
    pub(super) fn quoted(self, word: &Word) -> String {
        match self {
            Self::PostgreSql => format!("\"{word}\""),
            Self::MySql | Self::Sqlite => format!("`{word}`"),
        }
    }

    /// A name, each part in quotes.
    pub(super) fn quoted_name(self, name: &Name) -> String {
        name.words().iter().map(|word| self.quoted(word)).collect::<Vec<_>>().join(".")
    }
}
