//! What it costs to say who may do an action on a resource, on the default company (14,000 users), beside deciding for
//! every user; everybody's rights are kept.
//!
//! Budget: a tenth of deciding for everyone, and a hundredth of it where no role opens everything. Run with
//! `cargo bench --bench subjects`; `DOPUSK_BENCH_RESOURCES` makes the company smaller.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that can't be set up has to stop, and says what it is of"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use dopusk::company::{Company, Size};
use dopusk::engine::{Consistency, Engine, Published, Question, ResourceRef, SubjectsQuery};
use dopusk::testing;

/// Resources of a kind, by what they are of and how many.
const KINDS: [(&str, &str); 4] =
    [("read", "deal"), ("update", "deal"), ("delete", "deal"), ("read", "ticket")];
/// So many resources of each kind are asked about in turn.
const ASKED: usize = 64;

fn subjects(criterion: &mut Criterion) {
    let resources = std::env::var("DOPUSK_BENCH_RESOURCES").ok().and_then(|text| text.parse().ok());
    let company = Company::new(Size { resources: resources.unwrap_or(1_000_000), ..Size::default() });
    let office = testing::Office::open(&company);
    let engine = office.engine();
    let published = engine.at(Consistency::Fastest).unwrap();
    let users: Vec<String> =
        published.snapshot().directory().users_after(None).map(|(_, user)| user.id.to_string()).collect();
    let mut group = criterion.benchmark_group("subjects");
    group.sample_size(20);
    for (action, entity_type) in KINDS {
        let ids: Vec<String> = company
            .questions(1)
            .filter(|question| question.entity_type.as_str() == entity_type)
            .map(|question| question.resource_id.to_string())
            .take(ASKED)
            .collect();
        let query = |id| query(action, entity_type, id);
        let counts: Vec<usize> =
            ids.iter().map(|id| engine.list_subjects(&published, &query(id)).unwrap().len()).collect();
        eprintln!(
            "{action} {entity_type}: {} of {} on average",
            counts.iter().sum::<usize>() / ASKED,
            users.len()
        );
        let mut each = ids.iter().cycle();
        group.bench_function(format!("{action} {entity_type}, everyone decided"), |bencher| {
            bencher.iter(|| everyone(engine, &published, &users, &query(each.next().unwrap())));
        });
        group.bench_function(format!("{action} {entity_type}, listed"), |bencher| {
            bencher.iter(|| engine.list_subjects(&published, &query(each.next().unwrap())).unwrap());
        });
        group.bench_function(format!("{action} {entity_type}, listed with ways"), |bencher| {
            bencher
                .iter(|| engine.list_subjects_with_ways(&published, &query(each.next().unwrap())).unwrap());
        });
    }
    group.finish();
}

fn query<'a>(action: &'a str, entity_type: &'a str, id: &'a str) -> SubjectsQuery<'a> {
    SubjectsQuery { action, entity_type, resource: ResourceRef::Stored(id), after: None, count_max: 1_000 }
}

fn everyone(engine: &Engine, published: &Published, users: &[String], query: &SubjectsQuery<'_>) -> usize {
    let questions = users.iter().map(|subject| Question {
        subject,
        action: query.action,
        entity_type: query.entity_type,
        resource: query.resource,
    });
    questions.filter(|question| black_box(engine.check(published, question)).unwrap().is_allow()).count()
}

criterion_group!(benches, subjects);
criterion_main!(benches);
