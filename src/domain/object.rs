//! The objects of the directory and of the rights model, and their keys.
//!
//! Lists that are sets by the specification (departments, heads, observers) are kept sorted and without repeats.

use std::sync::Arc;

use super::id::Id;
use super::level::ScopeSet;

/// The rights model of an entity type.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Model {
    /// Roles with rights by stage.
    #[default]
    Crm,
    /// Helpdesk groups.
    Support,
}

/// A kind of resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntityType {
    /// The name.
    pub name: Id,
    /// The rights model.
    pub model: Model,
    /// The stages in their order.
    pub stages: Vec<Id>,
    /// The actions in their order.
    pub actions: Vec<Id>,
}

/// A department.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Department {
    /// The id.
    pub id: Id,
    /// The name that people see.
    pub name: String,
    /// The department above; none for a root.
    pub parent: Option<Id>,
    /// The heads, a sorted set.
    pub heads: Vec<Id>,
}

/// What a user is to the helpdesk.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum SupportRole {
    /// Nothing.
    #[default]
    None,
    /// A client.
    Client,
    /// A member of staff.
    Staff,
    /// One who looks at everything.
    Demo,
    /// The helpdesk's administrator.
    Admin,
}

/// A person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// The id.
    pub id: Id,
    /// The name that people see.
    pub name: String,
    /// The departments that he is a direct member of, a sorted set.
    pub departments: Vec<Id>,
    /// An inactive user is denied everything.
    pub active: bool,
    /// Whether he is a portal administrator.
    pub admin: bool,
    /// What he is to the helpdesk.
    pub support_role: SupportRole,
}

/// The standing of a workgroup's member; a higher one includes the lower ones.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Hash)]
pub enum MemberRole {
    /// A member.
    #[default]
    Member,
    /// A moderator.
    Moderator,
    /// The owner.
    Owner,
}

/// A member of a workgroup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WorkgroupMember {
    /// The user.
    pub user: Id,
    /// His standing.
    pub role: MemberRole,
}

/// A workgroup (project).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Workgroup {
    /// The id.
    pub id: Id,
    /// The name that people see.
    pub name: String,
    /// The members.
    pub members: Vec<WorkgroupMember>,
}

/// Whom a helpdesk group holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// Clients.
    Client,
    /// Support staff.
    Team,
}

/// A member of a helpdesk group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SupportGroupMember {
    /// The user.
    pub user: Id,
    /// Whether he sees the tickets of the other members.
    pub can_view: bool,
    /// Whether he is told of new tickets.
    pub notify_new: bool,
    /// Whether he is told of changes.
    pub notify_update: bool,
}

/// A helpdesk group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SupportGroup {
    /// The id.
    pub id: Id,
    /// The name that people see.
    pub name: String,
    /// Whom it holds.
    pub kind: GroupKind,
    /// The members.
    pub members: Vec<SupportGroupMember>,
}

/// What a role gives for one action of one entity type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The entity type.
    pub entity_type: Id,
    /// The action.
    pub action: Id,
    /// The element level.
    pub level: ScopeSet,
    /// The detailed entries, sorted by stage, none twice.
    pub stages: Vec<(Id, ScopeSet)>,
}

/// A named set of grants.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Role {
    /// The id.
    pub id: Id,
    /// The name that people see.
    pub name: String,
    /// The grants.
    pub grants: Vec<Grant>,
}

/// Whom a role is given to.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum BindingSubject {
    /// One user.
    User(Id),
    /// One user, and every head of his departments and of all departments above them.
    UserAndManagers(Id),
    /// The direct members of a department.
    Department(Id),
    /// The members of a department and of every department below it.
    DepartmentTree(Id),
    /// The members of a workgroup of at least a standing.
    Workgroup {
        /// The workgroup.
        workgroup: Id,
        /// The least standing that is enough.
        min_role: MemberRole,
    },
    /// Every active user.
    Everyone,
}

/// The giving of a role. It is its own key.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub struct RoleBinding {
    /// The role.
    pub role: Id,
    /// Whom it is given to.
    pub subject: BindingSubject,
}

/// What the rights on a resource are judged by.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Who created it.
    pub author: Option<Id>,
    /// Who is responsible.
    pub responsible: Option<Id>,
    /// The departments that it belongs to itself, a sorted set.
    pub departments: Vec<Id>,
    /// The stage.
    pub stage: Option<Id>,
    /// Whether it is flagged open.
    pub open: bool,
    /// The observers, a sorted set.
    pub observers: Vec<Id>,
}

/// A ticket, deal, lead, contact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Resource {
    /// The entity type.
    pub entity_type: Id,
    /// The id, unique in its type.
    pub id: Id,
    /// What the rights are judged by.
    pub facts: Facts,
    /// Where it stands in lists ordered by this key.
    pub sort_key: i64,
}

/// A kind of object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Kind {
    /// Entity types.
    EntityType,
    /// Departments.
    Department,
    /// Users.
    User,
    /// Workgroups.
    Workgroup,
    /// Helpdesk groups.
    SupportGroup,
    /// Roles.
    Role,
    /// Role bindings.
    RoleBinding,
    /// Resources.
    Resource,
}

