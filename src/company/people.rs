//! Departments, employees and clients.
//!
//! Which department an employee is at home in can be told from his number, and which employees are at home in a
//! department from its number. So a head or a neighbour is found without a table.

use std::sync::Arc;

use super::draw::Stream;
use super::{Company, id};
use crate::domain::{Department, Id, Object, SupportRole, User, sorted_set};

const ROOTS_MAX: u64 = 3;
const LEVELS: u32 = 5;
/// One employee in so many is support staff.
const STAFF_EVERY: u64 = 16;
/// The number of the first of them.
const STAFF_FIRST: u64 = 5;

impl Company {
    pub(super) fn department(&self, index: u64) -> Object {
        let mut draw = self.draw(Stream::Department, index);
        let members = self.members(index);
        let wanted = [(0, 95), (1, 5)].map(|(member, percent)| (member, draw.happens(percent)));
        let heads = wanted.into_iter().filter(|(member, is_head)| *is_head && *member < members);
        Object::Department(Arc::new(Department {
            id: department_id(index),
            name: format!("Department {index}"),
            parent: self.parent(index).map(department_id),
            heads: sorted_set(heads.map(|(member, _)| employee_id(self.member(index, member))).collect()),
        }))
    }

    pub(super) fn employee(&self, index: u64) -> Object {
        let mut draw = self.draw(Stream::User, index);
        let mut departments: Vec<_> = self.home(index).map(department_id).into_iter().collect();
        if self.size.departments > 0 && draw.happens(8) {
            departments.push(department_id(draw.below(self.size.departments)));
        }
        Object::User(Arc::new(User {
            id: employee_id(index),
            name: format!("{} {}", draw.one_of(&GIVEN_NAMES), draw.one_of(&FAMILY_NAMES)),
            departments: sorted_set(departments),
            active: index == 0 || !draw.happens(2),
            admin: index.is_multiple_of(2_500),
            support_role: support_role(index),
        }))
    }

    pub(super) fn client(&self, index: u64) -> Object {
        let mut draw = self.draw(Stream::User, self.size.employees + index);
        Object::User(Arc::new(User {
            id: client_id(index),
            name: format!("{} {}", draw.one_of(&GIVEN_NAMES), draw.one_of(&FAMILY_NAMES)),
            departments: Vec::new(),
            active: !draw.happens(2),
            admin: false,
            support_role: SupportRole::Client,
        }))
    }

    /// The department above. Department `p` has those from `roots + p * children` on below it.
    pub(super) fn parent(&self, department: u64) -> Option<u64> {
        let roots = self.size.departments.min(ROOTS_MAX);
        department.checked_sub(roots)?.checked_div(self.children())
    }

    /// How many departments one has directly below it: the least number that keeps to the levels.
    fn children(&self) -> u64 {
        let roots = self.size.departments.min(ROOTS_MAX);
        let room = |children: u64| {
            (0..LEVELS).fold(0_u64, |sum, level| {
                sum.saturating_add(roots.saturating_mul(children.saturating_pow(level)))
            })
        };
        let mut children = 2;
        while room(children) < self.size.departments {
            children += 1;
        }
        children
    }

    /// The department that an employee is at home in. The first half is spread over all departments, the second
    /// half over the last quarter, which are the leaves: those are the large ones.
    pub(super) fn home(&self, employee: u64) -> Option<u64> {
        match employee.checked_sub(self.early()) {
            None => employee.checked_rem(self.size.departments),
            Some(late) => Some(self.size.departments.checked_sub(1)? - late % self.large()),
        }
    }

    /// How many employees are at home in a department.
    pub(super) fn members(&self, department: u64) -> u64 {
        let late = self.size.employees - self.early();
        let (early, distance_to_last) = (self.early_members(department), self.distance_to_last(department));
        if distance_to_last < self.large() {
            early + count(late, distance_to_last, self.large())
        } else {
            early
        }
    }

    /// The employee at a place among those at home in a department.
    pub(super) fn member(&self, department: u64, place: u64) -> u64 {
        match place.checked_sub(self.early_members(department)) {
            None => department + place * self.size.departments,
            Some(late) => self.early() + self.distance_to_last(department) + late * self.large(),
        }
    }

    fn early_members(&self, department: u64) -> u64 {
        count(self.early(), department, self.size.departments)
    }

    const fn distance_to_last(&self, department: u64) -> u64 {
        self.size.departments.saturating_sub(1).saturating_sub(department)
    }

    const fn early(&self) -> u64 {
        self.size.employees.div_ceil(2)
    }

    fn large(&self) -> u64 {
        (self.size.departments / 4).max(1)
    }

    /// How many employees are support staff.
    pub(super) const fn staff(&self) -> u64 {
        self.size.employees.saturating_sub(STAFF_FIRST).div_ceil(STAFF_EVERY)
    }
}

/// The number of the employee at a place among the support staff.
pub(super) const fn staff_member(place: u64) -> u64 {
    STAFF_FIRST + place * STAFF_EVERY
}

/// The place of an employee among the support staff, or the nearest one.
pub(super) const fn staff_place(employee: u64) -> u64 {
    employee.saturating_sub(STAFF_FIRST) / STAFF_EVERY
}

pub(super) fn department_id(index: u64) -> Id {
    id("d", index)
}

pub(super) fn employee_id(index: u64) -> Id {
    id("u", index)
}

pub(super) fn client_id(index: u64) -> Id {
    id("c", index)
}

const fn support_role(employee: u64) -> SupportRole {
    if employee % STAFF_EVERY == STAFF_FIRST {
        SupportRole::Staff
    } else if employee % 1_000 == 1 {
        SupportRole::Admin
    } else if employee % 5_000 == 2 {
        SupportRole::Demo
    } else {
        SupportRole::None
    }
}

/// How many of the numbers below an end are a first one plus a multiple of a step.
fn count(end: u64, first: u64, step: u64) -> u64 {
    end.saturating_sub(first).div_ceil(step.max(1))
}

const GIVEN_NAMES: [&str; 32] = [
    "Alice", "Anna", "Boris", "Carl", "Clara", "David", "Diana", "Edith", "Elena", "Felix", "Frank", "Greta",
    "Hanna", "Henry", "Ida", "Igor", "Irene", "Jacob", "Julia", "Karl", "Laura", "Leo", "Maria", "Max",
    "Nina", "Oscar", "Paul", "Rita", "Sara", "Tom", "Vera", "Victor",
];

const FAMILY_NAMES: [&str; 32] = [
    "Adams", "Baker", "Berg", "Brown", "Carter", "Cole", "Dahl", "Evans", "Fischer", "Ford", "Gray", "Green",
    "Hall", "Hill", "Hoffman", "Jones", "Keller", "King", "Lang", "Lewis", "Marsh", "Meyer", "Miller",
    "Moss", "Novak", "Park", "Reed", "Stone", "Taylor", "Walker", "West", "Young",
];
