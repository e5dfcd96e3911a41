//! Where a caller's database has what conditions speak of.

use std::collections::BTreeMap;
use std::fmt;

use super::{Name, Source};
use crate::domain::Field;

/// Something that a caller maps to its database.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Item {
    /// The resource's id, by which tables of values are joined.
    Id,
    /// The flag.
    Open,
    /// A field of ids.
    Field(Field),
}

impl Item {
    /// Everything that can be mapped.
    pub fn all() -> impl Iterator<Item = Self> {
        [Self::Id, Self::Open].into_iter().chain(Field::ALL.map(Self::Field))
    }

    /// The name that callers know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Open => "open",
            Self::Field(field) => field.name(),
        }
    }

    /// The item of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|item| item.name() == name)
    }

    /// Whether a table can hold its values.
    const fn has_many(self) -> bool {
        match self {
            Self::Id | Self::Open => false,
            Self::Field(field) => field.has_many(),
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why an item can't be mapped so.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MappingError {
    /// It is mapped already.
    #[error("{0} is there twice")]
    Twice(Item),
    /// A table of values for what has one value.
    #[error("{0} has one value; give a column, not a table")]
    NotMany(Item),
}

/// Where a caller's database has a resource's fields.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping(BTreeMap<Item, Source>);

impl Mapping {
    /// Maps an item.
    ///
    /// # Errors
    /// It is mapped already, or can't be in a table of its own.
    pub fn put(&mut self, item: Item, source: Source) -> Result<(), MappingError> {
        if matches!(source, Source::Link(_)) && !item.has_many() {
            return Err(MappingError::NotMany(item));
        }
        match self.0.insert(item, source) {
            Some(_) => Err(MappingError::Twice(item)),
            None => Ok(()),
        }
    }

    /// Where an item is.
    #[must_use]
    pub fn get(&self, item: Item) -> Option<&Source> {
        self.0.get(&item)
    }

    /// The column of an item that is in one.
    #[must_use]
    pub fn column(&self, item: Item) -> Option<&Name> {
        match self.get(item) {
            Some(Source::Column(name)) => Some(name),
            Some(Source::Link(_)) | None => None,
        }
    }
}