impl Kind {
    /// Every kind; what a kind refers to stands before it, but for heads and members of departments.
    pub const EACH: [Self; 8] = [
        Self::EntityType,
        Self::Department,
        Self::User,
        Self::Workgroup,
        Self::SupportGroup,
        Self::Role,
        Self::RoleBinding,
        Self::Resource,
    ];

    /// The name of the list of such objects in a bundle.
    #[must_use]
    pub const fn list_name(self) -> &'static str {
        match self {
            Self::EntityType => "entity_types",
            Self::Department => "departments",
            Self::User => "users",
            Self::Workgroup => "workgroups",
            Self::SupportGroup => "support_groups",
            Self::Role => "roles",
            Self::RoleBinding => "role_bindings",
            Self::Resource => "resources",
        }
    }
}

/// Any object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Object {
    /// An entity type.
    EntityType(Arc<EntityType>),
    /// A department.
    Department(Arc<Department>),
    /// A user.
    User(Arc<User>),
    /// A workgroup.
    Workgroup(Arc<Workgroup>),
    /// A helpdesk group.
    SupportGroup(Arc<SupportGroup>),
    /// A role.
    Role(Arc<Role>),
    /// A role binding.
    RoleBinding(RoleBinding),
    /// A resource.
    Resource(Box<Resource>),
}

impl Object {
    /// The kind of object that it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::EntityType(_) => Kind::EntityType,
            Self::Department(_) => Kind::Department,
            Self::User(_) => Kind::User,
            Self::Workgroup(_) => Kind::Workgroup,
            Self::SupportGroup(_) => Kind::SupportGroup,
            Self::Role(_) => Kind::Role,
            Self::RoleBinding(_) => Kind::RoleBinding,
            Self::Resource(_) => Kind::Resource,
        }
    }

    /// The key under which it is kept.
    #[must_use]
    pub fn key(&self) -> Key {
        match self {
            Self::EntityType(it) => Key::EntityType(it.name.clone()),
            Self::Department(it) => Key::Department(it.id.clone()),
            Self::User(it) => Key::User(it.id.clone()),
            Self::Workgroup(it) => Key::Workgroup(it.id.clone()),
            Self::SupportGroup(it) => Key::SupportGroup(it.id.clone()),
            Self::Role(it) => Key::Role(it.id.clone()),
            Self::RoleBinding(it) => Key::RoleBinding(it.clone()),
            Self::Resource(it) => Key::Resource { entity_type: it.entity_type.clone(), id: it.id.clone() },
        }
    }
}

/// The key of any object.
#[derive(Clone, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The name of an entity type.
    EntityType(Id),
    /// The id of a department.
    Department(Id),
    /// The id of a user.
    User(Id),
    /// The id of a workgroup.
    Workgroup(Id),
    /// The id of a helpdesk group.
    SupportGroup(Id),
    /// The id of a role.
    Role(Id),
    /// A role binding.
    RoleBinding(RoleBinding),
    /// A resource.
    Resource {
        /// Its entity type.
        entity_type: Id,
        /// Its id.
        id: Id,
    },
}

impl Key {
    /// The kind of object that it is the key of.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::EntityType(_) => Kind::EntityType,
            Self::Department(_) => Kind::Department,
            Self::User(_) => Kind::User,
            Self::Workgroup(_) => Kind::Workgroup,
            Self::SupportGroup(_) => Kind::SupportGroup,
            Self::Role(_) => Kind::Role,
            Self::RoleBinding(_) => Kind::RoleBinding,
            Self::Resource { .. } => Kind::Resource,
        }
    }
}

impl std::fmt::Display for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::EntityType(id) => write!(f, "entity type {id}"),
            Self::Department(id) => write!(f, "department {id}"),
            Self::User(id) => write!(f, "user {id}"),
            Self::Workgroup(id) => write!(f, "workgroup {id}"),
            Self::SupportGroup(id) => write!(f, "support group {id}"),
            Self::Role(id) => write!(f, "role {id}"),
            Self::RoleBinding(binding) => {
                write!(f, "binding of role {} to {}", binding.role, binding.subject)
            }
            Self::Resource { entity_type, id } => write!(f, "resource {entity_type} {id}"),
        }
    }
}

impl std::fmt::Display for BindingSubject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::User(id) => write!(f, "user {id}"),
            Self::UserAndManagers(id) => write!(f, "user {id} and his managers"),
            Self::Department(id) => write!(f, "department {id}"),
            Self::DepartmentTree(id) => write!(f, "department {id} and those below it"),
            Self::Workgroup { workgroup, min_role } => {
                write!(f, "workgroup {workgroup} from {}", min_role.name())
            }
            Self::Everyone => f.write_str("everyone"),
        }
    }
}

impl MemberRole {
    /// The standing's name in bundles and texts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }
}

/// The ids sorted, without repeats: lists that are sets are kept so.
#[must_use]
pub fn sorted_set(mut ids: Vec<Id>) -> Vec<Id> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
