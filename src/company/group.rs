//! Workgroups and helpdesk groups. Members are neighbours by number, so none comes twice.

use std::sync::Arc;

use super::draw::{Draw, Stream};
use super::people::{client_id, employee_id, staff_member};
use super::{Company, id};
use crate::domain::{
    GroupKind, Id, MemberRole, Object, SupportGroup, SupportGroupMember, Workgroup, WorkgroupMember,
};

impl Company {
    pub(super) fn workgroup(&self, index: u64) -> Object {
        let mut draw = self.draw(Stream::Workgroup, index);
        let first = draw.below(self.size.employees);
        let count = (5 + draw.below(20)).min(self.size.employees);
        let member = |place| {
            let role = match place {
                0 => MemberRole::Owner,
                1 | 2 => MemberRole::Moderator,
                _ => MemberRole::Member,
            };
            WorkgroupMember { user: employee_id((first + place) % self.size.employees), role }
        };
        Object::Workgroup(Arc::new(Workgroup {
            id: workgroup_id(index),
            name: format!("Project {index}"),
            members: (0..count).map(member).collect(),
        }))
    }

    /// Every third group is a team group.
    pub(super) fn support_group(&self, index: u64) -> Object {
        let mut draw = self.draw(Stream::SupportGroup, index);
        let (kind, people, user): (_, _, fn(u64) -> Id) = if index.is_multiple_of(3) {
            (GroupKind::Team, self.staff(), |place| employee_id(staff_member(place)))
        } else {
            (GroupKind::Client, self.size.clients, client_id)
        };
        let first = spread(index, self.size.support_groups, people);
        let count = (3 + draw.below(10)).min(people);
        let members = (0..count).map(|place| member(user((first + place) % people), &mut draw)).collect();
        let name = match kind {
            GroupKind::Team => format!("Support team {index}"),
            GroupKind::Client => format!("Client {index}"),
        };
        Object::SupportGroup(Arc::new(SupportGroup { id: id("g", index), name, kind, members }))
    }
}

pub(super) fn workgroup_id(index: u64) -> Id {
    id("w", index)
}

fn member(user: Id, draw: &mut Draw) -> SupportGroupMember {
    SupportGroupMember {
        user,
        can_view: draw.happens(70),
        notify_new: draw.happens(40),
        notify_update: draw.happens(40),
    }
}

/// The place of one of some things when they are spread evenly over others.
fn spread(index: u64, count: u64, over: u64) -> u64 {
    let place = u128::from(index) * u128::from(over) / u128::from(count.max(1));
    u64::try_from(place).unwrap_or(0)
}
