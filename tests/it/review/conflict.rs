//! Conflicts are those of a search pair by pair, for users, departments and the company, on random and conformance
//! worlds; they are grouped, and stand in order of harm.

use std::collections::BTreeMap;
use std::sync::Arc;

use dopusk::bundle::case::Step;
use dopusk::domain::{Id, Operation, ScopeSet, Write};
use dopusk::engine::{Circle, ConflictFilter, ConflictKind, Consistency, NamedConflict, PeoplePart};
use dopusk::testing::Office;

use crate::conformance::cases;
use crate::oracle::{Oracle, Place, standings};
use crate::world::{Dice, Size, puts, random_world};

const EVERYBODY: PeoplePart = PeoplePart { after: None, count_max: usize::MAX };
const MANY_ROLES: Size = Size { roles: 10, bindings: 40, users: 16, resources: 0, ..Size::SMALL };

async fn office(oracle: &Oracle) -> Office {
    let office = Office::empty();
    let operations = puts(&oracle.objects());
    office.engine().write(Write { operations, ..Write::default() }).await.unwrap();
    office
}

fn found(office: &Office, circle: Circle<'_>) -> Vec<NamedConflict> {
    let published = Arc::clone(&*office.engine().at(Consistency::Newest).unwrap());
    published.conflicts(circle, &ConflictFilter::default(), EVERYBODY).unwrap().collect()
}

/// Each place with its kind; none may come twice.
fn places(found: &[NamedConflict]) -> BTreeMap<Place, ConflictKind> {
    let mut places = BTreeMap::new();
    for it in found {
        for (person, stage) in
            it.people.iter().flat_map(|person| it.stages.iter().map(move |at| (person, at)))
        {
            let place = (person.user.id.clone(), it.entity_type.clone(), it.action.clone(), stage.clone());
            assert_eq!(places.insert(place, it.kind), None, "{it:?}");
        }
    }
    places
}

/// All conflicts of all circles; how many were compared.
async fn assert_same(oracle: &Oracle) -> usize {
    let office = office(oracle).await;
    let mut count = 0;
    let mut compare = |circle: Circle<'_>, users: Vec<&Id>| {
        let (found, wanted) = (found(&office, circle), oracle.conflicts(users.into_iter()));
        assert_eq!(places(&found), wanted, "{circle:?}");
        assert_grouped_and_in_order(&found);
        for it in &found {
            assert_told_right(oracle, it);
        }
        count += wanted.len();
    };
    compare(Circle::Company, oracle.users.keys().collect());
    for user in oracle.users.keys() {
        compare(Circle::User(user.as_str()), vec![user]);
    }
    for department in oracle.departments.keys() {
        let direct = |user: &&Id| oracle.departments_of(user).contains(department);
        compare(Circle::Department(department.as_str()), oracle.users.keys().filter(direct).collect());
        let below = oracle.below(&[department.clone()].into());
        let inside =
            |user: &&Id| direct(user) || oracle.departments_of(user).iter().any(|own| below.contains(own));
        compare(Circle::DepartmentTree(department.as_str()), oracle.users.keys().filter(inside).collect());
    }
    count
}

fn assert_grouped_and_in_order(found: &[NamedConflict]) {
    let key = |it: &NamedConflict| {
        let entries: Vec<_> = it.entries.iter().map(|it| (it.role.id.clone(), it.entry)).collect();
        (it.entity_type.clone(), it.action.clone(), entries)
    };
    for (at, one) in found.iter().enumerate() {
        assert!(found[..at].iter().all(|other| key(other) != key(one)), "told twice: {one:?}");
        assert!(one.people.is_sorted_by(|a, b| a.user.id < b.user.id) && !one.people.is_empty());
        assert_eq!(one.people_count, one.people.len());
    }
    let harm = |it: &NamedConflict| (!it.kind.loses(), std::cmp::Reverse(it.people_count));
    let losing = found.iter().filter(|it| it.kind.loses());
    assert!(losing.is_sorted_by_key(harm));
    assert!(found.is_sorted_by_key(|it| !it.kind.loses()), "access lost comes first");
}

