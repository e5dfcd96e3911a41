//! What would allow a denial: one sentence of what to change, and all proposals with what else they open.

use super::phrases::Phrases;
use crate::domain::{Named, Reason};
use crate::engine::{Proposal, WhyNot};

/// The first proposal as a sentence, or why there is none.
pub(super) fn short(why_not: &WhyNot, phrases: &dyn Phrases) -> String {
    match why_not.proposals.first() {
        Some(first) => sentence(&why_not.explained.subject, first, phrases),
        None => none(why_not, phrases).to_owned(),
    }
}

/// The decision, and every proposal.
pub(super) fn full(why_not: &WhyNot, phrases: &dyn Phrases) -> String {
    let explained = &why_not.explained;
    let rules = phrases.rules(&explained.explanation.rules());
    let mut lines = vec![phrases.verdict(explained), format!("{} {rules}", phrases.reason(explained))];
    let opening = if why_not.proposals.is_empty() { none(why_not, phrases) } else { phrases.proposals() };
    lines.push(opening.to_owned());
    for (number, proposal) in (1..).zip(&why_not.proposals) {
        lines.push(format!("{number:>3}. {}", sentence(&explained.subject, proposal, phrases)));
        lines.push(format!("     {}", phrases.effect(proposal.effect)));
    }
    if why_not.tried > 0 {
        lines.push(phrases.tried(why_not));
    }
    lines.join("\n")
}

fn sentence(subject: &Named, proposal: &Proposal, phrases: &dyn Phrases) -> String {
    let steps: Vec<String> = proposal.steps.iter().map(|step| phrases.step(subject, step)).collect();
    format!("{}.", steps.join(phrases.then()))
}

fn none(why_not: &WhyNot, phrases: &dyn Phrases) -> &'static str {
    let decision = why_not.explained.explanation.decision;
    if decision.is_allow() {
        phrases.allowed_already()
    } else if matches!(decision.reason, Reason::UnknownSubject | Reason::UnknownResource) {
        phrases.beyond_rights()
    } else {
        phrases.no_proposals()
    }
}
