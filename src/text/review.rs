//! Findings of reviews in words: one sentence, and all of it in lines.

mod en;
mod ru;

pub(super) use en::English;
pub(super) use ru::{Russian, people as russian_people};

use super::phrases::{Detail, Phrases, join};
use super::{Language, Texts};
use crate::domain::{Id, Named};
use crate::engine::{ConflictEntry, ConflictPerson, NamedConflict};

/// What a language must have words for in reviews.
pub(super) trait ReviewPhrases {
    /// A conflict in one sentence.
    fn conflict(&self, conflict: &NamedConflict) -> String;

    /// Whether an entry is detailed.
    fn detail(&self, detail: Detail) -> &'static str;

    /// What hidden entries would open.
    fn lost(&self, level: &str) -> String;

    /// What counts opens beyond others.
    fn won(&self, level: &str) -> String;

    /// So many people more than are named.
    fn more(&self, count: usize) -> String;
}

/// A conflict in a language.
#[must_use]
pub fn review_text(conflict: &NamedConflict, language: Language) -> Texts {
    let (phrases, review) = (language.phrases(), language.review_phrases());
    let short = review.conflict(conflict);
    let mut lines = vec![format!("{} {}", short.trim_end_matches('.'), phrases.rules(&conflict.rules))];
    lines.extend(conflict.entries.iter().map(|it| entry(conflict, it, language)));
    lines.push(phrases.together(&phrases.level(conflict.united.scopes())));
    if !conflict.lost.is_none() {
        lines.push(review.lost(&phrases.level(conflict.lost)));
    }
    if !conflict.won.is_none() {
        lines.push(review.won(&phrases.level(conflict.won)));
    }
    lines.extend(conflict.people.iter().map(|it| person(it, phrases)));
    let unnamed = conflict.people_count.saturating_sub(conflict.people.len());
    if unnamed > 0 {
        lines.push(review.more(unnamed));
    }
    Texts { short, full: lines.join("\n  ") }
}

fn entry(conflict: &NamedConflict, it: &ConflictEntry, language: Language) -> String {
    let (phrases, review) = (language.phrases(), language.review_phrases());
    let detail = if it.entry.is_detailed() { Detail::Detailed } else { Detail::Inherited };
    let fate = if it.counts {
        phrases.counts().to_owned()
    } else {
        let hiding = conflict.entries.iter().filter(|other| other.counts).map(|other| &other.role);
        phrases.hidden_by(&join(hiding, ", "))
    };
    let level = phrases.level(it.entry.scopes());
    format!("{}: {level}; {}; {fate}", it.role, review.detail(detail))
}

fn person(it: &ConflictPerson, phrases: &dyn Phrases) -> String {
    let roles = it.roles.iter().map(|reached| {
        let reaches: Vec<String> = reached.reaches.iter().map(|reach| phrases.reach(reach)).collect();
        format!("{} {}", reached.role, reaches.join(", "))
    });
    format!("{}: {}", it.user, roles.collect::<Vec<_>>().join("; "))
}

/// The roles of a conflict, one behind the other.
fn roles(conflict: &NamedConflict) -> String {
    join(conflict.entries.iter().map(|it| &it.role).collect::<Vec<&Named>>(), ", ")
}

/// Whether resources without a stage are meant too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum WithoutStage {
    Meant,
    NotMeant,
}

/// The stages that have a name.
fn named_stages(conflict: &NamedConflict) -> (Vec<String>, WithoutStage) {
    let named = conflict.stages.iter().flatten().map(Id::to_string).collect();
    let is_meant = conflict.stages.iter().any(Option::is_none);
    (named, if is_meant { WithoutStage::Meant } else { WithoutStage::NotMeant })
}
