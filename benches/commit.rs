//! Durable writes per second: one writer against 64 that share flushes.
//!
//! Budget: 64 concurrent writers reach at least 8 times the rate of one. Each write is one resource, acknowledged when
//! it is fsynced. Run with `cargo bench --bench commit`.

#![expect(clippy::unwrap_used, reason = "a benchmark that can't be set up has to stop")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use dopusk::company::{Company, Size};
use dopusk::domain::{Object, Operation, Write};
use dopusk::engine::Engine;
use dopusk::testing;
use tokio::runtime::Runtime;

fn commits(criterion: &mut Criterion) {
    let company = Company::new(Size { resources: 10_000, ..Size::default() });
    let office = testing::Office::open(&company);
    let engine = office.engine();
    let runtime = Runtime::new().unwrap();
    let next = Arc::new(AtomicU64::new(1_000_000));
    let mut group = criterion.benchmark_group("durable writes");
    group.throughput(Throughput::Elements(1));
    for writers in [1_u64, 64] {
        group.bench_function(format!("{writers} at once"), |bencher| {
            bencher.iter_custom(|count| {
                let started = Instant::now();
                runtime.block_on(write(engine, company, &next, (writers, count)));
                started.elapsed()
            });
        });
    }
    group.finish();
}

/// So many writers make so many writes between them.
async fn write(engine: &Arc<Engine>, company: Company, next: &Arc<AtomicU64>, (writers, count): (u64, u64)) {
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..writers {
        let share = count / writers + u64::from(writer < count % writers);
        let (engine, next) = (Arc::clone(engine), Arc::clone(next));
        tasks.spawn(async move {
            for _ in 0..share {
                let resource = company.resource(next.fetch_add(1, Ordering::Relaxed));
                let operations = vec![Operation::put(Object::Resource(Box::new(resource)))];
                engine.write(Write { operations, ..Write::default() }).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

criterion_group!(benches, commits);
criterion_main!(benches);
