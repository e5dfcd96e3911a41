//! Drafts for types of the crm model: entries of his roles, other roles, his departments, the resource (section 3).

use super::edit::{Place, role_of, with_level, with_scope, without_entry};
use super::{Case, Draft, Draw, Field, Step};
use crate::directory::{ActionKind, DepartmentIndex};
use crate::domain::{
    BindingSubject, Id, Named, Object, Reason, Role, RoleBinding, Scope, ScopeSet, sorted_set,
};
use crate::rights::{Act, CrmGrounds, EffectiveRights, Entry, Target, Weighing, decide};

/// The first of what fails: sight, where it comes before the action and isn't given, otherwise the action.
struct Gap<'a> {
    case: &'a Case<'a>,
    grounds: &'a CrmGrounds,
    weighing: &'a Weighing,
    act: Act<'a>,
}

pub(super) fn draw(case: &Case<'_>, grounds: &CrmGrounds, drafts: &mut Draw) {
    let sight = grounds.sight.as_ref().filter(|_| case.explanation.decision.reason == Reason::NoSight);
    let act = if sight.is_some() { case.act.sight() } else { *case.act };
    let gap = Gap { case, grounds, weighing: sight.unwrap_or(&grounds.action), act };
    drafts.add(gap.observed());
    drafts.add(case.assigned());
    drafts.add(gap.moved());
    drafts.add(gap.opened());
    drafts.add(gap.joined());
    drafts.add(gap.without_detailed());
    drafts.add(gap.widened());
    let roles = gap.opening_roles();
    drafts.add(gap.given(&roles));
    drafts.add(gap.given_to_departments(&roles));
}

impl<'a> Gap<'a> {
    fn is_creation(&self) -> bool {
        self.act.kind() == ActionKind::Create
    }

