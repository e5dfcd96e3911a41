//! Resources, their keys, and the facts that questions name inline.

use crate::bundle::cursor::{Cursor, Fields};
use crate::bundle::problem::Parsed;
use crate::bundle::scalar;
use crate::domain::{Facts, Key, Object, Resource, sorted_set};

const RESOURCE_FIELDS: [&str; 9] =
    ["type", "id", "author", "responsible", "departments", "stage", "open", "observers", "sort_key"];

const FACT_FIELDS: [&str; 6] = ["author", "responsible", "departments", "stage", "open", "observers"];

pub(super) fn resource(at: Cursor<'_>) -> Parsed<Object> {
    let fields = at.fields(&RESOURCE_FIELDS)?;
    let entity_type = fields.required("type", scalar::id);
    let id = fields.required("id", scalar::id);
    let facts = facts_of(&fields);
    let sort_key = fields.or("sort_key", 0, scalar::whole);
    let it = Resource { entity_type: entity_type?, id: id?, facts: facts?, sort_key: sort_key? };
    Ok(Object::Resource(Box::new(it)))
}

pub(super) fn key(at: Cursor<'_>) -> Parsed<Key> {
    let fields = at.fields(&["type", "id"])?;
    let entity_type = fields.required("type", scalar::id);
    let id = fields.required("id", scalar::id);
    Ok(Key::Resource { entity_type: entity_type?, id: id? })
}

/// Reads the facts of a resource that isn't stored.
pub(in crate::bundle) fn facts(at: Cursor<'_>) -> Parsed<Facts> {
    facts_of(&at.fields(&FACT_FIELDS)?)
}

fn facts_of(fields: &Fields<'_>) -> Parsed<Facts> {
    let author = fields.optional("author", scalar::id);
    let responsible = fields.optional("responsible", scalar::id);
    let departments = fields.or("departments", Vec::new(), scalar::ids);
    let stage = fields.optional("stage", scalar::id);
    let open = fields.flag("open");
    let observers = fields.or("observers", Vec::new(), scalar::ids);
    Ok(Facts {
        author: author?,
        responsible: responsible?,
        departments: sorted_set(departments?),
        stage: stage?,
        open: open?,
        observers: sorted_set(observers?),
    })
}
