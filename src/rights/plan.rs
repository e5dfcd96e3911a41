//! A subject's rights on all resources of a type at once: by stage, the standings that open one.
//!
//! Nothing here knows a rule: each standing is put to the code that judges single questions.

use super::relation::{Relation, Standing};
use super::{Act, EffectiveRights, judge};
use crate::directory::StageIndex;

/// The standings that open a resource of some stage. One that opens also opens with more relations.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Openings([u64; Standing::COUNT / 64]);

impl Openings {
    fn of(opens: impl Fn(Standing) -> bool, relations: &[Relation]) -> Self {
        let mut openings = Self([0; Standing::COUNT / 64]);
        for standing in Standing::each_of(relations).filter(|standing| opens(*standing)) {
            if let Some(word) = openings.0.get_mut(standing.number() / 64) {
                *word |= 1 << (standing.number() % 64);
            }
        }
        openings
    }

    /// Whether a resource is open to a subject who stands so to it. Only relations of the type's model may be named.
    #[must_use]
    pub fn has(&self, standing: Standing) -> bool {
        let at = standing.number();
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// The smallest standings that open: who stands in all relations of one of them is let in. None where nobody is,
    /// the empty standing alone where everyone is.
    #[must_use]
    pub fn least(&self, relations: &[Relation]) -> Vec<Standing> {
        let opening: Vec<Standing> = Standing::each_of(relations).filter(|it| self.has(*it)).collect();
        let is_least = |it: &Standing| !opening.iter().any(|other| other != it && other.is_within(*it));
        opening.iter().copied().filter(is_least).collect()
    }
}

/// What decides of every resource of a type, for one subject and an action on existing resources.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// For no stage, then by stage index.
    stages: Vec<Openings>,
    relations: &'static [Relation],
}

impl Plan {
    /// Puts every standing on every stage to the rules. Costs some microseconds.
    #[must_use]
    pub fn compile(rights: &EffectiveRights, act: &Act<'_>) -> Self {
        let relations = Relation::of_model(act.node.model());
        let openings =
            |stage| Openings::of(|standing| judge(rights, act, stage, &standing).is_allow(), relations);
        let stages = std::iter::once(None).chain(act.node.all_stages().map(Some)).map(openings).collect();
        Self { stages, relations }
    }

    /// What opens a resource of a stage, or of none.
    #[must_use]
    pub fn openings(&self, stage: Option<StageIndex>) -> Option<&Openings> {
        self.stages.get(stage.map_or(0, |stage| usize::from(stage.0) + 1))
    }

    /// The relations that matter on any stage.
    #[must_use]
    pub fn asked(&self) -> Standing {
        let least = self.stages.iter().flat_map(|openings| openings.least(self.relations));
        least.fold(Standing::NONE, Standing::union)
    }

    /// Whether no stage needs two of these relations together.
    #[must_use]
    pub fn is_single(&self, relations: &[Relation]) -> bool {
        let some = Standing::of(relations);
        let mut least = self.stages.iter().flat_map(|openings| openings.least(self.relations));
        least.all(|standing| standing.intersection(some).relations().count() <= 1)
    }

    /// The relations that can matter: those of the type's model.
    #[must_use]
    pub fn relations(&self) -> &'static [Relation] {
        self.relations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_standings_are_those_that_no_other_is_within() {
        use Relation::{Department, Observer, Open, Own};
        let crm = Relation::of_model(crate::domain::Model::Crm);
        let wanted = [Standing::of(&[Own]), Standing::of(&[Open, Observer])];
        let openings = Openings::of(|it| wanted.iter().any(|least| least.is_within(it)), crm);
        assert_eq!(openings.least(crm), wanted);
        assert!(openings.has(Standing::of(&[Department, Open, Observer])));
        assert!(!openings.has(Standing::of(&[Department, Open])));
    }

    #[test]
    fn everyone_is_the_empty_standing_and_nobody_is_none() {
        let crm = Relation::of_model(crate::domain::Model::Crm);
        assert_eq!(Openings::of(|_| true, crm).least(crm), [Standing::NONE]);
        assert_eq!(Openings::of(|_| false, crm).least(crm), []);
    }
}
