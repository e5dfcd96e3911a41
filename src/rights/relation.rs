//! How a subject stands to a resource: all that the rules ask of the two together.
//!
//! The rules ask through [`Relations`], so that a single decision looks up only what it is asked, and a list or a
//! plan, which knows the answers for many resources at once, is judged by the very same code.

use super::{EffectiveRights, Target, meet};
use crate::directory::{Directory, UserIndex};
use crate::domain::{GroupKind, Model, Scope};

/// One way in which a subject can stand to a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relation {
    /// He is responsible (rule 3.2).
    Own,
    /// It is in one of his departments (rule 3.2).
    Department,
    /// It is in a department strictly below one of his (rule 3.2).
    Subdepartments,
    /// It is flagged open (rule 3.2).
    Open,
    /// He observes it (rule 3.9).
    Observer,
    /// Its responsible is in T(u) (rule 4.1).
    Team,
    /// Its author is in C(u) (rule 4.1).
    Client,
    /// He is its author (rule 4.2).
    Author,
}

impl Relation {
    /// The relations that a model's rules ask about.
    #[must_use]
    pub const fn of_model(model: Model) -> &'static [Self] {
        match model {
            Model::Crm => &[Self::Own, Self::Department, Self::Subdepartments, Self::Open, Self::Observer],
            Model::Support => &[Self::Team, Self::Client, Self::Author],
        }
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Answers how a subject stands to a resource.
pub trait Relations {
    /// Whether he stands so.
    fn has(&self, relation: Relation) -> bool;
}

/// A set of relations: everything about a subject and a resource, but for its stage, that a decision depends on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub struct Standing(u8);

impl Standing {
    /// How many standings there are.
    pub(super) const COUNT: usize = 256;
    /// No relation.
    pub const NONE: Self = Self(0);

    /// Every set of these relations.
    pub(super) fn each_of(relations: &[Relation]) -> impl Iterator<Item = Self> {
        let all = Self::of(relations);
        (0..=u8::MAX).map(Self).filter(move |standing| standing.without(all) == Self::NONE)
    }

    /// The set of these relations.
    #[must_use]
    pub fn of(relations: &[Relation]) -> Self {
        relations.iter().fold(Self::NONE, |standing, relation| standing.with(*relation))
    }

    /// This set and one relation more.
    #[must_use]
    pub const fn with(self, relation: Relation) -> Self {
        Self(self.0 | relation.bit())
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in this set alone.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether all of this set is in another.
    #[must_use]
    pub const fn is_within(self, other: Self) -> bool {
        self.without(other).0 == 0
    }

    /// The relations of the set.
    pub fn relations(self) -> impl Iterator<Item = Relation> {
        let each = [Model::Crm, Model::Support].into_iter().flat_map(Relation::of_model);
        each.copied().filter(move |relation| self.has(*relation))
    }

    pub(super) const fn number(self) -> usize {
        self.0 as usize
    }
}

impl Relations for Standing {
    fn has(&self, relation: Relation) -> bool {
        self.0 & relation.bit() != 0
    }
}

/// Looks up in the facts of one resource what it is asked.
pub(super) struct Facts<'a> {
    pub(super) directory: &'a Directory,
    pub(super) rights: &'a EffectiveRights,
    pub(super) target: &'a Target<'a>,
}

impl Facts<'_> {
    /// Whether a scope's departments are among the resource's (rule 3.2).
    fn is_in_reach(&self, scope: Scope) -> bool {
        meet(self.target.departments_in(self.directory), self.rights.reach(scope))
    }

    /// Whether somebody is in T(u) or C(u): the subject himself, or a member of a group that shows him (rule 4.1).
    fn is_shown(&self, kind: GroupKind, somebody: Option<UserIndex>) -> bool {
        let Some(somebody) = somebody else { return false };
        let groups = self.rights.viewed_groups(kind);
        somebody == self.rights.user()
            || self.directory.user(somebody).is_some_and(|node| meet(node.groups(), groups))
    }
}

impl Relations for Facts<'_> {
    // What is asked is known where it is asked: inlined, one arm is left.
    #[inline]
    fn has(&self, relation: Relation) -> bool {
        let user = self.rights.user();
        match relation {
            Relation::Own => self.target.responsible == Some(user),
            Relation::Department => self.is_in_reach(Scope::Department),
            Relation::Subdepartments => self.is_in_reach(Scope::Subdepartments),
            Relation::Open => self.target.open,
            Relation::Observer => self.target.observers.binary_search(&user).is_ok(),
            Relation::Team => self.is_shown(GroupKind::Team, self.target.responsible),
            Relation::Client => self.is_shown(GroupKind::Client, self.target.author),
            Relation::Author => self.target.author == Some(user),
        }
    }
}
