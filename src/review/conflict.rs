//! Conflicts: where the entries of a user's roles differ, and what the conflict rule makes of that (rules 3.5, 5.5).
//!
//! Users are gathered by the roles that reach them, and what those say is worked out once for all of them. Users whose
//! roles say the same of an action are one finding, and so are the stages of which they say the same.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::crowd::{Columns, Crowd};
use crate::directory::{Directory, StageIndex, UserIndex};
use crate::domain::{Id, Role, ScopeSet};
use crate::rights::{Act, Entry};

/// What becomes of entries that differ; the most harmful first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum ConflictKind {
    /// A detailed entry hides an inherited one: access is lost.
    Narrowing,
    /// A detailed entry hides an inherited one: some access is lost and other is won.
    Exchange,
    /// A detailed entry hides an inherited one: access is won.
    Widening,
    /// Those that count differ, and the wider wins.
    WiderWins,
    /// An entry is hidden, or named twice, to no effect.
    Idle,
}

impl ConflictKind {
    /// Every kind with its name.
    pub const EACH: [(Self, &'static str); 5] = [
        (Self::Narrowing, "narrowing"),
        (Self::Exchange, "exchange"),
        (Self::Widening, "widening"),
        (Self::WiderWins, "wider_wins"),
        (Self::Idle, "idle"),
    ];

    /// Whether access is lost.
    #[must_use]
    pub const fn loses(self) -> bool {
        match self {
            Self::Narrowing | Self::Exchange => true,
            Self::Widening | Self::WiderWins | Self::Idle => false,
        }
    }
}

/// Roles whose entries differ for an action on some stages, and everybody whom they meet in.
#[derive(Clone, Debug)]
pub struct Conflict {
    /// The entity type.
    pub entity_type: Id,
    /// The action.
    pub action: Id,
    /// The stages, in the type's order; none is that of resources without a stage, and comes first.
    pub stages: Vec<Option<Id>>,
    /// Whether it is so on every stage and without one.
    pub is_everywhere: bool,
    /// Every role of theirs that has an entry, with the entry, in order of ids; at least two.
    pub entries: Vec<(Arc<Role>, Entry)>,
    /// What becomes of it.
    pub kind: ConflictKind,
    /// The entries that count, united.
    pub united: Entry,
    /// What hidden entries would open beyond what counts.
    pub lost: ScopeSet,
    /// What counts opens beyond the hidden entries; where none is hidden, beyond the narrowest of those that count.
    pub won: ScopeSet,
    /// Those whose roles with an entry are exactly these, in order of ids; at least one.
    pub people: Arc<[UserIndex]>,
}

impl Conflict {
    /// The numbers of the rules that it goes by.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static str> {
        let on_stages = self.stages.iter().any(Option::is_some).then_some("3.5");
        let without = self.stages.iter().any(Option::is_none).then_some("3.6");
        let hides = self.entries.iter().any(|(_, entry)| !self.counts(*entry));
        let idle = (self.kind == ConflictKind::Idle && hides).then_some("3.7");
        on_stages.into_iter().chain(without).chain(idle).collect()
    }

    /// Whether an entry counts (rule 3.5).
    #[must_use]
    pub fn counts(&self, entry: Entry) -> bool {
        entry.is_detailed() == self.united.is_detailed()
    }

    /// What the order of findings goes by: access lost, then people, then the kind; the rest makes it one order.
    fn rank(&self) -> impl Ord + use<> {
        let stages: Vec<Option<Id>> = self.stages.clone();
        let roles: Vec<Id> = self.entries.iter().map(|(role, _)| role.id.clone()).collect();
        let worst = if self.kind.loses() { ConflictKind::Narrowing } else { self.kind };
        let what = (self.entity_type.clone(), self.action.clone(), stages, roles);
        (worst, Reverse(self.people.len()), self.kind, what)
    }
}

