//! Decisions, counted by entity type, action, effect and reason; and how often compiled rights were looked for.
//!
//! The counters of a state's types and actions hang on the state, in the order of its indices: a decision finds its own
//! without a look-up by name, and counting is one addition. Names keep their counters when types change.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::directory::{ActionIndex, Catalog};
use crate::domain::{Decision, Effect, Id, Reason};
use crate::rights::Act;

/// The most pairs of a type and an action with counters of their own: each may become a time series by reason.
const PAIRS_MAX: usize = 256;
/// What pairs beyond that are counted as.
const OTHER: &str = "_OTHER";

/// Counts decisions.
#[derive(Debug, Default)]
pub(super) struct Tally {
    book: Mutex<Book>,
    lookups: AtomicU64,
}

/// The counters by name, and those of the catalog that was last asked for.
#[derive(Default)]
struct Book {
    pairs: BTreeMap<(Id, Id), Arc<Counters>>,
    others: Arc<Counters>,
    latest: Option<(Arc<Catalog>, Arc<Sheet>)>,
}

/// The counters of a catalog's actions, by type and action.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rows: Vec<Vec<Arc<Counters>>>,
}

/// Decisions on one action, by reason and effect.
#[derive(Debug, Default)]
struct Counters([[AtomicU64; 2]; Reason::EACH.len()]);

/// How many decisions of one kind there were.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionCount {
    /// The entity type.
    pub entity_type: String,
    /// The action.
    pub action: String,
    /// What was decided.
    pub effect: Effect,
    /// Why.
    pub reason: Reason,
    /// How often.
    pub count: u64,
}

impl Tally {
    /// The counters for a state with a catalog.
    pub(super) fn sheet(&self, catalog: &Arc<Catalog>) -> Arc<Sheet> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, sheet)) = book.latest.as_ref().filter(|(latest, _)| Arc::ptr_eq(latest, catalog)) {
            return Arc::clone(sheet);
        }
        let mut rows: Vec<Vec<Arc<Counters>>> = Vec::new();
        for (index, node) in catalog.iter() {
            rows.resize_with(rows.len().max(index.0 + 1), Vec::new);
            if let Some(row) = rows.get_mut(index.0) {
                *row =
                    node.actions().map(|(_, action)| book.pair(&node.entity_type().name, action)).collect();
            }
        }
        let sheet = Arc::new(Sheet { rows });
        book.latest = Some((Arc::clone(catalog), Arc::clone(&sheet)));
        sheet
    }

    /// Counts so many look-ups of a user's compiled rights.
    pub(super) fn count_lookups(&self, count: usize) {
        self.lookups.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// How often compiled rights were looked for.
    pub(super) fn lookups(&self) -> u64 {
        self.lookups.load(Ordering::Relaxed)
    }

    /// Every kind of decision that was made.
    pub(super) fn decisions(&self) -> Vec<DecisionCount> {
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs = book.pairs.iter().map(|((name, action), it)| (name.as_str(), action.as_str(), it));
        let all = pairs.chain([(OTHER, OTHER, &book.others)]);
        all.flat_map(|(entity_type, action, counters)| {
            counters.made().map(move |(effect, reason, count)| DecisionCount {
                entity_type: entity_type.to_owned(),
                action: action.to_owned(),
                effect,
                reason,
                count,
            })
        })
        .collect()
    }
}

impl Book {
    fn pair(&mut self, entity_type: &Id, action: &Id) -> Arc<Counters> {
        let key = (entity_type.clone(), action.clone());
        let is_full = self.pairs.len() >= PAIRS_MAX;
        match self.pairs.get(&key) {
            Some(counters) => Arc::clone(counters),
            None if is_full => Arc::clone(&self.others),
            None => Arc::clone(self.pairs.entry(key).or_default()),
        }
    }
}

