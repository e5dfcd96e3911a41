//! What is wrong with one object by itself: repeats, bounds, and the rules that need no other object.
//!
//! Files and writes are judged here alike. Whatever needs the directory around the object, such as a missing
//! parent, is judged where the directory is.

use std::collections::HashSet;

use super::id::Id;
use super::limit::{
    ACTIONS_MAX, DEPARTMENTS_MAX, DISPLAY_NAME_BYTES_MAX, GRANTS_MAX, HEADS_MAX, MEMBERS_MAX, OBSERVERS_MAX,
    STAGES_MAX,
};
use super::object::{
    Department, EntityType, Object, Resource, Role, SupportGroup, SupportGroupMember, User, Workgroup,
    WorkgroupMember,
};

/// One thing that is wrong with an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The rule that it breaks, by its number in the specification; `1` for repeats and bounds.
    pub rule: &'static str,
    /// The field of the object, such as `members[3].user`.
    pub field: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Everything that is wrong with an object by itself; empty when nothing is.
#[must_use]
pub fn item_faults(object: &Object) -> Vec<Fault> {
    let mut faults = Faults(Vec::new());
    match object {
        Object::EntityType(it) => faults.entity_type(it),
        Object::Department(it) => faults.department(it),
        Object::User(it) => faults.user(it),
        Object::Workgroup(it) => faults.workgroup(it),
        Object::SupportGroup(it) => faults.support_group(it),
        Object::Role(it) => faults.role(it),
        Object::RoleBinding(_) => {}
        Object::Resource(it) => faults.resource(it),
    }
    faults.0
}

/// A bound as its message names it.
struct Bound {
    things: &'static str,
    name: &'static str,
    max: usize,
}

const DISPLAY_NAME: Bound =
    Bound { things: "bytes", name: "DISPLAY_NAME_BYTES_MAX", max: DISPLAY_NAME_BYTES_MAX };
const DEPARTMENTS: Bound = Bound { things: "departments", name: "DEPARTMENTS_MAX", max: DEPARTMENTS_MAX };
const HEADS: Bound = Bound { things: "heads", name: "HEADS_MAX", max: HEADS_MAX };
const MEMBERS: Bound = Bound { things: "members", name: "MEMBERS_MAX", max: MEMBERS_MAX };
const OBSERVERS: Bound = Bound { things: "observers", name: "OBSERVERS_MAX", max: OBSERVERS_MAX };
const STAGES: Bound = Bound { things: "stages", name: "STAGES_MAX", max: STAGES_MAX };
const ACTIONS: Bound = Bound { things: "actions", name: "ACTIONS_MAX", max: ACTIONS_MAX };
const GRANTS: Bound = Bound { things: "grants", name: "GRANTS_MAX", max: GRANTS_MAX };

struct Faults(Vec<Fault>);

impl Faults {
    fn entity_type(&mut self, it: &EntityType) {
        self.at_most("stages", it.stages.len(), &STAGES);
        self.at_most("actions", it.actions.len(), &ACTIONS);
        for (at, stage) in repeats(&it.stages) {
            self.twice(format!("stages[{at}]"), "stage", stage);
        }
        for (at, action) in repeats(&it.actions) {
            self.twice(format!("actions[{at}]"), "action", action);
        }
        if !it.actions.iter().any(|action| action.as_str() == "read") {
            self.add("1.6", "actions".to_owned(), "lacks read; every entity type has it".to_owned());
        }
    }

    fn department(&mut self, it: &Department) {
        self.at_most("name", it.name.len(), &DISPLAY_NAME);
        self.at_most("heads", it.heads.len(), &HEADS);
    }

    fn user(&mut self, it: &User) {
        self.at_most("name", it.name.len(), &DISPLAY_NAME);
        self.at_most("departments", it.departments.len(), &DEPARTMENTS);
    }

    fn workgroup(&mut self, it: &Workgroup) {
        self.at_most("name", it.name.len(), &DISPLAY_NAME);
        self.members(it.members.iter().map(|WorkgroupMember { user, .. }| user));
    }

    fn support_group(&mut self, it: &SupportGroup) {
        self.at_most("name", it.name.len(), &DISPLAY_NAME);
        self.members(it.members.iter().map(|SupportGroupMember { user, .. }| user));
    }

