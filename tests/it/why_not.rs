//! Why not: what is proposed for a denial allows it when it is really written, and changes as many other decisions as it
//! says; what is counted as deciding decides.

mod brute;
mod counted;
mod golden;
mod refusal;

use dopusk::bundle::case::Target;
use dopusk::client::{Client, Proposal, Question, WhyNot};
use dopusk::domain::{Facts, Id, Object, Operation};

use crate::host::Host;
use crate::oracle::{Answer, Asked, Oracle, Query};
use crate::world::{Dice, Size, facts, puts, random_world};
use brute::Decisions;

/// A server and the oracle with the same world.
struct Pair {
    host: Host,
    client: Client,
    oracle: Oracle,
}

impl Pair {
    async fn of(objects: &[Object]) -> Self {
        let host = Host::start().await;
        host.import(objects).await.unwrap();
        let client = Client::connect(&host.url().parse().unwrap()).await.unwrap();
        Self { host, client, oracle: Oracle::of(objects) }
    }

    async fn why_not(&self, query: &Query) -> WhyNot {
        self.client.why_not(&question(query), "en").await.unwrap().value
    }

    async fn is_allowed(&self, query: &Query) -> bool {
        self.client.check(&question(query)).await.unwrap().value.is_allow()
    }

    /// Writes objects, and gives the operations that set right what they changed.
    async fn put(&self, objects: &[Object]) -> Vec<Operation> {
        if !objects.is_empty() {
            self.host.write(&puts(objects)).await.unwrap();
        }
        let restored = objects.iter().map(|object| match self.oracle.get(&object.key()) {
            Some(before) => Operation::put(before),
            None => Operation::delete(object.key()),
        });
        restored.collect()
    }
}

fn question(query: &Query) -> Question {
    let target = match &query.resource {
        Asked::Stored(id) => Target::Id(id.to_string()),
        Asked::Inline(facts) => Target::Facts(facts.clone()),
    };
    let [subject, action, entity_type] = [&query.user, &query.action, &query.entity_type].map(Id::to_string);
    Question { subject, action, entity_type, target }
}

/// The same question, with the facts that a proposal wants.
fn with_facts(query: &Query, facts: Option<&Facts>) -> Query {
    let resource = facts.map_or_else(|| query.resource.clone(), |facts| Asked::Inline(facts.clone()));
    Query { resource, ..query.clone() }
}

/// Writes a proposal, asserts that it does what it says, and takes it back.
async fn assert_true(pair: &Pair, query: &Query, before: &Decisions, proposal: &Proposal) {
    let end = pair.oracle.write(&puts(&proposal.objects)).unwrap();
    let mended = with_facts(query, proposal.facts.as_ref());
    assert_ne!(end.check(&mended), Ok(Answer::Deny), "{query:?}: {proposal:?}");
    let back = pair.put(&proposal.objects).await;
    assert!(pair.is_allowed(&mended).await, "{query:?}: {proposal:?}");
    if !back.is_empty() {
        pair.host.write(&back).await.unwrap();
    }
    let difference = before.difference(&Decisions::of(&end), (&pair.oracle, query));
    let said = (proposal.gained, proposal.lost, proposal.users);
    assert_eq!(said, difference, "{query:?}: {proposal:#?}");
}

fn assert_ranked(proposals: &[Proposal]) {
    assert!(proposals.is_sorted_by_key(|it| (it.gained, it.lost, it.users)), "{proposals:#?}");
}

/// Some denials of a world, on stored resources and on facts.
fn denials(dice: &mut Dice, oracle: &Oracle, count: usize) -> Vec<Query> {
    let types: Vec<Id> = oracle.types.keys().cloned().collect();
    let users: Vec<Id> = oracle.users.keys().cloned().collect();
    let mut found = Vec::new();
    while found.len() < count {
        let entity_type = dice.pick(&types).unwrap();
        let stored: Vec<Id> = oracle.resources_of(entity_type).map(|it| it.id.clone()).collect();
        let resource = match dice.pick(&stored) {
            Some(id) if dice.percent(70) => Asked::Stored(id.clone()),
            Some(_) | None => Asked::Inline(facts(dice, oracle, entity_type)),
        };
        let query = Query {
            user: dice.pick(&users).unwrap().clone(),
            action: dice.pick(&oracle.types[entity_type].actions).unwrap().clone(),
            entity_type: entity_type.clone(),
            resource,
        };
        if oracle.check(&query) == Ok(Answer::Deny) {
            found.push(query);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn every_proposal_allows_when_it_is_written_and_changes_as_much_as_it_says() {
    let (mut mended, mut pairs, mut told) = (0, 0, 0);
    for seed in 0..6 {
        let dice = &mut Dice::new(seed);
        let pair = Pair::of(&random_world(dice, Size::SMALL)).await;
        let before = Decisions::of(&pair.oracle);
        for query in denials(dice, &pair.oracle, 12) {
            let why_not = pair.why_not(&query).await;
            assert!(!why_not.ruling.is_allow());
            assert_ranked(&why_not.proposals);
            for proposal in &why_not.proposals {
                assert_true(&pair, &query, &before, proposal).await;
                pairs += usize::from(proposal.steps.len() == 2);
                told += usize::from(proposal.facts.is_some());
            }
            mended += usize::from(!why_not.proposals.is_empty());
        }
        pair.host.stop().await;
    }
    assert!(mended > 50, "only {mended} of 72 denials were mended");
    assert!(pairs > 0 && told > 0, "{pairs} pairs, {told} with other facts");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_stored_and_nothing_is_proposed_for_what_is_allowed() {
    let dice = &mut Dice::new(40);
    let pair = Pair::of(&random_world(dice, Size::SMALL)).await;
    let (objects, revision) = pair.host.export().await;
    let mut allowed = 0;
    for user in pair.oracle.users.keys() {
        for resource in pair.oracle.resources.values() {
            let query = Query {
                user: user.clone(),
                action: Id::parse("read").unwrap(),
                entity_type: resource.entity_type.clone(),
                resource: Asked::Stored(resource.id.clone()),
            };
            let why_not = pair.why_not(&query).await;
            let is_allowed = pair.oracle.check(&query) != Ok(Answer::Deny);
            assert_eq!(why_not.ruling.is_allow(), is_allowed);
            assert!(!is_allowed || (why_not.proposals.is_empty() && why_not.tried == 0));
            allowed += usize::from(is_allowed);
        }
    }
    assert!(allowed > 50, "only {allowed} were allowed");
    assert_eq!(pair.host.export().await, (objects, revision));
}
