//! Advice, with everything by id and name.

use std::sync::Arc;

use super::{Effect, PeoplePart, Published};
use crate::difference::Comparison;
use crate::domain::{Named, Operation};
use crate::review::{About, Advice, AdviceKind, Thresholds, advice};

/// A finding in which everything has its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedAdvice {
    /// What is advised.
    pub kind: AdviceKind,
    /// What it is about, the first of it above all.
    pub about: Vec<About>,
    /// How many people it meets.
    pub people_count: usize,
    /// The part of them that was asked for, in order of ids.
    pub people: Vec<Named>,
    /// The obvious change as one write; empty where there is none.
    pub change: Vec<Operation>,
    /// What the change would turn, if that is counted and there is one.
    pub effect: Option<Effect>,
}

/// Whether it is counted what changes would turn: some 40 microseconds for each user that one touches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Effects {
    /// It is.
    Counted,
    /// It is not.
    #[default]
    Left,
}

/// The advice on one state, named as it is taken.
pub struct AdviceList {
    published: Arc<Published>,
    found: std::vec::IntoIter<Advice>,
    part: PeoplePart,
    effects: Effects,
}

impl Published {
    /// All advice of some kinds; no kind is every kind. Costs what [`advice`] says.
    #[must_use]
    pub fn advice(
        self: &Arc<Self>,
        kinds: &[AdviceKind],
        thresholds: Thresholds,
        part: PeoplePart,
        effects: Effects,
    ) -> AdviceList {
        let mut found = advice(self.directory(), thresholds);
        found.retain(|it| kinds.is_empty() || kinds.contains(&it.kind));
        AdviceList { published: Arc::clone(self), found: found.into_iter(), part, effects }
    }
}

impl AdviceList {
    /// The state that it is of.
    #[must_use]
    pub fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// What a change would turn, tried on a copy; none where there is nothing to try.
    fn effect(&self, change: &[Operation]) -> Option<Effect> {
        if change.is_empty() || self.effects == Effects::Left {
            return None;
        }
        let before = self.published.snapshot();
        let outcome = before.apply(change).ok()?;
        let difference = Comparison::new(before, &outcome).difference(&mut || true)?;
        Some(Effect::whole(&difference))
    }
}

impl Iterator for AdviceList {
    type Item = NamedAdvice;

    fn next(&mut self) -> Option<NamedAdvice> {
        let Advice { kind, about, people, change } = self.found.next()?;
        let directory = self.published.directory();
        let part = self.part.of(directory, &people);
        let named = part.iter().filter_map(|user| directory.named_user(*user)).collect();
        let (effect, people_count) = (self.effect(&change), people.len());
        Some(NamedAdvice { kind, about, people_count, people: named, change, effect })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.found.size_hint()
    }
}

impl ExactSizeIterator for AdviceList {}
