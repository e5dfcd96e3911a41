//! Reviews in English.

use super::{ReviewPhrases, WithoutStage, named_stages, roles};
use crate::engine::{ConflictKind, NamedConflict};
use crate::text::phrases::Detail;

/// The words of English.
pub(in crate::text) struct English;

impl ReviewPhrases for English {
    fn conflict(&self, conflict: &NamedConflict) -> String {
        let what = match conflict.kind {
            ConflictKind::Narrowing => "Access is lost",
            ConflictKind::Exchange => "Some access is lost and other is won",
            ConflictKind::Widening => "Access is won",
            ConflictKind::WiderWins => "The wider entry wins",
            ConflictKind::Idle => "Entries differ, and nothing is changed by it",
        };
        let NamedConflict { entity_type, action, people_count, .. } = conflict;
        let (stages, roles, people) = (stages(conflict), roles(conflict), people(*people_count));
        format!("{what}: {action} {entity_type}{stages}, {people}, roles {roles}.")
    }

    fn detail(&self, detail: Detail) -> &'static str {
        match detail {
            Detail::Detailed => "detailed",
            Detail::Inherited => "inherited",
        }
    }

    fn lost(&self, level: &str) -> String {
        format!("lost: {level}")
    }

    fn won(&self, level: &str) -> String {
        format!("won: {level}")
    }

    fn more(&self, count: usize) -> String {
        format!("and {} more", people(count))
    }
}

fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}

fn stages(conflict: &NamedConflict) -> String {
    match named_stages(conflict) {
        _ if conflict.is_everywhere => String::new(),
        (named, _) if named.is_empty() => " without a stage".to_owned(),
        (named, WithoutStage::Meant) => format!(" on {} and without a stage", named.join(", ")),
        (named, WithoutStage::NotMeant) => format!(" on {}", named.join(", ")),
    }
}
