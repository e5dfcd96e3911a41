//! The rules 3.1–3.6 of the specification, transcribed: slow, obvious, and what every engine is checked against.
//!
//! Its parts — the roles of a user, the departments of a resource, the scopes that a resource is in — are also what
//! a caller has to gather for an engine that keeps no directory.

use std::collections::{BTreeMap, BTreeSet};

use crate::company::{Binding, Company, Grant, Resource, Scope, Subject};

pub struct Oracle<'a> {
    pub company: &'a Company,
    roles: BTreeMap<&'a str, BTreeSet<&'a str>>,
    members: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Oracle<'a> {
    pub fn new(company: &'a Company) -> Self {
        let mut roles: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for binding in &company.bindings {
            for user in reached(company, binding) {
                roles.entry(user).or_default().insert(&binding.role);
            }
        }
        let mut members: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, user) in &company.users {
            for department in &user.departments {
                members.entry(department).or_default().push(id);
            }
        }
        Self { company, roles, members }
    }

    /// Whether the user may read the resource (3.5, 3.6).
    pub fn may_read(&self, user: &str, entity_type: &str, resource: &'a Resource) -> bool {
        let grants: Vec<&Grant> = self
            .roles_of(user)
            .filter_map(|role| self.company.roles.get(role)?.reading(entity_type))
            .collect();
        let stage = resource.stage.as_deref().unwrap_or_default();
        let detailed: Vec<_> = grants.iter().filter_map(|grant| grant.stages.get(stage)).collect();
        let counting =
            if detailed.is_empty() { grants.iter().map(|grant| &grant.level).collect() } else { detailed };
        let opened = self.scopes(user, resource);
        counting.iter().any(|level| !level.0.is_disjoint(&opened))
    }

    /// The roles that reach a user (3.3).
    pub fn roles_of(&self, user: &str) -> impl Iterator<Item = &'a str> {
        self.roles.get(user).into_iter().flatten().copied()
    }

    /// The departments that a user is a direct member of.
    pub fn departments_of(&self, user: &str) -> BTreeSet<&'a str> {
        let user = self.company.users.get(user);
        user.into_iter().flat_map(|user| &user.departments).map(String::as_str).collect()
    }

    /// The direct members of a department.
    pub fn members_of(&self, department: &str) -> impl Iterator<Item = &'a str> {
        self.members.get(department).into_iter().flatten().copied()
    }

    /// The departments of a resource (3.2).
    pub fn resource_departments(&self, resource: &'a Resource) -> BTreeSet<&'a str> {
        if resource.departments.is_empty() {
            self.departments_of(resource.responsible.as_deref().unwrap_or_default())
        } else {
            resource.departments.iter().map(String::as_str).collect()
        }
    }

    /// The departments above any of these, each strictly above one of them.
    pub fn above(&self, departments: &BTreeSet<&'a str>) -> BTreeSet<&'a str> {
        departments.iter().flat_map(|department| above(self.company, department)).collect()
    }

    /// The scopes that the resource is in, as this user looks at it (3.2).
    pub fn scopes(&self, user: &str, resource: &'a Resource) -> BTreeSet<Scope> {
        let of_user = self.departments_of(user);
        let named = self.resource_departments(resource);
        let is_below = !self.above(&named).is_disjoint(&of_user);
        Scope::EVERY
            .into_iter()
            .filter(|scope| match scope {
                Scope::Own => resource.responsible.as_deref() == Some(user),
                Scope::Department => !named.is_disjoint(&of_user),
                Scope::Subdepartments => is_below,
                Scope::Open => resource.open,
                Scope::All => true,
            })
            .collect()
    }
}

/// The users that a binding takes in (3.3).
fn reached<'a>(company: &'a Company, binding: &'a Binding) -> BTreeSet<&'a str> {
    match &binding.subject {
        Subject::User { user, include_managers: false } => BTreeSet::from([user.as_str()]),
        Subject::User { user, include_managers: true } => with_managers(company, user),
        Subject::Department { department, include_subdepartments } => {
            let is_in = |own: &str| {
                own == department
                    || (*include_subdepartments && above(company, own).any(|upper| upper == department))
            };
            let users = company.users.iter();
            users
                .filter(|(_, user)| user.departments.iter().any(|own| is_in(own)))
                .map(|(id, _)| id.as_str())
                .collect()
        }
        Subject::Workgroup { workgroup, min_role } => {
            let members = company.workgroups.get(workgroup).into_iter().flat_map(|group| &group.members);
            members.filter(|member| member.role >= *min_role).map(|member| member.user.as_str()).collect()
        }
        Subject::Everyone { .. } => {
            company.users.iter().filter(|(_, user)| user.active).map(|(id, _)| id.as_str()).collect()
        }
    }
}

/// A user, and every head of his departments and of all above them.
pub fn with_managers<'a>(company: &'a Company, user: &'a str) -> BTreeSet<&'a str> {
    let own = company.users.get(user).into_iter().flat_map(|user| &user.departments);
    let all = own.flat_map(|department| above(company, department).chain([department.as_str()]));
    let heads =
        all.filter_map(|department| company.departments.get(department)).flat_map(|found| &found.heads);
    heads.map(String::as_str).chain([user]).collect()
}

/// The departments strictly above one.
fn above<'a>(company: &'a Company, department: &str) -> impl Iterator<Item = &'a str> {
    let parent = |department: &str| company.departments.get(department)?.parent.as_deref();
    std::iter::successors(parent(department), move |department| parent(department))
}
