//! What must hold of a resource so that a plan opens it: the plan's standings, put into terms of the resource's fields.
//!
//! The standings are the rules' (see [`Plan`]); here is only what each relation means for the fields. What goes by the
//! directory is looked up in it, so that the condition holds as long as its revision.

use std::collections::BTreeMap;

use super::{EffectiveRights, Openings, Plan, Relation, Standing};
use crate::directory::{DepartmentIndex, Directory, TypeNode, UserIndex};
use crate::domain::{Condition, Field, GroupKind, Id, Scope};

/// How a condition tells in which departments a resource's responsible is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DepartmentForm {
    /// By lists of their members: the caller needs to know nothing of the organisation.
    Resolved,
    /// By the departments: the caller knows who is in which.
    Kept,
}

/// Puts a plan into a condition. One that is for no resource is never, one that is for every resource is always.
#[must_use]
pub fn condition(
    directory: &Directory,
    rights: &EffectiveRights,
    node: &TypeNode,
    plan: &Plan,
    form: DepartmentForm,
) -> Condition {
    let writer = Writer { directory, rights, form };
    let stages = Stages::of(node, plan);
    // By standing and not by stage: a list of responsibles is then written once, whatever the number of stages.
    let mut by_stages: BTreeMap<Condition, Vec<Condition>> = BTreeMap::new();
    for standing in stages.standings(plan) {
        let on_stages = stages.condition(|openings| openings.has(standing));
        by_stages.entry(on_stages).or_default().push(writer.standing(standing));
    }
    let clauses = by_stages.into_iter();
    Condition::any(clauses.map(|(on_stages, open)| Condition::all([on_stages, Condition::any(open)])))
}

/// What a plan says of the stages that a type has now, and of no stage.
struct Stages<'a> {
    absent: Option<&'a Openings>,
    named: Vec<(&'a Id, &'a Openings)>,
}

impl<'a> Stages<'a> {
    fn of(node: &'a TypeNode, plan: &'a Plan) -> Self {
        let named = node.stages().filter_map(|it| Some((node.stage_name(it)?, plan.openings(Some(it))?)));
        Self { absent: plan.openings(None), named: named.collect() }
    }

    /// Every standing that is a smallest one on some stage.
    fn standings(&self, plan: &Plan) -> Vec<Standing> {
        let all = self.absent.into_iter().chain(self.named.iter().map(|(_, openings)| *openings));
        let mut found = Vec::new();
        for standing in all.flat_map(|openings| openings.least(plan.relations())) {
            if !found.contains(&standing) {
                found.push(standing);
            }
        }
        found
    }

    /// That a resource is on one of the stages that a test is true of.
    fn condition(&self, is_on: impl Fn(&Openings) -> bool) -> Condition {
        let on: Vec<&Id> = self.named.iter().filter(|(_, it)| is_on(it)).map(|(name, _)| *name).collect();
        let is_absent_on = self.absent.is_some_and(is_on);
        if is_absent_on && on.len() == self.named.len() {
            return Condition::ALWAYS;
        }
        let absent = if is_absent_on { Condition::Absent(Field::Stage) } else { Condition::NEVER };
        Condition::any([absent, Condition::one_of(Field::Stage, on.into_iter().cloned())])
    }
}

/// Writes a subject's relations as conditions.
struct Writer<'a> {
    directory: &'a Directory,
    rights: &'a EffectiveRights,
    form: DepartmentForm,
}

impl Writer<'_> {
    fn standing(&self, standing: Standing) -> Condition {
        Condition::all(standing.relations().map(|relation| self.relation(relation)))
    }

    fn relation(&self, relation: Relation) -> Condition {
        let himself = |field| self.users(field, [self.rights.user()]);
        match relation {
            Relation::Own => himself(Field::Responsible),
            Relation::Department => self.reach(Scope::Department),
            Relation::Subdepartments => self.reach(Scope::Subdepartments),
            Relation::Open => Condition::Open,
            Relation::Observer => himself(Field::Observers),
            Relation::Team => self.users(Field::Responsible, self.shown(GroupKind::Team)),
            Relation::Client => self.users(Field::Author, self.shown(GroupKind::Client)),
            Relation::Author => himself(Field::Author),
        }
    }

    /// Dep(resource): its own departments, if it names any, otherwise its responsible's (rule 3.2).
    fn reach(&self, scope: Scope) -> Condition {
        let departments = self.rights.reach(scope);
        let by_responsible = match self.form {
            DepartmentForm::Resolved => {
                let members = departments.iter().flat_map(|department| self.directory.members(*department));
                self.users(Field::Responsible, members)
            }
            DepartmentForm::Kept => self.departments(Field::ResponsibleDepartments, departments),
        };
        Condition::any([
            self.departments(Field::Departments, departments),
            Condition::all([Condition::Absent(Field::Departments), by_responsible]),
        ])
    }

    /// T(u) or C(u): the members of the groups that show him theirs, and himself (rule 4.1).
    fn shown(&self, kind: GroupKind) -> impl Iterator<Item = UserIndex> {
        let groups = self.rights.viewed_groups(kind).iter().filter_map(|it| self.directory.group(*it));
        let members = groups.flat_map(|group| group.members()).map(|(user, _)| *user);
        members.chain([self.rights.user()])
    }

    fn users(&self, field: Field, users: impl IntoIterator<Item = UserIndex>) -> Condition {
        let nodes = users.into_iter().filter_map(|user| self.directory.user(user));
        Condition::one_of(field, nodes.map(|node| node.id().clone()))
    }

    fn departments(&self, field: Field, departments: &[DepartmentIndex]) -> Condition {
        let ids = departments.iter().filter_map(|it| self.directory.department_id(*it));
        Condition::one_of(field, ids.cloned())
    }
}
