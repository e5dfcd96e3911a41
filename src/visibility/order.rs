//! The orders that lists come in.

use std::cmp::Ordering;

use super::row::ResourceRow;
use crate::domain::Id;
use crate::table::Row as _;

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

/// Which end comes first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// The least first.
    #[default]
    Ascending,
    /// The greatest first: exactly the ascending order, backwards.
    Descending,
}

/// A total order of resources.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Order {
    /// What counts.
    pub key: Key,
    /// Which end comes first.
    pub direction: Direction,
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
            Key::Id => {
                let mut first = [0; 8];
                first.iter_mut().zip(row.key().bytes()).for_each(|(to, from)| *to = from);
                u64::from_be_bytes(first)
            }
            Key::SortKey => row.sort_key().cast_unsigned() ^ (1 << 63),
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
