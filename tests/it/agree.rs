//! The ways to ask agree with each other: Check, BatchCheck, lists, plans, subjects, actions; on stored and inline
//! facts; with rights kept and rights always compiled anew; before and after a restart; after every single write.

mod everyone;
mod page;
mod token;

use std::collections::BTreeSet;

use dopusk::bundle::case::{Case, Step};
use dopusk::domain::{Id, Object, Operation};
use tokio::task::JoinSet;

use crate::conformance::cases;
use crate::host::Host;
use crate::oracle::{Answer, Oracle};
use crate::world::{Dice, Size, id, puts, random_world, random_write};

/// Type, action, user, resource.
type Allowed = BTreeSet<(Id, Id, Id, Id)>;

/// Servers of the same world: one keeps everybody's rights, one has room for a single user's.
struct Pair {
    kept: Host,
    fresh: Host,
    oracle: Oracle,
}

impl Pair {
    async fn start() -> Self {
        let fresh = Host::start_with(|settings| settings.engine.cached_users_max = 1).await;
        Self { kept: Host::start().await, fresh, oracle: Oracle::default() }
    }

    /// Does a write on both servers and on the oracle, where it is in order.
    async fn write(&mut self, operations: &[Operation]) {
        let (kept, fresh) = (self.kept.write(operations).await, self.fresh.write(operations).await);
        match self.oracle.write(operations) {
            Ok(end) => {
                self.oracle = end;
                assert!(kept.is_ok() && fresh.is_ok(), "{kept:?} {fresh:?}");
            }
            Err(refused) => assert!(kept.is_err() && fresh.is_err(), "{refused:?} {kept:?} {fresh:?}"),
        }
    }

    async fn load(&mut self, objects: &[Object]) {
        self.kept.import(objects).await.unwrap();
        self.fresh.import(objects).await.unwrap();
        self.oracle = self.oracle.write(&puts(objects)).unwrap();
    }

    /// Checks of everything on both servers are the oracle's.
    async fn assert_same_checks(&self) {
        let wanted = by_oracle(&self.oracle);
        for (host, name) in [(&self.kept, "kept"), (&self.fresh, "fresh")] {
            let found = everyone::by_batch(host, &self.oracle).await;
            let differ: Vec<_> = found.symmetric_difference(&wanted).take(5).collect();
            assert!(differ.is_empty(), "{name}: {differ:?}");
        }
        assert!(self.fresh.engine().cache().len() <= 2);
    }

    async fn stop(self) {
        self.kept.stop().await;
        self.fresh.stop().await;
    }
}

fn by_oracle(oracle: &Oracle) -> Allowed {
    let mut allowed = Allowed::new();
    for user in everyone::users(oracle) {
        let rights = oracle.rights(&user);
        for resource in oracle.resources.values() {
            let entity_type = &oracle.types[&resource.entity_type];
            for action in &entity_type.actions {
                let answer = oracle.decide(rights.as_ref(), entity_type, action, Some(&resource.facts));
                if answer != Answer::Deny {
                    let (name, id) = (entity_type.name.clone(), resource.id.clone());
                    allowed.insert((name, action.clone(), user.clone(), id));
                }
            }
        }
    }
    allowed
}

#[tokio::test(flavor = "multi_thread")]
async fn all_ways_to_ask_agree_on_random_worlds() {
    for seed in [3, 20_261] {
        let dice = &mut Dice::new(seed);
        let mut pair = Pair::start().await;
        pair.load(&random_world(dice, Size { resources: 5, users: 7, ..Size::SMALL })).await;
        for _ in 0..6 {
            let operations = random_write(dice, &pair.oracle);
            pair.write(&operations).await;
            pair.assert_same_checks().await;
            everyone::assert_agree(&pair.kept, &pair.oracle, 25, dice).await;
        }
        everyone::assert_agree(&pair.fresh, &pair.oracle, 100, dice).await;
        pair.kept = pair.kept.restart().await;
        pair.assert_same_checks().await;
        everyone::assert_agree(&pair.kept, &pair.oracle, 100, dice).await;
        pair.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_and_fresh_rights_agree_after_every_single_write() {
    let dice = &mut Dice::new(77);
    let mut pair = Pair::start().await;
    pair.load(&random_world(dice, Size { resources: 4, users: 8, ..Size::SMALL })).await;
    for _ in 0..60 {
        let operations = random_write(dice, &pair.oracle);
        pair.write(&operations).await;
        pair.assert_same_checks().await;
    }
    assert!(pair.kept.engine().cache().len() > 2, "rights are kept");
    pair.stop().await;
}

/// Runs the writes of a case, with all checks after each.
async fn run(case: Case, then: Then) {
    let mut pair = Pair::start().await;
    for step in &case.steps {
        match step {
            Step::Load(objects) => pair.load(objects).await,
            Step::Write(operations) | Step::Refuse { operations, .. } => pair.write(operations).await,
            Step::Checks(_) | Step::Lists(_) | Step::Subjects(_) | Step::Recipients(_) => continue,
        }
        pair.assert_same_checks().await;
    }
    if then == Then::Restart {
        pair.kept = pair.kept.restart().await;
        pair.assert_same_checks().await;
    }
    pair.stop().await;
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Restart,
    End,
}

#[tokio::test(flavor = "multi_thread")]
async fn every_case_is_answered_alike_with_kept_and_with_fresh_rights_and_after_a_restart() {
    // Each waits for the disk most of its time, so some are run at a time.
    let mut running = JoinSet::new();
    for (at, (_, case)) in cases().into_iter().enumerate() {
        if running.len() == 6 {
            running.join_next().await.unwrap().unwrap();
        }
        running.spawn(run(case, if at % 4 == 0 { Then::Restart } else { Then::End }));
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_read_back_also_after_a_restart() {
    let dice = &mut Dice::new(5);
    let objects = random_world(dice, Size::SMALL);
    let host = Host::start().await;
    let token = host.import(&objects).await.unwrap();
    let before = host.export().await;
    assert_eq!(before.1, token);
    assert_eq!(before.0.len(), objects.len());
    let host = host.restart().await;
    assert_eq!(host.export().await, before);
    // What a revision was called before is what it is called after.
    everyone::check(&host, (&id("u1"), &id("read"), &id("deal"), &id("0")), Some(token)).await.unwrap();
    host.stop().await;
}
