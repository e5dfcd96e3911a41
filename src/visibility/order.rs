//! The orders that lists come in.

use std::cmp::Ordering;

use super::row::ResourceRow;
use crate::domain::Id;
pub use crate::table::Direction;
use crate::table::{Keys, Place, Prefix, Row as _, Table, prefix_of_text};

/// What a list is ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Key {
    /// The id, bytewise.
    #[default]
    Id,
    /// The sort key; resources that share one are ordered by id.
    SortKey,
}

impl Key {
    /// All of them.
    pub(super) const EACH: [Self; 2] = [Self::Id, Self::SortKey];
}

/// A total order of resources.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// What counts.
    pub key: Key,
    /// Which end comes first.
    pub direction: Direction,
}

/// What resources are compared by: the sort key, or 0 where it doesn't count, and the id.
pub(super) type Rank<'a> = (i64, &'a str);

/// The ranks of slots by a key; what has no row comes first.
pub(super) struct Ranks<'a> {
    rows: &'a Table<ResourceRow>,
    key: Key,
}

impl<'a> Ranks<'a> {
    pub(super) const fn new(rows: &'a Table<ResourceRow>, key: Key) -> Self {
        Self { rows, key }
    }

    pub(super) const fn key(&self) -> Key {
        self.key
    }

    /// That of a row.
    pub(super) fn of<'b>(&self, row: &'b ResourceRow) -> Rank<'b> {
        self.of_place(row.sort_key(), row.key())
    }

    /// That of what has this sort key and id.
    pub(super) fn of_place<'b>(&self, sort_key: i64, id: &'b str) -> Rank<'b> {
        match self.key {
            Key::Id => (0, id),
            Key::SortKey => (sort_key, id),
        }
    }
}

impl<'a> Keys<u32> for Ranks<'a> {
    type Key = Rank<'a>;

    type Place = Place<'a, ResourceRow>;

    fn place_of(&self, slot: &u32) -> Place<'a, ResourceRow> {
        self.rows.place(*slot)
    }

    fn key_at(&self, place: Place<'a, ResourceRow>) -> Rank<'a> {
        place.and_then(Option::as_ref).map_or((i64::MIN, ""), |row| self.of(row))
    }

    fn prefix_of(&self, (sort_key, id): Rank<'a>) -> Prefix {
        match self.key {
            Key::Id => prefix_of_text(id),
            Key::SortKey => Prefix::from(ascending(sort_key)) << 64 | prefix_of_text(id) >> 64,
        }
    }
}

/// A place between resources: right behind one that had this sort key and id, whether or not it still has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Position {
    /// Its sort key.
    pub sort_key: i64,
    /// Its id.
    pub id: Id,
}

impl Position {
    pub(super) fn of(row: &ResourceRow) -> Self {
        Self { sort_key: row.sort_key(), id: row.id().clone() }
    }
}

impl Order {
    /// Whether one row comes before another.
    pub(super) fn compare(self, a: &ResourceRow, b: &ResourceRow) -> Ordering {
        self.directed(self.ascending((a.sort_key(), a.key()), (b.sort_key(), b.key())))
    }

    /// Whether a row is behind a position.
    pub(super) fn is_behind(self, row: &ResourceRow, position: &Position) -> bool {
        let here = (position.sort_key, position.id.as_str());
        self.directed(self.ascending((row.sort_key(), row.key()), here)).is_gt()
    }

    /// A number that goes up with the order; rows that have the same are to be compared.
    pub(super) fn prefix(self, row: &ResourceRow) -> u64 {
        let ascending = match self.key {
            Key::Id => (prefix_of_text(row.key()) >> 64) as u64,
            Key::SortKey => ascending(row.sort_key()),
        };
        match self.direction {
            Direction::Ascending => ascending,
            Direction::Descending => !ascending,
        }
    }

    fn ascending(self, a: (i64, &str), b: (i64, &str)) -> Ordering {
        match self.key {
            Key::Id => a.1.cmp(b.1),
            Key::SortKey => a.cmp(&b),
        }
    }

    fn directed(self, ascending: Ordering) -> Ordering {
        match self.direction {
            Direction::Ascending => ascending,
            Direction::Descending => ascending.reverse(),
        }
    }
}

/// A number that goes up with a signed one.
const fn ascending(sort_key: i64) -> u64 {
    sort_key.cast_unsigned() ^ (1 << 63)
}
