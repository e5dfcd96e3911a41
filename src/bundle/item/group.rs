//! Workgroups and helpdesk groups with their members.

use std::sync::Arc;

use crate::bundle::cursor::Cursor;
use crate::bundle::problem::Parsed;
use crate::bundle::scalar;
use crate::bundle::word;
use crate::domain::{
    GroupKind, MemberRole, Object, SupportGroup, SupportGroupMember, Workgroup, WorkgroupMember,
};

pub(super) fn workgroup(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&["id", "name", "members"])?;
    let id = fields.required("id", scalar::id);
    let name = fields.or("name", String::new(), scalar::string);
    let members = fields.or("members", Vec::new(), |at| at.list(workgroup_member));
    Ok(Object::Workgroup(Arc::new(Workgroup { id: id?, name: name?, members: members? })))
}

fn workgroup_member(at: Cursor<'_>) -> Parsed<WorkgroupMember> {
    let fields = at.fields(&["user", "role"])?;
    let user = fields.required("user", scalar::id);
    let role = fields.or("role", MemberRole::Member, member_role);
    Ok(WorkgroupMember { user: user?, role: role? })
}

pub(super) fn member_role(at: Cursor<'_>) -> Parsed<MemberRole> {
    scalar::one_of(at, &word::MEMBER_ROLES, MemberRole::name)
}

pub(super) fn support_group(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&["id", "name", "team", "members"])?;
    let id = fields.required("id", scalar::id);
    let name = fields.or("name", String::new(), scalar::string);
    let kind = fields.flag("team").map(|team| if team { GroupKind::Team } else { GroupKind::Client });
    let members = fields.or("members", Vec::new(), |at| at.list(support_group_member));
    let it = SupportGroup { id: id?, name: name?, kind: kind?, members: members? };
    Ok(Object::SupportGroup(Arc::new(it)))
}

fn support_group_member(at: Cursor<'_>) -> Parsed<SupportGroupMember> {
    let fields = at.fields(&["user", "can_view", "notify_new", "notify_update"])?;
    let user = fields.required("user", scalar::id);
    let can_view = fields.flag("can_view");
    let notify_new = fields.flag("notify_new");
    let notify_update = fields.flag("notify_update");
    Ok(SupportGroupMember {
        user: user?,
        can_view: can_view?,
        notify_new: notify_new?,
        notify_update: notify_update?,
    })
}