/// The conflicts of users who come in order of ids, the most harmful first.
///
/// Costs finding the roles of each user, and some 10 microseconds for each different set of roles and action.
#[must_use]
pub fn conflicts(directory: &Directory, users: impl Iterator<Item = UserIndex>) -> Vec<Conflict> {
    let crowd = Crowd::gather(directory, users);
    let mut found: Vec<Conflict> = crowd.acts().flat_map(|act| of_act(&crowd, &act)).collect();
    found.sort_by_cached_key(Conflict::rank);
    found
}

/// The conflicts over an action.
fn of_act(crowd: &Crowd<'_>, act: &Act<'_>) -> Vec<Conflict> {
    let columns = crowd.columns(act);
    // Whoever has the same roles with an entry has the same conflicts, whatever else he has.
    let mut meeting: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for (set, people) in &crowd.sets {
        let saying: Vec<usize> = set.iter().copied().filter(|role| columns.says(*role)).collect();
        if saying.len() > 1 {
            meeting.entry(saying).or_default().extend(people);
        }
    }
    let found = meeting.into_iter().flat_map(|(places, people)| {
        let (people, rows) = (crowd.people(people), differing(&columns, &places));
        rows.into_iter().map(move |(entries, stages)| {
            let roles = places.iter().filter_map(|place| crowd.roles.get(*place).map(|it| Arc::clone(it)));
            conflict(act, stages, roles.zip(entries).collect(), Arc::clone(&people))
        })
    });
    found.collect()
}

/// Entries of some roles, and the stages for which they are so.
type Row = (Vec<Entry>, Vec<Option<StageIndex>>);

/// The different rows of entries that are not all the same.
fn differing(columns: &Columns, places: &[usize]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for (at, stage) in columns.stages.iter().enumerate() {
        let entries: Vec<Entry> = places.iter().map(|place| columns.entry(*place, at)).collect();
        if entries.iter().all(|entry| Some(entry) == entries.first()) {
            continue;
        }
        match rows.iter_mut().find(|(own, _)| *own == entries) {
            Some((_, stages)) => stages.push(*stage),
            None => rows.push((entries, vec![*stage])),
        }
    }
    rows
}

fn conflict(
    act: &Act<'_>,
    stages: Vec<Option<StageIndex>>,
    entries: Vec<(Arc<Role>, Entry)>,
    people: Arc<[UserIndex]>,
) -> Conflict {
    let each = || entries.iter().map(|(_, entry)| *entry);
    let united = each().fold(Entry::ABSENT, Entry::with);
    let is_counted = |entry: &Entry| entry.is_detailed() == united.is_detailed();
    let hidden = each()
        .filter(|entry| !is_counted(entry))
        .fold(None, |all: Option<ScopeSet>, entry| Some(all.unwrap_or_default().union(entry.scopes())));
    let counted = united.scopes();
    let common = each().filter(is_counted).map(Entry::scopes).reduce(ScopeSet::common).unwrap_or_default();
    let lost = hidden.unwrap_or_default().beyond(counted);
    let won = hidden.map(|hidden| counted.beyond(hidden)).unwrap_or_default();
    let (kind, won) = match (lost.is_none(), won.is_none()) {
        (false, true) => (ConflictKind::Narrowing, won),
        (false, false) => (ConflictKind::Exchange, won),
        (true, false) => (ConflictKind::Widening, won),
        (true, true) if counted.beyond(common).is_none() => (ConflictKind::Idle, won),
        (true, true) => (ConflictKind::WiderWins, counted.beyond(common)),
    };
    let named = |stage: Option<StageIndex>| stage.and_then(|it| act.node.stage_name(it)).cloned();
    Conflict {
        entity_type: act.node.entity_type().name.clone(),
        action: act.name(),
        is_everywhere: stages.len() == act.node.stages().count() + 1,
        stages: stages.into_iter().map(named).collect(),
        entries,
        kind,
        united,
        lost,
        won,
        people,
    }
}
