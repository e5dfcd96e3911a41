//! Reviews in Russian.

use super::{ReviewPhrases, WithoutStage, named_stages, roles};
use crate::engine::{ConflictKind, NamedConflict};
use crate::text::phrases::Detail;

/// The words of Russian.
pub(in crate::text) struct Russian;

impl ReviewPhrases for Russian {
    fn conflict(&self, conflict: &NamedConflict) -> String {
        let what = match conflict.kind {
            ConflictKind::Narrowing => "Доступ потерян",
            ConflictKind::Exchange => "Часть доступа потеряна, а другая получена",
            ConflictKind::Widening => "Доступ расширен",
            ConflictKind::WiderWins => "Действует более широкая запись",
            ConflictKind::Idle => "Записи различаются, но ничего не меняют",
        };
        let NamedConflict { entity_type, action, people_count, .. } = conflict;
        let (stages, roles, people) = (stages(conflict), roles(conflict), people(*people_count));
        format!("{what}: {action} {entity_type}{stages}, {people}, роли {roles}.")
    }

    fn detail(&self, detail: Detail) -> &'static str {
        match detail {
            Detail::Detailed => "детальная запись",
            Detail::Inherited => "унаследовано",
        }
    }

    fn lost(&self, level: &str) -> String {
        format!("потеряно: {level}")
    }

    fn won(&self, level: &str) -> String {
        format!("получено: {level}")
    }

    fn more(&self, count: usize) -> String {
        format!("и ещё {}", people(count))
    }
}

/// A number of people: 1 человек, 2 человека, 5 человек, 21 человек.
pub(in crate::text) fn people(count: usize) -> String {
    let is_few = matches!(count % 10, 2..=4) && !matches!(count % 100, 12..=14);
    format!("{count} {}", if is_few { "человека" } else { "человек" })
}

fn stages(conflict: &NamedConflict) -> String {
    let on = |named: &[String]| {
        let word = if named.len() == 1 { "стадии" } else { "стадиях" };
        format!(" на {word} {}", named.join(", "))
    };
    match named_stages(conflict) {
        _ if conflict.is_everywhere => String::new(),
        (named, _) if named.is_empty() => " без стадии".to_owned(),
        (named, WithoutStage::Meant) => format!("{} и без стадии", on(&named)),
        (named, WithoutStage::NotMeant) => on(&named),
    }
}

#[cfg(test)]
mod tests {
    use super::people;

    #[test]
    fn people_are_counted_as_russian_counts_them() {
        let told = [1, 2, 5, 11, 12, 21, 22, 114].map(people);
        let wanted = ["1 человек", "2 человека", "5 человек", "11 человек", "12 человек", "21 человек"];
        assert_eq!(told[..6], wanted);
        assert_eq!(told[6..], ["22 человека", "114 человек"]);
    }
}
