//! The resources that a change puts, changes or deletes: who keeps, gains and loses what on each.

use std::collections::BTreeMap;

use super::{ActTurn, BothRights, Comparison, UserTurn, changed_resources};
use crate::directory::{ActionKind, TypeIndex, TypeNode, UserIndex, UserSet};
use crate::domain::{Id, PREVIEW_SAMPLES_MAX, Reason};
use crate::rights::{Act, EffectiveRights, candidates, decide};
use crate::snapshot::Snapshot;
use crate::visibility::{ResourceRow, SharedType, Turn, Turned};

/// A changed resource, and who may do what with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedResource {
    /// The type.
    pub entity_type: TypeIndex,
    /// The id.
    pub id: Id,
    /// Every action on existing resources, in the type's order.
    pub acts: Vec<ChangedAct>,
}

/// Who may do an action with a changed resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChangedAct {
    /// The action.
    pub action: Id,
    /// How many may before and after.
    pub kept: u64,
    /// How many gain and lose it.
    pub turned: Turned,
    /// How many may before and how many after who are no portal administrators.
    pub people: [u64; 2],
    /// Those who keep it, by index; at most [`PREVIEW_SAMPLES_MAX`].
    pub keepers: Vec<UserIndex>,
    /// Those who gain it, by index; at most [`PREVIEW_SAMPLES_MAX`].
    pub gainers: Vec<UserIndex>,
    /// Those who lose it, by index; at most [`PREVIEW_SAMPLES_MAX`].
    pub losers: Vec<UserIndex>,
}

/// Who is let in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Entrance {
    Closed,
    /// As a portal administrator.
    Administrator,
    Open,
}

/// A resource on one side of the change.
#[derive(Clone, Copy)]
struct Side<'a> {
    act: Act<'a>,
    row: &'a ResourceRow,
}