    fn members<'a>(&mut self, users: impl ExactSizeIterator<Item = &'a Id>) {
        self.at_most("members", users.len(), &MEMBERS);
        for (at, user) in repeats(users) {
            self.twice(format!("members[{at}].user"), "user", user);
        }
    }

    fn role(&mut self, it: &Role) {
        self.at_most("name", it.name.len(), &DISPLAY_NAME);
        self.at_most("grants", it.grants.len(), &GRANTS);
        for (at, grant) in it.grants.iter().enumerate() {
            self.at_most(&format!("grants[{at}].stages"), grant.stages.len(), &STAGES);
        }
        for (at, (entity_type, action)) in repeats(it.grants.iter().map(|it| (&it.entity_type, &it.action))) {
            let message =
                format!("is a second grant of {action} on {entity_type}; a role has one, put both into it");
            self.add("3.8", format!("grants[{at}]"), message);
        }
    }

    fn resource(&mut self, it: &Resource) {
        self.at_most("departments", it.facts.departments.len(), &DEPARTMENTS);
        self.at_most("observers", it.facts.observers.len(), &OBSERVERS);
    }

    fn at_most(&mut self, field: &str, count: usize, bound: &Bound) {
        if count > bound.max {
            let Bound { things, name, max } = bound;
            self.add("1", field.to_owned(), format!("has {count} {things}; the limit {name} is {max}"));
        }
    }

    fn twice(&mut self, field: String, what: &str, id: &Id) {
        self.add("1", field, format!("names the {what} {id} a second time; name it once"));
    }

    fn add(&mut self, rule: &'static str, field: String, message: String) {
        self.0.push(Fault { rule, field, message });
    }
}

/// The items that stood before already, with their places.
fn repeats<T: Copy + Eq + std::hash::Hash>(items: impl IntoIterator<Item = T>) -> Vec<(usize, T)> {
    let mut seen = HashSet::new();
    items.into_iter().enumerate().filter(|(_, item)| !seen.insert(*item)).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{Facts, Grant, GroupKind, Model, ScopeSet};

    fn id(text: &str) -> Id {
        Id::parse(text).unwrap()
    }

    fn faults(object: &Object) -> Vec<(&'static str, String, String)> {
        item_faults(object).into_iter().map(|it| (it.rule, it.field, it.message)).collect()
    }

    fn entity_type(stages: &[&str], actions: &[&str]) -> Object {
        let ids = |texts: &[&str]| texts.iter().map(|text| id(text)).collect();
        let (stages, actions) = (ids(stages), ids(actions));
        Object::EntityType(Arc::new(EntityType { name: id("deal"), model: Model::Crm, stages, actions }))
    }

    #[test]
    fn a_stage_or_action_stands_once() {
        assert_eq!(faults(&entity_type(&["NEW"], &["read"])), []);
        let found = faults(&entity_type(&["NEW", "WON", "NEW"], &["read", "read"]));
        let fields: Vec<_> = found.iter().map(|(rule, field, _)| (*rule, field.as_str())).collect();
        assert_eq!(fields, [("1", "stages[2]"), ("1", "actions[1]")]);
        assert_eq!(found[0].2, "names the stage NEW a second time; name it once");
    }

    #[test]
    fn an_entity_type_has_the_action_read() {
        let found = faults(&entity_type(&[], &["Read"]));
        assert_eq!(found, [("1.6", "actions".to_owned(), "lacks read; every entity type has it".to_owned())]);
    }

    #[test]
    fn a_member_stands_once() {
        let member = |user| SupportGroupMember {
            user: id(user),
            can_view: true,
            notify_new: true,
            notify_update: true,
        };
        let members = vec![member("u1"), member("u2"), member("u1")];
        let group = SupportGroup { id: id("g"), name: String::new(), kind: GroupKind::Team, members };
        let found = faults(&Object::SupportGroup(Arc::new(group)));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1.as_str()), ("1", "members[2].user"));
    }

    #[test]
    fn a_role_grants_an_action_of_a_type_once() {
        let grant = |entity_type, action| Grant {
            entity_type: id(entity_type),
            action: id(action),
            level: ScopeSet::OWN,
            stages: vec![],
        };
        let grants = vec![grant("deal", "read"), grant("lead", "read"), grant("deal", "read")];
        let found = faults(&Object::Role(Arc::new(Role {
            id: id("r"),
            name: String::new(),
            grants: grants.clone(),
        })));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].0, found[0].1.as_str()), ("3.8", "grants[2]"));
        let other = Role { id: id("r"), name: String::new(), grants: grants[..2].to_vec() };
        assert_eq!(faults(&Object::Role(Arc::new(other))), []);
    }

    #[test]
    fn a_bound_is_named_with_its_number() {
        let observers = (0..=OBSERVERS_MAX).map(|n| id(&format!("u{n}"))).collect();
        let facts = Facts { observers, ..Facts::default() };
        let resource = Resource { entity_type: id("deal"), id: id("1"), facts, sort_key: 0 };
        let found = faults(&Object::Resource(Box::new(resource)));
        let message = "has 257 observers; the limit OBSERVERS_MAX is 256".to_owned();
        assert_eq!(found, [("1", "observers".to_owned(), message)]);
    }
}
