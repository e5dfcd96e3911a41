//! Questions about conflicts from the wire, conflicts to it.

use super::to_wire::level;
use super::way::{named, reached_role};
use crate::api::pb;
use crate::api::status::{Invalid, invalid};
use crate::domain::{FINDING_PEOPLE_DEFAULT, FINDING_PEOPLE_MAX, Id, Named};
use crate::engine::{
    Circle, ConflictEntry, ConflictFilter, ConflictKind, ConflictPerson, NamedConflict, PeoplePart,
};
use crate::text::Texts;

/// Whose rights are reviewed.
#[must_use]
pub fn circle(request: &pb::ListConflictsRequest) -> Circle<'_> {
    use pb::list_conflicts_request::Circle as Wire;
    match &request.circle {
        None => Circle::Company,
        Some(Wire::User(id)) => Circle::User(id),
        Some(Wire::Department(it)) if it.include_subdepartments => Circle::DepartmentTree(&it.id),
        Some(Wire::Department(it)) => Circle::Department(&it.id),
    }
}

/// Which conflicts are asked for.
///
/// # Errors
/// Every field that doesn't parse.
pub fn conflict_filter(filter: Option<&pb::ConflictFilter>) -> Result<ConflictFilter, tonic::Status> {
    let Some(filter) = filter else { return Ok(ConflictFilter::default()) };
    let mut faults = Vec::new();
    let mut id = |field: &str, text: &str| {
        if text.is_empty() {
            return None;
        }
        Id::parse(text).map_err(|error| faults.push(Invalid::new(field, error.to_string()))).ok()
    };
    let (entity_type, action) =
        (id("filter.entity_type", &filter.entity_type), id("filter.action", &filter.action));
    let stage = filter.stage.as_ref().map(|stage| id("filter.stage", stage));
    let named = filter.roles.iter().enumerate();
    let mut roles: Vec<Id> =
        named.filter_map(|(at, role)| id(&format!("filter.roles[{at}]"), role)).collect();
    roles.sort_unstable();
    let mut kinds = Vec::new();
    for (at, wire) in filter.kinds.iter().enumerate() {
        match conflict_kind(*wire) {
            Some(kind) => kinds.push(kind),
            None => faults.push(Invalid::new(format!("filter.kinds[{at}]"), "is no kind of conflict")),
        }
    }
    if faults.is_empty() {
        Ok(ConflictFilter { kinds, entity_type, action, stage, roles })
    } else {
        Err(invalid(&faults))
    }
}

fn conflict_kind(wire: i32) -> Option<ConflictKind> {
    match pb::ConflictKind::try_from(wire) {
        Ok(pb::ConflictKind::Narrowing) => Some(ConflictKind::Narrowing),
        Ok(pb::ConflictKind::Exchange) => Some(ConflictKind::Exchange),
        Ok(pb::ConflictKind::Widening) => Some(ConflictKind::Widening),
        Ok(pb::ConflictKind::WiderWins) => Some(ConflictKind::WiderWins),
        Ok(pb::ConflictKind::Idle) => Some(ConflictKind::Idle),
        Ok(pb::ConflictKind::Unspecified) | Err(_) => None,
    }
}

/// A kind.
#[must_use]
pub const fn conflict_kind_to_wire(kind: ConflictKind) -> pb::ConflictKind {
    match kind {
        ConflictKind::Narrowing => pb::ConflictKind::Narrowing,
        ConflictKind::Exchange => pb::ConflictKind::Exchange,
        ConflictKind::Widening => pb::ConflictKind::Widening,
        ConflictKind::WiderWins => pb::ConflictKind::WiderWins,
        ConflictKind::Idle => pb::ConflictKind::Idle,
    }
}

/// The name of a conflict's kind, without the prefix.
#[must_use]
pub fn conflict_kind_name(conflict: &pb::Conflict) -> String {
    conflict.kind().as_str_name().trim_start_matches("CONFLICT_KIND_").to_lowercase()
}

/// The name of a scope, without the prefix.
#[must_use]
pub fn scope_name(scope: pb::Scope) -> String {
    scope.as_str_name().trim_start_matches("SCOPE_").to_lowercase()
}

/// Which people of a finding are named.
///
/// # Errors
/// There can't be so many, or the id is none.
pub fn people_part(people_max: u32, people_after: &str) -> Result<PeoplePart, tonic::Status> {
    let count_max = match people_max as usize {
        0 => FINDING_PEOPLE_DEFAULT,
        count if count <= FINDING_PEOPLE_MAX => count,
        count => {
            let text = format!("is {count}; at most {FINDING_PEOPLE_MAX} people of a finding are named");
            return Err(invalid(&[Invalid::new("people_max", text)]));
        }
    };
    let after = Some(people_after).filter(|text| !text.is_empty()).map(Id::parse).transpose();
    let after = after.map_err(|error| invalid(&[Invalid::new("people_after", error.to_string())]))?;
    Ok(PeoplePart { after, count_max })
}

/// A conflict, and its texts where they are asked for.
#[must_use]
pub fn conflict(conflict: &NamedConflict, texts: Option<Texts>) -> pb::Conflict {
    let (short, full) = texts.map(|it| (it.short, it.full)).unwrap_or_default();
    let stage = |stage: &Option<Id>| stage.as_ref().map(Id::to_string).unwrap_or_default();
    let counting = conflict.entries.iter().filter(|it| it.counts).map(|it| &it.role);
    let counting: Vec<&Named> = counting.collect();
    pb::Conflict {
        entity_type: conflict.entity_type.to_string(),
        action: conflict.action.to_string(),
        stages: conflict.stages.iter().map(stage).collect(),
        kind: conflict_kind_to_wire(conflict.kind).into(),
        rules: conflict.rules.iter().map(|it| (*it).to_owned()).collect(),
        entries: conflict.entries.iter().map(|entry| role_entry(entry, &counting)).collect(),
        detailed: conflict.united.is_detailed(),
        united: level(conflict.united.scopes()),
        lost: level(conflict.lost),
        won: level(conflict.won),
        people_count: conflict.people_count as u64,
        people: conflict.people.iter().map(person).collect(),
        short,
        full,
        everywhere: conflict.is_everywhere,
    }
}

fn role_entry(it: &ConflictEntry, counting: &[&Named]) -> pb::RoleEntry {
    let hiding = counting.iter().filter(|_| !it.counts);
    pb::RoleEntry {
        role: Some(named(&it.role)),
        detailed: it.entry.is_detailed(),
        level: level(it.entry.scopes()),
        counts: it.counts,
        hidden_by: hiding.map(|role| role.id.to_string()).collect(),
    }
}

fn person(it: &ConflictPerson) -> pb::ConflictPerson {
    pb::ConflictPerson {
        user: Some(named(&it.user)),
        roles: it.roles.iter().map(|it| reached_role(it)).collect(),
    }
}