    fn place(&self) -> Place<'a> {
        Place { entity_type: &self.case.act.node.entity_type().name, action: &self.weighing.action }
    }

    /// Whether other rights, or another target, close the gap, and whether they allow the action besides.
    fn closes(&self, rights: &EffectiveRights, target: &Target<'_>) -> Option<Closing> {
        let directory = self.case.directory;
        let closes = decide(directory, rights, &self.act, target).is_allow();
        let suffices = || decide(directory, rights, self.case.act, target).is_allow();
        closes.then(|| if suffices() { Closing::Whole } else { Closing::Part })
    }

    fn observed(&self) -> Option<Draft> {
        let id = &self.case.subject()?.id;
        let is_open = self.act.kind() == ActionKind::Read && !self.case.facts.observers.contains(id);
        is_open.then(|| {
            self.case.with_facts(Step::Observe, |facts| {
                facts.observers.push(id.clone());
                facts.observers = sorted_set(std::mem::take(&mut facts.observers));
            })
        })
    }

    fn opened(&self) -> Option<Draft> {
        let is_open = self.case.facts.open || self.is_creation();
        (!is_open).then(|| self.case.with_facts(Step::Open, |facts| facts.open = true))
    }

    /// The stages where he has what he lacks here, those first where nothing else is missing.
    fn moved(&self) -> Vec<Draft> {
        let (node, target) = (self.act.node, self.case.target);
        let others = node.stages().filter(|stage| Some(*stage) != target.stage);
        let closing = others.filter_map(|stage| {
            let closing = self.closes(self.case.rights, &Target { stage: Some(stage), ..*target })?;
            Some((closing, node.stage_name(stage)?))
        });
        let mut stages: Vec<(Closing, &Id)> = closing.collect();
        stages.sort_by_key(|(closing, _)| *closing);
        let moved = |stage: &Id| {
            self.case.with_facts(Step::Move(stage.clone()), |facts| facts.stage = Some(stage.clone()))
        };
        stages.into_iter().map(|(_, stage)| moved(stage)).collect()
    }

    /// The resource's departments and those above them, that he isn't in.
    fn joined(&self) -> Vec<Draft> {
        let directory = self.case.directory;
        let own = directory.departments_of(Some(self.case.rights.user()));
        let mut near: Vec<DepartmentIndex> = Vec::new();
        if !self.is_creation() {
            let belongs = self.case.target.departments_in(directory);
            for department in belongs.iter().flat_map(|it| directory.chain(*it)) {
                if !near.contains(&department) && !own.contains(&department) {
                    near.push(department);
                }
            }
        }
        let named = near.into_iter().filter_map(|it| directory.named_department(it));
        named
            .filter_map(|department| {
                let id = department.id.clone();
                self.case.with_user(Step::JoinDepartment(department), |user| {
                    user.departments.push(id);
                    user.departments = sorted_set(std::mem::take(&mut user.departments));
                })
            })
            .collect()
    }

    /// All detailed entries that count are taken out together: as long as one is left, it hides the rest (rule 3.5).
    fn without_detailed(&self) -> Option<Draft> {
        let (weighing, directory) = (self.weighing, self.case.directory);
        let stage = weighing.stage.as_ref().filter(|_| weighing.united.is_detailed())?;
        let detailed = weighing.entries.iter().filter(|it| it.entry.is_detailed());
        let roles: Vec<&Named> = detailed.filter_map(|it| self.grounds.role(it.role)).collect();
        let objects = roles.iter().filter_map(|named| directory.role(&named.id));
        let objects =
            objects.map(|role| Object::Role(without_entry(role, self.place(), stage).into())).collect();
        let step = Step::TakeOut {
            action: weighing.action.clone(),
            stage: stage.clone(),
            roles: roles.into_iter().cloned().collect(),
        };
        Some(Draft { steps: vec![step], objects, facts: None })
    }

    /// The scopes that would close the gap if an entry that counts had them; all only where no other does, and for what
    /// is created, where scopes are not matched, the narrowest.
    fn closing_scopes(&self) -> Vec<Scope> {
        let (directory, rights) = (self.case.directory, self.case.rights);
        let closes = |scope: &Scope| {
            let role = role_of(self.place(), self.weighing.stage.as_ref(), *scope);
            self.closes(&rights.with_role(directory, &role), self.case.target).is_some()
        };
        let narrow: Vec<Scope> =
            Scope::EACH.into_iter().filter(|scope| *scope != Scope::All).filter(closes).collect();
        let most = if self.is_creation() { 1 } else { narrow.len() };
        if narrow.is_empty() { vec![Scope::All] } else { narrow.into_iter().take(most).collect() }
    }

    /// His roles with a scope more, those first whose entries count.
    fn widened(&self) -> Vec<Draft> {
        let scopes = self.closing_scopes();
        let entry_of = |at: usize| {
            let found = self.weighing.entries.iter().find(|it| it.role == at);
            found.map_or(Entry::ABSENT, |it| it.entry)
        };
        let counts = |entry: Entry| entry.is_present() && self.weighing.counts(entry);
        let mut roles: Vec<(usize, Entry)> =
            (0..self.grounds.roles.len()).map(|at| (at, entry_of(at))).collect();
        roles.sort_by_key(|(_, entry)| !counts(*entry));
        let mut drafts = Vec::new();
        for (at, entry) in roles {
            let role = self.grounds.role(at).and_then(|named| self.case.directory.role(&named.id));
            let Some(role) = role else { continue };
            for field in self.fields(entry) {
                let levels = levels(entry.scopes(), &scopes);
                drafts.extend(levels.into_iter().map(|level| self.widen(role, &field, level)));
            }
        }
        drafts
    }

    /// Where a scope put in would count.
    fn fields(&self, entry: Entry) -> Vec<Field> {
        let stage = self.weighing.stage.clone();
        if entry.is_detailed() {
            return stage.map(Field::Stage).into_iter().collect();
        }
        let element = (!self.weighing.united.is_detailed()).then_some(Field::Element);
        stage.map(Field::NewStage).into_iter().chain(element).collect()
    }

    fn widen(&self, role: &Role, field: &Field, level: ScopeSet) -> Draft {
        let (role_after, action) =
            (with_level(role, self.place(), field, level), self.weighing.action.clone());
        let step = Step::Widen { role: named_role(role), action, field: field.clone(), level };
        Draft::put(step, Object::Role(role_after.into()))
    }

    /// Roles of others that would close the gap, those first that leave nothing missing, then those that give least.
    fn opening_roles(&self) -> Vec<&'a Role> {
        let (directory, case) = (self.case.directory, self.case);
        let is_held = |role: &Role| self.grounds.roles.iter().any(|reached| reached.role.id == role.id);
        let others = directory.roles().map(|role| &**role).filter(|role| !is_held(role));
        let closing = others.filter_map(|role| {
            let closing = self.closes(&case.rights.with_role(directory, role), case.target)?;
            Some((closing, role.grants.len(), role))
        });
        let mut roles: Vec<(Closing, usize, &Role)> = closing.collect();
        roles.sort_by_key(|(closing, grants, _)| (*closing, *grants));
        roles.into_iter().map(|(_, _, role)| role).collect()
    }

    fn given(&self, roles: &[&Role]) -> Vec<Draft> {
        let Some(subject) = self.case.subject() else { return Vec::new() };
        let given = |role: &Role| {
            let binding =
                RoleBinding { role: role.id.clone(), subject: BindingSubject::User(subject.id.clone()) };
            Draft::put(Step::GiveRole(named_role(role)), Object::RoleBinding(binding))
        };
        roles.iter().map(|role| given(role)).collect()
    }

    fn given_to_departments(&self, roles: &[&Role]) -> Vec<Draft> {
        let directory = self.case.directory;
        let own = directory.departments_of(Some(self.case.rights.user()));
        let own: Vec<Named> = own.iter().filter_map(|it| directory.named_department(*it)).collect();
        let given = |role: &Role, department: &Named| {
            let subject = BindingSubject::Department(department.id.clone());
            let binding = RoleBinding { role: role.id.clone(), subject };
            let step = Step::GiveRoleToDepartment { role: named_role(role), department: department.clone() };
            Draft::put(step, Object::RoleBinding(binding))
        };
        let each = roles.iter().flat_map(|role| own.iter().map(move |department| given(role, department)));
        each.collect()
    }
}

/// What an entry's level may be widened to. One that is hidden may have the scope already: it only has to be detailed.
fn levels(level: ScopeSet, scopes: &[Scope]) -> Vec<ScopeSet> {
    if level.has(Scope::All) || scopes.iter().any(|scope| level.has(*scope)) {
        return vec![level];
    }
    scopes.iter().map(|scope| with_scope(level, *scope)).collect()
}

/// How much of what is missing a change gives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Closing {
    /// All of it.
    Whole,
    /// The gap; the action is still missing.
    Part,
}

fn named_role(role: &Role) -> Named {
    Named { id: role.id.clone(), name: role.name.clone() }
}
