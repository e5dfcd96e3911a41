//! Levels: sets of scopes.

use std::fmt;

/// A set of resources that a grant opens to a subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum Scope {
    /// He is responsible.
    Own,
    /// In one of his departments.
    Department,
    /// In a department strictly below one of his.
    Subdepartments,
    /// Flagged open.
    Open,
    /// Everything.
    All,
}

impl Scope {
    /// Every scope, in the order of the specification.
    pub const EACH: [Self; 5] = [Self::Own, Self::Department, Self::Subdepartments, Self::Open, Self::All];

    /// The scope's name in bundles and texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Own => "self",
            Self::Department => "department",
            Self::Subdepartments => "subdepartments",
            Self::Open => "open",
            Self::All => "all",
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A level: a set of scopes. The empty set is the level *none*.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct ScopeSet(u8);

impl ScopeSet {
    /// No scope.
    pub const NONE: Self = Self(0);
    /// Exactly what the subject is responsible for.
    pub const OWN: Self = Self(1);

    /// The level of a name: none, self, department, subdepartments, open, all.
    #[must_use]
    pub fn from_level_name(name: &str) -> Option<Self> {
        if name == "none" {
            return Some(Self::NONE);
        }
        let top = Scope::EACH.into_iter().find(|scope| scope.name() == name)?;
        Some(match top {
            Scope::All => Self(Scope::All.bit()),
            Scope::Own | Scope::Department | Scope::Subdepartments | Scope::Open => {
                Self((top.bit() << 1) - 1)
            }
        })
    }

    /// The name of the level, if this set has one.
    #[must_use]
    pub fn level_name(self) -> Option<&'static str> {
        ["none", "self", "department", "subdepartments", "open", "all"]
            .into_iter()
            .find(|name| Self::from_level_name(name) == Some(self))
    }

    /// Whether the scope is in the set.
    #[must_use]
    pub const fn has(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What this set opens and another doesn't. *All* opens everything, so nothing is beyond it.
    #[must_use]
    pub const fn beyond(self, other: Self) -> Self {
        if other.has(Scope::All) {
            Self::NONE
        } else if self.has(Scope::All) {
            Self(Scope::All.bit())
        } else {
            Self(self.0 & !other.0)
        }
    }

    /// What both sets open. *All* opens everything, so it leaves of the other one all that is in it.
    #[must_use]
    pub const fn common(self, other: Self) -> Self {
        match (self.has(Scope::All), other.has(Scope::All)) {
            (true, _) => other,
            (false, true) => self,
            (false, false) => Self(self.0 & other.0),
        }
    }

    /// Whether no scope is in the set.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The scopes, in the order of the specification.
    pub fn scopes(self) -> impl Iterator<Item = Scope> {
        Scope::EACH.into_iter().filter(move |scope| self.has(*scope))
    }

    /// The set as five bits, lowest first in the order of [`Scope::EACH`].
    #[must_use]
    pub const fn to_bits(self) -> u8 {
        self.0
    }

    /// The set of five bits; others are dropped.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0b1_1111)
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |bits, scope| bits | scope.bit()))
    }
}

impl fmt::Debug for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.level_name() {
            Some(name) => f.write_str(name),
            None => f.debug_set().entries(self.scopes().map(Scope::name)).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_nested_sets_but_all_stands_alone() {
        let level = |name| ScopeSet::from_level_name(name).unwrap();
        assert_eq!(level("none"), ScopeSet::NONE);
        assert_eq!(level("self"), ScopeSet::OWN);
        assert_eq!(
            level("subdepartments").scopes().map(Scope::name).collect::<Vec<_>>(),
            ["self", "department", "subdepartments"]
        );
        assert!(level("open").has(Scope::Open) && !level("open").has(Scope::All));
        assert_eq!(level("all").scopes().collect::<Vec<_>>(), [Scope::All]);
        assert_eq!(ScopeSet::from_level_name("every"), None);
    }

    #[test]
    fn all_opens_whatever_another_scope_opens() {
        let level = |name| ScopeSet::from_level_name(name).unwrap();
        assert_eq!(level("open").beyond(level("all")), ScopeSet::NONE);
        assert_eq!(level("all").beyond(level("open")), level("all"));
        assert_eq!(level("department").beyond(level("self")), ScopeSet::from_iter([Scope::Department]));
        assert_eq!(level("department").common(level("all")), level("department"));
        assert_eq!(level("all").common(level("none")), ScopeSet::NONE);
        assert_eq!(level("open").common(level("self")), ScopeSet::OWN);
    }

    #[test]
    fn a_set_without_a_name_has_no_level() {
        assert_eq!(ScopeSet::from_iter([Scope::Own, Scope::Open]).level_name(), None);
    }
}
