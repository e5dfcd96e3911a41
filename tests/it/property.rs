//! Decisions, lists, conditions, subjects, actions, recipients, refusals and affected users equal the oracle's, on
//! random worlds and after every random write. In process, on snapshots: no store, no transport, no cache.

mod affected;
mod answer;
mod condition;
mod difference;
mod inline;
mod list;
mod way;

use std::collections::BTreeSet;

use dopusk::domain::{Key, Operation};
use dopusk::snapshot::{Outcome, Refusal, Snapshot};
use proptest::prelude::*;

use crate::oracle::{Broken, Oracle, Refused};
use crate::world::{Dice, Size, puts, random_world, random_write, seed};

pub(crate) use condition::holds;
pub(crate) use difference::{Act, Turned, turned};

/// The same world twice.
struct Twins {
    oracle: Oracle,
    snapshot: Snapshot,
}

impl Twins {
    fn random(dice: &mut Dice, size: Size) -> Self {
        let objects = random_world(dice, size);
        let snapshot = Snapshot::default().apply(&puts(&objects)).map(|outcome| outcome.snapshot);
        let snapshot = snapshot.unwrap_or_else(|refusal| panic!("the world is valid: {refusal:?}"));
        let twins = Self { oracle: Oracle::of(&objects), snapshot };
        assert_eq!(
            twins.oracle.write(&[]),
            Ok(twins.oracle.clone()),
            "the world is valid for the oracle too"
        );
        twins
    }

    /// Does a write on both, and says what came of it where both took it.
    fn write(&mut self, operations: &[Operation]) -> Option<(Oracle, Outcome)> {
        let wanted = self.oracle.write(operations);
        let revision = self.snapshot.revision();
        match (wanted, self.snapshot.apply(operations)) {
            (Ok(end), Ok(outcome)) => {
                assert_eq!(outcome.snapshot.revision(), revision.next());
                let before = std::mem::replace(&mut self.oracle, end);
                self.snapshot = outcome.snapshot.clone();
                Some((before, outcome))
            }
            (Err(wanted), Err(refusal)) => {
                assert_same_refusal(&wanted, &refusal);
                assert_eq!(self.snapshot.revision(), revision);
                None
            }
            (Ok(_), Err(refusal)) => panic!("refused without a rule: {refusal:?}\n{operations:#?}"),
            (Err(wanted), Ok(_)) => panic!("taken against the rules: {wanted:?}\n{operations:#?}"),
        }
    }

    fn assert_same_objects(&self) {
        for object in self.oracle.objects() {
            assert_eq!(self.snapshot.get(&object.key()), Some(object));
        }
    }
}

fn assert_same_refusal(wanted: &Refused, refusal: &Refusal) {
    match (wanted, refusal) {
        (Refused::Faults(wanted), Refusal::Faults(faults)) => {
            let rules: BTreeSet<&str> = faults.iter().map(|(_, fault)| fault.rule).collect();
            assert_eq!(rules, *wanted);
        }
        (Refused::Precondition, Refusal::Precondition { .. }) => {}
        (Refused::Rules(wanted), Refusal::Rules(violations)) => {
            let found: BTreeSet<Broken> =
                violations.iter().map(|it| Broken { rule: it.rule, culprit: it.culprit.clone() }).collect();
            let (wanted, found) = (told_apart(wanted), told_apart(&found));
            assert!(found.is_subset(&wanted), "found {found:?} of {wanted:?}");
            // A circle has many members; the ones that the write put there are named.
            let is_named = |it: &&Broken| it.rule != "1.1";
            assert_eq!(wanted.iter().find(|it| is_named(it) && !found.contains(it)), None, "{found:?}");
            assert_eq!(wanted.iter().any(|it| it.rule == "1.1"), found.iter().any(|it| it.rule == "1.1"));
        }
        (wanted, refusal) => panic!("wanted {wanted:?}, got {refusal:?}"),
    }
}

/// A resource whose type or stage is gone is a case of 1.3 and of 1.5, of the type and of the resource.
fn told_apart(broken: &BTreeSet<Broken>) -> BTreeSet<Broken> {
    let of_type = |it: &Broken| {
        let name = match &it.culprit {
            Key::Resource { entity_type, .. } => entity_type,
            Key::EntityType(name) => name,
            Key::Department(_)
            | Key::User(_)
            | Key::Workgroup(_)
            | Key::SupportGroup(_)
            | Key::Role(_)
            | Key::RoleBinding(_) => return it.clone(),
        };
        Broken { rule: "1.5", culprit: Key::EntityType(name.clone()) }
    };
    broken.iter().map(of_type).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_is_the_oracles_after_every_write(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size::SMALL);
        answer::assert_same(&twins, dice, 100);
        for _ in 0..12 {
            let operations = random_write(dice, &twins.oracle);
            twins.write(&operations);
            answer::assert_same(&twins, dice, 20);
        }
        twins.assert_same_objects();
        answer::assert_same(&twins, dice, 100);
    }

    #[test]
    fn a_condition_holds_exactly_where_the_oracle_allows_after_every_write(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size::SMALL);
        condition::assert_same(&twins, dice, 100);
        for _ in 0..6 {
            let operations = random_write(dice, &twins.oracle);
            twins.write(&operations);
            condition::assert_same(&twins, dice, 30);
        }
    }

    #[test]
    fn what_a_write_turns_is_what_the_oracle_decides_otherwise(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size::SMALL);
        let (mut taken, mut tried) = (0, 0);
        while taken < 6 && tried < 60 {
            tried += 1;
            let snapshot = twins.snapshot.clone();
            let operations = random_write(dice, &twins.oracle);
            if let Some((before, outcome)) = twins.write(&operations) {
                taken += 1;
                difference::assert_same([&before, &twins.oracle], &snapshot, &outcome);
            }
        }
        prop_assert!(taken == 6, "{taken} of {tried} writes were taken: too few to tell anything");
    }

    #[test]
    fn short_lists_out_of_many_resources_are_the_oracles(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let twins = Twins::random(dice, Size { resources: 300, ..Size::MANY_RESOURCES });
        answer::assert_same_lists(&twins, dice, 40);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_write_is_refused_exactly_where_the_oracle_refuses_it(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size::SMALL);
        let mut taken = 0;
        for _ in 0..60 {
            let operations = random_write(dice, &twins.oracle);
            taken += u32::from(twins.write(&operations).is_some());
        }
        twins.assert_same_objects();
        prop_assert!((6..60).contains(&taken), "{taken} of 60 were taken: too few or too many to tell anything");
    }

    #[test]
    fn whoever_has_other_rights_after_a_write_is_affected(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size { resources: 2, ..Size::SMALL });
        for _ in 0..40 {
            let operations = random_write(dice, &twins.oracle);
            if let Some((before, outcome)) = twins.write(&operations) {
                affected::assert_complete(&before, &twins.oracle, &outcome, &operations);
            }
        }
    }
}
