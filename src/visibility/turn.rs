//! What becomes of decisions when the state changes: they stay, or are gained or lost.

use super::census::{Census, Pair};
use super::count::Class;
use super::shift::SharedType;
use crate::directory::{ActionKind, TypeNode};
use crate::domain::Id;
use crate::rights::{Act, EffectiveRights, Plan, Relation, Standing};

/// What becomes of a decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It stays as it is.
    Stays,
    /// It becomes allowed.
    Gained,
    /// It is no longer allowed.
    Lost,
}

impl Turn {
    /// From whether it is allowed before, and whether after.
    #[must_use]
    pub const fn of([before, after]: [bool; 2]) -> Self {
        match (before, after) {
            (false, true) => Self::Gained,
            (true, false) => Self::Lost,
            (true, true) | (false, false) => Self::Stays,
        }
    }
}

/// How many decisions are turned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Turned {
    /// How many become allowed.
    pub gained: u64,
    /// How many are no longer allowed.
    pub lost: u64,
}

impl Turned {
    /// Counts decisions of which the same becomes.
    pub const fn add(&mut self, turn: Turn, count: u64) {
        match turn {
            Turn::Stays => {}
            Turn::Gained => self.gained += count,
            Turn::Lost => self.lost += count,
        }
    }

    /// Both counts together.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self { gained: self.gained + other.gained, lost: self.lost + other.lost }
    }

    /// Whether no decision is turned.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.gained == 0 && self.lost == 0
    }
}

/// An action on existing resources, and what opens them before and after; nothing where the action or the user is
/// missing.
pub(super) struct Turning {
    pub(super) action: Id,
    plans: [Option<Plan>; 2],
}

impl Turning {
    /// The actions that a type has before or after.
    pub(super) fn each(it: &SharedType<'_>, rights: [Option<&EffectiveRights>; 2]) -> Vec<Self> {
        it.actions()
            .filter(|(_, kind)| *kind != ActionKind::Create)
            .map(|(action, _)| {
                let [before, after] = it.nodes;
                let plan = |node: Option<&TypeNode>, rights| {
                    let node = node?;
                    let action = node.action(action.as_str())?;
                    Some(Plan::compile(rights?, &Act { entity_type: it.entity_type, node, action }))
                };
                let plans = [plan(before, rights[0]), plan(after, rights[1])];
                Self { action: action.clone(), plans }
            })
            .collect()
    }

    /// Whether something else opens after than before.
    pub(super) fn is_other(&self) -> bool {
        let [before, after] = &self.plans;
        before != after
    }

    /// The relations that matter before, and those that do after.
    pub(super) fn asked(&self) -> [Standing; 2] {
        self.plans.each_ref().map(|plan| plan.as_ref().map(Plan::asked).unwrap_or_default())
    }

    /// What becomes of the decision on resources of a class to which the subject stands so.
    pub(super) fn turn(&self, class: Class, (before, after): Pair) -> Turn {
        let [plan_before, plan_after] = &self.plans;
        Turn::of([opens(plan_before.as_ref(), class, before), opens(plan_after.as_ref(), class, after)])
    }

    /// How many decisions are turned.
    pub(super) fn count(&self, census: &Census) -> Turned {
        let mut turned = Turned::default();
        census.each(|pair, class, count| turned.add(self.turn(class, pair), count));
        turned
    }
}

fn opens(plan: Option<&Plan>, class: Class, standing: Standing) -> bool {
    let Some(plan) = plan else { return false };
    let standing = if class.is_open() { standing.with(Relation::Open) } else { standing };
    // Only relations of the type's model may be named.
    let standing = standing.intersection(Standing::of(plan.relations()));
    plan.openings(class.stage()).is_some_and(|openings| openings.has(standing))
}
