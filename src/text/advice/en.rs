//! Advice in English.

use super::{AdvicePhrases, given_to};
use crate::domain::Id;
use crate::engine::{About, AdviceKind, Effect};

/// The words of English.
pub(in crate::text) struct English;

impl AdvicePhrases for English {
    fn head(&self, kind: AdviceKind) -> &'static str {
        match kind {
            AdviceKind::StageUnread => "Nobody's role opens anything to read on a stage",
            AdviceKind::DepartmentWithoutUpdater => {
                "Members of a department may read and none of them may update"
            }
            AdviceKind::DepartmentsConflict => "Somebody is in several departments whose roles conflict",
            AdviceKind::SubdepartmentsIncluded => "A role is given to a department with all below it",
            AdviceKind::ManagersIncluded => "A role is given to somebody and his managers",
            AdviceKind::DepartmentWithoutRoles => {
                "A department has no role while some directly below it have"
            }
            AdviceKind::SmallTeam => "Few people have rights on a type, and by way of groups",
            AdviceKind::EntryAsElement => "A stage's entry is the same as the role's level for the type",
            AdviceKind::EntryNeverCounts => "What a role says of some stages counts for nobody who holds it",
            AdviceKind::BroadGrant => "A role's rights reach a large part of all users",
            AdviceKind::RoleUnheld => "Nobody holds a role",
            AdviceKind::BindingIdle => "A binding adds nothing: all whom it takes in have the role by others",
            AdviceKind::GroupWithoutViewer => "Nobody active in a helpdesk group has can_view",
        }
    }

    fn why(&self, kind: AdviceKind) -> &'static str {
        match kind {
            AdviceKind::StageUnread => {
                "What comes to this stage drops out of sight for all but portal administrators and observers."
            }
            AdviceKind::DepartmentWithoutUpdater => {
                "Whatever they see there, others have to change it for them."
            }
            AdviceKind::DepartmentsConflict => {
                "What he may do comes of both departments' roles together, which neither department expects."
            }
            AdviceKind::SubdepartmentsIncluded => {
                "It meets the roles of the departments below, those of today and later ones, and may conflict with them."
            }
            AdviceKind::ManagersIncluded => {
                "Managers have it from people below them, often unnoticed, and it may conflict with their own roles."
            }
            AdviceKind::DepartmentWithoutRoles => {
                "Rights that are set from below have to be mended one by one when something is to hold for all."
            }
            AdviceKind::SmallTeam => {
                "For so few, who may what is easier to see and to keep by roles that are given to them by name."
            }
            AdviceKind::EntryAsElement => {
                "It isn't the same as inheriting: it hides what other roles give on that stage. Where that isn't meant, it is a conflict in waiting."
            }
            AdviceKind::EntryNeverCounts => {
                "Whoever reads the role takes it for a right that people have; other roles name these stages and hide it."
            }
            AdviceKind::BroadGrant => "A mistake in it is everybody's, and every other role has to fit it.",
            AdviceKind::RoleUnheld => "It gives nothing, and is kept up for nothing.",
            AdviceKind::BindingIdle => {
                "It adds nothing now, and is forgotten when the role is to be taken away. Of two that cover each other, one is needed."
            }
            AdviceKind::GroupWithoutViewer => {
                "It shows nobody's tickets to anybody; at most it says who is told of news."
            }
        }
    }

    fn remedy(&self, kind: AdviceKind) -> &'static str {
        match kind {
            AdviceKind::StageUnread => {
                "Give some role an entry for the stage, or take the stage away if it isn't used."
            }
            AdviceKind::DepartmentWithoutUpdater => {
                "Give one of the department's roles the right to update, or make sure that somebody else does it."
            }
            AdviceKind::DepartmentsConflict => {
                "Make the roles of these departments agree, or give him one role of his own instead; the conflicts of these people show where they differ."
            }
            AdviceKind::SubdepartmentsIncluded => {
                "Give the role to the department alone, and each department below a role of its own."
            }
            AdviceKind::ManagersIncluded => {
                "Give the role to him alone, and his managers roles of their own."
            }
            AdviceKind::DepartmentWithoutRoles => {
                "Set rights from the top down: first a role for the department, then those for the ones below."
            }
            AdviceKind::SmallTeam => {
                "Give the roles to these people themselves, and take them from the groups."
            }
            AdviceKind::EntryAsElement => {
                "Let the stage inherit, unless it is there to stand against another role."
            }
            AdviceKind::EntryNeverCounts => {
                "Take out the other roles' entries for these stages, or give this role one of its own."
            }
            AdviceKind::BroadGrant => {
                "Keep to it what everybody needs, and move the rest to roles for fewer people."
            }
            AdviceKind::RoleUnheld => "Give it to somebody, or delete it together with its bindings.",
            AdviceKind::BindingIdle => "Delete it, unless it is there for people who are still to come.",
            AdviceKind::GroupWithoutViewer => {
                "Give can_view to those who are to see the others' tickets, or delete the group."
            }
        }
    }

    fn about(&self, about: &About) -> String {
        match about {
            About::Department(it) => format!("department {it}"),
            About::Role(it) => format!("role {it}"),
            About::SupportGroup(it) => format!("group {it}"),
            About::EntityType(name) => name.to_string(),
            About::Stage { entity_type, stage: None } => entity_type.to_string(),
            About::Stage { entity_type, stage: Some(stage) } => format!("{entity_type}, stage {stage}"),
            About::Grant { role, entity_type, action, stages } => {
                format!("role {role}, {action} {entity_type}{}", on_stages(stages))
            }
            About::Binding { binding, role, subject } => {
                format!("role {role} given to {}", given_to(&binding.subject, subject.as_ref(), GIVEN_TO))
            }
        }
    }

    fn people(&self, count: usize) -> String {
        if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
    }

    fn effect(&self, Effect { gained, lost, users }: Effect) -> String {
        let decisions =
            |count| if count == 1 { "1 decision".to_owned() } else { format!("{count} decisions") };
        let users = if users == 1 { "1 user".to_owned() } else { format!("{users} users") };
        match (gained, lost) {
            (0, 0) => "The change turns no decision of today.".to_owned(),
            (gained, 0) => format!("The change allows {}, for {users}.", decisions(gained)),
            (0, lost) => format!("The change takes away {}, for {users}.", decisions(lost)),
            (gained, lost) => {
                format!("The change allows {} and takes away {lost}, for {users}.", decisions(gained))
            }
        }
    }
}

const GIVEN_TO: [&str; 6] =
    ["user", "and his managers", "department", "and those below it", "workgroup", "everyone"];

fn on_stages(stages: &[Id]) -> String {
    let names: Vec<String> = stages.iter().map(Id::to_string).collect();
    if names.is_empty() { String::new() } else { format!(" on {}", names.join(", ")) }
}
