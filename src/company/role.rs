//! Entity types and roles.
//!
//! A role has one bent, from one's own things to everything; its levels are drawn around that. Some grants name
//! stages, so roles conflict now and then.

use std::sync::Arc;

use super::draw::{Draw, Stream};
use super::{Company, id, word};
use crate::domain::{EntityType, Grant, Id, Model, Object, Role, ScopeSet};

/// An entity type by its words.
pub(super) struct Type {
    pub(super) name: &'static str,
    pub(super) stages: &'static [&'static str],
}

/// Resources of roles' rights.
pub(super) const CRM_TYPES: [Type; 4] = [
    Type {
        name: "deal",
        stages: &["NEW", "PREPARATION", "OFFER", "INVOICE", "WORK", "FINAL", "WON", "LOST"],
    },
    Type { name: "lead", stages: &["NEW", "CONTACTED", "QUALIFIED", "CONVERTED", "JUNK"] },
    Type { name: "contact", stages: &[] },
    Type { name: "quote", stages: &["DRAFT", "SENT", "APPROVED", "DECLINED"] },
];

/// Resources of helpdesk groups.
pub(super) const TICKET: &str = "ticket";

pub(super) const CRM_ACTIONS: [&str; 6] = ["read", "add", "update", "delete", "export", "import"];
pub(super) const TICKET_ACTIONS: [&str; 5] = ["read", "add", "update", "delete", "read_hidden"];

/// The bents of the roles in turn.
const BENTS: [&str; 15] = [
    "self",
    "department",
    "self",
    "subdepartments",
    "department",
    "self",
    "open",
    "self",
    "department",
    "self",
    "subdepartments",
    "self",
    "department",
    "self",
    "all",
];

pub(super) fn entity_types() -> impl Iterator<Item = Object> {
    let crm = CRM_TYPES.iter().map(|it| entity_type(it.name, Model::Crm, it.stages, &CRM_ACTIONS));
    crm.chain([entity_type(TICKET, Model::Support, &[], &TICKET_ACTIONS)])
}

fn entity_type(name: &str, model: Model, stages: &[&str], actions: &[&str]) -> Object {
    let words = |texts: &[&str]| texts.iter().map(|text| word(text)).collect();
    let (stages, actions) = (words(stages), words(actions));
    Object::EntityType(Arc::new(EntityType { name: word(name), model, stages, actions }))
}

impl Company {
    pub(super) fn role(&self, index: u64) -> Object {
        let mut draw = self.draw(Stream::Role, index);
        let bent = usize::try_from(index).ok().and_then(|index| BENTS.get(index % BENTS.len())).copied();
        let grants =
            CRM_TYPES.iter().flat_map(|it| grants(it, bent.unwrap_or_default(), &mut draw)).collect();
        Object::Role(Arc::new(Role { id: role_id(index), name: format!("Role {index}"), grants }))
    }
}

pub(super) fn role_id(index: u64) -> Id {
    id("r", index)
}

/// What a role gives on one type; nothing on some.
fn grants(it: &Type, bent: &'static str, draw: &mut Draw) -> Vec<Grant> {
    if draw.happens(15) {
        return Vec::new();
    }
    CRM_ACTIONS.into_iter().filter_map(|action| grant(it, action, bent, draw)).collect()
}

/// Reading goes as far as the bent, changing mostly less far, the rest is rare.
fn grant(it: &Type, action: &str, bent: &'static str, draw: &mut Draw) -> Option<Grant> {
    let (percent, levels) = match action {
        "read" => (100, [bent, bent, bent, "self"]),
        "update" => (90, [bent, bent, "self", "department"]),
        "add" => (90, ["self", "self", "all", "department"]),
        "delete" => (60, ["self", "none", "self", "department"]),
        _ => (30, ["self", "none", bent, "all"]),
    };
    if !draw.happens(percent) {
        return None;
    }
    let level = level(draw.one_of(&levels));
    let stages = if draw.happens(25) { stage_entries(it, draw) } else { Vec::new() };
    Some(Grant { entity_type: word(it.name), action: word(action), level, stages })
}

fn stage_entries(it: &Type, draw: &mut Draw) -> Vec<(Id, ScopeSet)> {
    let mut entries: Vec<_> = it
        .stages
        .iter()
        .filter_map(|stage| {
            let entry = draw.one_of(&["none", "self", "self", "department", "subdepartments", "all"]);
            draw.happens(25).then(|| (word(stage), level(entry)))
        })
        .collect();
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    entries
}

fn level(name: &str) -> ScopeSet {
    ScopeSet::from_level_name(name).unwrap_or_default()
}
