//! The slots that a subject's rights can reach, from the postings: all that he may see, and next to nothing else.

use super::index::{Postings, ResourceIndex, StageSet, belongs_to_responsible, slot_of, staged};
use super::listing::View;
use crate::directory::{ActionKind, Directory, StageIndex, UserIndex};
use crate::domain::{GroupKind, Model, Scope, SupportRole};
use crate::rights::{Act, EffectiveRights};

/// Slots that hold all that the subject may see.
pub(super) enum Candidates {
    /// Every slot.
    All,
    /// These, in no order; one can come more than once.
    Slots(Vec<u32>),
}

/// The candidates for an action that is not a creation.
pub(super) fn candidates(view: View<'_>) -> Candidates {
    let View { directory, rights, act, index } = view;
    if let Some(decision) = rights.blanket() {
        return if decision.is_allow() { Candidates::All } else { Candidates::Slots(Vec::new()) };
    }
    let gather = Gather { directory, rights, index, slots: Vec::new() };
    match act.node.model() {
        Model::Crm => gather.crm(&act),
        Model::Support => gather.support(act.kind()),
    }
}

struct Gather<'a> {
    directory: &'a Directory,
    rights: &'a EffectiveRights,
    index: &'a ResourceIndex,
    slots: Vec<u32>,
}

impl Gather<'_> {
    fn whole(&mut self, postings: Option<&Postings>) {
        self.slots.extend(postings.into_iter().flat_map(|postings| postings.iter()).map(slot_of));
    }

    fn staged(&mut self, postings: Option<&Postings>, stage: Option<StageIndex>) {
        self.slots.extend(postings.into_iter().flat_map(|postings| staged(postings, stage)).map(slot_of));
    }

    fn crm(mut self, act: &Act<'_>) -> Candidates {
        let all_stages = || std::iter::once(None).chain(act.node.stages().map(Some));
        let with = |scope| -> Vec<Option<StageIndex>> {
            let has = |stage: &Option<StageIndex>| {
                self.rights.entry(act.node, act.action, *stage).scopes().has(scope)
            };
            all_stages().filter(has).collect()
        };
        let all = with(Scope::All);
        if all.len() == all_stages().count() {
            return Candidates::All;
        }
        let (open, own) = (with(Scope::Open), with(Scope::Own));
        let (near, below) = (with(Scope::Department), with(Scope::Subdepartments));
        let (index, user) = (self.index, self.rights.user());
        for stage in all {
            self.whole(index.on_stage(stage));
        }
        for stage in open {
            self.whole(index.open_on_stage(stage));
        }
        for stage in own {
            self.staged(index.of_responsible(user), stage);
        }
        self.departments(Scope::Department, &near);
        self.departments(Scope::Subdepartments, &below);
        if act.kind() == ActionKind::Read {
            self.whole(index.of_observer(user));
        }
        Candidates::Slots(self.slots)
    }

    /// What belongs to the departments that a scope reaches, on these stages: directly, or through its responsible.
    fn departments(&mut self, scope: Scope, stages: &[Option<StageIndex>]) {
        if stages.is_empty() {
            return;
        }
        let wanted: StageSet = stages.iter().copied().collect();
        for department in self.rights.reach(scope) {
            self.wanted(self.index.of_department(*department), |posting| wanted.has_stage_of(posting));
            for member in self.directory.members(*department) {
                let is_wanted = |posting| wanted.has_stage_of(posting) && belongs_to_responsible(posting);
                self.wanted(self.index.of_responsible(member), is_wanted);
            }
        }
    }

    fn wanted(&mut self, postings: Option<&Postings>, is_wanted: impl Fn(u64) -> bool) {
        let all = postings.into_iter().flat_map(|postings| postings.iter());
        self.slots.extend(all.filter(|posting| is_wanted(*posting)).map(slot_of));
    }

    fn support(mut self, action: ActionKind) -> Candidates {
        let user = self.rights.user();
        match self.rights.support_role() {
            SupportRole::Admin => return Candidates::All,
            SupportRole::Demo if action == ActionKind::Read => return Candidates::All,
            SupportRole::Demo => self.whole(self.index.of_author(user)),
            SupportRole::Staff => {
                for person in self.shown(GroupKind::Team) {
                    self.whole(self.index.of_responsible(person));
                }
            }
            SupportRole::Client => {
                for person in self.shown(GroupKind::Client) {
                    self.whole(self.index.of_author(person));
                }
            }
            SupportRole::None => {}
        }
        Candidates::Slots(self.slots)
    }

    /// T(u) or C(u) of rule 4.1.
    fn shown(&self, kind: GroupKind) -> Vec<UserIndex> {
        let groups = self.rights.viewed_groups(kind).iter().filter_map(|group| self.directory.group(*group));
        let members = groups.flat_map(|group| group.members()).map(|(user, _)| *user);
        let mut people: Vec<UserIndex> = members.chain([self.rights.user()]).collect();
        people.sort_unstable();
        people.dedup();
        people
    }
}
