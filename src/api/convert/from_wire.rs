//! Objects, keys and operations from the wire. Every field that doesn't parse is named with its path.

use std::sync::Arc;

use crate::api::pb;
use crate::api::status::Invalid;
use crate::domain::{
    BindingSubject, Department, EntityType, Facts, Grant, GroupKind, Id, Key, Kind, MemberRole, Model,
    Object, Operation, Precondition, Resource, Role, RoleBinding, Scope, ScopeSet, SupportGroup,
    SupportGroupMember, SupportRole, User, Verb, Workgroup, WorkgroupMember, sorted_set,
};

/// What is wrong with a part of a request.
type Parsed<T> = Result<T, Vec<Invalid>>;

/// An operation, whose fields are named from `path` on.
///
/// # Errors
/// Every field that doesn't parse.
pub fn operation(wire: &pb::Operation, path: &str) -> Parsed<Operation> {
    use pb::operation::Operation as Wire;
    let precondition = match pb::Precondition::try_from(wire.precondition) {
        Ok(pb::Precondition::Unspecified) => Precondition::None,
        Ok(pb::Precondition::MustExist) => Precondition::MustExist,
        Ok(pb::Precondition::MustNotExist) => Precondition::MustNotExist,
        Err(_) => {
            return Err(vec![Invalid::new(format!("{path}.precondition"), "is none that is known here")]);
        }
    };
    let verb = match &wire.operation {
        Some(Wire::Put(it)) => Verb::Put(object(it, &format!("{path}.put"))?),
        Some(Wire::Delete(it)) => Verb::Delete(key(it, &format!("{path}.delete"))?),
        None => return missing(path, "put or delete"),
    };
    Ok(Operation { verb, precondition })
}

/// An object, whose fields are named from `path` on.
///
/// # Errors
/// Every field that doesn't parse.
pub fn object(wire: &pb::Object, path: &str) -> Parsed<Object> {
    use pb::object::Object as Wire;
    let Some(wire) = &wire.object else { return missing(path, "an object") };
    let mut parse = Parse { path: path.to_owned(), faults: Vec::new() };
    let object = match wire {
        Wire::EntityType(it) => parse.entity_type(it),
        Wire::Department(it) => parse.department(it),
        Wire::User(it) => parse.user(it),
        Wire::Workgroup(it) => parse.workgroup(it),
        Wire::SupportGroup(it) => parse.support_group(it),
        Wire::Role(it) => parse.role(it),
        Wire::RoleBinding(it) => parse.role_binding(it).map(Object::RoleBinding),
        Wire::Resource(it) => parse.resource(it),
    };
    parse.end(object)
}

/// Facts that an answer tells of.
///
/// # Errors
/// Names every field that is at fault.
pub fn told_facts(wire: &pb::Facts, path: &str) -> Parsed<Facts> {
    let mut parse = Parse { path: path.to_owned(), faults: Vec::new() };
    let facts = parse.facts(wire);
    if parse.faults.is_empty() { Ok(facts) } else { Err(parse.faults) }
}

