//! Questions as people's work brings them up, made without a store: about half are allowed.

use super::draw::{Draw, Stream};
use super::people::{client_id, employee_id, staff_member, staff_place};
use super::resource::{Author, Sides, crm_type, resource_id, type_id};
use super::{Company, word};
use crate::domain::Id;

/// A question: may the subject do the action on the resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Who asks.
    pub subject: Id,
    /// What he would do.
    pub action: Id,
    /// The entity type.
    pub entity_type: Id,
    /// The resource.
    pub resource_id: Id,
    /// The resource's index in the company.
    pub resource: u64,
}

impl Company {
    /// Questions without end about the company's resources; none if it has no resources. The seed is of the questions
    /// alone.
    pub fn questions(&self, seed: u64) -> impl Iterator<Item = Question> + '_ {
        let draws = (0..).map(move |index| Draw::new(seed, Stream::Question, index));
        draws.take_while(|_| self.size.resources > 0).map(|mut draw| self.question(&mut draw))
    }

    fn question(&self, draw: &mut Draw) -> Question {
        let index = draw.below(self.size.resources);
        let sides = self.sides_of(index);
        let crm = crm_type(index);
        let (subject, action) = if crm.is_some() {
            (self.crm_subject(sides, draw), ["read", "read", "read", "update", "delete", "export"])
        } else {
            (self.ticket_subject(sides, draw), ["read", "read", "read", "update", "update", "read_hidden"])
        };
        Question {
            subject,
            action: word(draw.one_of(&action)),
            entity_type: type_id(crm),
            resource_id: resource_id(index),
            resource: index,
        }
    }

    /// The responsible, a neighbour of his, or anyone.
    fn crm_subject(&self, sides: Sides, draw: &mut Draw) -> Id {
        let anyone = draw.below(self.size.employees);
        let employee = match (sides.responsible, draw.below(100)) {
            (Some(responsible), 0..30) => responsible,
            (Some(responsible), 30..70) => self.neighbour(responsible, draw).unwrap_or(anyone),
            (Some(_) | None, _) => anyone,
        };
        employee_id(employee)
    }

    /// One who is at home in the same department, or in the one above.
    fn neighbour(&self, employee: u64, draw: &mut Draw) -> Option<u64> {
        let home = self.home(employee)?;
        let department = if draw.happens(25) { self.parent(home).unwrap_or(home) } else { home };
        let members = self.members(department);
        (members > 0).then(|| self.member(department, draw.below(members)))
    }

    /// The author, the responsible, a colleague of either, or anyone.
    fn ticket_subject(&self, sides: Sides, draw: &mut Draw) -> Id {
        const COLLEAGUES: u64 = 6;
        let beside = |place: u64, people: u64, draw: &mut Draw| {
            (place + draw.below(COLLEAGUES)).min(people.saturating_sub(1))
        };
        match (draw.below(100), sides) {
            (0..25, Sides { author: Author::Client(number), .. }) => client_id(number),
            (25..45, Sides { author: Author::Client(number), .. }) => {
                client_id(beside(number, self.size.clients, draw))
            }
            (45..65, Sides { responsible: Some(number), .. }) => employee_id(number),
            (65..85, Sides { responsible: Some(number), .. }) => {
                employee_id(staff_member(beside(staff_place(number), self.staff(), draw)))
            }
            (_, Sides { .. }) => employee_id(draw.below(self.size.employees)),
        }
    }
}
