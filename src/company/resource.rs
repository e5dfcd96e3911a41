//! Resources: each a pure function of the seed and its index.

use super::draw::{Draw, Stream};
use super::people::{client_id, department_id, employee_id, staff_member};
use super::role::{CRM_TYPES, TICKET, Type};
use super::{Company, id, word};
use crate::domain::{Facts, Id, Resource, sorted_set};

/// 2020-01-01 UTC in seconds.
const TIME_FIRST: i64 = 1_577_836_800;
/// Six years of 365.25 days in seconds: 6 * 31,557,600.
const TIME_SPAN: u64 = 189_345_600;

/// Who is responsible for a resource and who created it, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sides {
    pub(super) responsible: Option<u64>,
    pub(super) author: Author,
}

/// Who created a resource, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Author {
    Employee(u64),
    Client(u64),
}

impl Company {
    /// The resource at an index, which needs not be below the size's.
    #[must_use]
    pub fn resource(&self, index: u64) -> Resource {
        let mut draw = self.draw(Stream::Resource, index);
        let crm = crm_type(index);
        let sides = self.sides(crm, &mut draw);
        let mut facts = Facts {
            author: Some(match sides.author {
                Author::Employee(number) => employee_id(number),
                Author::Client(number) => client_id(number),
            }),
            responsible: sides.responsible.map(employee_id),
            ..Facts::default()
        };
        if let Some(it) = crm {
            self.add_crm_facts(it, &mut facts, &mut draw);
        }
        let sort_key = TIME_FIRST + i64::try_from(draw.below(TIME_SPAN)).unwrap_or(0);
        Resource { entity_type: type_id(crm), id: resource_id(index), facts, sort_key }
    }

    /// The same as the resource's own, without the rest of it.
    pub(super) fn sides_of(&self, index: u64) -> Sides {
        self.sides(crm_type(index), &mut self.draw(Stream::Resource, index))
    }

    /// Few people are responsible for much. Staff work on tickets, mostly of clients.
    fn sides(&self, crm: Option<&Type>, draw: &mut Draw) -> Sides {
        let employees = self.size.employees;
        let is_assigned = draw.happens(95) && (crm.is_some() || self.staff() > 0);
        let busy = draw.number();
        let (responsible, author) = if crm.is_some() {
            let responsible = draw.skewed_below(employees);
            let author = if busy % 10 < 7 { responsible } else { draw.below(employees) };
            (responsible, Author::Employee(author))
        } else {
            let responsible = staff_member(draw.skewed_below(self.staff()));
            let author = if busy % 10 < 9 && self.size.clients > 0 {
                Author::Client(draw.skewed_below(self.size.clients))
            } else {
                Author::Employee(draw.below(employees))
            };
            (responsible, author)
        };
        Sides { responsible: is_assigned.then_some(responsible), author }
    }

    fn add_crm_facts(&self, it: &Type, facts: &mut Facts, draw: &mut Draw) {
        let stage = draw.one_of(it.stages);
        facts.stage = (!stage.is_empty()).then(|| word(stage));
        facts.open = draw.happens(15);
        if draw.happens(4) && self.size.departments > 0 {
            let count = 1 + draw.below(2);
            facts.departments =
                sorted_set((0..count).map(|_| department_id(draw.below(self.size.departments))).collect());
        }
        if draw.happens(6) {
            let count = 1 + draw.below(3);
            facts.observers =
                sorted_set((0..count).map(|_| employee_id(draw.below(self.size.employees))).collect());
        }
    }
}

/// Of twenty neighbours six are tickets, seven deals, three leads, three contacts and one a quote.
pub(super) fn crm_type(index: u64) -> Option<&'static Type> {
    let place = match index % 20 {
        0..=5 => return None,
        6..=12 => 0,
        13..=15 => 1,
        16..=18 => 2,
        _ => 3,
    };
    CRM_TYPES.get(place)
}

pub(super) fn type_id(crm: Option<&Type>) -> Id {
    word(crm.map_or(TICKET, |it| it.name))
}

pub(super) fn resource_id(index: u64) -> Id {
    id("", index)
}
