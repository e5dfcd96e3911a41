//! How users came by what they may, as callers take it: for programs as values, for people as a line each.

use std::fmt;

use serde::Serialize;

use super::ClientError;
use crate::api::{convert, pb};

/// One who may, and how.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Subject {
    /// The id of the user.
    pub user: String,
    /// The ways in which he may.
    pub ways: Vec<Way>,
    /// The ways in which he sees the resource, where that is another action.
    pub sight: Vec<Way>,
}

/// One way in which a user may do what he may.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Way {
    /// What opens the resource, such as `subdepartments`.
    pub kind: String,
    /// The departments that it goes by.
    pub departments: Vec<SharedDepartment>,
    /// The ids of the helpdesk groups that it goes by.
    pub groups: Vec<String>,
    /// The roles whose entries open it.
    pub roles: Vec<ReachedRole>,
}

/// A department of the user's, and one of the resource's that is the same or lies under it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SharedDepartment {
    /// The id of the user's.
    pub own: String,
    /// The id of the resource's.
    pub of_resource: String,
}

/// A role, and how it reaches a user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ReachedRole {
    /// The id of the role.
    pub role: String,
    /// Every way in which it reaches him.
    pub reaches: Vec<Reach>,
}

/// How a role reaches a user.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reach {
    /// By his own name.
    Personal {
        /// Whether his managers have it too.
        include_managers: bool,
    },
    /// As a manager of somebody.
    Manager {
        /// That one's id.
        of: String,
        /// From that one's department up to the one that he heads.
        path: Vec<String>,
    },
    /// As a direct member of a department.
    Department(String),
    /// As a member of a department or of one below it.
    DepartmentTree {
        /// From his own up to the one that the role is bound to.
        path: Vec<String>,
    },
    /// As a member of a workgroup.
    Workgroup {
        /// Its id.
        workgroup: String,
        /// What he is in it.
        role: String,
        /// The least that is enough.
        min_role: String,
    },
    /// As everyone.
    Everyone,
}

impl fmt::Display for Way {
    /// The kind, and what it goes by: `subdepartments (sales over north)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind.replace('_', " "))?;
        let departments = self.departments.iter().map(|it| match &it.of_resource {
            below if *below == it.own => it.own.clone(),
            below => format!("{} over {below}", it.own),
        });
        let places: Vec<String> = departments.chain(self.groups.iter().cloned()).collect();
        if places.is_empty() { Ok(()) } else { write!(f, " ({})", places.join(", ")) }
    }
}

impl fmt::Display for ReachedRole {
    /// The role, and how it reaches him: `manager (manager of nina by north, sales)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reaches: Vec<String> = self.reaches.iter().map(Reach::to_string).collect();
        write!(f, "{} ({})", self.role, reaches.join("; "))
    }
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Personal { .. } => f.write_str("personal"),
            Self::Manager { of, path } => write!(f, "manager of {of} by {}", path.join(" < ")),
            Self::Department(id) => write!(f, "department {id}"),
            Self::DepartmentTree { path } => write!(f, "department {}", path.join(" < ")),
            Self::Workgroup { workgroup, role, .. } => write!(f, "{role} of workgroup {workgroup}"),
            Self::Everyone => f.write_str("everyone"),
        }
    }
}

/// A user with his ways; a user without any is nonsense.
pub(super) fn subject(wire: &pb::Subject) -> Result<Subject, ClientError> {
    if wire.ways.is_empty() {
        return Err(ClientError::Nonsense(format!("{} may in no way", wire.user)));
    }
    Ok(Subject {
        user: wire.user.clone(),
        ways: wire.ways.iter().map(way).collect::<Result<_, _>>()?,
        sight: wire.sight.iter().map(way).collect::<Result<_, _>>()?,
    })
}

pub(super) fn way(wire: &pb::Way) -> Result<Way, ClientError> {
    Ok(Way {
        kind: convert::way_kind_name(wire),
        departments: wire.departments.iter().map(shared_department).collect(),
        groups: ids(&wire.groups),
        roles: wire.roles.iter().map(reached_role).collect::<Result<_, _>>()?,
    })
}

pub(super) fn shared_department(wire: &pb::SharedDepartment) -> SharedDepartment {
    SharedDepartment { own: id(wire.own.as_ref()), of_resource: id(wire.of_resource.as_ref()) }
}

pub(super) fn reached_role(wire: &pb::ReachedRole) -> Result<ReachedRole, ClientError> {
    let reaches: Result<Vec<Reach>, ClientError> = wire.reaches.iter().map(reach).collect();
    Ok(ReachedRole { role: id(wire.role.as_ref()), reaches: reaches? })
}

fn reach(wire: &pb::Reach) -> Result<Reach, ClientError> {
    use pb::reach::Reach as Wire;
    let standing = convert::member_role_name;
    let reach =
        wire.reach.as_ref().ok_or_else(|| ClientError::Nonsense("a role reaches nobody".to_owned()))?;
    Ok(match reach {
        Wire::Personal(it) => Reach::Personal { include_managers: it.include_managers },
        Wire::Manager(it) => Reach::Manager { of: id(it.of.as_ref()), path: ids(&it.path) },
        Wire::Department(it) => Reach::Department(it.id.clone()),
        Wire::DepartmentTree(it) => Reach::DepartmentTree { path: ids(&it.path) },
        Wire::Workgroup(it) => Reach::Workgroup {
            workgroup: id(it.workgroup.as_ref()),
            role: standing(it.role()),
            min_role: standing(it.min_role()),
        },
        Wire::Everyone(_) => Reach::Everyone,
    })
}

fn id(named: Option<&pb::Named>) -> String {
    named.map(|it| it.id.clone()).unwrap_or_default()
}

fn ids(named: &[pb::Named]) -> Vec<String> {
    named.iter().map(|it| it.id.clone()).collect()
}
