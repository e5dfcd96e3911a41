//! Resources are kept in pages: cut, filled, emptied, and always where they are looked for.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::domain::{Change, Object};
use crate::store::page::{Entries, PAGE_BYTES_MAX};
use crate::store::records::Records;
use crate::store::{Store, key, sample};

/// Walks all pages, none of which may be empty, too long or hold what belongs to another; gives their number.
pub(super) fn check_pages(store: &Store) -> usize {
    let mut pages = 0;
    let mut last = Vec::new();
    for record in Records::of(store.tree.range(key::objects()).unwrap()) {
        let (base, bytes) = record.unwrap();
        if !key::is_page(&base) {
            continue;
        }
        assert!(base > last, "a page begins where the one before it has not ended");
        let ids: Vec<_> = Entries::of(&bytes).map(|entry| entry.unwrap().0).collect();
        assert!(!ids.is_empty());
        assert!(ids.len() == 1 || bytes.len() <= PAGE_BYTES_MAX);
        let (_, bound) = key::parse_page(&base).unwrap();
        assert!(bound <= ids[0]);
        last = key::with_bound(&base, ids[ids.len() - 1]);
        pages += 1;
    }
    pages
}

fn change(before: Option<&Object>, after: Option<&Object>) -> Change {
    let key = before.or(after).unwrap().key();
    Change { key, before: before.cloned(), after: after.cloned() }
}

fn numbered(numbers: impl IntoIterator<Item = i64>) -> Vec<Object> {
    numbers.into_iter().map(|number| sample::resource(&format!("{number:04}"), number)).collect()
}

/// A store with the resources of 0 to 999, in pages.
fn filled() -> (tempfile::TempDir, Store) {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    sample::commit(&store, sample::put(1, &numbered(0..1_000)));
    (directory, store)
}

#[test]
fn a_page_holds_several_resources() {
    let (_directory, store) = filled();
    let pages = check_pages(&store);
    assert!((1_000 / 15..1_000 / 5).contains(&pages), "{pages}");
    assert_eq!(sample::load(&store).unwrap(), numbered(0..1_000));
}

#[test]
fn resources_that_come_one_by_one_in_any_order_are_kept_in_order() {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    for step in 0..200 {
        let number = step * 77 % 200;
        let revision = store.revision().next().get();
        sample::commit(&store, sample::put(revision, &numbered([number])));
    }
    assert!(check_pages(&store) > 3);
    assert_eq!(sample::load(&store).unwrap(), numbered(0..200));
}

#[test]
fn sets_of_one_group_edit_one_page_one_after_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    let [one, other, third] = [sample::resource("1", 1), sample::resource("1", 2), sample::resource("2", 3)];
    let sets = [
        sample::put(1, &[one.clone(), third.clone()]),
        sample::set(2, vec![change(Some(&one), Some(&other))]),
        sample::set(3, vec![change(Some(&third), None)]),
        sample::set(4, vec![change(Some(&other), None)]),
        sample::set(5, vec![change(None, Some(&third))]),
    ];
    store.commit(&sets.map(Arc::new)).unwrap();
    assert_eq!(check_pages(&store), 1);
    assert_eq!(sample::load(&store).unwrap(), [third]);
}

#[test]
fn a_group_that_fills_a_page_over_and_over_cuts_it_when_it_is_done() {
    let (_directory, store) = filled();
    let before = check_pages(&store);
    let sets: Vec<_> = (0..300)
        .map(|step| {
            let between = sample::resource(&format!("0500-{step}"), step);
            Arc::new(sample::put(2 + u64::try_from(step).unwrap(), &[between]))
        })
        .collect();
    store.commit(&sets).unwrap();
    assert!(check_pages(&store) > before + 5);
    assert_eq!(sample::load(&store).unwrap().len(), 1_300);
}

#[test]
fn emptied_pages_are_removed_and_what_comes_again_has_a_place() {
    let (_directory, store) = filled();
    let before = check_pages(&store);
    let gone = numbered(0..500);
    sample::commit(&store, sample::set(2, gone.iter().map(|it| change(Some(it), None)).collect()));
    assert!(check_pages(&store) <= before / 2 + 1);
    assert_eq!(sample::load(&store).unwrap(), numbered(500..1_000));
    // Below every bound that is left.
    sample::commit(&store, sample::put(3, &numbered([3])));
    check_pages(&store);
    let rest = numbered([3].into_iter().chain(500..1_000));
    assert_eq!(sample::load(&store).unwrap(), rest);
    sample::commit(&store, sample::set(4, rest.iter().map(|it| change(Some(it), None)).collect()));
    assert_eq!(check_pages(&store), 0);
    assert_eq!(sample::load(&store).unwrap(), []);
}

#[test]
fn types_keep_pages_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let store = sample::open(directory.path());
    let of_type = |name: &str, id: &str| {
        let Object::Resource(mut resource) = sample::resource(id, 0) else { panic!() };
        resource.entity_type = sample::id(name);
        Object::Resource(resource)
    };
    let objects = [("a", "z"), ("a!", "a"), ("ab", "b"), ("b", "a")].map(|(name, id)| of_type(name, id));
    for (object, revision) in objects.iter().rev().zip(1..) {
        sample::commit(&store, sample::put(revision, std::slice::from_ref(object)));
    }
    assert_eq!(check_pages(&store), 4);
    let loaded: BTreeSet<_> = sample::load(&store).unwrap().iter().map(Object::key).collect();
    assert_eq!(loaded, objects.iter().map(Object::key).collect());
}

#[test]
fn a_resource_longer_than_the_tree_keeps_well_is_kept_in_parts_and_shrinks_again() {
    let (_directory, store) = filled();
    let small = numbered([500]).remove(0);
    let Object::Resource(mut large) = small.clone() else { panic!() };
    large.facts.observers = (0..200).map(|number| sample::id(&format!("{number:0128}"))).collect();
    let large = Object::Resource(large);
    sample::commit(&store, sample::set(2, vec![change(Some(&small), Some(&large))]));
    check_pages(&store);
    assert_eq!(sample::load(&store).unwrap()[500], large);
    let beside = sample::resource("0500!", 0);
    sample::commit(&store, sample::put(3, std::slice::from_ref(&beside)));
    sample::commit(&store, sample::set(4, vec![change(Some(&large), Some(&small))]));
    check_pages(&store);
    let loaded = sample::load(&store).unwrap();
    assert_eq!((&loaded[500], &loaded[501]), (&small, &beside));
}