impl Sheet {
    /// Counts a decision on an action of the state.
    pub(super) fn count(&self, act: &Act<'_>, decision: Decision) {
        if let Some(counter) = self.counter(act, decision) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts many decisions; those of one kind that follow one another with one addition.
    pub(super) fn count_each<'a>(&self, decisions: impl Iterator<Item = (&'a Act<'a>, Decision)>) {
        let mut sums: Vec<(&AtomicU64, u64)> = Vec::new();
        for (act, decision) in decisions {
            let Some(counter) = self.counter(act, decision) else { continue };
            match sums.iter_mut().find(|(other, _)| std::ptr::eq(*other, counter)) {
                Some((_, sum)) => *sum += 1,
                None => sums.push((counter, 1)),
            }
        }
        for (counter, sum) in sums {
            counter.fetch_add(sum, Ordering::Relaxed);
        }
    }

    fn counter(&self, act: &Act<'_>, decision: Decision) -> Option<&AtomicU64> {
        let ActionIndex(action) = act.action;
        let counters = self.rows.get(act.entity_type.0)?.get(action)?;
        counters.0.get(decision.reason as usize)?.get(usize::from(decision.is_allow()))
    }
}

impl Counters {
    fn made(&self) -> impl Iterator<Item = (Effect, Reason, u64)> {
        Reason::EACH.into_iter().zip(&self.0).flat_map(|(reason, counts)| {
            let each = [Effect::Deny, Effect::Allow].into_iter().zip(counts);
            each.map(move |(effect, count)| (effect, reason, count.load(Ordering::Relaxed)))
                .filter(|(_, _, count)| *count > 0)
        })
    }
}

impl std::fmt::Debug for Book {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Book").field("pairs", &self.pairs.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::directory::Directory;
    use crate::domain::{EntityType, Model, Object};

    fn put_type(directory: &mut Directory, name: &str, actions: &[&str]) {
        let id = |text: &&str| Id::parse(text).unwrap();
        let entity_type = EntityType {
            name: id(&name),
            model: Model::Crm,
            stages: vec![],
            actions: actions.iter().map(id).collect(),
        };
        directory.put(&Object::EntityType(Arc::new(entity_type)));
    }

    fn decide(tally: &Tally, directory: &Directory, (name, action): (&str, &str), decision: Decision) {
        let (entity_type, node) = directory.catalog().find(name).unwrap();
        let act = Act { entity_type, node, action: node.action(action).unwrap() };
        tally.sheet(directory.shared_catalog()).count(&act, decision);
    }

    fn told(tally: &Tally) -> Vec<String> {
        let decisions = tally.decisions().into_iter();
        decisions
            .map(|it| {
                let (effect, reason) = (it.effect.name(), it.reason.name());
                format!("{} {} {effect} {reason} {}", it.entity_type, it.action, it.count)
            })
            .collect()
    }

    #[test]
    fn each_reason_has_its_own_place() {
        for (at, reason) in Reason::EACH.into_iter().enumerate() {
            assert_eq!(reason as usize, at, "{reason:?}");
        }
    }

    #[test]
    fn a_name_keeps_its_count_when_its_type_changes() {
        let (tally, mut directory) = (Tally::default(), Directory::default());
        put_type(&mut directory, "deal", &["read", "update"]);
        decide(&tally, &directory, ("deal", "update"), Decision::allow(Reason::Team));
        put_type(&mut directory, "lead", &["read"]);
        put_type(&mut directory, "deal", &["update", "read", "delete"]);
        decide(&tally, &directory, ("deal", "update"), Decision::allow(Reason::Team));
        decide(&tally, &directory, ("lead", "read"), Decision::deny(Reason::NoGrant));
        assert_eq!(told(&tally), ["deal update allow team 2", "lead read deny no_grant 1"]);
    }

    #[test]
    fn the_number_of_pairs_is_bounded() {
        let (tally, mut directory) = (Tally::default(), Directory::default());
        let names: Vec<String> = (0..PAIRS_MAX + 9).map(|at| format!("type{at:03}")).collect();
        for name in &names {
            put_type(&mut directory, name, &["read"]);
        }
        for name in &names {
            decide(&tally, &directory, (name, "read"), Decision::deny(Reason::Demo));
        }
        let told = told(&tally);
        assert_eq!(told.len(), PAIRS_MAX + 1);
        assert_eq!(told.last().unwrap(), "_OTHER _OTHER deny demo 9");
    }
}
