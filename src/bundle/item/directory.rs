//! Entity types, departments and users.

use std::sync::Arc;

use crate::bundle::cursor::Cursor;
use crate::bundle::problem::Parsed;
use crate::bundle::scalar;
use crate::bundle::word;
use crate::domain::{Department, EntityType, Object, SupportRole, User, sorted_set};

pub(super) fn entity_type(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&["name", "model", "stages", "actions"])?;
    let name = fields.required("name", scalar::id);
    let model = fields.required("model", |at| scalar::one_of(at, &word::MODELS, word::model));
    let stages = fields.or("stages", Vec::new(), scalar::ids);
    let actions = fields.or("actions", Vec::new(), scalar::ids);
    let it = EntityType { name: name?, model: model?, stages: stages?, actions: actions? };
    Ok(Object::EntityType(Arc::new(it)))
}

pub(super) fn department(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&["id", "name", "parent", "heads"])?;
    let id = fields.required("id", scalar::id);
    let name = fields.or("name", String::new(), scalar::string);
    let parent = fields.optional("parent", scalar::id);
    let heads = fields.or("heads", Vec::new(), scalar::ids);
    let it = Department { id: id?, name: name?, parent: parent?, heads: sorted_set(heads?) };
    Ok(Object::Department(Arc::new(it)))
}

pub(super) fn user(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&["id", "name", "departments", "active", "admin", "support_role"])?;
    let id = fields.required("id", scalar::id);
    let name = fields.or("name", String::new(), scalar::string);
    let departments = fields.or("departments", Vec::new(), scalar::ids);
    let active = fields.or("active", true, scalar::flag);
    let admin = fields.flag("admin");
    let support_role = fields.or("support_role", SupportRole::None, |at| {
        scalar::one_of(at, &word::SUPPORT_ROLES, word::support_role)
    });
    let it = User {
        id: id?,
        name: name?,
        departments: sorted_set(departments?),
        active: active?,
        admin: admin?,
        support_role: support_role?,
    };
    Ok(Object::User(Arc::new(it)))
}
