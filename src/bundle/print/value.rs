//! Objects as JSON values, defaults left out.

use serde_json::{Map, Value};

use crate::bundle::word;
use crate::domain::{
    BindingSubject, Department, EntityType, Facts, Grant, GroupKind, Id, MemberRole, Object, Resource, Role,
    RoleBinding, Scope, ScopeSet, SupportGroup, SupportGroupMember, SupportRole, User, Workgroup,
    WorkgroupMember,
};

pub(super) fn of(object: &Object) -> Value {
    match object {
        Object::EntityType(it) => entity_type(it),
        Object::Department(it) => department(it),
        Object::User(it) => user(it),
        Object::Workgroup(it) => workgroup(it),
        Object::SupportGroup(it) => support_group(it),
        Object::Role(it) => role(it),
        Object::RoleBinding(it) => binding(it),
        Object::Resource(it) => resource(it),
    }
}

/// An object in the making; what is the default adds no field.
#[derive(Default)]
struct Item(Map<String, Value>);

impl Item {
    fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    fn id(self, name: &str, id: &Id) -> Self {
        self.put(name, id.as_str())
    }

    fn id_if_any(self, name: &str, id: Option<&Id>) -> Self {
        match id {
            Some(id) => self.id(name, id),
            None => self,
        }
    }

    fn name(self, name: &str) -> Self {
        if name.is_empty() { self } else { self.put("name", name) }
    }

    fn unless_default<T: PartialEq + Into<Value>>(self, name: &str, value: T, default: &T) -> Self {
        if value == *default { self } else { self.put(name, value) }
    }

    fn list<T>(self, name: &str, items: &[T], value: impl Fn(&T) -> Value) -> Self {
        if items.is_empty() { self } else { self.put(name, items.iter().map(value).collect::<Vec<_>>()) }
    }

    fn ids(self, name: &str, ids: &[Id]) -> Self {
        self.list(name, ids, |id| id.as_str().into())
    }

    fn done(self) -> Value {
        Value::Object(self.0)
    }
}

fn entity_type(it: &EntityType) -> Value {
    Item::default()
        .id("name", &it.name)
        .put("model", word::model(it.model))
        .ids("stages", &it.stages)
        .ids("actions", &it.actions)
        .done()
}

fn department(it: &Department) -> Value {
    Item::default()
        .id("id", &it.id)
        .name(&it.name)
        .id_if_any("parent", it.parent.as_ref())
        .ids("heads", &it.heads)
        .done()
}

fn user(it: &User) -> Value {
    Item::default()
        .id("id", &it.id)
        .name(&it.name)
        .ids("departments", &it.departments)
        .unless_default("active", it.active, &true)
        .unless_default("admin", it.admin, &false)
        .unless_default(
            "support_role",
            word::support_role(it.support_role),
            &word::support_role(SupportRole::default()),
        )
        .done()
}

fn workgroup(it: &Workgroup) -> Value {
    Item::default().id("id", &it.id).name(&it.name).list("members", &it.members, workgroup_member).done()
}

fn workgroup_member(it: &WorkgroupMember) -> Value {
    let role = it.role.name();
    Item::default().id("user", &it.user).unless_default("role", role, &MemberRole::default().name()).done()
}

fn support_group(it: &SupportGroup) -> Value {
    Item::default()
        .id("id", &it.id)
        .name(&it.name)
        .unless_default("team", it.kind == GroupKind::Team, &false)
        .list("members", &it.members, support_group_member)
        .done()
}

fn support_group_member(it: &SupportGroupMember) -> Value {
    Item::default()
        .id("user", &it.user)
        .unless_default("can_view", it.can_view, &false)
        .unless_default("notify_new", it.notify_new, &false)
        .unless_default("notify_update", it.notify_update, &false)
        .done()
}

fn role(it: &Role) -> Value {
    Item::default().id("id", &it.id).name(&it.name).list("grants", &it.grants, grant).done()
}

fn grant(it: &Grant) -> Value {
    let stages: Map<_, _> =
        it.stages.iter().map(|(stage, entry)| (stage.to_string(), level(*entry))).collect();
    Item::default()
        .id("entity_type", &it.entity_type)
        .id("action", &it.action)
        .unless_default("level", level(it.level), &level(ScopeSet::NONE))
        .unless_default("stages", Value::Object(stages), &Value::Object(Map::new()))
        .done()
}

fn level(set: ScopeSet) -> Value {
    match set.level_name() {
        Some(name) => name.into(),
        None => set.scopes().map(Scope::name).collect::<Vec<_>>().into(),
    }
}

fn binding(it: &RoleBinding) -> Value {
    Item::default().id("role", &it.role).put("subject", subject(&it.subject)).done()
}

fn subject(it: &BindingSubject) -> Value {
    let item = Item::default();
    match it {
        BindingSubject::User(id) => item.id("user", id),
        BindingSubject::UserAndManagers(id) => item.id("user", id).put("include_managers", true),
        BindingSubject::Department(id) => item.id("department", id),
        BindingSubject::DepartmentTree(id) => item.id("department", id).put("include_subdepartments", true),
        BindingSubject::Workgroup { workgroup, min_role } => item.id("workgroup", workgroup).unless_default(
            "min_role",
            min_role.name(),
            &MemberRole::default().name(),
        ),
        BindingSubject::Everyone => item.put("everyone", true),
    }
    .done()
}

fn resource(it: &Resource) -> Value {
    let Facts { author, responsible, departments, stage, open, observers } = &it.facts;
    Item::default()
        .id("type", &it.entity_type)
        .id("id", &it.id)
        .id_if_any("author", author.as_ref())
        .id_if_any("responsible", responsible.as_ref())
        .ids("departments", departments)
        .id_if_any("stage", stage.as_ref())
        .unless_default("open", *open, &false)
        .ids("observers", observers)
        .unless_default("sort_key", it.sort_key, &0)
        .done()
}
