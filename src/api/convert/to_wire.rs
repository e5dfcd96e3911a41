//! Objects, keys and changes to the wire.

use crate::api::pb;
use crate::domain::{
    Affected, BindingSubject, Change, ChangeSet, Department, EntityType, Facts, Grant, GroupKind, Id, Key,
    Kind, MemberRole, Model, Object, Operation, Precondition, Resource, Role, RoleBinding, Scope, ScopeSet,
    SupportGroup, SupportRole, User, Verb, Workgroup,
};

/// An object.
#[must_use]
pub fn object_to_wire(object: &Object) -> pb::Object {
    use pb::object::Object as Wire;
    let object = match object {
        Object::EntityType(it) => Wire::EntityType(entity_type(it)),
        Object::Department(it) => Wire::Department(department(it)),
        Object::User(it) => Wire::User(user(it)),
        Object::Workgroup(it) => Wire::Workgroup(workgroup(it)),
        Object::SupportGroup(it) => Wire::SupportGroup(support_group(it)),
        Object::Role(it) => Wire::Role(role(it)),
        Object::RoleBinding(it) => Wire::RoleBinding(role_binding(it)),
        Object::Resource(it) => Wire::Resource(resource(it)),
    };
    pb::Object { object: Some(object) }
}

/// A key.
#[must_use]
pub fn key_to_wire(key: &Key) -> pb::Key {
    use pb::key::Key as Wire;
    let key = match key {
        Key::EntityType(id) => Wire::EntityType(id.to_string()),
        Key::Department(id) => Wire::Department(id.to_string()),
        Key::User(id) => Wire::User(id.to_string()),
        Key::Workgroup(id) => Wire::Workgroup(id.to_string()),
        Key::SupportGroup(id) => Wire::SupportGroup(id.to_string()),
        Key::Role(id) => Wire::Role(id.to_string()),
        Key::RoleBinding(it) => Wire::RoleBinding(role_binding(it)),
        Key::Resource { entity_type, id } => {
            Wire::Resource(pb::ResourceKey { r#type: entity_type.to_string(), id: id.to_string() })
        }
    };
    pb::Key { key: Some(key) }
}

/// An operation.
#[must_use]
pub fn operation_to_wire(operation: &Operation) -> pb::Operation {
    use pb::operation::Operation as Wire;
    let precondition = match operation.precondition {
        Precondition::None => pb::Precondition::Unspecified,
        Precondition::MustExist => pb::Precondition::MustExist,
        Precondition::MustNotExist => pb::Precondition::MustNotExist,
    };
    let verb = match &operation.verb {
        Verb::Put(object) => Wire::Put(object_to_wire(object)),
        Verb::Delete(key) => Wire::Delete(key_to_wire(key)),
    };
    pb::Operation { operation: Some(verb), precondition: precondition.into() }
}

/// A committed change set, with the tokens that `token` makes.
#[must_use]
pub fn change_set(set: &ChangeSet, token: String) -> pb::ChangeSet {
    let (affected_users, all_users_affected) = match &set.affected {
        Affected::Users(users) => (texts(users), false),
        Affected::All => (Vec::new(), true),
    };
    pb::ChangeSet {
        revision: token,
        committed_at_ms: set.committed_at_ms,
        changes: set.changes.iter().map(change).collect(),
        affected_users,
        all_users_affected,
        author: text(set.note.author.as_ref()),
        comment: set.note.comment.clone(),
        caller: text(set.note.caller.as_ref()),
    }
}

/// A kind.
#[must_use]
pub fn kind_to_wire(kind: Kind) -> pb::Kind {
    match kind {
        Kind::EntityType => pb::Kind::EntityType,
        Kind::Department => pb::Kind::Department,
        Kind::User => pb::Kind::User,
        Kind::Workgroup => pb::Kind::Workgroup,
        Kind::SupportGroup => pb::Kind::SupportGroup,
        Kind::Role => pb::Kind::Role,
        Kind::RoleBinding => pb::Kind::RoleBinding,
        Kind::Resource => pb::Kind::Resource,
    }
}

fn change(change: &Change) -> pb::Change {
    pb::Change {
        key: Some(key_to_wire(&change.key)),
        before: change.before.as_ref().map(object_to_wire),
        after: change.after.as_ref().map(object_to_wire),
    }
}

fn texts(ids: &[Id]) -> Vec<String> {
    ids.iter().map(Id::to_string).collect()
}

fn text(id: Option<&Id>) -> String {
    id.map(Id::to_string).unwrap_or_default()
}

fn entity_type(it: &EntityType) -> pb::EntityType {
    let model = match it.model {
        Model::Crm => pb::Model::Crm,
        Model::Support => pb::Model::Support,
    };
    pb::EntityType {
        name: it.name.to_string(),
        model: model.into(),
        stages: texts(&it.stages),
        actions: texts(&it.actions),
    }
}

fn department(it: &Department) -> pb::Department {
    pb::Department {
        id: it.id.to_string(),
        name: it.name.clone(),
        parent: text(it.parent.as_ref()),
        heads: texts(&it.heads),
    }
}

pub(super) fn support_role(role: SupportRole) -> pb::SupportRole {
    match role {
        SupportRole::None => pb::SupportRole::Unspecified,
        SupportRole::Client => pb::SupportRole::Client,
        SupportRole::Staff => pb::SupportRole::Staff,
        SupportRole::Demo => pb::SupportRole::Demo,
        SupportRole::Admin => pb::SupportRole::Admin,
    }
}

fn user(it: &User) -> pb::User {
    pb::User {
        id: it.id.to_string(),
        name: it.name.clone(),
        departments: texts(&it.departments),
        active: Some(it.active),
        admin: it.admin,
        support_role: support_role(it.support_role).into(),
    }
}

pub(super) fn member_role(role: MemberRole) -> pb::MemberRole {
    match role {
        MemberRole::Member => pb::MemberRole::Member,
        MemberRole::Moderator => pb::MemberRole::Moderator,
        MemberRole::Owner => pb::MemberRole::Owner,
    }
}

fn workgroup(it: &Workgroup) -> pb::Workgroup {
    let members = it.members.iter().map(|member| pb::WorkgroupMember {
        user: member.user.to_string(),
        role: member_role(member.role).into(),
    });
    pb::Workgroup { id: it.id.to_string(), name: it.name.clone(), members: members.collect() }
}

fn support_group(it: &SupportGroup) -> pb::SupportGroup {
    let members = it.members.iter().map(|member| pb::SupportGroupMember {
        user: member.user.to_string(),
        can_view: member.can_view,
        notify_new: member.notify_new,
        notify_update: member.notify_update,
    });
    pb::SupportGroup {
        id: it.id.to_string(),
        name: it.name.clone(),
        team: it.kind == GroupKind::Team,
        members: members.collect(),
    }
}

pub(super) fn level(scopes: ScopeSet) -> Vec<i32> {
    scopes.scopes().map(scope).map(i32::from).collect()
}

pub(super) fn scope(scope: Scope) -> pb::Scope {
    match scope {
        Scope::Own => pb::Scope::Self_,
        Scope::Department => pb::Scope::Department,
        Scope::Subdepartments => pb::Scope::Subdepartments,
        Scope::Open => pb::Scope::Open,
        Scope::All => pb::Scope::All,
    }
}

fn role(it: &Role) -> pb::Role {
    pb::Role { id: it.id.to_string(), name: it.name.clone(), grants: it.grants.iter().map(grant).collect() }
}

fn grant(it: &Grant) -> pb::Grant {
    let stages = it
        .stages
        .iter()
        .map(|(stage, scopes)| pb::StageLevel { stage: stage.to_string(), level: level(*scopes) });
    pb::Grant {
        entity_type: it.entity_type.to_string(),
        action: it.action.to_string(),
        level: level(it.level),
        stages: stages.collect(),
    }
}

pub(super) fn role_binding(it: &RoleBinding) -> pb::RoleBinding {
    use pb::role_binding::Subject as Wire;
    let user =
        |id: &Id, include_managers| Wire::User(pb::UserSubject { id: id.to_string(), include_managers });
    let department = |id: &Id, include_subdepartments| {
        Wire::Department(pb::DepartmentSubject { id: id.to_string(), include_subdepartments })
    };
    let subject = match &it.subject {
        BindingSubject::User(id) => user(id, false),
        BindingSubject::UserAndManagers(id) => user(id, true),
        BindingSubject::Department(id) => department(id, false),
        BindingSubject::DepartmentTree(id) => department(id, true),
        BindingSubject::Workgroup { workgroup, min_role } => Wire::Workgroup(pb::WorkgroupSubject {
            id: workgroup.to_string(),
            min_role: member_role(*min_role).into(),
        }),
        BindingSubject::Everyone => Wire::Everyone(pb::EveryoneSubject {}),
    };
    pb::RoleBinding { role: it.role.to_string(), subject: Some(subject) }
}

fn resource(it: &Resource) -> pb::Resource {
    pb::Resource {
        r#type: it.entity_type.to_string(),
        id: it.id.to_string(),
        facts: Some(facts_to_wire(&it.facts)),
        sort_key: it.sort_key,
    }
}

/// The facts of a resource.
#[must_use]
pub fn facts_to_wire(it: &Facts) -> pb::Facts {
    pb::Facts {
        author: text(it.author.as_ref()),
        responsible: text(it.responsible.as_ref()),
        departments: texts(&it.departments),
        stage: text(it.stage.as_ref()),
        open: it.open,
        observers: texts(&it.observers),
    }
}
