//! Advice in words: what was found, why it matters, what to do.

mod en;
mod ru;

pub(super) use en::English;
pub(super) use ru::Russian;

use super::Language;
use crate::domain::{BindingSubject, Named};
use crate::engine::{About, AdviceKind, Effect, NamedAdvice};

/// A finding in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdviceText {
    /// What was found, in one sentence.
    pub found: String,
    /// Why it matters.
    pub why: &'static str,
    /// What to do.
    pub remedy: &'static str,
    /// What the change would turn, if that is known.
    pub effect: Option<String>,
}

/// What a language must have words for in advice.
pub(super) trait AdvicePhrases {
    /// What was found, without what it is about.
    fn head(&self, kind: AdviceKind) -> &'static str;

    /// Why it matters.
    fn why(&self, kind: AdviceKind) -> &'static str;

    /// What to do.
    fn remedy(&self, kind: AdviceKind) -> &'static str;

    /// Something that it is about.
    fn about(&self, about: &About) -> String;

    /// So many people.
    fn people(&self, count: usize) -> String;

    /// What the change would turn.
    fn effect(&self, effect: Effect) -> String;
}

/// A finding in a language.
#[must_use]
pub fn advice_text(advice: &NamedAdvice, language: Language) -> AdviceText {
    let phrases = language.advice_phrases();
    let mut parts: Vec<String> = advice.about.iter().map(|it| phrases.about(it)).collect();
    if advice.people_count > 0 {
        parts.push(phrases.people(advice.people_count));
    }
    AdviceText {
        found: format!("{}: {}.", phrases.head(advice.kind), parts.join("; ")),
        why: phrases.why(advice.kind),
        remedy: phrases.remedy(advice.kind),
        effect: advice.effect.map(|it| phrases.effect(it)),
    }
}

/// Words for whom a role is given to: a user, his managers too, a department, those below too, a workgroup, everyone.
fn given_to(subject: &BindingSubject, name: Option<&Named>, words: [&'static str; 6]) -> String {
    let [user, managers, department, below, workgroup, everyone] = words;
    let name = name.map(Named::to_string).unwrap_or_default();
    match subject {
        BindingSubject::User(_) => format!("{user} {name}"),
        BindingSubject::UserAndManagers(_) => format!("{user} {name} {managers}"),
        BindingSubject::Department(_) => format!("{department} {name}"),
        BindingSubject::DepartmentTree(_) => format!("{department} {name} {below}"),
        BindingSubject::Workgroup { .. } => format!("{workgroup} {name}"),
        BindingSubject::Everyone => everyone.to_owned(),
    }
}
