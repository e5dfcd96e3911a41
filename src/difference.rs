//! What a change does to decisions: whose are turned, and which, by the states before it and after it.
//!
//! Exact, and by the same code as checks and lists: there are no rules here. Only those are looked at whose rights or
//! whose reach the change can touch; what they gain and lose is counted by class, as lists are. The resources that are
//! changed themselves are decided one by one, for all who come into question.

mod creation;
mod row;
mod sample;

use std::collections::BTreeMap;

use crate::directory::{Directory, StageIndex, TypeIndex, UserIndex, UserSet, onlookers};
use crate::domain::{Affected, Change, Id, Key};
use crate::rights::EffectiveRights;
use crate::snapshot::{Outcome, Snapshot};
use crate::visibility::{Place, ResourceIndex, SharedType, Shift, Turned};

pub use row::{ChangedAct, ChangedResource};
pub use sample::Sample;
use sample::Sampling;

/// How far somebody may create (rules 3.10, 4.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Creation {
    /// Not at all.
    Denied,
    /// Where he is responsible himself.
    Own,
    /// Whoever is responsible.
    Any,
}

/// What somebody may create otherwise than before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreationTurn {
    /// The type.
    pub entity_type: TypeIndex,
    /// The action, `add` or `import`.
    pub action: Id,
    /// On which stage; none for a resource without a stage.
    pub stage: Option<StageIndex>,
    /// How far before.
    pub before: Creation,
    /// How far after.
    pub after: Creation,
}

/// One user's decisions of an action on existing resources that are turned; at least one is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActTurn {
    /// The type.
    pub entity_type: TypeIndex,
    /// The action.
    pub action: Id,
    /// How many, of all resources.
    pub turned: Turned,
}

/// One user whose decisions are turned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserTurn {
    /// Who.
    pub user: UserIndex,
    /// By type and action.
    pub acts: Vec<ActTurn>,
    /// What he may create.
    pub creations: Vec<CreationTurn>,
}

impl UserTurn {
    /// How many decisions on existing resources are turned.
    #[must_use]
    pub fn turned(&self) -> Turned {
        self.acts.iter().fold(Turned::default(), |sum, act| sum.with(act.turned))
    }
}

/// All that a change does to decisions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Difference {
    /// Those whose decisions are turned, by index.
    pub users: Vec<UserTurn>,
    /// The resources that the change itself puts, changes or deletes, and who may do what with them.
    pub resources: Vec<ChangedResource>,
}

impl Difference {
    /// How many decisions on existing resources are turned.
    #[must_use]
    pub fn turned(&self) -> Turned {
        self.users.iter().fold(Turned::default(), |sum, user| sum.with(user.turned()))
    }
}

/// Two states, and what is different.
pub struct Comparison<'a> {
    before: &'a Snapshot,
    after: &'a Snapshot,
    changes: &'a [Change],
    affected: &'a Affected,
    /// Where resources of a type change: those that don't.
    unchanged: BTreeMap<TypeIndex, ResourceIndex>,
}

/// Effective rights before and after; none where the user doesn't exist.
type BothRights = [Option<EffectiveRights>; 2];

impl<'a> Comparison<'a> {
    /// Of a state with what a write that was tried on it would make of it.
    #[must_use]
    pub fn new(before: &'a Snapshot, outcome: &'a Outcome) -> Self {
        let Outcome { snapshot: after, changes, affected } = outcome;
        let mut unchanged: BTreeMap<TypeIndex, ResourceIndex> = BTreeMap::new();
        for (entity_type, id) in changed_resources(after.directory(), changes) {
            unchanged.entry(entity_type).or_insert_with(|| before.resources(entity_type).clone()).remove(id);
        }
        Self { before, after, changes, affected, unchanged }
    }

    /// The difference; none where it was told to stop, for which it asks between users and between resources.
    ///
    /// Costs some hundred microseconds for each user whose rights or reach the change can touch, and a step for each person
    /// and department in his reach; and a decision for each changed resource, action, and user who comes into question.
    pub fn difference(&self, go_on: &mut dyn FnMut() -> bool) -> Option<Difference> {
        let types = self.types();
        let mut users: BTreeMap<UserIndex, UserTurn> = BTreeMap::new();
        for user in self.concerned().iter() {
            if !go_on() {
                return None;
            }
            let rights = self.rights(user);
            let turn = self.turn_of(user, &types, &rights);
            if !turn.acts.is_empty() || !turn.creations.is_empty() {
                users.insert(user, turn);
            }
        }
        let resources = self.changed(&types, &mut users, go_on)?;
        Some(Difference { users: users.into_values().collect(), resources })
    }

