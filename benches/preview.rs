//! What a preview costs in process: the write is tried on a copy, and every decision that it turns is counted.
//!
//! Of the default company: a department of 1,000 people is moved below another; an employee is moved; a deal changes its
//! stage; a role loses a grant. Budget: the department in under 1 s. Run with `cargo bench --bench preview`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that can't be set up has to stop, and says what it measures"
)]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use dopusk::company::{Company, Size};
use dopusk::difference::{Comparison, Difference};
use dopusk::domain::{Department, Id, Key, Object, Operation, Resource, Revision, Role, User};
use dopusk::snapshot::Snapshot;

/// As a store is loaded.
fn load() -> Snapshot {
    let mut snapshot = Snapshot::at(Revision::new(1));
    for object in Company::new(Size::default()).objects() {
        snapshot.load(&object).unwrap();
    }
    snapshot.end_load();
    snapshot
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// How many people are in a department and below it.
fn people(snapshot: &Snapshot, department: &str) -> usize {
    let directory = snapshot.directory();
    let users = directory.members_of_tree(directory.find_department(department).unwrap());
    users.collect::<std::collections::BTreeSet<_>>().len()
}

/// The department with the number of people nearest to 1,000, below the root that it is not under.
fn moved_department(snapshot: &Snapshot) -> (String, Operation) {
    let names = (3..500).map(|number| format!("d{number}"));
    let name = names.min_by_key(|name| people(snapshot, name).abs_diff(1_000)).unwrap();
    let Some(Object::Department(it)) = snapshot.get(&Key::Department(id(&name))) else { unreachable!() };
    let directory = snapshot.directory();
    let root = directory.chain(directory.find_department(&name).unwrap()).last();
    let other = if root == directory.find_department("d0") { id("d1") } else { id("d0") };
    let moved = Department { parent: Some(other), ..Department::clone(&it) };
    let about = format!("department {name} of {} people", people(snapshot, &name));
    (about, Operation::put(Object::Department(Arc::new(moved))))
}

fn moved_employee(snapshot: &Snapshot) -> Operation {
    let Some(Object::User(it)) = snapshot.get(&Key::User(id("u1234"))) else { unreachable!() };
    Operation::put(Object::User(Arc::new(User { departments: vec![id("d100")], ..User::clone(&it) })))
}

fn staged_deal(snapshot: &Snapshot) -> Operation {
    let key = Key::Resource { entity_type: id("deal"), id: id("6") };
    let Some(Object::Resource(it)) = snapshot.get(&key) else { unreachable!() };
    let mut deal = Resource::clone(&it);
    let stage = if deal.facts.stage == Some(id("WON")) { "LOST" } else { "WON" };
    deal.facts.stage = Some(id(stage));
    Operation::put(Object::Resource(Box::new(deal)))
}

fn narrowed_role(snapshot: &Snapshot) -> Operation {
    let Some(Object::Role(it)) = snapshot.get(&Key::Role(id("r1"))) else { unreachable!() };
    let grants = it.grants.iter().skip(1).cloned().collect();
    Operation::put(Object::Role(Arc::new(Role { grants, ..Role::clone(&it) })))
}

fn preview(snapshot: &Snapshot, operation: &Operation) -> Difference {
    let outcome = snapshot.apply(std::slice::from_ref(operation)).unwrap();
    Comparison::new(snapshot, &outcome).difference(&mut || true).unwrap()
}

fn previews(criterion: &mut Criterion) {
    let snapshot = load();
    let (about, department) = moved_department(&snapshot);
    let cases = [
        (about.as_str(), department),
        ("an employee moves", moved_employee(&snapshot)),
        ("a deal changes its stage", staged_deal(&snapshot)),
        ("a role loses a grant", narrowed_role(&snapshot)),
    ];
    let mut group = criterion.benchmark_group("preview");
    group.sample_size(10);
    for (name, operation) in cases {
        let difference = preview(&snapshot, &operation);
        let turned = difference.turned();
        let users = difference.users.len();
        println!("{name}: {users} users gain {} and lose {} decisions", turned.gained, turned.lost);
        group.bench_function(name, |bencher| bencher.iter(|| preview(&snapshot, &operation)));
    }
    group.finish();
}

criterion_group!(benches, previews);
criterion_main!(benches);