/// What is lost and won makes up the difference, and the roles are those that reach each person.
fn assert_told_right(oracle: &Oracle, it: &NamedConflict) {
    let all = |counts| {
        let those = it.entries.iter().filter(|entry| entry.counts == counts);
        those.fold(ScopeSet::NONE, |all, entry| all.union(entry.entry.scopes()))
    };
    let (counted, hidden) = (all(true), all(false));
    assert_eq!(counted, it.united.scopes());
    assert_eq!(standings(counted.union(it.lost)), standings(counted.union(hidden)), "{it:?}");
    assert_eq!(it.lost.is_none(), !it.kind.loses(), "{it:?}");
    assert_eq!(it.won.is_none(), matches!(it.kind, ConflictKind::Narrowing | ConflictKind::Idle), "{it:?}");
    if it.entries.iter().any(|entry| !entry.counts) && it.kind != ConflictKind::WiderWins {
        assert_eq!(standings(hidden.union(it.won)), standings(hidden.union(counted)), "{it:?}");
    }
    for person in &it.people {
        let own: Vec<Id> = oracle.roles_of(&person.user.id).iter().map(|role| role.id.clone()).collect();
        let meant: Vec<&Id> = it.entries.iter().map(|entry| &entry.role.id).collect();
        assert_eq!(person.roles.iter().map(|role| &role.role.id).collect::<Vec<_>>(), meant);
        assert!(meant.iter().all(|role| own.contains(role)));
        assert!(person.roles.iter().all(|role| !role.reaches.is_empty()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_those_of_a_search_pair_by_pair_on_random_worlds() {
    let mut met: BTreeMap<ConflictKind, usize> = BTreeMap::new();
    for seed in 0..12 {
        let oracle = Oracle::of(&random_world(&mut Dice::new(seed), MANY_ROLES));
        assert_same(&oracle).await;
        for kind in oracle.conflicts(oracle.users.keys()).into_values() {
            *met.entry(kind).or_default() += 1;
        }
    }
    assert!(met.values().sum::<usize>() > 500, "{met:?}");
    assert!(ConflictKind::EACH.iter().all(|(kind, _)| met.contains_key(kind)), "{met:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn conflicts_are_those_of_a_search_pair_by_pair_on_conformance_worlds() {
    let mut compared = 0;
    for (_, case) in cases() {
        let mut oracle = Oracle::default();
        for step in &case.steps {
            let operations: Vec<Operation> = match step {
                Step::Load(objects) => puts(objects),
                Step::Write(operations) => operations.clone(),
                Step::Refuse { .. }
                | Step::Checks(_)
                | Step::Lists(_)
                | Step::Subjects(_)
                | Step::Recipients(_) => continue,
            };
            oracle = oracle.write(&operations).unwrap();
        }
        compared += assert_same(&oracle).await;
    }
    assert!(compared > 10, "only {compared} conflicts were compared");
}

#[tokio::test(flavor = "multi_thread")]
async fn four_hundred_people_with_the_same_conflict_are_one_finding() {
    let source = r#"{"entity_types": [{"name": "deal", "model": "crm", "stages": ["NEW", "WON"], "actions": ["read"]}],
        "departments": [{"id": "d"}],
        "roles": [{"id": "a", "grants": [{"entity_type": "deal", "action": "read", "level": "all"}]},
                  {"id": "b", "grants": [{"entity_type": "deal", "action": "read", "level": "all",
                                          "stages": {"WON": "none"}}]}],
        "role_bindings": [{"role": "a", "subject": {"department": "d"}},
                          {"role": "b", "subject": {"everyone": true}}]}"#;
    let bundle =
        dopusk::bundle::Bundle::read("b", dopusk::bundle::Encoding::Json, source.as_bytes()).unwrap();
    let mut oracle = Oracle::of(&bundle.into_objects().collect::<Vec<_>>());
    for at in 0..401 {
        let user = format!(r#"{{"users": [{{"id": "u{at:03}", "departments": ["d"]}}]}}"#);
        let user =
            dopusk::bundle::Bundle::read("u", dopusk::bundle::Encoding::Json, user.as_bytes()).unwrap();
        user.into_objects().for_each(|it| oracle.put(&it));
    }
    let found = found(&office(&oracle).await, Circle::Company);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].kind, found[0].people_count), (ConflictKind::Narrowing, 401));
    assert_eq!(found[0].stages, [Some(Id::parse("WON").unwrap())]);
}