    /// For each action of a user's that is turned, some of the resources: at most so many each way, fewer only where there
    /// are no more.
    ///
    /// Costs up to a step for each action and resource in his reach.
    #[must_use]
    pub fn samples(&self, turn: &UserTurn, count_max: usize) -> Vec<Sample> {
        let (types, rights) = (self.types(), self.rights(turn.user));
        let shift = self.shift(turn.user, &rights);
        let samples = turn.acts.iter().map(|act| {
            let mut sample = Sampling::of(act.turned, count_max);
            let mut give = |id: &Id, turn| sample.add(id, turn);
            if let Some(it) = types.iter().find(|it| it.entity_type == act.entity_type)
                && self.each_changed_turn((it, &act.action), &rights, &mut give)
            {
                shift.each_turned(it, act.action.as_str(), &mut give);
            }
            sample.end()
        });
        samples.collect()
    }

    /// The organisation before, and after.
    #[must_use]
    pub fn directories(&self) -> [&'a Directory; 2] {
        self.sides().map(Snapshot::directory)
    }

    /// Every type that there is before or after, with the resources that are the same.
    fn types(&self) -> Vec<SharedType<'_>> {
        let [before, after] = self.sides().map(|side| side.directory().catalog());
        let new = after.iter().filter(|(index, _)| before.get(*index).is_none());
        let each = before.iter().chain(new).map(|(index, _)| SharedType {
            entity_type: index,
            nodes: [before.get(index), after.get(index)],
            index: self.unchanged.get(&index).unwrap_or_else(|| self.before.resources(index)),
        });
        each.collect()
    }

    fn sides(&self) -> [&'a Snapshot; 2] {
        [self.before, self.after]
    }

    /// Whose decisions on unchanged resources can be turned.
    fn concerned(&self) -> UserSet {
        let [before, after] = self.directories();
        let mut users = UserSet::new(after);
        match self.affected {
            Affected::All => {
                for side in [before, after] {
                    users.extend(side.users_after(None).map(|(user, _)| user));
                }
            }
            Affected::Users(ids) => {
                users.extend(ids.iter().filter_map(|id| after.find_user(id.as_str())).map(|(user, _)| user));
                users.extend(onlookers(before, after, self.changes));
            }
        }
        users
    }

    fn rights(&self, user: UserIndex) -> BothRights {
        self.sides().map(|side| EffectiveRights::compile(side.directory(), user))
    }

    fn shift<'b>(&'b self, user: UserIndex, [before, after]: &'b BothRights) -> Shift<'b> {
        let place = |side: &'b Snapshot, rights: &'b Option<EffectiveRights>| Place {
            directory: side.directory(),
            rights: rights.as_ref(),
        };
        Shift::new(user, [place(self.before, before), place(self.after, after)])
    }

    fn turn_of(&self, user: UserIndex, types: &[SharedType<'_>], rights: &BothRights) -> UserTurn {
        let shift = self.shift(user, rights);
        let mut turn = UserTurn { user, acts: Vec::new(), creations: Vec::new() };
        for it in types {
            let counted = shift.count(it).into_iter();
            let entity_type = it.entity_type;
            turn.acts.extend(counted.map(|(action, turned)| ActTurn { entity_type, action, turned }));
            turn.creations.extend(self.creations(it, rights));
        }
        turn
    }
}

/// The resources that changes are about, with their types' indices.
fn changed_resources<'a>(
    directory: &'a Directory,
    changes: &'a [Change],
) -> impl Iterator<Item = (TypeIndex, &'a str)> {
    changes.iter().filter_map(|change| match &change.key {
        Key::Resource { entity_type, id } => Some((directory.catalog().index_of(entity_type)?, id.as_str())),
        Key::EntityType(_)
        | Key::Department(_)
        | Key::User(_)
        | Key::Workgroup(_)
        | Key::SupportGroup(_)
        | Key::Role(_)
        | Key::RoleBinding(_) => None,
    })
}