/// A key, whose fields are named from `path` on.
///
/// # Errors
/// Every field that doesn't parse.
pub fn key(wire: &pb::Key, path: &str) -> Parsed<Key> {
    use pb::key::Key as Wire;
    let Some(wire) = &wire.key else { return missing(path, "a key") };
    let mut parse = Parse { path: path.to_owned(), faults: Vec::new() };
    let key = match wire {
        Wire::EntityType(id) => parse.id("entity_type", id).map(Key::EntityType),
        Wire::Department(id) => parse.id("department", id).map(Key::Department),
        Wire::User(id) => parse.id("user", id).map(Key::User),
        Wire::Workgroup(id) => parse.id("workgroup", id).map(Key::Workgroup),
        Wire::SupportGroup(id) => parse.id("support_group", id).map(Key::SupportGroup),
        Wire::Role(id) => parse.id("role", id).map(Key::Role),
        Wire::RoleBinding(it) => parse.role_binding(it).map(Key::RoleBinding),
        Wire::Resource(it) => {
            let (entity_type, id) = (parse.id("resource.type", &it.r#type), parse.id("resource.id", &it.id));
            entity_type.zip(id).map(|(entity_type, id)| Key::Resource { entity_type, id })
        }
    };
    parse.end(key)
}

/// A kind.
///
/// # Errors
/// None is given.
pub fn kind(wire: pb::Kind) -> Parsed<Kind> {
    match wire {
        pb::Kind::Unspecified => missing("kind", "a kind of object"),
        pb::Kind::EntityType => Ok(Kind::EntityType),
        pb::Kind::Department => Ok(Kind::Department),
        pb::Kind::User => Ok(Kind::User),
        pb::Kind::Workgroup => Ok(Kind::Workgroup),
        pb::Kind::SupportGroup => Ok(Kind::SupportGroup),
        pb::Kind::Role => Ok(Kind::Role),
        pb::Kind::RoleBinding => Ok(Kind::RoleBinding),
        pb::Kind::Resource => Ok(Kind::Resource),
    }
}

fn missing<T>(path: &str, what: &str) -> Parsed<T> {
    Err(vec![Invalid::new(path, format!("is missing; give {what}"))])
}

/// The parsing of one object: a part that doesn't parse is noted and left out, and the object isn't made.
struct Parse {
    path: String,
    faults: Vec<Invalid>,
}

impl Parse {
    fn end<T>(self, parsed: Option<T>) -> Parsed<T> {
        match parsed {
            Some(it) if self.faults.is_empty() => Ok(it),
            _ => Err(self.faults),
        }
    }

    fn fault<T>(&mut self, field: &str, message: impl Into<String>) -> Option<T> {
        self.faults.push(Invalid::new(format!("{}.{field}", self.path), message));
        None
    }

    fn id(&mut self, field: &str, text: &str) -> Option<Id> {
        match Id::parse(text) {
            Ok(id) => Some(id),
            Err(error) => self.fault(field, error.to_string()),
        }
    }

    /// An id, or none for an empty text. The outer option is the parse.
    fn optional_id(&mut self, field: &str, text: &str) -> Option<Id> {
        if text.is_empty() { None } else { self.id(field, text) }
    }

    fn ids(&mut self, field: &str, texts: &[String]) -> Vec<Id> {
        texts.iter().enumerate().filter_map(|(at, text)| self.id(&format!("{field}[{at}]"), text)).collect()
    }

    fn entity_type(&mut self, it: &pb::EntityType) -> Option<Object> {
        let model = match it.model() {
            pb::Model::Crm => Some(Model::Crm),
            pb::Model::Support => Some(Model::Support),
            pb::Model::Unspecified => self.fault("entity_type.model", "is missing; give crm or support"),
        };
        let name = self.id("entity_type.name", &it.name);
        let stages = self.ids("entity_type.stages", &it.stages);
        let actions = self.ids("entity_type.actions", &it.actions);
        Some(Object::EntityType(Arc::new(EntityType { name: name?, model: model?, stages, actions })))
    }

    fn department(&mut self, it: &pb::Department) -> Option<Object> {
        let id = self.id("department.id", &it.id);
        let parent = self.optional_id("department.parent", &it.parent);
        let heads = sorted_set(self.ids("department.heads", &it.heads));
        Some(Object::Department(Arc::new(Department { id: id?, name: it.name.clone(), parent, heads })))
    }

    fn user(&mut self, it: &pb::User) -> Option<Object> {
        let support_role = match pb::SupportRole::try_from(it.support_role) {
            Ok(pb::SupportRole::Unspecified) => Some(SupportRole::None),
            Ok(pb::SupportRole::Client) => Some(SupportRole::Client),
            Ok(pb::SupportRole::Staff) => Some(SupportRole::Staff),
            Ok(pb::SupportRole::Demo) => Some(SupportRole::Demo),
            Ok(pb::SupportRole::Admin) => Some(SupportRole::Admin),
            Err(_) => self.fault("user.support_role", "is none that is known here"),
        };
        let id = self.id("user.id", &it.id);
        let departments = sorted_set(self.ids("user.departments", &it.departments));
        Some(Object::User(Arc::new(User {
            id: id?,
            name: it.name.clone(),
            departments,
            active: it.active.unwrap_or(true),
            admin: it.admin,
            support_role: support_role?,
        })))
    }

    fn workgroup(&mut self, it: &pb::Workgroup) -> Option<Object> {
        let id = self.id("workgroup.id", &it.id);
        let mut members = Vec::with_capacity(it.members.len());
        for (at, member) in it.members.iter().enumerate() {
            let user = self.id(&format!("workgroup.members[{at}].user"), &member.user);
            let role = self.member_role(&format!("workgroup.members[{at}].role"), member.role);
            members.extend(user.zip(role).map(|(user, role)| WorkgroupMember { user, role }));
        }
        Some(Object::Workgroup(Arc::new(Workgroup { id: id?, name: it.name.clone(), members })))
    }

    fn support_group(&mut self, it: &pb::SupportGroup) -> Option<Object> {
        let id = self.id("support_group.id", &it.id);
        let mut members = Vec::with_capacity(it.members.len());
        for (at, member) in it.members.iter().enumerate() {
            if let Some(user) = self.id(&format!("support_group.members[{at}].user"), &member.user) {
                members.push(SupportGroupMember {
                    user,
                    can_view: member.can_view,
                    notify_new: member.notify_new,
                    notify_update: member.notify_update,
                });
            }
        }
        let kind = if it.team { GroupKind::Team } else { GroupKind::Client };
        Some(Object::SupportGroup(Arc::new(SupportGroup { id: id?, name: it.name.clone(), kind, members })))
    }

    fn role(&mut self, it: &pb::Role) -> Option<Object> {
        let id = self.id("role.id", &it.id);
        let grants = it.grants.iter().enumerate();
        let grants =
            grants.filter_map(|(at, grant)| self.grant(&format!("role.grants[{at}]"), grant)).collect();
        Some(Object::Role(Arc::new(Role { id: id?, name: it.name.clone(), grants })))
    }

    fn grant(&mut self, field: &str, it: &pb::Grant) -> Option<Grant> {
        let entity_type = self.id(&format!("{field}.entity_type"), &it.entity_type);
        let action = self.id(&format!("{field}.action"), &it.action);
        let level = self.level(&format!("{field}.level"), &it.level);
        let mut stages = Vec::with_capacity(it.stages.len());
        for (at, entry) in it.stages.iter().enumerate() {
            let field = format!("{field}.stages[{at}]");
            let stage = self.id(&format!("{field}.stage"), &entry.stage);
            let scopes = self.level(&format!("{field}.level"), &entry.level);
            stages.extend(stage.zip(scopes));
        }
        stages.sort_unstable_by(|a: &(Id, ScopeSet), b| a.0.cmp(&b.0));
        if let Some(twice) = stages.windows(2).find_map(|pair| match pair {
            [(a, _), (b, _)] if a == b => Some(a.clone()),
            _ => None,
        }) {
            return self
                .fault(&format!("{field}.stages"), format!("names the stage {twice} twice; once is right"));
        }
        Some(Grant { entity_type: entity_type?, action: action?, level: level?, stages })
    }

    fn level(&mut self, field: &str, scopes: &[i32]) -> Option<ScopeSet> {
        let mut set = ScopeSet::NONE;
        for (at, scope) in scopes.iter().enumerate() {
            let scope = match pb::Scope::try_from(*scope) {
                Ok(pb::Scope::Self_) => Scope::Own,
                Ok(pb::Scope::Department) => Scope::Department,
                Ok(pb::Scope::Subdepartments) => Scope::Subdepartments,
                Ok(pb::Scope::Open) => Scope::Open,
                Ok(pb::Scope::All) => Scope::All,
                Ok(pb::Scope::Unspecified) | Err(_) => {
                    let field = format!("{field}[{at}]");
                    return self
                        .fault(&field, "is no scope; give self, department, subdepartments, open or all");
                }
            };
            set = set.union(ScopeSet::from_iter([scope]));
        }
        Some(set)
    }

    fn role_binding(&mut self, it: &pb::RoleBinding) -> Option<RoleBinding> {
        use pb::role_binding::Subject as Wire;
        let role = self.id("role_binding.role", &it.role);
        let subject = match &it.subject {
            None => {
                self.fault("role_binding.subject", "is missing; give user, department, workgroup or everyone")
            }
            Some(Wire::User(it)) => self.id("role_binding.user.id", &it.id).map(|id| {
                if it.include_managers {
                    BindingSubject::UserAndManagers(id)
                } else {
                    BindingSubject::User(id)
                }
            }),
            Some(Wire::Department(it)) => self.id("role_binding.department.id", &it.id).map(|id| {
                if it.include_subdepartments {
                    BindingSubject::DepartmentTree(id)
                } else {
                    BindingSubject::Department(id)
                }
            }),
            Some(Wire::Workgroup(it)) => {
                let min_role = self.member_role("role_binding.workgroup.min_role", it.min_role);
                let workgroup = self.id("role_binding.workgroup.id", &it.id);
                workgroup
                    .zip(min_role)
                    .map(|(workgroup, min_role)| BindingSubject::Workgroup { workgroup, min_role })
            }
            Some(Wire::Everyone(_)) => Some(BindingSubject::Everyone),
        };
        Some(RoleBinding { role: role?, subject: subject? })
    }

    fn resource(&mut self, it: &pb::Resource) -> Option<Object> {
        let entity_type = self.id("resource.type", &it.r#type);
        let id = self.id("resource.id", &it.id);
        let facts = it.facts.as_ref().map(|facts| self.facts(facts)).unwrap_or_default();
        let sort_key = it.sort_key;
        Some(Object::Resource(Box::new(Resource { entity_type: entity_type?, id: id?, facts, sort_key })))
    }

    fn facts(&mut self, it: &pb::Facts) -> Facts {
        Facts {
            author: self.optional_id("resource.facts.author", &it.author),
            responsible: self.optional_id("resource.facts.responsible", &it.responsible),
            departments: sorted_set(self.ids("resource.facts.departments", &it.departments)),
            stage: self.optional_id("resource.facts.stage", &it.stage),
            open: it.open,
            observers: sorted_set(self.ids("resource.facts.observers", &it.observers)),
        }
    }

    fn member_role(&mut self, field: &str, role: i32) -> Option<MemberRole> {
        match pb::MemberRole::try_from(role) {
            Ok(pb::MemberRole::Unspecified | pb::MemberRole::Member) => Some(MemberRole::Member),
            Ok(pb::MemberRole::Moderator) => Some(MemberRole::Moderator),
            Ok(pb::MemberRole::Owner) => Some(MemberRole::Owner),
            Err(_) => self.fault(field, "is none that is known here"),
        }
    }
}
