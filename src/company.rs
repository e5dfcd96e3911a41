//! A made-up company of any size, for benchmarks and for trying things out.
//!
//! Everything is a pure function of the seed and an index, so a company of ten million resources is streamed, not
//! held, and is the same to the byte on every machine. Its objects fit one another: a store takes them as they
//! come. They stand in the order of [`Kind::EACH`](crate::domain::Kind::EACH).

mod binding;
mod draw;
mod group;
mod head;
mod people;
mod question;
mod resource;
mod role;
#[cfg(test)]
mod tests;

pub use head::HEAD;
pub use question::Question;

use crate::domain::{Id, Object};
use draw::{Draw, Stream};

/// How large a company is. The defaults are those of the benchmarks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Size {
    /// Users who work there; about one in 16 of them is support staff.
    pub employees: u64,
    /// Users who are clients of the helpdesk.
    pub clients: u64,
    /// Departments, in up to three trees of up to five levels.
    pub departments: u64,
    /// Workgroups.
    pub workgroups: u64,
    /// Helpdesk groups; a third are team groups, the others client groups.
    pub support_groups: u64,
    /// Roles.
    pub roles: u64,
    /// Role bindings; a company too small to have so many different ones has fewer.
    pub bindings: u64,
    /// Resources; about 30 % are tickets.
    pub resources: u64,
    /// Whatever else there is to choose follows from it.
    pub seed: u64,
}

impl Default for Size {
    fn default() -> Self {
        Self {
            employees: 10_000,
            clients: 4_000,
            departments: 500,
            workgroups: 60,
            support_groups: 300,
            roles: 30,
            bindings: 1_450,
            resources: 1_000_000,
            seed: 1,
        }
    }
}

/// A company of a size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Company {
    size: Size,
}

impl Company {
    /// The company of a size. Costs nothing: its objects are made when they are asked for.
    #[must_use]
    pub const fn new(size: Size) -> Self {
        Self { size }
    }

    /// Every object.
    pub fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        let size = self.size;
        role::entity_types()
            .chain((0..size.departments).map(|index| self.department(index)))
            .chain((0..size.employees).map(|index| self.employee(index)))
            .chain((0..size.clients).map(|index| self.client(index)))
            .chain((0..size.workgroups).map(|index| self.workgroup(index)))
            .chain((0..size.support_groups).map(|index| self.support_group(index)))
            .chain((0..size.roles).map(|index| self.role(index)))
            .chain(self.bindings().map(Object::RoleBinding))
            .chain((0..size.resources).map(|index| Object::Resource(Box::new(self.resource(index)))))
    }

    fn draw(&self, stream: Stream, index: u64) -> Draw {
        Draw::new(self.size.seed, stream, index)
    }
}

/// An id of a letter or word and a number.
#[expect(clippy::expect_used, reason = "a short ASCII text without control characters is an id")]
fn id(prefix: &str, number: impl std::fmt::Display) -> Id {
    Id::parse(&format!("{prefix}{number}")).expect("a generated id is an id")
}

/// An id that is a word of this module.
fn word(text: &str) -> Id {
    id(text, "")
}
