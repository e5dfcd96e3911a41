//! Warnings of previews in words.

use super::Language;
use crate::domain::Named;
use crate::engine::Warning;

/// A warning as a sentence in a language.
#[must_use]
pub fn warning_text(warning: &Warning, language: Language) -> String {
    match language {
        Language::English => english(warning),
        Language::Russian => russian(warning),
    }
}

fn english(warning: &Warning) -> String {
    match warning {
        Warning::AuthorLosesAdministration { user } => {
            format!("{} would no longer be a portal administrator.", name(user))
        }
        Warning::NoAdministrator => "There would be no active portal administrator.".to_owned(),
        Warning::LastReader { entity_type, id } => {
            format!("Nobody but portal administrators could read {entity_type} {id} any more.")
        }
        Warning::UnreadStage { entity_type, stage: Some(stage) } => {
            format!(
                "Nobody but portal administrators could read any {entity_type} on stage {stage} any more."
            )
        }
        Warning::UnreadStage { entity_type, stage: None } => {
            format!("Nobody but portal administrators could read any {entity_type} without a stage any more.")
        }
    }
}

fn russian(warning: &Warning) -> String {
    match warning {
        Warning::AuthorLosesAdministration { user } => {
            format!("{} перестанет быть администратором портала.", name(user))
        }
        Warning::NoAdministrator => "Не останется ни одного действующего администратора портала.".to_owned(),
        Warning::LastReader { entity_type, id } => {
            format!("Запись {entity_type} {id} больше не сможет читать никто, кроме администраторов портала.")
        }
        Warning::UnreadStage { entity_type, stage: Some(stage) } => format!(
            "Записи {entity_type} на стадии {stage} больше не сможет читать никто, кроме администраторов портала."
        ),
        Warning::UnreadStage { entity_type, stage: None } => format!(
            "Записи {entity_type} без стадии больше не сможет читать никто, кроме администраторов портала."
        ),
    }
}

fn name(user: &Named) -> String {
    if user.name.is_empty() { user.id.to_string() } else { format!("{} ({})", user.name, user.id) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Id;

    #[test]
    fn every_warning_has_a_sentence_in_both_languages() {
        let id = |text| Id::parse(text).unwrap();
        let warnings = [
            Warning::AuthorLosesAdministration { user: Named { id: id("u1"), name: "Ada".to_owned() } },
            Warning::NoAdministrator,
            Warning::LastReader { entity_type: id("deal"), id: id("42") },
            Warning::UnreadStage { entity_type: id("deal"), stage: Some(id("WON")) },
            Warning::UnreadStage { entity_type: id("deal"), stage: None },
        ];
        let texts = |language| warnings.each_ref().map(|warning| warning_text(warning, language));
        assert_eq!(
            texts(Language::English),
            [
                "Ada (u1) would no longer be a portal administrator.",
                "There would be no active portal administrator.",
                "Nobody but portal administrators could read deal 42 any more.",
                "Nobody but portal administrators could read any deal on stage WON any more.",
                "Nobody but portal administrators could read any deal without a stage any more.",
            ]
        );
        assert_eq!(
            texts(Language::Russian),
            [
                "Ada (u1) перестанет быть администратором портала.",
                "Не останется ни одного действующего администратора портала.",
                "Запись deal 42 больше не сможет читать никто, кроме администраторов портала.",
                "Записи deal на стадии WON больше не сможет читать никто, кроме администраторов портала.",
                "Записи deal без стадии больше не сможет читать никто, кроме администраторов портала.",
            ]
        );
    }
}
