//! What it costs to say what would allow a denial, in process: each draft is tried on a copy and decided again, and for
//! each proposal every decision that it turns is counted.
//!
//! Of the default company: the first forty denials among questions as work brings them up, each asked once; then the one
//! in the middle and the slowest again. Budget: the middle one in under 100 ms, the slowest in under 2 s. Run with
//! `cargo bench --bench why_not`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark that can't be set up has to stop, and says what it measures"
)]

use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use dopusk::company::{Company, Question as Asked, Size};
use dopusk::engine::{Consistency, Question, ResourceRef, WhyNot};
use dopusk::testing::Office;

/// So many denials are asked about.
const DENIALS: usize = 40;

fn question(asked: &Asked) -> Question<'_> {
    Question {
        subject: asked.subject.as_str(),
        action: asked.action.as_str(),
        entity_type: asked.entity_type.as_str(),
        resource: ResourceRef::Stored(asked.resource_id.as_str()),
    }
}

fn why_not(office: &Office, asked: &Asked) -> WhyNot {
    let published = office.engine().at(Consistency::Fastest).unwrap();
    office.engine().why_not(&published, &question(asked), &|| true).unwrap()
}

fn is_denied(office: &Office, asked: &Asked) -> bool {
    let published = office.engine().at(Consistency::Fastest).unwrap();
    !office.engine().check(&published, &question(asked)).unwrap().is_allow()
}

fn denials(criterion: &mut Criterion) {
    let company = Company::new(Size::default());
    let office = Office::open(&company);
    let denials = company.questions(7).filter(|asked| is_denied(&office, asked)).take(DENIALS);
    let timed = denials.map(|asked| {
        let began = Instant::now();
        let answer = why_not(&office, &asked);
        (began.elapsed(), asked, answer)
    });
    let mut timed: Vec<(Duration, Asked, WhyNot)> = timed.collect();
    timed.sort_unstable_by_key(|(time, ..)| *time);
    let mended = timed.iter().filter(|(_, _, answer)| !answer.proposals.is_empty()).count();
    println!("{mended} of {DENIALS} denials have a proposal");
    let mut group = criterion.benchmark_group("why_not");
    group.sample_size(10);
    for (name, at) in [("the denial in the middle", DENIALS / 2), ("the slowest denial", DENIALS - 1)] {
        let (time, asked, answer) = timed.get(at).unwrap();
        let proposals = answer.proposals.len();
        println!("{name}: {asked:?}, {} tried, {proposals} proposals, first {time:?}", answer.tried);
        group.bench_function(name, |bencher| bencher.iter(|| why_not(&office, asked)));
    }
    group.finish();
}

criterion_group!(benches, denials);
criterion_main!(benches);
