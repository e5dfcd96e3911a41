//! The texts for every reason, rule and way in every language, on the sample company and on a corner of another one that
//! has what the sample has no example of.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::{Operation, Reason, Write};
use dopusk::engine::{Consistency, Explained, Grounds, InlineFacts, Question, Reach, ResourceRef};
use dopusk::testing::Office;
use dopusk::text::{Language, texts};

use crate::tool::root;

/// The golden files are written anew where this is set.
const REGENERATE: &str = "DOPUSK_GOLDEN_WRITE";

/// Subject, action, type, id.
const STORED: [[&str; 4]; 29] = [
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
    ["simon", "read", "deal", "deal-queue"],
    ["nina", "read", "deal", "deal-nobody"],
    ["sam", "read", "deal", "deal-won"],
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

/// The same of the corner.
const CORNER: [[&str; 4]; 5] = [
    ["peter", "read", "deal", "deal-stall"],
    ["peter", "update", "deal", "deal-stall"],
    ["wanda", "read", "deal", "deal-retail"],
    ["wanda", "read", "note", "note-open"],
    ["sid", "read", "note", "note-open"],
];

/// Words of the questions that users have too.
const TOLD: [&str; 4] = ["ticket", "read", "nobody", "demo"];

/// The objects of a bundle in a store.
pub(crate) async fn office(bundle: &str) -> Office {
    let text = std::fs::read(root().join(bundle)).unwrap();
    let company = Bundle::read(bundle, Encoding::Yaml, text.as_slice()).unwrap();
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
    let office = office("deploy/sample/company.yaml").await;
    let corner = self::office("tests/golden/corner.yaml").await;
    let inline = INLINE.iter().map(|(words, responsible)| {
        let stage = (words[2] == "deal").then_some("NEW");
        let responsible = Some(*responsible).filter(|it| !it.is_empty());
        let facts = InlineFacts { responsible, stage, ..InlineFacts::default() };
        let about = format!("{} --facts {}", words.join(" "), responsible.unwrap_or("nobody"));
        (about, explain(&office, *words, ResourceRef::Inline(facts)))
    });
    let facts = InlineFacts { responsible: Some("peter"), stage: Some("NEW"), ..InlineFacts::default() };
    let import = explain(&corner, ["peter", "import", "deal"], ResourceRef::Inline(facts));
    let import = [("peter import deal --facts peter".to_owned(), import)];
    stored(&office, &STORED).chain(inline).chain(stored(&corner, &CORNER)).chain(import).collect()
}

/// The explanations about stored resources.
fn stored(office: &Office, asked: &[[&str; 4]]) -> impl Iterator<Item = (String, Explained)> {
    asked.iter().map(|[subject, action, entity_type, id]| {
        let explained = explain(office, [subject, action, entity_type], ResourceRef::Stored(id));
        (format!("{subject} {action} {entity_type} {id}"), explained)
    })
}

/// Every rule that an explanation can name: those of the reasons, and those of what it lists (3.3, 3.6).
fn each_rule() -> BTreeSet<&'static str> {
    Reason::EACH.iter().flat_map(|reason| reason.rules()).copied().chain(["3.3", "3.6"]).collect()
}

/// What a line is about that names a rule, such as `(rules 3.5, 3.10)`.
fn rules_of(line: &str) -> Vec<&str> {
    let words = ["(rule ", "(rules ", "(правило ", "(правила "];
    let named = words.iter().find_map(|word| line.split_once(word));
    let list = named.and_then(|(_, rest)| rest.split_once(')')).map(|(list, _)| list);
    list.map(|list| list.split(", ").collect()).unwrap_or_default()
}

#[test]
fn the_agreed_texts_name_every_rule_and_every_reason_in_both_languages() {
    for (_, code) in Language::EACH {
        let agreed =
            std::fs::read_to_string(root().join(format!("tests/golden/explain-{code}.txt"))).unwrap();
        let rules: BTreeSet<&str> = agreed.lines().flat_map(rules_of).collect();
        assert_eq!(rules, each_rule(), "{code}");
        for reason in Reason::EACH {
            let head = format!(": {reason:?}");
            let case = agreed.lines().skip_while(|line| !line.starts_with("# ") || !line.ends_with(&head));
            let case: Vec<&str> = case.skip(1).take_while(|line| !line.is_empty()).collect();
            let [short, _, full, ..] = case[..] else { panic!("{code}: {reason:?} has no case") };
            assert!(rules_of(short).is_empty(), "{code}: what a user is told has no rules: {short}");
            assert!(!rules_of(full).is_empty(), "{code}: an administrator is told the rule: {full}");
        }
    }
}

/// The kind of a way in which a role reaches somebody.
fn kind_of(reach: &Reach) -> &'static str {
    match reach {
        Reach::User(_) => "user",
        Reach::UserAndManagers(_) => "user and managers",
        Reach::Manager { .. } => "manager",
        Reach::Department(_) => "department",
        Reach::DepartmentTree(_) => "department tree",
        Reach::Workgroup { .. } => "workgroup",
        Reach::Everyone => "everyone",
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_a_role_and_every_scope_has_a_text_that_was_agreed() {
    let (mut reaches, mut scopes) = (BTreeSet::new(), BTreeSet::new());
    let (mut is_bare, mut is_vain) = (false, false);
    for (_, explained) in explanations().await {
        let Grounds::Crm(crm) = explained.explanation.grounds else { continue };
        is_bare |= crm.roles.is_empty();
        reaches.extend(crm.roles.iter().flat_map(|role| &role.reaches).map(kind_of));
        for weighing in crm.sight.iter().chain([&crm.action]) {
            scopes.extend(weighing.scopes.iter().map(|it| (it.scope.name(), it.opens)));
            is_vain |= weighing.observing.as_ref().is_some_and(|it| !it.opens());
        }
    }
    assert_eq!(reaches.len(), 7, "{reaches:?}");
    // All opens everything, so that it never says no.
    assert_eq!(scopes.len(), 9, "{scopes:?}");
    assert!(is_bare && is_vain, "a user without roles, and an observer whom no role lets read");
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
