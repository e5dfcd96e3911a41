//! Roles with their grants and levels, and the bindings of roles.

use std::sync::Arc;

use super::group::member_role;
use crate::bundle::cursor::{Cursor, Fields};
use crate::bundle::node::Content;
use crate::bundle::problem::{Parsed, Refused};
use crate::bundle::scalar;
use crate::domain::{BindingSubject, Grant, Id, MemberRole, Object, Role, RoleBinding, Scope, ScopeSet};

pub(super) fn role(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&["id", "name", "grants"])?;
    let id = fields.required("id", scalar::id);
    let name = fields.or("name", String::new(), scalar::string);
    let grants = fields.or("grants", Vec::new(), |at| at.list(grant));
    Ok(Object::Role(Arc::new(Role { id: id?, name: name?, grants: grants? })))
}

fn grant(at: Cursor<'_>) -> Parsed<Grant> {
    let fields = at.fields(&["entity_type", "action", "level", "stages"])?;
    let entity_type = fields.required("entity_type", scalar::id);
    let action = fields.required("action", scalar::id);
    let level = fields.or("level", ScopeSet::NONE, level);
    let stages = fields.or("stages", Vec::new(), |at| at.map(stage_entry));
    let mut stages = stages?;
    stages.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Ok(Grant { entity_type: entity_type?, action: action?, level: level?, stages })
}

fn stage_entry(stage: &str, at: Cursor<'_>) -> Parsed<(Id, ScopeSet)> {
    let stage = Id::parse(stage).map_err(|error| at.refuse(format!("the stage's name {error}")));
    let level = level(at);
    Ok((stage?, level?))
}

/// A level by its name, or as a list of scopes.
fn level(at: Cursor<'_>) -> Parsed<ScopeSet> {
    if matches!(at.node.content, Content::List(_)) {
        let scopes = at.list(|at| scalar::one_of(at, &Scope::EACH, Scope::name))?;
        return Ok(scopes.into_iter().collect());
    }
    let name = scalar::text(at)?;
    ScopeSet::from_level_name(name).ok_or_else(|| {
        let names = "none, self, department, subdepartments, open, all, or a list of scopes";
        at.refuse(format!("{}; a level is one of {names}", at.node.content.describe()))
    })
}

pub(super) fn binding(at: Cursor<'_>) -> Parsed<RoleBinding> {
    let fields = at.fields(&["role", "subject"])?;
    let role = fields.required("role", scalar::id);
    let subject = fields.required("subject", subject);
    Ok(RoleBinding { role: role?, subject: subject? })
}

const SUBJECT_FIELDS: [&str; 7] =
    ["user", "include_managers", "department", "include_subdepartments", "workgroup", "min_role", "everyone"];

/// The field that a subject is named by, which other field goes with it, and how both are read.
struct Form {
    name: &'static str,
    companion: Option<&'static str>,
    read: fn(&Fields<'_>) -> Parsed<BindingSubject>,
}

const FORMS: [Form; 4] = [
    Form { name: "user", companion: Some("include_managers"), read: user_subject },
    Form { name: "department", companion: Some("include_subdepartments"), read: department_subject },
    Form { name: "workgroup", companion: Some("min_role"), read: workgroup_subject },
    Form { name: "everyone", companion: None, read: everyone_subject },
];

fn subject(at: Cursor<'_>) -> Parsed<BindingSubject> {
    let fields = at.fields(&SUBJECT_FIELDS)?;
    let named = fields.one_of(&FORMS.each_ref().map(|form| form.name))?;
    let mut subject = Err(Refused);
    let mut strays = Ok(());
    for Form { name, companion, read } in FORMS {
        if name == named {
            subject = read(&fields);
        } else if let Some(companion) = companion {
            strays = strays.and(fields.refuse_stray(companion, name));
        }
    }
    strays.and(subject)
}

fn user_subject(fields: &Fields<'_>) -> Parsed<BindingSubject> {
    let user = fields.required("user", scalar::id);
    let with_managers = fields.flag("include_managers")?;
    user.map(if with_managers { BindingSubject::UserAndManagers } else { BindingSubject::User })
}

fn department_subject(fields: &Fields<'_>) -> Parsed<BindingSubject> {
    let department = fields.required("department", scalar::id);
    let with_subdepartments = fields.flag("include_subdepartments")?;
    let form = if with_subdepartments { BindingSubject::DepartmentTree } else { BindingSubject::Department };
    department.map(form)
}

fn workgroup_subject(fields: &Fields<'_>) -> Parsed<BindingSubject> {
    let workgroup = fields.required("workgroup", scalar::id);
    let min_role = fields.or("min_role", MemberRole::Member, member_role);
    Ok(BindingSubject::Workgroup { workgroup: workgroup?, min_role: min_role? })
}

fn everyone_subject(fields: &Fields<'_>) -> Parsed<BindingSubject> {
    fields.required("everyone", everyone)
}

fn everyone(at: Cursor<'_>) -> Parsed<BindingSubject> {
    if scalar::flag(at)? {
        Ok(BindingSubject::Everyone)
    } else {
        Err(at.refuse("is false; write true, or name a user, department or workgroup instead".to_owned()))
    }
}
