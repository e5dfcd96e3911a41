//! What a subject sees of a type, compiled: how he stands to people and departments, and what opens each stage.
//!
//! Whether a resource is visible is then two look-ups and a bit, and the answer is that of the rules, which were put
//! every question beforehand ([`Plan`]). Compiling costs a step for each person and department in his reach.

use super::View;
use super::count::Class;
use super::reach::Reach;
use super::row::ResourceRow;
use crate::directory::{DepartmentIndex, UserIndex};
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
    reach: Reach,
    user: UserIndex,
    asked: Standing,
    /// Whether one relation to a department or responsible always does: nowhere are two needed together.
    pub(super) is_single: bool,
}

impl Sight {
    pub(super) fn compile(view: View<'_>) -> Self {
        let plan = Plan::compile(view.rights, &view.act);
        let asked = plan.asked();
        let is_single = plan.is_single(&[Relation::Own, Relation::Department, Relation::Subdepartments]);
        let by_author = Standing::of(&[Relation::Client, Relation::Author]).intersection(asked);
        Self {
            plan,
            side: if by_author == Standing::NONE { Side::Responsible } else { Side::Author },
            reach: Reach::of(view.directory, view.rights, asked),
            user: view.rights.user(),
            asked,
            is_single,
        }
    }

    /// The people to whom he has any relation, each once.
    pub(super) fn people(&self) -> impl Iterator<Item = UserIndex> {
        self.reach.people.known().map(UserIndex)
    }

    /// How he stands to what a person has.
    pub(super) fn standing_to_person(&self, person: UserIndex) -> Standing {
        self.reach.people.get(person.0)
    }

    /// How he stands to what names a department.
    pub(super) fn standing_to_department(&self, department: DepartmentIndex) -> Standing {
        self.reach.departments.get(department.0)
    }

    /// How he stands to the departments that a resource names, whosever it is.
    pub(super) fn standing_to_departments(&self, row: &ResourceRow) -> Standing {
        let each = row.departments().iter().map(|department| self.standing_to_department(*department));
        each.fold(Standing::NONE, Standing::union)
    }

    /// The same people in groups to which he stands alike; there are few.
    pub(super) fn groups(&self) -> Vec<(Standing, Vec<u32>)> {
        let mut groups: Vec<(Standing, Vec<u32>)> = Vec::new();
        for person in self.reach.people.known() {
            let standing = self.reach.people.get(person);
            match groups.iter_mut().find(|(other, _)| *other == standing) {
                Some((_, people)) => people.push(person),
                None => groups.push((standing, vec![person])),
            }
        }
        groups
    }

    /// The departments to which he has any relation, each once.
    pub(super) fn departments(&self) -> impl Iterator<Item = DepartmentIndex> {
        self.reach.departments.known().map(DepartmentIndex)
    }

    /// The subject, where it matters what he observes.
    pub(super) fn observer(&self) -> Option<UserIndex> {
        self.asks(Relation::Observer).then_some(self.user)
    }

    /// The subject, where it matters what he is responsible for.
    pub(super) fn owner(&self) -> Option<UserIndex> {
        self.asks(Relation::Own).then_some(self.user)
    }

    /// Whether all resources of a class are visible, whosever they are.
    pub(super) fn opens_to_all(&self, class: Class) -> bool {
        self.opens(class, Standing::NONE)
    }

    /// Whether what a person has is visible, of a class.
    pub(super) fn opens_of_person(&self, class: Class, person: u32) -> bool {
        self.opens(class, self.reach.people.get(person))
    }

    /// Whether what names a department is visible, of a class.
    pub(super) fn opens_of_department(&self, class: Class, department: DepartmentIndex) -> bool {
        self.opens(class, self.reach.departments.get(department.0))
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
        match self.side {
            Side::Responsible if view.index.is_elsewhere(row) => self.reach.to_departments(row),
            Side::Responsible => self.reach.to_person(row.responsible()),
            Side::Author => self.reach.to_person(row.author()),
        }
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
