//! Explanations: the decision is Check's, what is said of entries is so, and the texts are as they were agreed.

pub(crate) mod golden;
mod printed;

use std::sync::Arc;

use dopusk::domain::{Id, Model, Role, Scope, Write};
use dopusk::engine::{Consistency, CrmGrounds, Explained, Grounds, Question, ResourceRef, Weighing};
use dopusk::testing::Office;

use crate::oracle::Oracle;
use crate::world::{Dice, Size, puts, random_world, random_write};

/// An engine and the oracle with the same world.
struct Pair {
    office: Office,
    oracle: Oracle,
}

impl Pair {
    async fn random(seed: u64) -> Self {
        let dice = &mut Dice::new(seed);
        let mut oracle = Oracle::of(&random_world(dice, Size::SMALL));
        let office = Office::empty();
        for _ in 0..4 {
            if let Ok(end) = oracle.write(&random_write(dice, &oracle)) {
                oracle = end;
            }
        }
        let first = Write { operations: puts(&oracle.objects()), ..Write::default() };
        office.engine().write(first).await.unwrap();
        Self { office, oracle }
    }

    /// Puts every question about a stored resource, with a user and a resource that don't exist among them.
    fn each_question(&self, mut put: impl FnMut(&Question<'_>)) {
        let nobody = Id::parse("nobody").unwrap();
        let users = || self.oracle.users.keys().chain([&nobody]);
        for entity_type in self.oracle.types.values() {
            let resources = self.oracle.resources_of(&entity_type.name).map(|it| &it.id).chain([&nobody]);
            let seats = resources.flat_map(|id| users().map(move |user| (user, id)));
            for (user, id) in seats {
                let question = |action| Question {
                    subject: user.as_str(),
                    action,
                    entity_type: entity_type.name.as_str(),
                    resource: ResourceRef::Stored(id.as_str()),
                };
                entity_type.actions.iter().for_each(|action| put(&question(action.as_str())));
            }
        }
    }

    fn explain(&self, question: &Question<'_>) -> Explained {
        let published = self.office.engine().at(Consistency::Newest).unwrap();
        self.office.engine().explain(&published, question).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_explained_is_what_is_decided() {
    for seed in 0..4 {
        let pair = Pair::random(seed).await;
        let engine = pair.office.engine();
        let published = engine.at(Consistency::Newest).unwrap();
        pair.each_question(|question| {
            let explained = pair.explain(question).explanation;
            assert_eq!(explained.decision, engine.check(&published, question).unwrap(), "{question:?}");
            assert!(!explained.rules().is_empty());
        });
    }
}

/// The weighings of a decision, that of sight first.
fn weighings(crm: &CrmGrounds) -> impl Iterator<Item = &Weighing> {
    crm.sight.iter().chain([&crm.action])
}

fn assert_weighed_as_by(oracle: &Oracle, question: &Question<'_>, weighing: &Weighing) {
    let rights = oracle.rights(&Id::parse(question.subject).unwrap()).unwrap();
    let entity_type = Id::parse(question.entity_type).unwrap();
    let wanted = rights.entries[&(entity_type, weighing.action.clone(), weighing.stage.clone())];
    let united = weighing.united;
    let detailed = united.is_present().then_some(united.is_detailed());
    assert_eq!((united.scopes(), detailed), (wanted.scopes, wanted.detailed), "{question:?}");
    let tested: Vec<Scope> = weighing.scopes.iter().map(|test| test.scope).collect();
    let scopes = if weighing.creates { vec![] } else { united.scopes().scopes().collect() };
    assert_eq!(tested, scopes, "{question:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_roles_and_the_union_of_their_entries_are_the_oracles() {
    for seed in 10..13 {
        let pair = Pair::random(seed).await;
        pair.each_question(|question| {
            let Grounds::Crm(crm) = pair.explain(question).explanation.grounds else { return };
            let roles = pair.oracle.roles_of(&Id::parse(question.subject).unwrap());
            let roles: Vec<&Id> = roles.iter().map(|it| &it.id).collect();
            assert_eq!(crm.roles.iter().map(|it| &it.role.id).collect::<Vec<_>>(), roles);
            for weighing in weighings(&crm) {
                assert_weighed_as_by(&pair.oracle, question, weighing);
            }
        });
    }
}

/// The world in which the detailed entries of some roles for a stage inherit.
fn without_detailed(mut oracle: Oracle, crm: &CrmGrounds, weighing: &Weighing, entity_type: &str) -> Oracle {
    let detailed = weighing.entries.iter().filter(|it| it.entry.is_detailed());
    for role in detailed.filter_map(|it| crm.role(it.role)) {
        let mut role = Role::clone(&oracle.roles[&role.id]);
        for grant in &mut role.grants {
            if grant.entity_type.as_str() == entity_type && grant.action == weighing.action {
                grant.stages.retain(|(stage, _)| Some(stage) != weighing.stage.as_ref());
            }
        }
        oracle.roles.insert(role.id.clone(), Arc::new(role));
    }
    oracle
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_entry_counts_when_those_that_hide_it_inherit() {
    let mut hidden = 0;
    for seed in 20..32 {
        let pair = Pair::random(seed).await;
        pair.each_question(|question| {
            let Grounds::Crm(crm) = pair.explain(question).explanation.grounds else { return };
            let weighing = &crm.action;
            for entry in weighing.entries.iter().filter(|it| !weighing.counts(it.entry)) {
                assert!(weighing.hiders(entry.entry).next().is_some());
                let oracle = without_detailed(pair.oracle.clone(), &crm, weighing, question.entity_type);
                let rights = oracle.rights(&Id::parse(question.subject).unwrap()).unwrap();
                let entity_type = Id::parse(question.entity_type).unwrap();
                let now = rights.entries[&(entity_type, weighing.action.clone(), weighing.stage.clone())];
                assert_eq!(now.detailed, Some(false), "{question:?}");
                assert_eq!(now.scopes.union(entry.entry.scopes()), now.scopes, "{question:?}");
                hidden += 1;
            }
        });
    }
    assert!(hidden > 100, "only {hidden} entries were hidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_decision_asked_is_of_the_types_model() {
    let pair = Pair::random(30).await;
    let mut asked = 0;
    pair.each_question(|question| {
        let model = pair.oracle.types[&Id::parse(question.entity_type).unwrap()].model;
        let explanation = pair.explain(question).explanation;
        let relations = dopusk::rights::Relation::of_model(model);
        assert!(explanation.asked.iter().all(|it| relations.contains(&it.relation)), "{question:?}");
        asked += explanation.asked.len();
        match (&explanation.grounds, model) {
            (Grounds::Plain, _) | (Grounds::Crm(_), Model::Crm) | (Grounds::Support(_), Model::Support) => {}
            (other, model) => panic!("{model:?}: {other:?}"),
        }
    });
    assert!(asked > 100, "only {asked} relations were asked");
}
