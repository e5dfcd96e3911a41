//! What a subject sees of a type, compiled: how he stands to people and departments, and what opens each stage.
//!
//! Whether a resource is visible is then two look-ups and a bit, and the answer is that of the rules, which were put
//! every question beforehand ([`Plan`]). Compiling costs a step for each person and department in his reach.

use super::View;
use super::row::ResourceRow;
use super::shelf::Class;
use crate::directory::{DepartmentIndex, UserIndex};
use crate::domain::{GroupKind, Scope};
use crate::rights::{Plan, Relation, Standing};

/// Whose person a resource is judged by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// Its responsible.
    Responsible,
    /// Its author.
    Author,
}

/// What a subject sees. It holds no reference to the state that it was compiled from.
pub(super) struct Sight {
    plan: Plan,
    pub(super) side: Side,
    /// To what the people of his side have.
    people: Standings,
    /// To what names departments itself.
    departments: Standings,
    user: UserIndex,
    asked: Standing,
}

/// Standings by index; beyond the end there is no relation.
#[derive(Default)]
struct Standings {
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

    fn get(&self, index: u32) -> Standing {
        self.all.get(index as usize).copied().unwrap_or_default()
    }
}

impl Sight {
    pub(super) fn compile(view: View<'_>) -> Self {
        let plan = Plan::compile(view.rights, &view.act);
        let asked = plan.asked();
        let by_author = Standing::of(&[Relation::Client, Relation::Author]).intersection(asked);
        let mut sight = Self {
            plan,
            side: if by_author == Standing::NONE { Side::Responsible } else { Side::Author },
            people: Standings::default(),
            departments: Standings::default(),
            user: view.rights.user(),
            asked,
        };
        for relation in asked.relations() {
            sight.relate(view, relation);
        }
        sight
    }

    /// Notes everyone to whom the subject has a relation.
    fn relate(&mut self, view: View<'_>, relation: Relation) {
        match relation {
            Relation::Own | Relation::Author => self.people.note(self.user.0, relation),
            Relation::Department => self.relate_departments(view, relation, Scope::Department),
            Relation::Subdepartments => self.relate_departments(view, relation, Scope::Subdepartments),
            Relation::Team => self.relate_shown(view, relation, GroupKind::Team),
            Relation::Client => self.relate_shown(view, relation, GroupKind::Client),
            // These are told from the resource itself.
            Relation::Open | Relation::Observer => {}
        }
    }

    fn relate_departments(&mut self, view: View<'_>, relation: Relation, scope: Scope) {
        for department in view.rights.reach(scope) {
            self.departments.note(department.0, relation);
            for member in view.directory.members(*department) {
                self.people.note(member.0, relation);
            }
        }
    }

    /// T(u) or C(u) of rule 4.1.
    fn relate_shown(&mut self, view: View<'_>, relation: Relation, kind: GroupKind) {
        let groups = view.rights.viewed_groups(kind).iter().filter_map(|group| view.directory.group(*group));
        let members = groups.flat_map(|group| group.members()).map(|(user, _)| *user);
        for person in members.chain([self.user]) {
            self.people.note(person.0, relation);
        }
    }

    /// The people to whom he has any relation, each once.
    pub(super) fn people(&self) -> impl Iterator<Item = UserIndex> {
        self.people.known.iter().map(|index| UserIndex(*index))
    }

    /// The same people in groups to which he stands alike; there are few.
    pub(super) fn groups(&self) -> Vec<(Standing, Vec<u32>)> {
        let mut groups: Vec<(Standing, Vec<u32>)> = Vec::new();
        for person in &self.people.known {
            let standing = self.people.get(*person);
            match groups.iter_mut().find(|(other, _)| *other == standing) {
                Some((_, people)) => people.push(*person),
                None => groups.push((standing, vec![*person])),
            }
        }
        groups
    }

    /// The departments to which he has any relation, each once.
    pub(super) fn departments(&self) -> impl Iterator<Item = DepartmentIndex> {
        self.departments.known.iter().map(|index| DepartmentIndex(*index))
    }

    /// The subject, where it matters what he observes.
    pub(super) fn observer(&self) -> Option<UserIndex> {
        self.asks(Relation::Observer).then_some(self.user)
    }

    /// The subject, where it matters what he is responsible for.
    pub(super) fn owner(&self) -> Option<UserIndex> {
        self.asks(Relation::Own).then_some(self.user)
    }

    /// Whether one relation to a department or responsible always does: nowhere are two needed together.
    pub(super) fn is_single(&self) -> bool {
        self.plan.is_single(&[Relation::Own, Relation::Department, Relation::Subdepartments])
    }

    /// Whether all resources of a class are visible, whosever they are.
    pub(super) fn opens_to_all(&self, class: Class) -> bool {
        self.opens(class, Standing::NONE)
    }

    /// Whether what a person has is visible, of a class.
    pub(super) fn opens_of_person(&self, class: Class, person: u32) -> bool {
        self.opens(class, self.people.get(person))
    }

    /// Whether what names a department is visible, of a class.
    pub(super) fn opens_of_department(&self, class: Class, department: DepartmentIndex) -> bool {
        self.opens(class, self.departments.get(department.0))
    }

    /// Whether a resource is visible.
    pub(super) fn opens_row(&self, view: View<'_>, row: &ResourceRow) -> bool {
        let (class, standing) = (row.class(), self.standing_to(view, row));
        self.opens(class, standing)
            || (self.observes(row) && self.opens(class, standing.with(Relation::Observer)))
    }

    /// Whether a resource is visible to him although it would not be if he did not observe it.
    pub(super) fn opens_by_observing(&self, view: View<'_>, row: &ResourceRow) -> bool {
        let (class, standing) = (row.class(), self.standing_to(view, row));
        !self.opens(class, standing)
            && self.observes(row)
            && self.opens(class, standing.with(Relation::Observer))
    }

    fn observes(&self, row: &ResourceRow) -> bool {
        self.asks(Relation::Observer) && row.observers().binary_search(&self.user).is_ok()
    }

    fn standing_to(&self, view: View<'_>, row: &ResourceRow) -> Standing {
        let person = match self.side {
            Side::Responsible if view.index.is_elsewhere(row) => return self.standing_elsewhere(row),
            Side::Responsible => row.responsible(),
            Side::Author => row.author(),
        };
        person.map_or(Standing::NONE, |person| self.people.get(person.0))
    }

    fn standing_elsewhere(&self, row: &ResourceRow) -> Standing {
        let own = if row.responsible() == Some(self.user) {
            Standing::of(&[Relation::Own])
        } else {
            Standing::NONE
        };
        let each = row.departments().iter().map(|department| self.departments.get(department.0));
        each.fold(own, Standing::union)
    }

    fn asks(&self, relation: Relation) -> bool {
        Standing::of(&[relation]).is_within(self.asked)
    }

    /// Whether resources of a class are visible to which he stands so.
    pub(super) fn opens(&self, class: Class, standing: Standing) -> bool {
        let standing = if class.is_open() { standing.with(Relation::Open) } else { standing };
        // What is not asked for may not be named in the support model, and changes nothing.
        let standing = standing.intersection(self.asked);
        self.plan.openings(class.stage()).is_some_and(|openings| openings.has(standing))
    }
}
