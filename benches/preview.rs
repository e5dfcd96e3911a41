//! What a preview costs in process: the write is tried on a copy, every decision that it turns is counted, the worst are
//! named with samples, and it is looked for warnings.
//!
//! Of the default company: a department of 1,000 people is moved below another root; an employee moves; a deal changes its
//! stage; a role that everyone has loses its grants. Budget: the department in under 1 s. Run with `cargo bench --bench preview`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that can't be set up has to stop, and says what it measures"
)]

use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use dopusk::company::{Company, Size};
use dopusk::domain::{
    Department, Id, Key, Object, Operation, PREVIEW_ROWS_DEFAULT, PREVIEW_SAMPLES_DEFAULT, Resource, Role,
    User, Write,
};
use dopusk::engine::{Consistency, Preview, PreviewQuery};
use dopusk::snapshot::Snapshot;
use dopusk::testing::Office;

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

fn emptied_role(snapshot: &Snapshot) -> Operation {
    let Some(Object::Role(it)) = snapshot.get(&Key::Role(id("r1"))) else { unreachable!() };
    Operation::put(Object::Role(Arc::new(Role { grants: Vec::new(), ..Role::clone(&it) })))
}

fn previews(criterion: &mut Criterion) {
    let office = Office::open(&Company::new(Size::default()));
    let published = office.engine().at(Consistency::Newest).unwrap();
    let snapshot = published.snapshot();
    let (about, department) = moved_department(snapshot);
    let cases = [
        (about.as_str(), department),
        ("an employee moves", moved_employee(snapshot)),
        ("a deal changes its stage", staged_deal(snapshot)),
        ("a role loses its grants", emptied_role(snapshot)),
    ];
    let mut group = criterion.benchmark_group("preview");
    group.sample_size(10);
    for (name, operation) in cases {
        let query = PreviewQuery {
            write: Write { operations: vec![operation], ..Write::default() },
            rows_max: PREVIEW_ROWS_DEFAULT,
            samples_max: PREVIEW_SAMPLES_DEFAULT,
        };
        let preview = || office.engine().preview(&published, &query, &mut || true).unwrap();
        let Preview { users, turned, .. } = preview();
        println!("{name}: {users} users gain {} and lose {} decisions", turned.gained, turned.lost);
        group.bench_function(name, |bencher| bencher.iter(preview));
    }
    group.finish();
}

criterion_group!(benches, previews);
criterion_main!(benches);
