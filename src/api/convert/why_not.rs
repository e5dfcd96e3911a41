//! Proposals to the wire.

use super::decision::decision;
use super::to_wire::{facts_to_wire, object_to_wire};
use crate::api::pb;
use crate::domain::Named;
use crate::engine::{Proposal, Step, WhyNot};
use crate::text::{Language, step_text, why_not_texts};

/// What would allow a denial, without the revision.
#[must_use]
pub fn why_not(it: &WhyNot, language: Language) -> pb::WhyNotResponse {
    let texts = why_not_texts(it, language);
    let subject = &it.explained.subject;
    pb::WhyNotResponse {
        decision: Some(decision(it.explained.explanation.decision)),
        proposals: it.proposals.iter().map(|it| proposal(subject, it, language)).collect(),
        tried: u32::try_from(it.tried).unwrap_or(u32::MAX),
        complete: it.is_complete,
        short: texts.short,
        full: texts.full,
        revision: String::new(),
    }
}

fn proposal(subject: &Named, it: &Proposal, language: Language) -> pb::Proposal {
    let step = |it| pb::ProposedStep { kind: kind(it).into(), text: step_text(subject, it, language) };
    pb::Proposal {
        steps: it.steps.iter().map(step).collect(),
        objects: it.objects.iter().map(object_to_wire).collect(),
        facts: it.facts.as_ref().map(facts_to_wire),
        decision: Some(decision(it.decision)),
        gained: it.effect.gained,
        lost: it.effect.lost,
        users: it.effect.users,
    }
}

const fn kind(step: &Step) -> pb::StepKind {
    match step {
        Step::Activate => pb::StepKind::Activate,
        Step::Observe => pb::StepKind::Observe,
        Step::Assign => pb::StepKind::Assign,
        Step::Move(_) => pb::StepKind::Move,
        Step::Open => pb::StepKind::Open,
        Step::View(_) => pb::StepKind::View,
        Step::JoinGroup(_) => pb::StepKind::JoinGroup,
        Step::JoinDepartment(_) => pb::StepKind::JoinDepartment,
        Step::TakeOut { .. } => pb::StepKind::TakeOut,
        Step::Widen { .. } => pb::StepKind::Widen,
        Step::GiveRole(_) => pb::StepKind::GiveRole,
        Step::GiveRoleToDepartment { .. } => pb::StepKind::GiveRoleToDepartment,
        Step::SetSupportRole(_) => pb::StepKind::SetSupportRole,
    }
}

/// The name of a step's kind, without the prefix.
#[must_use]
pub fn step_kind_name(step: &pb::ProposedStep) -> String {
    step.kind().as_str_name().trim_start_matches("STEP_KIND_").to_lowercase()
}
