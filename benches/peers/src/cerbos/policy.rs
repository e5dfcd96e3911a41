//! The company's roles as Cerbos' policies: one file a type.

use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::company::{Company, Level, READ};

/// The levels that count: those of detailed entries where any role of the user has one, otherwise the inherited.
const COUNTING: &str = "P.attr.roles.exists(r, r in V.detailed) \
    ? P.attr.roles.filter(r, r in V.detailed).map(r, V.detailed[r]) \
    : P.attr.roles.filter(r, r in C.element).map(r, C.element[r])";

const DETAILED: &str = "R.attr.stage in C.stages ? C.stages[R.attr.stage] : {}";

const CONDITION: &str = "V.counting.exists(l, 'all' in l \
    || ('self' in l && R.attr.responsible == P.id) \
    || ('department' in l && hasIntersection(R.attr.departments, P.attr.departments)) \
    || ('subdepartments' in l && hasIntersection(R.attr.above, P.attr.departments)) \
    || ('open' in l && R.attr.open))";

pub fn write(company: &Company, folder: &Path) -> Result<()> {
    for entity_type in company.types.keys() {
        let text = serde_json::to_string(&policy(company, entity_type))?;
        fs::write(folder.join(format!("{entity_type}.json")), text)?;
    }
    Ok(())
}

fn policy(company: &Company, entity_type: &str) -> Value {
    let mut element = Map::new();
    let mut stages: Map<String, Value> = Map::new();
    for (role, found) in &company.roles {
        let Some(grant) = found.reading(entity_type) else { continue };
        element.insert(role.clone(), scopes(&grant.level));
        for (stage, level) in &grant.stages {
            let entries = stages.entry(stage.clone()).or_insert_with(|| json!({}));
            entries[role] = scopes(level);
        }
    }
    let rule = json!({
        "actions": [READ],
        "effect": "EFFECT_ALLOW",
        "roles": ["user"],
        "condition": {"match": {"expr": CONDITION}},
    });
    json!({
        "apiVersion": "api.cerbos.dev/v1",
        "resourcePolicy": {
            "version": "default",
            "resource": entity_type,
            "constants": {"local": {"element": element, "stages": stages}},
            "variables": {"local": {"detailed": DETAILED, "counting": COUNTING}},
            "rules": [rule],
        },
    })
}

fn scopes(level: &Level) -> Value {
    level.0.iter().map(|scope| scope.name()).collect()
}
