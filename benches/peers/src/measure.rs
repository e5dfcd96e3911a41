//! Asks an engine everything once and counts wrong answers; only then takes the time.
//!
//! In process: one thread, one question after the other. Over gRPC: one call in flight on one connection, and 64 on
//! four; a call's time is from sending to the answer, in the client.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::task::JoinSet;

use crate::peer::{InProcess, Remote};
use crate::report::Row;

/// Connections under load.
pub const CONNECTIONS: usize = 4;
/// Calls in flight on each of them.
const IN_FLIGHT: usize = 16;
/// Questions between two looks at the clock, in process.
const STRIDE: usize = 16;

/// What is asked, and for how long.
#[derive(Clone)]
pub struct Plan {
    /// The right answers, by question.
    pub answers: Arc<Vec<bool>>,
    pub time: Duration,
}

impl Plan {
    fn judge(&self, at: usize, answer: Result<bool>) -> Result<()> {
        let allow = answer.with_context(|| format!("question {at}"))?;
        ensure!(self.answers.get(at) == Some(&allow), "question {at}: allow = {allow} is wrong");
        Ok(())
    }
}

pub fn in_process(name: &str, peer: &impl InProcess, plan: &Plan) -> Result<Row> {
    for at in 0..plan.answers.len() {
        plan.judge(at, peer.may_read(at)).context(name.to_owned())?;
    }
    let start = Instant::now();
    let mut asked = 0;
    while start.elapsed() < plan.time {
        for _ in 0..STRIDE {
            let at = asked % plan.answers.len();
            plan.judge(at, peer.may_read(at)).context(name.to_owned())?;
            asked += 1;
        }
    }
    Ok(Row::new(name, "in process, 1 thread", asked, start.elapsed()))
}

/// Two rows: one call in flight, and many.
pub async fn remote<R: Remote>(name: &str, connections: Vec<R>, plan: &Plan) -> Result<Vec<Row>> {
    let first = connections.first().context("no connection")?.clone();
    run(&connections, IN_FLIGHT, plan, Until::EachOnce).await.context(name.to_owned())?;
    let mut rows = Vec::new();
    let many = format!("gRPC, {} in flight", connections.len() * IN_FLIGHT);
    for (how, connections, in_flight) in
        [("gRPC, 1 in flight", vec![first], 1), (&many, connections, IN_FLIGHT)]
    {
        let start = Instant::now();
        let times = run(&connections, in_flight, plan, Until::TimeIsOver).await.context(name.to_owned())?;
        rows.push(Row::new(name, how, times.len(), start.elapsed()).with_times(times));
    }
    Ok(rows)
}

#[derive(Clone, Copy)]
enum Until {
    EachOnce,
    TimeIsOver,
}

/// The time of every call.
async fn run<R: Remote>(
    connections: &[R],
    in_flight: usize,
    plan: &Plan,
    until: Until,
) -> Result<Vec<Duration>> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    for connection in connections {
        for _ in 0..in_flight {
            workers.spawn(work(connection.clone(), Arc::clone(&next), plan.clone(), until));
        }
    }
    let mut times = Vec::new();
    while let Some(worker) = workers.join_next().await {
        times.extend(worker??);
    }
    Ok(times)
}

async fn work<R: Remote>(
    connection: R,
    next: Arc<AtomicUsize>,
    plan: Plan,
    until: Until,
) -> Result<Vec<Duration>> {
    let start = Instant::now();
    let mut times = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let is_over = match until {
            Until::EachOnce => number >= plan.answers.len(),
            Until::TimeIsOver => start.elapsed() >= plan.time,
        };
        if is_over {
            return Ok(times);
        }
        let at = number % plan.answers.len();
        let sent = Instant::now();
        let answer = connection.may_read(at).await;
        times.push(sent.elapsed());
        plan.judge(at, answer)?;
    }
}
