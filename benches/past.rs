//! What it costs to make a state of the past again, by how many changes lie between, and to ask for one that is kept.
//!
//! The default company with 100,000 resources; each change is a write of one resource, every tenth of one user. Budget:
//! 50 microseconds a change. Run with `cargo bench --bench past`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a benchmark that can't be set up has to stop, and prints what it has measured"
)]

use std::sync::Arc;
use std::time::Instant;

use dopusk::company::{Company, Size};
use dopusk::domain::{Object, Operation, Resource, Revision, User, Write};
use dopusk::engine::{Consistency, Engine};
use dopusk::testing::Office;

/// How many changes lie between, the most first: a state that is kept makes those behind it cheaper, not those before.
const CHANGES: [u64; 4] = [20_000, 10_000, 1_000, 100];

async fn write_each(engine: &Arc<Engine>, company: Company, users: &[Arc<User>]) {
    let mut tasks = tokio::task::JoinSet::new();
    for writer in 0..64_u64 {
        let (engine, users) = (Arc::clone(engine), users.to_vec());
        tasks.spawn(async move {
            for at in (0..CHANGES[0]).skip(usize::try_from(writer).unwrap()).step_by(64) {
                let user = users.get(usize::try_from(at).unwrap() % users.len()).unwrap();
                let object = if at % 10 == 0 {
                    Object::User(Arc::new(User { name: format!("{at}"), ..User::clone(user) }))
                } else {
                    let stored = company.resource(at);
                    Object::Resource(Box::new(Resource { sort_key: -1, ..stored }))
                };
                let operations = vec![Operation::put(object)];
                engine.write(Write { operations, ..Write::default() }).await.unwrap();
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

fn main() {
    let company = Company::new(Size { resources: 100_000, ..Size::default() });
    let office = Office::open(&company);
    let engine = office.engine();
    let users: Vec<Arc<User>> = {
        let published = engine.at(Consistency::Newest).unwrap();
        published.snapshot().directory().users_after(None).map(|(_, user)| Arc::clone(user)).collect()
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(write_each(engine, company, &users));
    let newest = engine.at(Consistency::Newest).unwrap().snapshot().revision().get();
    for back in CHANGES {
        for kind in ["made again", "kept"] {
            let began = Instant::now();
            engine.past(Revision::new(newest - back), &|| true).unwrap();
            let took = began.elapsed();
            let each = took.as_nanos() / u128::from(back);
            eprintln!("{back} changes back, {kind}: {took:?}, {each} ns a change");
        }
    }
}
