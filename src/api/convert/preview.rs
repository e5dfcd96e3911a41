//! Previews to the wire.

use super::way::named;
use crate::api::pb;
use crate::domain::{Id, Named};
use crate::engine::{
    ActSum, Creation, CreationSum, DepartmentSum, Preview, PreviewAct, PreviewCreation, PreviewResource,
    PreviewResourceAct, PreviewUser, Turned, Warning,
};
use crate::text::{Language, warning_text};

/// A preview, with its warnings in a language.
#[must_use]
pub fn preview(preview: &Preview, token: &str, language: Language) -> pb::PreviewResponse {
    pb::PreviewResponse {
        revision: token.to_owned(),
        warnings: preview.warnings.iter().map(|it| warning(it, language)).collect(),
        turned: Some(turned(preview.turned)),
        actions: preview.acts.iter().map(act_sum).collect(),
        creations: preview.creations.iter().map(creation_sum).collect(),
        department_count: preview.department_count,
        departments: preview.departments.iter().map(department_sum).collect(),
        user_count: preview.users,
        users: preview.rows.iter().map(user).collect(),
        resource_count: preview.resource_count,
        resources: preview.resources.iter().map(resource).collect(),
    }
}

/// The name of how far somebody may create, as programs read it.
#[must_use]
pub const fn creation_reach_name(reach: pb::CreationReach) -> &'static str {
    match reach {
        pb::CreationReach::Unspecified => "",
        pb::CreationReach::Denied => "denied",
        pb::CreationReach::Own => "own",
        pb::CreationReach::Any => "any",
    }
}

/// The name of a kind of warning, as programs read it.
#[must_use]
pub const fn preview_warning_name(kind: pb::PreviewWarningKind) -> &'static str {
    match kind {
        pb::PreviewWarningKind::Unspecified => "",
        pb::PreviewWarningKind::AuthorLosesAdministration => "author_loses_administration",
        pb::PreviewWarningKind::NoAdministrator => "no_administrator",
        pb::PreviewWarningKind::LastReader => "last_reader",
        pb::PreviewWarningKind::UnreadStage => "unread_stage",
    }
}

fn warning(it: &Warning, language: Language) -> pb::PreviewWarning {
    use pb::PreviewWarningKind as Kind;
    let text = warning_text(it, language);
    let of = |kind: Kind| pb::PreviewWarning { kind: kind.into(), text, ..pb::PreviewWarning::default() };
    match it {
        Warning::AuthorLosesAdministration { user } => {
            pb::PreviewWarning { user: Some(named(user)), ..of(Kind::AuthorLosesAdministration) }
        }
        Warning::NoAdministrator => of(Kind::NoAdministrator),
        Warning::LastReader { entity_type, id } => pb::PreviewWarning {
            entity_type: entity_type.to_string(),
            id: id.to_string(),
            ..of(Kind::LastReader)
        },
        Warning::UnreadStage { entity_type, stage } => pb::PreviewWarning {
            entity_type: entity_type.to_string(),
            stage: text_of(stage.as_ref()),
            ..of(Kind::UnreadStage)
        },
    }
}

fn text_of(id: Option<&Id>) -> String {
    id.map(Id::to_string).unwrap_or_default()
}

const fn turned(it: Turned) -> pb::TurnedCount {
    pb::TurnedCount { gained: it.gained, lost: it.lost }
}

fn act_sum(it: &ActSum) -> pb::ActionSum {
    pb::ActionSum {
        entity_type: it.entity_type.to_string(),
        action: it.action.to_string(),
        turned: Some(turned(it.turned)),
        users: Some(turned(it.users)),
    }
}

fn creation_sum(it: &CreationSum) -> pb::CreationSum {
    pb::CreationSum { creation: Some(creation(&it.creation)), users: it.users }
}

fn creation(it: &PreviewCreation) -> pb::CreationTurn {
    pb::CreationTurn {
        entity_type: it.entity_type.to_string(),
        action: it.action.to_string(),
        stage: text_of(it.stage.as_ref()),
        before: reach(it.before).into(),
        after: reach(it.after).into(),
    }
}

const fn reach(it: Creation) -> pb::CreationReach {
    match it {
        Creation::Denied => pb::CreationReach::Denied,
        Creation::Own => pb::CreationReach::Own,
        Creation::Any => pb::CreationReach::Any,
    }
}

fn department_sum(it: &DepartmentSum) -> pb::DepartmentSum {
    pb::DepartmentSum {
        department: it.department.as_ref().map(named),
        users: it.users,
        turned: Some(turned(it.turned)),
    }
}

fn user(it: &PreviewUser) -> pb::UserTurn {
    pb::UserTurn {
        user: Some(named(&it.user)),
        turned: Some(turned(it.turned)),
        actions: it.acts.iter().map(act).collect(),
        creations: it.creations.iter().map(creation).collect(),
    }
}

fn act(it: &PreviewAct) -> pb::ActionTurn {
    pb::ActionTurn {
        entity_type: it.entity_type.to_string(),
        action: it.action.to_string(),
        turned: Some(turned(it.turned)),
        gained: it.gained.iter().map(Id::to_string).collect(),
        lost: it.lost.iter().map(Id::to_string).collect(),
    }
}

fn resource(it: &PreviewResource) -> pb::ResourceTurn {
    let key = pb::ResourceKey { r#type: it.entity_type.to_string(), id: it.id.to_string() };
    pb::ResourceTurn { key: Some(key), actions: it.acts.iter().map(resource_act).collect() }
}

fn resource_act(it: &PreviewResourceAct) -> pb::ResourceActionTurn {
    let people = |users: &[Named]| users.iter().map(named).collect();
    pb::ResourceActionTurn {
        action: it.action.to_string(),
        kept: it.kept,
        turned: Some(turned(it.turned)),
        keepers: people(&it.keepers),
        gainers: people(&it.gainers),
        losers: people(&it.losers),
    }
}
