//! What a decision costs in process, on the default company (1,000,000 resources).
//!
//! Budgets: a cache hit under 400 ns for inline facts and under 1 µs for a stored resource; a miss (compiling a user's
//! rights) under 100 µs. Run with `cargo bench --bench decision`; `DOPUSK_BENCH_RESOURCES` makes the company smaller.

#![expect(clippy::unwrap_used, clippy::print_stderr, reason = "a benchmark that can't be set up has to stop")]

use criterion::{Criterion, criterion_group, criterion_main};
use dopusk::company::{Company, Question, Size};
use dopusk::engine::{self, InlineFacts, ResourceRef};
use dopusk::rights::EffectiveRights;
use dopusk::testing;

fn decisions(criterion: &mut Criterion) {
    let resources = std::env::var("DOPUSK_BENCH_RESOURCES").ok().and_then(|text| text.parse().ok());
    let company = Company::new(Size { resources: resources.unwrap_or(1_000_000), ..Size::default() });
    let office = testing::Office::open(&company);
    let engine = office.engine();
    let published = engine.at(engine::Consistency::Fastest).unwrap();
    let questions: Vec<Question> = company.questions(1).take(100_000).collect();
    let stored = |question: &Question| {
        let question = engine::Question {
            subject: question.subject.as_str(),
            action: question.action.as_str(),
            entity_type: question.entity_type.as_str(),
            resource: ResourceRef::Stored(question.resource_id.as_str()),
        };
        engine.check(&published, &question).unwrap()
    };
    let allowed = questions.iter().filter(|question| stored(question).is_allow()).count();
    eprintln!("{allowed} of {} questions are allowed", questions.len());
    let mut group = criterion.benchmark_group("decision");
    let mut each = questions.iter().cycle();
    group.bench_function("hit, stored", |bencher| bencher.iter(|| stored(each.next().unwrap())));
    let facts = InlineFacts { responsible: Some("u77"), stage: Some("NEW"), ..InlineFacts::default() };
    let mut each = questions.iter().filter(|question| question.entity_type.as_str() == "deal").cycle();
    group.bench_function("hit, inline", |bencher| {
        bencher.iter(|| {
            let question = each.next().unwrap();
            let question = engine::Question {
                subject: question.subject.as_str(),
                action: "read",
                entity_type: "deal",
                resource: ResourceRef::Inline(facts),
            };
            engine.check(&published, &question)
        });
    });
    let directory = published.snapshot().directory();
    let mut each = questions.iter().cycle();
    group.bench_function("miss: compile one user's rights", |bencher| {
        bencher.iter(|| {
            let (user, _) = directory.find_user(each.next().unwrap().subject.as_str()).unwrap();
            EffectiveRights::compile(directory, user)
        });
    });
    group.finish();
}

criterion_group!(benches, decisions);
criterion_main!(benches);
