//! The texts for every reason in every language, on the sample company.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::{Operation, Reason, Write};
use dopusk::engine::{Consistency, Explained, InlineFacts, Question, ResourceRef};
use dopusk::testing::Office;
use dopusk::text::{Language, texts};

use crate::tool::root;

/// The golden files are written anew where this is set.
const REGENERATE: &str = "DOPUSK_GOLDEN_WRITE";

/// Subject, action, type, id.
const STORED: [[&str; 4]; 26] = [
    ["nobody", "read", "deal", "deal-won"],
    ["gina", "read", "deal", "deal-left-behind"],
    ["tom", "read", "deal", "deal-gone"],
    ["root", "delete", "deal", "deal-won"],
    ["tom", "update", "deal", "deal-offer"],
    ["simon", "delete", "deal", "deal-south"],
    ["nina", "read", "deal", "deal-offer"],
    ["olga", "read", "deal", "deal-offer"],
    ["mark", "update", "deal", "deal-open"],
    ["paula", "read", "deal", "deal-lost"],
    ["tom", "read", "deal", "deal-without-stage"],
    ["tom", "read", "deal", "deal-offer"],
    ["nina", "update", "deal", "deal-won"],
    ["nina", "read", "deal", "deal-south"],
    ["tom", "read", "deal", "deal-watched"],
    ["ada", "delete", "ticket", "ticket-cara"],
    ["stella", "read_hidden", "ticket", "ticket-cara"],
    ["sam", "read", "ticket", "ticket-cara"],
    ["cara", "update", "ticket", "ticket-colin"],
    ["colin", "read", "ticket", "ticket-colin"],
    ["diego", "read", "ticket", "ticket-cara"],
    ["diego", "update", "ticket", "ticket-cara"],
    ["cara", "delete", "ticket", "ticket-cara"],
    ["olga", "read", "ticket", "ticket-cara"],
    ["colin", "read", "ticket", "ticket-cara"],
    ["sam", "read", "ticket", "ticket-unassigned"],
];

/// Subject, action, type; the responsible is the subject or another.
const INLINE: [([&str; 3], &str); 4] = [
    (["tom", "add", "deal"], "tom"),
    (["tom", "add", "deal"], "nina"),
    (["cara", "add", "ticket"], ""),
    (["simon", "export", "deal"], "simon"),
];

/// Words of the questions that users have too.
const TOLD: [&str; 4] = ["ticket", "read", "nobody", "demo"];

async fn sample() -> Office {
    let text = std::fs::read(root().join("deploy/sample/company.yaml")).unwrap();
    let company = Bundle::read("company.yaml", Encoding::Yaml, text.as_slice()).unwrap();
    let operations: Vec<Operation> = company.into_objects().map(Operation::put).collect();
    let office = Office::empty();
    office.engine().write(Write { operations, ..Write::default() }).await.unwrap();
    office
}

fn explain(
    office: &Office,
    [subject, action, entity_type]: [&str; 3],
    resource: ResourceRef<'_>,
) -> Explained {
    let published = office.engine().at(Consistency::Newest).unwrap();
    let question = Question { subject, action, entity_type, resource };
    office.engine().explain(&published, &question).unwrap()
}

/// Each explanation under a line that says of what it is.
async fn explanations() -> Vec<(String, Explained)> {
    let office = sample().await;
    let stored = STORED.iter().map(|[subject, action, entity_type, id]| {
        let explained = explain(&office, [subject, action, entity_type], ResourceRef::Stored(id));
        (format!("{subject} {action} {entity_type} {id}"), explained)
    });
    let inline = INLINE.iter().map(|(words, responsible)| {
        let stage = (words[2] == "deal").then_some("NEW");
        let responsible = Some(*responsible).filter(|it| !it.is_empty());
        let facts = InlineFacts { responsible, stage, ..InlineFacts::default() };
        let about = format!("{} --facts {}", words.join(" "), responsible.unwrap_or("nobody"));
        (about, explain(&office, *words, ResourceRef::Inline(facts)))
    });
    stored.chain(inline).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_texts_are_as_they_were_agreed() {
    let explanations = explanations().await;
    for (language, code) in Language::EACH {
        let mut told = String::new();
        for (about, explained) in &explanations {
            let texts = texts(explained, language);
            let reason = explained.explanation.decision.reason;
            write!(told, "# {about}: {reason:?}\n{}\n{}\n\n", texts.short, texts.full).unwrap();
        }
        let golden = root().join(format!("tests/golden/explain-{code}.txt"));
        if std::env::var_os(REGENERATE).is_some() {
            std::fs::write(&golden, &told).unwrap();
        }
        let agreed = std::fs::read_to_string(&golden).unwrap_or_default();
        assert!(agreed == told, "{code}: set {REGENERATE}=1 and look at the difference");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_has_a_text_that_was_agreed() {
    let met: BTreeSet<String> = explanations()
        .await
        .iter()
        .map(|(_, explained)| format!("{:?}", explained.explanation.decision.reason))
        .collect();
    let each: BTreeSet<String> = Reason::EACH.iter().map(|reason| format!("{reason:?}")).collect();
    assert_eq!(met, each);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_text_is_one_sentence_without_names() {
    for (about, explained) in explanations().await {
        for (language, _) in Language::EACH {
            let short = texts(&explained, language).short;
            assert_eq!(short.matches('.').count(), 1, "{about}: {short}");
            let inner = about.split(' ').filter(|word| word.len() > 2 && !TOLD.contains(word));
            for name in inner.chain(["Seller", "Analyst", "Manager"]) {
                assert!(!short.contains(name), "{about}: {short}");
            }
        }
    }
}
