//! Ways to the wire.

use super::to_wire::member_role;
use crate::api::pb;
use crate::domain::Named;
use crate::engine::{Above, Reach, ReachedRole, Subject, Through, Way};

/// A user with the ways in which he may.
#[must_use]
pub fn subject(subject: &Subject) -> pb::Subject {
    pb::Subject {
        user: subject.user.to_string(),
        ways: subject.ways.iter().map(way).collect(),
        sight: subject.sight.iter().map(way).collect(),
    }
}

pub(super) fn way(way: &Way) -> pb::Way {
    let (departments, groups) = places(&way.through);
    pb::Way {
        kind: kind(&way.through).into(),
        departments,
        groups,
        roles: way.roles.iter().map(reached_role).collect(),
    }
}

const fn kind(through: &Through) -> pb::WayKind {
    match through {
        Through::PortalAdmin => pb::WayKind::PortalAdmin,
        Through::SupportAdmin => pb::WayKind::SupportAdmin,
        Through::Demo => pb::WayKind::Demo,
        Through::Responsible => pb::WayKind::Responsible,
        Through::Department(_) => pb::WayKind::Department,
        Through::Subdepartments(_) => pb::WayKind::Subdepartments,
        Through::Open => pb::WayKind::Open,
        Through::All => pb::WayKind::All,
        Through::Observer => pb::WayKind::Observer,
        Through::Team(_) => pb::WayKind::TeamGroup,
        Through::Author => pb::WayKind::Author,
        Through::Client(_) => pb::WayKind::ClientGroup,
    }
}

/// The departments and groups that a way goes by.
pub(super) fn places(through: &Through) -> (Vec<pb::SharedDepartment>, Vec<pb::Named>) {
    match through {
        Through::Department(shared) => {
            let pair = |it| pb::SharedDepartment { own: Some(named(it)), of_resource: Some(named(it)) };
            (shared.iter().map(pair).collect(), Vec::new())
        }
        Through::Subdepartments(pairs) => {
            let pair = |Above { above, below }: &Above| pb::SharedDepartment {
                own: Some(named(above)),
                of_resource: Some(named(below)),
            };
            (pairs.iter().map(pair).collect(), Vec::new())
        }
        Through::Team(groups) | Through::Client(groups) => (Vec::new(), groups.iter().map(named).collect()),
        Through::PortalAdmin
        | Through::SupportAdmin
        | Through::Demo
        | Through::Responsible
        | Through::Open
        | Through::All
        | Through::Observer
        | Through::Author => (Vec::new(), Vec::new()),
    }
}

pub(super) fn named(it: &Named) -> pb::Named {
    pb::Named { id: it.id.to_string(), name: it.name.clone() }
}

pub(super) fn reached_role(it: &ReachedRole) -> pb::ReachedRole {
    pb::ReachedRole { role: Some(named(&it.role)), reaches: it.reaches.iter().map(reach).collect() }
}

fn reach(it: &Reach) -> pb::Reach {
    use pb::reach::Reach as Wire;
    let path = |path: &[Named]| path.iter().map(named).collect();
    let reach = match it {
        Reach::User(_) => Wire::Personal(pb::PersonalReach { include_managers: false }),
        Reach::UserAndManagers(_) => Wire::Personal(pb::PersonalReach { include_managers: true }),
        Reach::Manager { of, path: up } => {
            Wire::Manager(pb::ManagerReach { of: Some(named(of)), path: path(up) })
        }
        Reach::Department(department) => Wire::Department(named(department)),
        Reach::DepartmentTree(up) => Wire::DepartmentTree(pb::DepartmentTreeReach { path: path(up) }),
        Reach::Workgroup { workgroup, role, min_role } => Wire::Workgroup(pb::WorkgroupReach {
            workgroup: Some(named(workgroup)),
            role: member_role(*role).into(),
            min_role: member_role(*min_role).into(),
        }),
        Reach::Everyone => Wire::Everyone(pb::EveryoneSubject {}),
    };
    pb::Reach { reach: Some(reach) }
}

/// The name of a way's kind, without the prefix.
#[must_use]
pub fn way_kind_name(way: &pb::Way) -> String {
    way.kind().as_str_name().trim_start_matches("WAY_KIND_").to_lowercase()
}

/// The name of a standing in a workgroup, without the prefix.
#[must_use]
pub fn member_role_name(role: pb::MemberRole) -> String {
    role.as_str_name().trim_start_matches("MEMBER_ROLE_").to_lowercase()
}
