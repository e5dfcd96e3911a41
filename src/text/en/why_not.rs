//! What would allow a denial, in English.

use super::super::phrases::{Phrases as _, join};
use super::English;
use crate::domain::Named;
use crate::engine::{Effect, Field, Step, WhyNot};

pub(super) const THEN: &str = "; then: ";
pub(super) const ALLOWED_ALREADY: &str = "Nothing has to be changed: this is allowed already.";
pub(super) const NO_PROPOSALS: &str = "Nothing that came into question would allow this.";
pub(super) const BEYOND_RIGHTS: &str = "No change of rights would allow this.";
pub(super) const PROPOSALS: &str = "What would allow it, the least opening first:";

pub(super) fn step(subject: &Named, step: &Step) -> String {
    match step {
        Step::Activate => format!("Make {subject} active again"),
        Step::Observe => format!("Put {subject} among the observers"),
        Step::Assign => format!("Make {subject} responsible for it"),
        Step::Move(stage) => format!("Move it to stage {stage}"),
        Step::Open => "Flag it open".to_owned(),
        Step::View(group) => format!("Give {subject} the right to see in group {group} (can_view)"),
        Step::JoinGroup(group) => {
            format!("Put {subject} into group {group} with the right to see (can_view)")
        }
        Step::JoinDepartment(department) => format!("Put {subject} into department {department}"),
        Step::TakeOut { action, stage, roles } => {
            let entries = if roles.len() == 1 { "detailed entry" } else { "detailed entries" };
            format!("Take the {entries} of {} for {action} on stage {stage} out", join(roles, ", "))
        }
        Step::Widen { role, action, field, level } => {
            let level = English.level(*level);
            match field {
                Field::Element => format!("Widen the element level of {role} for {action} to: {level}"),
                Field::Stage(stage) => {
                    format!("Widen the detailed entry of {role} for {action} on stage {stage} to: {level}")
                }
                Field::NewStage(stage) => {
                    format!("Give {role} a detailed entry for {action} on stage {stage}: {level}")
                }
            }
        }
        Step::GiveRole(role) => format!("Give role {role} to {subject}"),
        Step::GiveRoleToDepartment { role, department } => {
            format!("Give role {role} to department {department}")
        }
        Step::SetSupportRole(role) => {
            format!("Give {subject} the support role {}", super::support_role(*role))
        }
    }
}

pub(super) fn effect(Effect { gained, lost, users }: Effect) -> String {
    match (gained, lost) {
        (0, 0) => "nothing else changes".to_owned(),
        (gained, 0) => format!("also allows {}, for {}", decisions(gained), people(users)),
        (0, lost) => format!("takes away {}, for {}", decisions(lost), people(users)),
        (gained, lost) => {
            format!("also allows {} and takes away {lost}, for {}", decisions(gained), people(users))
        }
    }
}

fn decisions(count: u64) -> String {
    if count == 1 { "1 other decision".to_owned() } else { format!("{count} other decisions") }
}

fn people(count: u64) -> String {
    if count == 1 { "1 user".to_owned() } else { format!("{count} users") }
}

pub(super) fn tried(why_not: &WhyNot) -> String {
    let changes = if why_not.tried == 1 { "change was" } else { "changes were" };
    let all = if why_not.is_complete { "all that came into question" } else { "there are more" };
    format!("{} {changes} tried; {all}.", why_not.tried)
}
