//! Mixed load for as long as one likes, against a real server that is stopped and killed again and again, with the
//! verifier on: whether every answer is right, no acknowledged write is lost, no change is left out, and memory and
//! disk stay where they are.
//!
//! Everything is at a bounded rate, about a third of two cores. Whatever is wrong is printed at once and makes the
//! program fail; a call that a restart breaks off is not, and is done again.
//!
//! Run with `DOPUSK_SOAK_MINUTES=60 cargo bench --bench soak`; without it, a minute. `DOPUSK_SOAK_SERVER` names another
//! binary than the one that was just built, `DOPUSK_SOAK_RESOURCES` the size of the company, 200,000 if nothing is said.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a benchmark that can't be set up has to stop, and says what it measures"
)]

mod aside;
mod drift;
mod flip;
mod life;
mod load;
mod reader;
mod report;
mod server;
mod soak;
mod watcher;

use std::env;
use std::process::ExitCode;
use std::str::FromStr;
use std::time::Duration;

use crate::soak::{Plan, run};

/// A life that ends by SIGTERM is at most so long, and there are two at least; one that is killed is much shorter.
const LIFE_MAX: Duration = Duration::from_mins(10);

fn main() -> ExitCode {
    let minutes: f64 = given("DOPUSK_SOAK_MINUTES").unwrap_or(1.0);
    let whole = Duration::from_secs_f64(minutes * 60.0);
    let plan = Plan {
        server: env::var("DOPUSK_SOAK_SERVER").unwrap_or(env!("CARGO_BIN_EXE_dopusk").to_owned()).into(),
        resources: given("DOPUSK_SOAK_RESOURCES").unwrap_or(200_000),
        whole,
        life: LIFE_MAX.min(whole / 3),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    if runtime.block_on(run(plan)) == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn given<T: FromStr>(name: &str) -> Option<T> {
    env::var(name).ok().map(|text| text.parse().ok().unwrap_or_else(|| panic!("{name} is {text}")))
}
