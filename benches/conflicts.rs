//! What it costs to find the conflicts of the default company (10,000 employees, 30 roles), to make messages of them,
//! and to put them into words besides; and the advice on the same company.
//!
//! Budget: 2 seconds for the whole company, made into messages. Run with `cargo bench --bench conflicts`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that can't be set up has to stop, and says what it is of"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use dopusk::api::convert;
use dopusk::company::{Company, Size};
use dopusk::engine::{Circle, ConflictFilter, Conflicts, Consistency, Effects, PeoplePart, Thresholds};
use dopusk::testing;
use dopusk::text::{Language, review_text};
use prost::Message as _;

/// Resources play no part in conflicts.
const RESOURCES: u64 = 1_000;

fn conflicts(criterion: &mut Criterion) {
    let office = testing::Office::open(&Company::new(Size { resources: RESOURCES, ..Size::default() }));
    let published = Arc::clone(&*office.engine().at(Consistency::Fastest).unwrap());
    let find = |circle| -> Conflicts {
        published.conflicts(circle, &ConflictFilter::default(), PeoplePart::default()).unwrap()
    };
    let (all, lost) = find(Circle::Company)
        .fold((0, 0), |(all, lost), conflict| (all + 1, lost + usize::from(conflict.kind.loses())));
    eprintln!("{all} conflicts, {lost} of them lose access");
    let mut group = criterion.benchmark_group("conflicts");
    group.sample_size(10);
    group.bench_function("company, found", |bencher| bencher.iter(|| black_box(find(Circle::Company).len())));
    group.bench_function("company, found and made into messages", |bencher| {
        bencher.iter(|| {
            find(Circle::Company).map(|it| convert::conflict(&it, None).encoded_len()).sum::<usize>()
        });
    });
    group.bench_function("company, the same and put into words", |bencher| {
        bencher.iter(|| {
            let told = |it| convert::conflict(&it, Some(review_text(&it, Language::English)));
            find(Circle::Company).map(|it| told(it).encoded_len()).sum::<usize>()
        });
    });
    group.bench_function("a department with those below it", |bencher| {
        bencher.iter(|| find(Circle::DepartmentTree("d3")).count());
    });
    group.bench_function("company, advice", |bencher| {
        bencher.iter(|| {
            published.advice(&[], Thresholds::default(), PeoplePart::default(), Effects::Left).count()
        });
    });
    group.bench_function("a user", |bencher| bencher.iter(|| find(Circle::User("u7")).count()));
    group.finish();
}

criterion_group!(benches, conflicts);
criterion_main!(benches);
