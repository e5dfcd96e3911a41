//! The store against its model: a map of objects and a list of every change.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::domain::{Change, ChangeSet, Key, Object, Revision};
use crate::store::{LogError, Retention, Settings, Store, sample};

use super::pages::check_pages;

/// What the log of the tested store may hold at most.
const REVISIONS_MAX: u64 = 6;

#[derive(Debug, Clone)]
enum Step {
    /// Commits a group of sets.
    Commit(Vec<Vec<Wish>>),
    /// Closes the store and opens it again.
    Reopen,
}

#[derive(Debug, Clone)]
enum Wish {
    Put(Object),
    /// Deletes the object at this place of all, modulo their number.
    Delete(usize),
    /// Puts so many resources from a number on: more than a page holds.
    PutRun(i64, i64),
    /// Deletes so many objects from this place on, modulo their number.
    DeleteRun(usize, usize),
}

#[derive(Default)]
struct Model {
    objects: BTreeMap<Key, Object>,
    log: Vec<ChangeSet>,
}

impl Model {
    /// What a wish comes to, key by key.
    fn outcome(&self, wish: Wish) -> Vec<(Key, Option<Object>)> {
        let deleted = |place: usize, count| {
            let keys = self.objects.keys().skip(place % self.objects.len().max(1)).take(count);
            keys.map(|key| (key.clone(), None)).collect()
        };
        match wish {
            Wish::Put(object) => vec![(object.key(), Some(object))],
            Wish::Delete(place) => deleted(place, 1),
            Wish::PutRun(first, count) => {
                let objects = (first..first + count).map(|it| sample::resource(&it.to_string(), first));
                objects.map(|object| (object.key(), Some(object))).collect()
            }
            Wish::DeleteRun(place, count) => deleted(place, count),
        }
    }

    /// Does what is wished, and gives the change set that tells it.
    fn set(&mut self, wishes: Vec<Wish>) -> ChangeSet {
        let mut changes: Vec<Change> = Vec::new();
        for (key, after) in wishes.into_iter().flat_map(|wish| self.outcome(wish)).collect::<Vec<_>>() {
            if changes.iter().any(|change| change.key == key) {
                continue;
            }
            let before = match &after {
                Some(object) => self.objects.insert(key.clone(), object.clone()),
                None => self.objects.remove(&key),
            };
            changes.push(Change { key, before, after });
        }
        let set = sample::set(self.log.len() as u64 + 1, changes);
        self.log.push(set.clone());
        set
    }
}

fn any_step() -> impl Strategy<Value = Step> {
    let wish = prop_oneof![
        3 => sample::any_object().prop_map(Wish::Put),
        1 => any::<usize>().prop_map(Wish::Delete),
        1 => (0..300_i64, 0..80_i64).prop_map(|(first, count)| Wish::PutRun(first, count)),
        1 => (any::<usize>(), 0..60_usize).prop_map(|(place, count)| Wish::DeleteRun(place, count)),
    ];
    let set = proptest::collection::vec(wish, 0..5);
    prop_oneof![
        4 => proptest::collection::vec(set, 1..4).prop_map(Step::Commit),
        1 => Just(Step::Reopen),
    ]
}

fn open(path: &Path) -> Store {
    let retention = Retention { revisions_max: REVISIONS_MAX, age_max: Duration::MAX };
    Store::open(path, &Settings { retention, ..sample::settings() }).unwrap()
}

fn compare(store: &Store, model: &Model) {
    assert_eq!(store.revision().get(), model.log.len() as u64);
    check_pages(store);
    assert_eq!(sample::load(store).unwrap(), model.objects.values().cloned().collect::<Vec<_>>());
    let oldest = store.oldest_kept();
    let kept = usize::try_from(oldest.get()).unwrap();
    assert_eq!(store.changes_after(oldest, usize::MAX).unwrap(), model.log[kept..]);
    for set in &model.log {
        let revision = store.revision_of_request(set.request_id.as_ref().unwrap()).unwrap();
        assert_eq!(revision, (set.revision > oldest).then_some(set.revision));
    }
    if let Some(before) = oldest.get().checked_sub(1) {
        let error = store.changes_after(Revision::new(before), 1).unwrap_err();
        assert!(matches!(error, LogError::NotKept { oldest: told } if told == oldest));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_store_is_its_model_after_every_step(steps in proptest::collection::vec(any_step(), 1..12)) {
        let directory = tempfile::tempdir().unwrap();
        let mut store = open(directory.path());
        let mut model = Model::default();
        for step in steps {
            match step {
                Step::Commit(sets) => {
                    let kept_before = store.revision().get();
                    let group: Vec<_> = sets.into_iter().map(|wishes| Arc::new(model.set(wishes))).collect();
                    store.commit(&group).unwrap();
                    // Changes of the group itself are let go by a later one.
                    let oldest = store.revision().get().saturating_sub(REVISIONS_MAX).min(kept_before);
                    prop_assert_eq!(store.oldest_kept().get(), oldest);
                }
                Step::Reopen => {
                    drop(store);
                    store = open(directory.path());
                }
            }
            compare(&store, &model);
        }
    }
}
