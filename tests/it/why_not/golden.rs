//! The texts of every kind of step in every language, on the sample company.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dopusk::engine::{Consistency, InlineFacts, Question, ResourceRef, Step, WhyNot};
use dopusk::testing::Office;
use dopusk::text::{Language, why_not_texts};

use crate::explain::golden::office;
use crate::tool::root;

/// The golden files are written anew where this is set.
const REGENERATE: &str = "DOPUSK_GOLDEN_WRITE";

/// Subject, action, type, id.
const STORED: [[&str; 4]; 18] = [
    ["tom", "read", "deal", "deal-offer"],
    ["tom", "update", "deal", "deal-offer"],
    ["nina", "update", "deal", "deal-won"],
    ["nina", "read", "deal", "deal-south"],
    ["mark", "update", "deal", "deal-lost"],
    ["simon", "delete", "deal", "deal-south"],
    ["henry", "export", "deal", "deal-south"],
    ["olga", "update", "contact", "contact-beta"],
    ["paula", "update", "contact", "contact-beta"],
    ["gina", "read", "deal", "deal-left-behind"],
    ["gina", "read", "deal", "deal-won"],
    ["sam", "read", "ticket", "ticket-colin"],
    ["colin", "update", "ticket", "ticket-cara"],
    ["cara", "delete", "ticket", "ticket-cara"],
    ["olga", "read", "ticket", "ticket-cara"],
    ["root", "delete", "deal", "deal-won"],
    ["tom", "read", "deal", "deal-gone"],
    ["nobody", "read", "deal", "deal-won"],
];

/// Subject, action, type; the responsible.
const INLINE: [([&str; 3], &str); 3] = [
    (["tom", "add", "deal"], "nina"),
    (["tom", "import", "deal"], "tom"),
    (["nina", "read", "deal"], "simon"),
];

fn why_not(office: &Office, [subject, action, entity_type]: [&str; 3], resource: ResourceRef<'_>) -> WhyNot {
    let published = office.engine().at(Consistency::Newest).unwrap();
    let question = Question { subject, action, entity_type, resource };
    office.engine().why_not(&published, &question, &|| true).unwrap()
}

/// Each answer under a line that says of what it is.
async fn answers() -> Vec<(String, WhyNot)> {
    let office = office("deploy/sample/company.yaml").await;
    let stored = STORED.iter().map(|[subject, action, entity_type, id]| {
        let answer = why_not(&office, [subject, action, entity_type], ResourceRef::Stored(id));
        (format!("{subject} {action} {entity_type} {id}"), answer)
    });
    let inline = INLINE.iter().map(|(words, responsible)| {
        let facts =
            InlineFacts { responsible: Some(responsible), stage: Some("NEW"), ..InlineFacts::default() };
        let about = format!("{} --facts stage=NEW,responsible={responsible}", words.join(" "));
        (about, why_not(&office, *words, ResourceRef::Inline(facts)))
    });
    stored.chain(inline).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_texts_are_as_they_were_agreed() {
    let answers = answers().await;
    for (language, code) in Language::EACH {
        let mut told = String::new();
        for (about, answer) in &answers {
            let texts = why_not_texts(answer, language);
            write!(told, "# {about}\n{}\n{}\n\n", texts.short, texts.full).unwrap();
        }
        let golden = root().join(format!("tests/golden/why-not-{code}.txt"));
        if std::env::var_os(REGENERATE).is_some() {
            std::fs::write(&golden, &told).unwrap();
        }
        let agreed = std::fs::read_to_string(&golden).unwrap_or_default();
        assert!(agreed == told, "{code}: set {REGENERATE}=1 and look at the difference");
    }
}

fn kind(step: &Step) -> String {
    let text = format!("{step:?}");
    text.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_step_has_a_text_that_was_agreed() {
    let answers = answers().await;
    let steps = answers.iter().flat_map(|(_, answer)| &answer.proposals).flat_map(|it| &it.steps);
    let met: BTreeSet<String> = steps.map(kind).collect();
    assert_eq!(met.len(), 13, "{met:?}");
}
