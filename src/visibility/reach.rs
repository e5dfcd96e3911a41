//! How a subject stands to people and departments: what his standing to a resource is told from.
//!
//! Found once from his rights, at a step for each person and department to whom he has a relation.

use super::row::ResourceRow;
use crate::directory::{DepartmentIndex, Directory, UserIndex};
use crate::domain::{GroupKind, Model, Scope};
use crate::rights::{EffectiveRights, Relation, Standing};

/// Standings by index; beyond the end there is no relation.
#[derive(Default)]
pub(super) struct Standings {
    all: Vec<Standing>,
    /// Where there is any relation.
    known: Vec<u32>,
}

impl Standings {
    fn note(&mut self, index: u32, relation: Relation) {
        let at = index as usize;
        if self.all.len() <= at {
            self.all.resize(at + 1, Standing::NONE);
        }
        let Some(standing) = self.all.get_mut(at) else { return };
        if *standing == Standing::NONE {
            self.known.push(index);
        }
        *standing = standing.with(relation);
    }

    pub(super) fn get(&self, index: u32) -> Standing {
        self.all.get(index as usize).copied().unwrap_or_default()
    }

    /// Where there is any relation, each index once.
    pub(super) fn known(&self) -> impl Iterator<Item = u32> {
        self.known.iter().copied()
    }
}

/// How a subject stands to people and departments, as far as some relations go.
#[derive(Default)]
pub(super) struct Reach {
    /// To what people have.
    pub(super) people: Standings,
    /// To what names departments itself.
    pub(super) departments: Standings,
}

/// The relations that are told from a resource's author; the others go by its responsible.
pub(super) const BY_AUTHOR: [Relation; 2] = [Relation::Client, Relation::Author];

impl Reach {
    /// Notes everyone and every department to whom the subject has one of the relations.
    pub(super) fn of(directory: &Directory, rights: &EffectiveRights, relations: Standing) -> Self {
        let mut reach = Self::default();
        for relation in relations.relations() {
            reach.relate(directory, rights, relation);
        }
        reach
    }

    fn relate(&mut self, directory: &Directory, rights: &EffectiveRights, relation: Relation) {
        let mut shown = |kind| self.relate_shown(directory, rights, (relation, kind));
        match relation {
            Relation::Own | Relation::Author => self.people.note(rights.user().0, relation),
            Relation::Department => self.relate_departments(directory, rights, (relation, Scope::Department)),
            Relation::Subdepartments => {
                self.relate_departments(directory, rights, (relation, Scope::Subdepartments));
            }
            Relation::Team => shown(GroupKind::Team),
            Relation::Client => shown(GroupKind::Client),
            // These are told from the resource itself.
            Relation::Open | Relation::Observer => {}
        }
    }

    fn relate_departments(
        &mut self,
        directory: &Directory,
        rights: &EffectiveRights,
        (relation, scope): (Relation, Scope),
    ) {
        for department in rights.reach(scope) {
            self.departments.note(department.0, relation);
            for member in directory.members(*department) {
                self.people.note(member.0, relation);
            }
        }
    }

    /// T(u) or C(u) of rule 4.1.
    fn relate_shown(
        &mut self,
        directory: &Directory,
        rights: &EffectiveRights,
        (relation, kind): (Relation, GroupKind),
    ) {
        let groups = rights.viewed_groups(kind).iter().filter_map(|group| directory.group(*group));
        let members = groups.flat_map(|group| group.members()).map(|(user, _)| *user);
        for person in members.chain([rights.user()]) {
            self.people.note(person.0, relation);
        }
    }

    /// To a person.
    pub(super) fn to_person(&self, person: Option<UserIndex>) -> Standing {
        person.map_or(Standing::NONE, |person| self.people.get(person.0))
    }

    /// To what names departments itself, and has a responsible: he stands to it by the departments, but owns it.
    pub(super) fn to_departments(&self, row: &ResourceRow) -> Standing {
        let own = self.to_person(row.responsible()).intersection(Standing::of(&[Relation::Own]));
        let each = row.departments().iter().map(|department| self.departments.get(department.0));
        each.fold(own, Standing::union)
    }

    /// To a resource of a type of a model, but for what is told from the resource alone.
    pub(super) fn to_row(&self, row: &ResourceRow, model: Option<Model>) -> Standing {
        let by_author = Standing::of(&BY_AUTHOR);
        let responsible = if model == Some(Model::Crm) && !row.departments().is_empty() {
            self.to_departments(row)
        } else {
            self.to_person(row.responsible()).without(by_author)
        };
        responsible.union(self.to_person(row.author()).intersection(by_author))
    }
}

/// The departments that either of two reaches has.
pub(super) fn departments_of(reaches: &[Reach; 2]) -> impl Iterator<Item = DepartmentIndex> {
    let [Reach { departments: one, .. }, Reach { departments: other, .. }] = reaches;
    let more = other.known().filter(|index| one.get(*index) == Standing::NONE);
    one.known().chain(more).map(DepartmentIndex)
}

/// The people whom either of two reaches has.
pub(super) fn people_of(reaches: &[Reach; 2]) -> impl Iterator<Item = UserIndex> {
    let [Reach { people: one, .. }, Reach { people: other, .. }] = reaches;
    let more = other.known().filter(|index| one.get(*index) == Standing::NONE);
    one.known().chain(more).map(UserIndex)
}
