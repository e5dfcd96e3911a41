//! The text of a clause and its parameters.

use super::{Dialect, Item, Link, Mapping, Name, Source};
use crate::domain::{Condition, Field, Id};

/// What a table of values is called within the clause.
const LINK_ALIAS: &str = "dopusk_link";

/// A `WHERE` clause without the word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// The text, with placeholders.
    pub text: String,
    /// The parameters, in the order of the placeholders.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a clause.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parameter {
    /// A text.
    Text(Id),
    /// An array of texts.
    Texts(Vec<Id>),
}

/// Why a condition can't be written for a database.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SqlError {
    /// Something that the condition looks at isn't mapped.
    #[error("is missing; the plan looks at it")]
    Unmapped(Item),
    /// A column that a subquery looks at is given without its table: a column of that subquery could be meant.
    #[error("is without its table, such as deals.id; a subquery looks at it")]
    Unqualified(Item),
    /// The table's name is the one that subqueries have.
    #[error("is of {LINK_ALIAS}, which is the name of a table within the clause; use another alias")]
    Reserved(Item),
    /// More parameters than the database takes.
    #[error(
        "{count} parameters; {} takes at most {}; the departments kept make fewer, as do PostgreSQL's arrays",
        dialect.name(),
        dialect.parameters_max()
    )]
    TooMany {
        /// The database.
        dialect: Dialect,
        /// How many there would be.
        count: usize,
    },
}

impl Clause {
    /// Writes a condition for a database.
    ///
    /// # Errors
    /// Something isn't mapped as it must be, or there are too many parameters.
    pub fn write(condition: &Condition, dialect: Dialect, mapping: &Mapping) -> Result<Self, SqlError> {
        let mut writer = Writer { dialect, mapping, text: String::new(), parameters: Vec::new() };
        writer.condition(condition, Place::Whole)?;
        let count = writer.parameters.len();
        if count > dialect.parameters_max() {
            return Err(SqlError::TooMany { dialect, count });
        }
        Ok(Self { text: writer.text, parameters: writer.parameters })
    }
}

/// Where a condition stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Part,
}

struct Writer<'a> {
    dialect: Dialect,
    mapping: &'a Mapping,
    text: String,
    parameters: Vec<Parameter>,
}

impl<'a> Writer<'a> {
    fn condition(&mut self, condition: &Condition, place: Place) -> Result<(), SqlError> {
        match condition {
            Condition::Any(parts) if parts.is_empty() => self.text += "1 = 0",
            Condition::All(parts) if parts.is_empty() => self.text += "1 = 1",
            Condition::Any(parts) => self.joined(parts, " OR ", place)?,
            Condition::All(parts) => self.joined(parts, " AND ", place)?,
            Condition::Absent(field) => self.absent(*field)?,
            Condition::OneOf(field, ids) => self.one_of(*field, ids)?,
            Condition::Open => {
                let column = self.dialect.quoted_name(self.column(Item::Open)?);
                self.push(&format!("{column} IS TRUE"));
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn joined(&mut self, parts: &[Condition], word: &str, place: Place) -> Result<(), SqlError> {
        let (open, close) = if place == Place::Part { ("(", ")") } else { ("", "") };
        self.text += open;
        for (at, part) in parts.iter().enumerate() {
            self.text += if at == 0 { "" } else { word };
            self.condition(part, Place::Part)?;
        }
        self.text += close;
        Ok(())
    }

    fn absent(&mut self, field: Field) -> Result<(), SqlError> {
        match self.source(Item::Field(field))? {
            Source::Column(name) => {
                let column = self.dialect.quoted_name(name);
                self.push(&format!("{column} IS NULL"));
            }
            Source::Link(link) => {
                let (rows, value) = self.rows_of(field, link)?;
                self.push(&format!("NOT EXISTS ({rows} AND {value} IS NOT NULL)"));
            }
        }
        Ok(())
    }

    fn one_of(&mut self, field: Field, ids: &[Id]) -> Result<(), SqlError> {
        match self.source(Item::Field(field))? {
            Source::Column(name) => {
                let column = self.dialect.quoted_name(name);
                self.is_among(&column, ids);
            }
            Source::Link(link) => {
                let (rows, value) = self.rows_of(field, link)?;
                self.push(&format!("EXISTS ({rows} AND "));
                self.is_among(&value, ids);
                self.text += ")";
            }
        }
        Ok(())
    }

    /// The rows of a table that hold a resource's values, and the column of the values.
    fn rows_of(&self, field: Field, link: &Link) -> Result<(String, String), SqlError> {
        let owner = match field {
            // An employee's departments are known by him, so that they needn't be saved again when he moves (3.11).
            Field::ResponsibleDepartments => Item::Field(Field::Responsible),
            Field::Stage | Field::Responsible | Field::Author | Field::Departments | Field::Observers => {
                Item::Id
            }
        };
        let owner = self.qualified(owner)?;
        let table = self.dialect.quoted_name(&link.table);
        let [key, value] =
            [&link.key, &link.value].map(|word| format!("{LINK_ALIAS}.{}", self.dialect.quoted(word)));
        Ok((format!("SELECT 1 FROM {table} {LINK_ALIAS} WHERE {key} = {owner}"), value))
    }

    /// That a column's value is one of these, bytewise.
    fn is_among(&mut self, column: &str, ids: &[Id]) {
        let texts = ids.iter().cloned().map(Parameter::Text);
        let list = |placeholder: &str| vec![placeholder; ids.len()].join(", ");
        match self.dialect {
            Dialect::PostgreSql => {
                self.parameters.push(Parameter::Texts(ids.to_vec()));
                self.push(&format!("{column} = ANY(${})", self.parameters.len()));
            }
            Dialect::MySql => {
                // With a binary value the comparison is bytewise, whatever the column's collation.
                self.push(&format!("{column} IN ({})", list("CAST(? AS BINARY)")));
                self.parameters.extend(texts);
            }
            Dialect::Sqlite => {
                self.push(&format!("{column} COLLATE BINARY IN ({})", list("?")));
                self.parameters.extend(texts);
            }
        }
    }

    fn source(&self, item: Item) -> Result<&'a Source, SqlError> {
        self.mapping.get(item).ok_or(SqlError::Unmapped(item))
    }

    fn column(&self, item: Item) -> Result<&'a Name, SqlError> {
        self.mapping.column(item).ok_or(SqlError::Unmapped(item))
    }

    /// A column that means the same within a subquery.
    fn qualified(&self, item: Item) -> Result<String, SqlError> {
        let name = self.column(item)?;
        match name.words() {
            [_] => Err(SqlError::Unqualified(item)),
            [table, _] if table.as_str().eq_ignore_ascii_case(LINK_ALIAS) => Err(SqlError::Reserved(item)),
            _ => Ok(self.dialect.quoted_name(name)),
        }
    }
}

#[cfg(test)]
mod tests;
