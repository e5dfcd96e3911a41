//! What lists cost in process, on the default company (1,000,000 resources), and what a write costs the index.
//!
//! Budgets: the first chunk of any list in under 5 ms. Run with `cargo bench --bench index`;
//! `DOPUSK_BENCH_RESOURCES` makes the company smaller.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a benchmark that can't be set up has to stop"
)]

use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dopusk::company::{Company, Size};
use dopusk::domain::{Id, Object, Operation};
use dopusk::engine::{Consistency, Engine, Part, Published, VisibleFilter, VisibleQuery};
use dopusk::testing;

fn lists(criterion: &mut Criterion) {
    let resources = std::env::var("DOPUSK_BENCH_RESOURCES").ok().and_then(|text| text.parse().ok());
    let company = Company::new(Size { resources: resources.unwrap_or(1_000_000), ..Size::default() });
    let office = testing::Office::open(&company);
    let engine = office.engine();
    let published = engine.at(Consistency::Fastest).unwrap();
    let mut group = criterion.benchmark_group("list");
    group.sample_size(20);
    for (name, subject) in subjects(engine, &published) {
        let length = whole(engine, &published, &subject);
        let name = format!("{name} ({length} deals)");
        group.throughput(Throughput::Elements(1));
        group.bench_function(format!("first chunk, {name}"), |bencher| {
            bencher.iter(|| first(engine, &published, &subject));
        });
        group.throughput(Throughput::Elements(length as u64));
        group.bench_function(format!("whole, {name}"), |bencher| {
            bencher.iter(|| whole(engine, &published, &subject));
        });
    }
    group.finish();
    let snapshot = published.snapshot();
    let mut index = 0;
    criterion.bench_function("a write of one resource, judged and applied", |bencher| {
        bencher.iter(|| {
            index += 7919;
            let resource = company.resource(index % 1_000_000);
            snapshot.apply(&[Operation::put(Object::Resource(Box::new(resource)))]).unwrap()
        });
    });
}

/// The subjects with the most deals, with a middling number and with the fewest, of 500 employees.
fn subjects(engine: &Engine, published: &Arc<Published>) -> Vec<(&'static str, String)> {
    let mut lengths: Vec<(usize, String)> = (1..=500)
        .map(|n| format!("u{n}"))
        .map(|subject| (whole(engine, published, &subject), subject))
        .filter(|(length, _)| *length > 0)
        .collect();
    lengths.sort();
    let pick = |part: usize| lengths[(lengths.len() - 1) * part / 4].1.clone();
    vec![
        ("admin", "u0".to_owned()),
        ("widest", pick(4)),
        ("upper quartile", pick(3)),
        ("median", pick(2)),
        ("narrowest", pick(0)),
    ]
}

fn first(engine: &Engine, published: &Arc<Published>, subject: &str) -> Vec<Id> {
    let part = Part { wanted: Some(50), ..Part::default() };
    engine.list_visible(Arc::clone(published), &query(subject), part).unwrap().next(50)
}

fn query(subject: &str) -> VisibleQuery<'_> {
    VisibleQuery { subject, action: "read", entity_type: "deal", filter: VisibleFilter::default() }
}

fn whole(engine: &Engine, published: &Arc<Published>, subject: &str) -> usize {
    let mut list = engine.list_visible(Arc::clone(published), &query(subject), Part::default()).unwrap();
    let mut length = 0;
    loop {
        match list.next(1_000).len() {
            0 => return length,
            count => length += count,
        }
    }
}

criterion_group!(benches, lists);
criterion_main!(benches);