impl Comparison<'_> {
    /// Decides of every changed resource, and adds to each user what becomes of his decisions; none if told to stop.
    pub(super) fn changed(
        &self,
        types: &[SharedType<'_>],
        users: &mut BTreeMap<UserIndex, UserTurn>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Vec<ChangedResource>> {
        let mut rights: BTreeMap<UserIndex, BothRights> = BTreeMap::new();
        let mut found = Vec::new();
        for (entity_type, id) in changed_resources(self.after.directory(), self.changes) {
            let Some(it) = types.iter().find(|it| it.entity_type == entity_type) else { continue };
            let rows = self.sides().map(|side| side.resources(entity_type).get(id));
            let Some(row) = rows.into_iter().flatten().next() else { continue };
            let mut acts = Vec::new();
            for (action, _) in it.actions().filter(|(_, kind)| *kind != ActionKind::Create) {
                if !go_on() {
                    return None;
                }
                let mut act = ChangedAct::new(action);
                let sides = sides(it, rows, action);
                for user in self.candidates(sides).iter() {
                    let rights = rights.entry(user).or_insert_with(|| self.rights(user));
                    let turn = act.add(user, self.entrances(sides, rights));
                    note(users, (user, entity_type, action), turn);
                }
                acts.push(act);
            }
            found.push(ChangedResource { entity_type, id: row.id().clone(), acts });
        }
        Some(found)
    }

    /// Gives what becomes of a user's decision for each changed resource, as long as more is wanted; tells whether it is
    /// at the end.
    pub(super) fn each_changed_turn(
        &self,
        (it, action): (&SharedType<'_>, &Id),
        rights: &BothRights,
        give: &mut dyn FnMut(&Id, Turn) -> bool,
    ) -> bool {
        let mut changed = changed_resources(self.after.directory(), self.changes);
        changed.all(|(entity_type, id)| {
            let rows = self.sides().map(|side| side.resources(entity_type).get(id));
            let row = rows.into_iter().flatten().next().filter(|_| entity_type == it.entity_type);
            let Some(row) = row else { return true };
            let turn = turn(self.entrances(sides(it, rows, action), rights));
            give(row.id(), turn)
        })
    }

    /// Who comes into question on either side.
    fn candidates(&self, sides: [Option<Side<'_>>; 2]) -> UserSet {
        let mut users = UserSet::new(self.after.directory());
        for (snapshot, side) in self.sides().into_iter().zip(sides) {
            if let Some(Side { act, row }) = side {
                users.unite(&candidates(snapshot.directory(), &act, &row.target()));
            }
        }
        users
    }

    fn entrances(&self, [before, after]: [Option<Side<'_>>; 2], rights: &BothRights) -> [Entrance; 2] {
        let [rights_before, rights_after] = rights;
        let entrance = |snapshot: &Snapshot, side: Option<Side<'_>>, rights: &Option<EffectiveRights>| {
            let Some((Side { act, row }, rights)) = side.zip(rights.as_ref()) else {
                return Entrance::Closed;
            };
            let decision = decide(snapshot.directory(), rights, &act, &row.target());
            match (decision.is_allow(), decision.reason) {
                (false, _) => Entrance::Closed,
                (true, Reason::PortalAdmin) => Entrance::Administrator,
                (true, _) => Entrance::Open,
            }
        };
        [entrance(self.before, before, rights_before), entrance(self.after, after, rights_after)]
    }
}

/// The resource and the action on both sides, where there are both.
fn sides<'a>(
    it: &SharedType<'a>,
    [row_before, row_after]: [Option<&'a ResourceRow>; 2],
    action: &Id,
) -> [Option<Side<'a>>; 2] {
    let [before, after] = it.nodes;
    let act = |node: Option<&'a TypeNode>| {
        let action = node?.action(action.as_str())?;
        node.map(|node| Act { entity_type: it.entity_type, node, action })
    };
    let side =
        |act: Option<Act<'a>>, row: Option<&'a ResourceRow>| act.zip(row).map(|(act, row)| Side { act, row });
    [side(act(before), row_before), side(act(after), row_after)]
}

fn turn(entrances: [Entrance; 2]) -> Turn {
    Turn::of(entrances.map(|entrance| entrance != Entrance::Closed))
}

impl ChangedAct {
    fn new(action: &Id) -> Self {
        Self {
            action: action.clone(),
            kept: 0,
            turned: Turned::default(),
            people: [0; 2],
            keepers: Vec::new(),
            gainers: Vec::new(),
            losers: Vec::new(),
        }
    }

    fn add(&mut self, user: UserIndex, entrances: [Entrance; 2]) -> Turn {
        let turn = turn(entrances);
        for (people, entrance) in self.people.iter_mut().zip(entrances) {
            *people += u64::from(entrance == Entrance::Open);
        }
        self.turned.add(turn, 1);
        let sample = match (turn, entrances) {
            (Turn::Gained, _) => &mut self.gainers,
            (Turn::Lost, _) => &mut self.losers,
            (Turn::Stays, [Entrance::Closed, _]) => return turn,
            (Turn::Stays, _) => {
                self.kept += 1;
                &mut self.keepers
            }
        };
        if sample.len() < PREVIEW_SAMPLES_MAX {
            sample.push(user);
        }
        turn
    }
}

/// Adds one decision to a user's.
fn note(
    users: &mut BTreeMap<UserIndex, UserTurn>,
    (user, entity_type, action): (UserIndex, TypeIndex, &Id),
    turn: Turn,
) {
    if turn == Turn::Stays {
        return;
    }
    let new = || UserTurn { user, acts: Vec::new(), creations: Vec::new() };
    let acts = &mut users.entry(user).or_insert_with(new).acts;
    let place = acts.iter().position(|act| act.entity_type == entity_type && act.action == *action);
    let place = place.unwrap_or_else(|| {
        acts.push(ActTurn { entity_type, action: action.clone(), turned: Turned::default() });
        acts.len() - 1
    });
    if let Some(act) = acts.get_mut(place) {
        act.turned.add(turn, 1);
    }
}
