//! Questions for advice from the wire, advice to it.

use super::operation_to_wire;
use super::to_wire::role_binding;
use super::way::named;
use crate::api::pb;
use crate::api::status::{Invalid, invalid};
use crate::domain::Id;
use crate::engine::{About, AdviceKind, NamedAdvice, Thresholds};
use crate::text::AdviceText;

/// The kinds that are asked for, and from where on something is worth a finding.
///
/// # Errors
/// Every field that is not what it must be.
pub fn advice_query(request: &pb::ListAdviceRequest) -> Result<(Vec<AdviceKind>, Thresholds), tonic::Status> {
    let (mut kinds, mut faults) = (Vec::new(), Vec::new());
    for (at, wire) in request.kinds.iter().enumerate() {
        match advice_kind(*wire) {
            Some(kind) => kinds.push(kind),
            None => faults.push(Invalid::new(format!("kinds[{at}]"), "is no kind of advice")),
        }
    }
    let mut thresholds = Thresholds::default();
    if request.team_people_max > 0 {
        thresholds.team_people_max = request.team_people_max as usize;
    }
    match request.broad_percent {
        0 => {}
        percent @ 1..=100 => thresholds.broad_percent = percent as usize,
        percent => faults.push(Invalid::new("broad_percent", format!("is {percent}; it is 1 to 100"))),
    }
    if faults.is_empty() { Ok((kinds, thresholds)) } else { Err(invalid(&faults)) }
}

fn advice_kind(wire: i32) -> Option<AdviceKind> {
    match pb::AdviceKind::try_from(wire) {
        Ok(pb::AdviceKind::StageUnread) => Some(AdviceKind::StageUnread),
        Ok(pb::AdviceKind::DepartmentWithoutUpdater) => Some(AdviceKind::DepartmentWithoutUpdater),
        Ok(pb::AdviceKind::DepartmentsConflict) => Some(AdviceKind::DepartmentsConflict),
        Ok(pb::AdviceKind::SubdepartmentsIncluded) => Some(AdviceKind::SubdepartmentsIncluded),
        Ok(pb::AdviceKind::ManagersIncluded) => Some(AdviceKind::ManagersIncluded),
        Ok(pb::AdviceKind::DepartmentWithoutRoles) => Some(AdviceKind::DepartmentWithoutRoles),
        Ok(pb::AdviceKind::SmallTeam) => Some(AdviceKind::SmallTeam),
        Ok(pb::AdviceKind::EntryAsElement) => Some(AdviceKind::EntryAsElement),
        Ok(pb::AdviceKind::EntryNeverCounts) => Some(AdviceKind::EntryNeverCounts),
        Ok(pb::AdviceKind::BroadGrant) => Some(AdviceKind::BroadGrant),
        Ok(pb::AdviceKind::RoleUnheld) => Some(AdviceKind::RoleUnheld),
        Ok(pb::AdviceKind::BindingIdle) => Some(AdviceKind::BindingIdle),
        Ok(pb::AdviceKind::GroupWithoutViewer) => Some(AdviceKind::GroupWithoutViewer),
        Ok(pb::AdviceKind::Unspecified) | Err(_) => None,
    }
}

/// A kind.
#[must_use]
pub const fn advice_kind_to_wire(kind: AdviceKind) -> pb::AdviceKind {
    match kind {
        AdviceKind::StageUnread => pb::AdviceKind::StageUnread,
        AdviceKind::DepartmentWithoutUpdater => pb::AdviceKind::DepartmentWithoutUpdater,
        AdviceKind::DepartmentsConflict => pb::AdviceKind::DepartmentsConflict,
        AdviceKind::SubdepartmentsIncluded => pb::AdviceKind::SubdepartmentsIncluded,
        AdviceKind::ManagersIncluded => pb::AdviceKind::ManagersIncluded,
        AdviceKind::DepartmentWithoutRoles => pb::AdviceKind::DepartmentWithoutRoles,
        AdviceKind::SmallTeam => pb::AdviceKind::SmallTeam,
        AdviceKind::EntryAsElement => pb::AdviceKind::EntryAsElement,
        AdviceKind::EntryNeverCounts => pb::AdviceKind::EntryNeverCounts,
        AdviceKind::BroadGrant => pb::AdviceKind::BroadGrant,
        AdviceKind::RoleUnheld => pb::AdviceKind::RoleUnheld,
        AdviceKind::BindingIdle => pb::AdviceKind::BindingIdle,
        AdviceKind::GroupWithoutViewer => pb::AdviceKind::GroupWithoutViewer,
    }
}

/// The name of a kind, without the prefix.
#[must_use]
pub fn advice_kind_name(kind: pb::AdviceKind) -> String {
    kind.as_str_name().trim_start_matches("ADVICE_KIND_").to_lowercase()
}

/// A finding with its texts.
#[must_use]
pub fn advice(advice: &NamedAdvice, text: AdviceText) -> pb::Advice {
    pb::Advice {
        kind: advice_kind_to_wire(advice.kind).into(),
        rules: advice.kind.rules().iter().map(|it| (*it).to_owned()).collect(),
        about: advice.about.iter().map(about).collect(),
        people_count: advice.people_count as u64,
        people: advice.people.iter().map(named).collect(),
        change: advice.change.iter().map(operation_to_wire).collect(),
        found: text.found,
        why: text.why.to_owned(),
        remedy: text.remedy.to_owned(),
        effect: advice.effect.zip(text.effect).map(|(it, text)| pb::AdviceEffect {
            gained: it.gained,
            lost: it.lost,
            users: it.users,
            text,
        }),
    }
}

fn about(about: &About) -> pb::AdviceObject {
    use pb::advice_object::Object as Wire;
    let text = |id: &Option<Id>| id.as_ref().map(Id::to_string).unwrap_or_default();
    let object = match about {
        About::Department(it) => Wire::Department(named(it)),
        About::Role(it) => Wire::Role(named(it)),
        About::SupportGroup(it) => Wire::SupportGroup(named(it)),
        About::EntityType(name) => Wire::EntityType(name.to_string()),
        About::Stage { entity_type, stage } => {
            Wire::Stage(pb::AdviceStage { entity_type: entity_type.to_string(), stage: text(stage) })
        }
        About::Grant { role, entity_type, action, stages } => Wire::Grant(pb::AdviceGrant {
            role: Some(named(role)),
            entity_type: entity_type.to_string(),
            action: action.to_string(),
            stages: stages.iter().map(Id::to_string).collect(),
        }),
        About::Binding { binding, role, subject } => Wire::Binding(pb::AdviceBinding {
            binding: Some(role_binding(binding)),
            role: Some(named(role)),
            subject: subject.as_ref().map(named),
        }),
    };
    pb::AdviceObject { object: Some(object) }
}
