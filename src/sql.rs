//! Conditions as `WHERE` clauses with parameters, for PostgreSQL, MySQL and SQLite.
//!
//! Names of tables and columns are the caller's; each is checked and quoted. Values are parameters, never part of the
//! text. Ids are compared bytewise. The text holds or doesn't hold of a row: it has no negation of a comparison, so
//! that a missing value selects nothing. It is made for `WHERE` and not to be negated.

mod clause;
mod dialect;
mod mapping;
mod name;

pub use clause::{Clause, Parameter, SqlError};
pub use dialect::Dialect;
pub use mapping::{Item, Mapping, MappingError};
pub use name::{Link, Name, NameError, Source, Word};
