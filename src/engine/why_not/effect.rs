//! What a change does besides allowing what is asked for, counted from the difference of two states.

use crate::difference::{CreationTurn, Difference, UserTurn};
use crate::directory::{StageIndex, TypeIndex, UserIndex};
use crate::domain::Id;
use crate::visibility::Turned;

/// How many decisions a change turns; of a proposal, besides the one that it is for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Effect {
    /// How many become allowed, or allowed for more.
    pub gained: u64,
    /// How many are no longer allowed, or for less.
    pub lost: u64,
    /// For how many users any of them changes.
    pub users: u64,
}

/// The decision that is asked for, which is not counted.
pub(super) struct Matter {
    pub(super) subject: Option<UserIndex>,
    pub(super) entity_type: TypeIndex,
    pub(super) action: Id,
    pub(super) thing: Thing,
}

/// What is decided on.
pub(super) enum Thing {
    /// A stored resource.
    Stored,
    /// Facts of a resource that isn't stored: not among the decisions that are counted.
    Told,
    /// What would be created on a stage.
    New(Option<StageIndex>),
}

impl Effect {
    /// All that is different.
    pub(in crate::engine) fn whole(difference: &Difference) -> Self {
        Self::sum(difference.users.iter().map(|user| {
            let creations = user.creations.iter().map(turned);
            creations.fold(user.turned(), Turned::with)
        }))
    }

    /// All that is different but what is asked for.
    pub(super) fn of(difference: &Difference, matter: &Matter) -> Self {
        Self::sum(difference.users.iter().map(|user| matter.others(user)))
    }

    fn sum(users: impl Iterator<Item = Turned>) -> Self {
        users.filter(|turned| !turned.is_none()).fold(Self::default(), |sum, turned| Self {
            gained: sum.gained + turned.gained,
            lost: sum.lost + turned.lost,
            users: sum.users + 1,
        })
    }
}

impl Matter {
    /// One user's other decisions that are turned.
    fn others(&self, user: &UserTurn) -> Turned {
        let is_subject = self.subject == Some(user.user);
        let is_asked = |it: &CreationTurn| {
            let is_place = (it.entity_type, &it.action) == (self.entity_type, &self.action);
            is_subject && is_place && matches!(self.thing, Thing::New(stage) if stage == it.stage)
        };
        let creations = user.creations.iter().filter(|it| !is_asked(it)).map(turned);
        let mut all = creations.fold(user.turned(), Turned::with);
        if is_subject && matches!(self.thing, Thing::Stored) {
            // The proposal allows it, so it is among those gained.
            all.gained = all.gained.saturating_sub(1);
        }
        all
    }
}

/// To create for oneself alone is less than to create for anybody.
fn turned(it: &CreationTurn) -> Turned {
    Turned { gained: u64::from(it.after > it.before), lost: u64::from(it.after < it.before) }
}
