//! The records of entity types, departments, users, workgroups and helpdesk groups.

use crate::domain::{
    Department, EntityType, GroupKind, Id, MemberRole, Model, SupportGroup, SupportGroupMember, SupportRole,
    User, Workgroup, WorkgroupMember, sorted_set,
};
use crate::store::code::Code as _;

use super::{RecordError, id, id_if_any, ids, text, texts};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct EntityTypeRecord {
    #[prost(uint32, tag = "1")]
    model: u32,
    #[prost(string, repeated, tag = "2")]
    stages: Vec<String>,
    #[prost(string, repeated, tag = "3")]
    actions: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct DepartmentRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(string, optional, tag = "2")]
    parent: Option<String>,
    #[prost(string, repeated, tag = "3")]
    heads: Vec<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct UserRecord {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, repeated, tag = "2")]
    pub(super) departments: Vec<String>,
    #[prost(bool, tag = "3")]
    pub(super) active: bool,
    #[prost(bool, tag = "4")]
    pub(super) admin: bool,
    #[prost(uint32, tag = "5")]
    pub(super) support_role: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WorkgroupRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(message, repeated, tag = "2")]
    members: Vec<WorkgroupMemberRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct WorkgroupMemberRecord {
    #[prost(string, tag = "1")]
    user: String,
    #[prost(uint32, tag = "2")]
    role: u32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SupportGroupRecord {
    #[prost(string, tag = "1")]
    name: String,
    #[prost(uint32, tag = "2")]
    kind: u32,
    #[prost(message, repeated, tag = "3")]
    members: Vec<SupportGroupMemberRecord>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct SupportGroupMemberRecord {
    #[prost(string, tag = "1")]
    user: String,
    #[prost(bool, tag = "2")]
    can_view: bool,
    #[prost(bool, tag = "3")]
    notify_new: bool,
    #[prost(bool, tag = "4")]
    notify_update: bool,
}

impl From<&EntityType> for EntityTypeRecord {
    fn from(it: &EntityType) -> Self {
        Self { model: it.model.code().into(), stages: texts(&it.stages), actions: texts(&it.actions) }
    }
}

impl EntityTypeRecord {
    pub(super) fn into_entity_type(self, name: Id) -> Result<EntityType, RecordError> {
        Ok(EntityType {
            name,
            model: Model::from_code(self.model)?,
            stages: ids("stages", &self.stages)?,
            actions: ids("actions", &self.actions)?,
        })
    }
}

impl From<&Department> for DepartmentRecord {
    fn from(it: &Department) -> Self {
        Self { name: it.name.clone(), parent: text(it.parent.as_ref()), heads: texts(&it.heads) }
    }
}

impl DepartmentRecord {
    pub(super) fn into_department(self, id: Id) -> Result<Department, RecordError> {
        Ok(Department {
            id,
            name: self.name,
            parent: id_if_any("parent", self.parent.as_deref())?,
            heads: sorted_set(ids("heads", &self.heads)?),
        })
    }
}

impl From<&User> for UserRecord {
    fn from(it: &User) -> Self {
        Self {
            name: it.name.clone(),
            departments: texts(&it.departments),
            active: it.active,
            admin: it.admin,
            support_role: it.support_role.code().into(),
        }
    }
}

impl UserRecord {
    pub(super) fn into_user(self, id: Id) -> Result<User, RecordError> {
        Ok(User {
            id,
            name: self.name,
            departments: sorted_set(ids("departments", &self.departments)?),
            active: self.active,
            admin: self.admin,
            support_role: SupportRole::from_code(self.support_role)?,
        })
    }
}

impl From<&Workgroup> for WorkgroupRecord {
    fn from(it: &Workgroup) -> Self {
        let members = it.members.iter();
        Self {
            name: it.name.clone(),
            members: members
                .map(|member| WorkgroupMemberRecord {
                    user: member.user.to_string(),
                    role: member.role.code().into(),
                })
                .collect(),
        }
    }
}

impl WorkgroupRecord {
    pub(super) fn into_workgroup(self, id: Id) -> Result<Workgroup, RecordError> {
        let members = self.members.into_iter().map(WorkgroupMemberRecord::into_member);
        Ok(Workgroup { id, name: self.name, members: members.collect::<Result<_, _>>()? })
    }
}

impl WorkgroupMemberRecord {
    fn into_member(self) -> Result<WorkgroupMember, RecordError> {
        Ok(WorkgroupMember { user: id("members", &self.user)?, role: MemberRole::from_code(self.role)? })
    }
}

impl From<&SupportGroup> for SupportGroupRecord {
    fn from(it: &SupportGroup) -> Self {
        let members = it.members.iter();
        Self {
            name: it.name.clone(),
            kind: it.kind.code().into(),
            members: members
                .map(|member| SupportGroupMemberRecord {
                    user: member.user.to_string(),
                    can_view: member.can_view,
                    notify_new: member.notify_new,
                    notify_update: member.notify_update,
                })
                .collect(),
        }
    }
}

impl SupportGroupRecord {
    pub(super) fn into_support_group(self, id: Id) -> Result<SupportGroup, RecordError> {
        let members = self.members.into_iter().map(SupportGroupMemberRecord::into_member);
        Ok(SupportGroup {
            id,
            name: self.name,
            kind: GroupKind::from_code(self.kind)?,
            members: members.collect::<Result<_, _>>()?,
        })
    }
}

impl SupportGroupMemberRecord {
    fn into_member(self) -> Result<SupportGroupMember, RecordError> {
        Ok(SupportGroupMember {
            user: id("members", &self.user)?,
            can_view: self.can_view,
            notify_new: self.notify_new,
            notify_update: self.notify_update,
        })
    }
}
