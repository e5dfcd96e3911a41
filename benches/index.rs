//! What lists cost in process: first pages with exact totals, whole lists, counts, one write, and the same by brute force.
//!
//! Subjects: the portal administrator (all), an employee who sees little (narrow), and the head of half the company who
//! sees five of eight stages and observes (between). Budgets: a page of 50 with its total under 2 ms at 10,000,000
//! resources, 5,000,000 ids a second of a whole ordered list, one write under 20 us, 20 bytes a resource beyond the rows.
//! Run with `cargo bench --bench index`; `DOPUSK_BENCH_RESOURCES=10000000` makes the company larger.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that can't be set up has to stop, and says what it measures"
)]

use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dopusk::company::{Company, HEAD, Size};
use dopusk::domain::{Object, Operation, Revision};
use dopusk::rights::{Act, EffectiveRights, decide};
use dopusk::snapshot::Snapshot;
use dopusk::table::{Rows, Table};
use dopusk::visibility::{Direction, Facets, Filter, Key, Listing, Order, Part, ResourceRow, Tally, View};

const PAGE: usize = 50;
const NEWEST_FIRST: Order = Order { key: Key::SortKey, direction: Direction::Descending };
const BY_ID: Order = Order { key: Key::Id, direction: Direction::Ascending };

fn lists(criterion: &mut Criterion) {
    let resources = std::env::var("DOPUSK_BENCH_RESOURCES").ok().and_then(|text| text.parse().ok());
    let size = Size { resources: resources.unwrap_or(1_000_000), ..Size::default() };
    let company = Company::new(size);
    let snapshot = load(&company);
    tell_memory(&snapshot);
    for (name, subject) in
        [("all", "u0".to_owned()), ("narrow", narrow(&snapshot)), ("between", HEAD.to_owned())]
    {
        measure(criterion, &snapshot, name, &subject);
    }
    let mut index = 0;
    criterion.bench_function("a write of one resource, judged and applied", |bencher| {
        bencher.iter(|| {
            index += 7919;
            let resource = company.resource(index % size.resources);
            snapshot.apply(&[Operation::put(Object::Resource(Box::new(resource)))]).unwrap()
        });
    });
}

/// As a store is loaded: the directory, then resources in order of ids.
fn load(company: &Company) -> Snapshot {
    let started = Instant::now();
    let mut snapshot = Snapshot::at(Revision::new(1));
    for object in company.objects().filter(|object| !matches!(object, Object::Resource(_))) {
        snapshot.load(&object).unwrap();
    }
    for object in company.objects().filter(|object| matches!(object, Object::Resource(_))) {
        snapshot.load(&object).unwrap();
    }
    snapshot.end_load();
    let snapshot = company.head().fold(snapshot, |mut snapshot, object| {
        snapshot.load(&object).unwrap();
        snapshot
    });
    println!("generated and loaded in {:.1} s", started.elapsed().as_secs_f64());
    snapshot
}

/// The resident memory before and after the rows are made again in tables of their own: what is left is the index.
fn tell_memory(snapshot: &Snapshot) {
    let whole = resident_bytes();
    let mut count = 0;
    let mut tables = Vec::new();
    let mut directory = snapshot.directory().clone();
    for (entity_type, node) in snapshot.directory().catalog().iter() {
        let mut rows = Rows::new();
        for row in snapshot.resources(entity_type).iter_after(None) {
            let resource = row.to_resource(snapshot.directory(), node);
            rows.push(Some(ResourceRow::new(&mut directory, node, &resource)));
            count += 1;
        }
        tables.push(Table::of(rows));
    }
    let rows = resident_bytes() - whole;
    println!(
        "{count} resources: {} MiB resident, {} bytes a resource; rows found by id and in its order take {} of them",
        whole >> 20,
        whole / count,
        rows / count,
    );
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}

/// Calls a function with the deals as a subject may read them.
fn with_view<T>(snapshot: &Snapshot, subject: &str, then: impl FnOnce(View<'_>) -> T) -> T {
    let directory = snapshot.directory();
    let (user, _) = directory.find_user(subject).unwrap();
    let rights = EffectiveRights::compile(directory, user).unwrap();
    let (entity_type, node) = directory.catalog().find("deal").unwrap();
    let act = Act { entity_type, node, action: node.read() };
    then(View { directory, rights: &rights, act, index: snapshot.resources(entity_type) })
}

fn start(view: View<'_>, order: Order, wanted: u64) -> Listing {
    let part = Part { order, after: None, wanted: Some(wanted), facets: None };
    Listing::new(view, Filter::default(), part)
}

fn count(view: View<'_>, facets: Facets) -> Tally {
    let part = Part { wanted: Some(0), facets: Some(facets), ..Part::default() };
    Listing::new(view, Filter::default(), part).tally().unwrap().clone()
}

fn total(view: View<'_>) -> u64 {
    count(view, Facets::default()).total
}

/// Who sees the fewest deals, of 200 employees who see any.
fn narrow(snapshot: &Snapshot) -> String {
    let subjects = (1..=200).map(|n| format!("u{n}"));
    let totals = subjects.map(|subject| (with_view(snapshot, &subject, total), subject));
    totals.filter(|(total, _)| *total > 0).min().unwrap().1
}

fn measure(criterion: &mut Criterion, snapshot: &Snapshot, name: &str, subject: &str) {
    with_view(snapshot, subject, |view| {
        let length = total(view);
        println!("{name}: {length} deals");
        let mut group = criterion.benchmark_group(name);
        group.sample_size(10);
        for (order_name, order) in [("by id", BY_ID), ("newest first", NEWEST_FIRST)] {
            group.throughput(Throughput::Elements(1));
            group.bench_function(format!("page of {PAGE} with total, {order_name}"), |bencher| {
                bencher.iter(|| {
                    let mut listing = start(view, order, PAGE as u64);
                    (listing.tally().unwrap().total, listing.next(view, PAGE))
                });
            });
            group.throughput(Throughput::Elements(length));
            group.bench_function(format!("whole, {order_name}"), |bencher| {
                bencher.iter(|| whole(view, order));
            });
        }
        group.throughput(Throughput::Elements(1));
        group.bench_function("count by stage and responsible", |bencher| {
            let facets = Facets { stages: true, responsibles: true };
            bencher.iter(|| count(view, facets));
        });
        group.bench_function("count by deciding on each resource", |bencher| {
            let is_visible =
                |row: &&ResourceRow| decide(view.directory, view.rights, &view.act, &row.target()).is_allow();
            bencher.iter(|| view.index.iter_after(None).filter(is_visible).count());
        });
        group.finish();
    });
}

fn whole(view: View<'_>, order: Order) -> usize {
    let mut listing = start(view, order, u64::MAX);
    let mut length = 0;
    loop {
        match listing.next(view, 1_000).len() {
            0 => return length,
            count => length += count,
        }
    }
}

criterion_group!(benches, lists);
criterion_main!(benches);
