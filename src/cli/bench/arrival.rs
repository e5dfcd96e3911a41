//! Calls that come as they like: at random times with a given rate, whether those before are answered or not.
//!
//! Six of ten are checks, two are batches of 100, two are pages of 50 with the total. A latency counts from the moment at
//! which the call was due, so that a caller that comes late itself hides nothing.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tonic::Code;

use super::question::Calls;
use super::round::Case;
use super::wire::{Prepared, Wire};

/// Connections that calls are spread over: each takes a bounded number of streams.
const CONNECTIONS: usize = 16;
/// A caller that is later than this sleeps; one that is nearer looks again and again.
const NEAR: Duration = Duration::from_millis(2);

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Check,
    Batch,
    Page,
}

/// How a call ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum End {
    Answered,
    Refused,
    /// In another way: what is measured is of no use then.
    Failed(Code),
}

/// A call that has ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Called {
    pub(super) kind: Kind,
    pub(super) end: End,
    /// From the moment at which it was due.
    pub(super) latency: Duration,
    /// How much later than that it was made.
    pub(super) lateness: Duration,
}

/// What a crowd has come to, a second.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Crowded {
    pub(super) answered: f64,
    pub(super) refused: f64,
}

/// The callers.
pub(super) struct Arrivals {
    wires: Vec<Wire>,
    lines: JoinSet<()>,
    calls: Arc<Mix>,
}

/// What they call, a list for each kind.
struct Mix {
    checks: Vec<Prepared>,
    batches: Vec<Prepared>,
    pages: Vec<Prepared>,
}

impl Mix {
    fn new(address: &str, calls: &Calls) -> Result<Self> {
        let checks = calls.stored.iter().map(|it| Prepared::new("Check", address, it));
        let batches = calls.small_batches.iter().map(|it| Prepared::new("BatchCheck", address, it));
        let of_case = |case: &Case| calls.pages(*case).iter();
        // The first of each case, then the second.
        let cases = [Case::PageAll, Case::PageNarrow, Case::PageBetween];
        let mut pages = Vec::new();
        for at in 0..cases.iter().map(|case| of_case(case).count()).max().unwrap_or_default() {
            pages.extend(cases.iter().filter_map(|case| of_case(case).nth(at)));
        }
        let pages = pages.into_iter().map(|it| Prepared::new("ListVisible", address, it));
        Ok(Self {
            checks: checks.collect::<Result<_>>()?,
            batches: batches.collect::<Result<_>>()?,
            pages: pages.collect::<Result<_>>()?,
        })
    }

    /// The call at a place of the sequence, in which kinds come in a fixed order.
    fn at(&self, at: usize) -> Result<(Kind, &Prepared)> {
        let (kind, calls) = match at % 10 {
            1 | 6 => (Kind::Batch, &self.batches),
            3 | 8 => (Kind::Page, &self.pages),
            _ => (Kind::Check, &self.checks),
        };
        let call = calls.get(at / 10 % calls.len().max(1)).context("there are no calls to make")?;
        Ok((kind, call))
    }
}

impl Arrivals {
    pub(super) async fn new(address: &str, calls: &Calls) -> Result<Self> {
        let (mut wires, mut lines) = (Vec::new(), JoinSet::new());
        for _ in 0..CONNECTIONS {
            wires.push(Wire::connect(address, &mut lines).await?);
        }
        Ok(Self { wires, lines, calls: Arc::new(Mix::new(address, calls)?) })
    }

    /// Closes the connections.
    pub(super) async fn leave(mut self) {
        self.lines.shutdown().await;
    }

    /// Calls at a rate for some time; gives what ended.
    pub(super) async fn come(&self, per_second: f64, time: Duration) -> Result<Vec<Called>> {
        let (told, mut heard) = mpsc::unbounded_channel();
        let gathered = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(called) = heard.recv().await {
                all.push(called?);
            }
            anyhow::Ok(all)
        });
        let mut dice = StdRng::seed_from_u64(1);
        let (start, mut due, mut at) = (Instant::now(), Duration::ZERO, 0);
        while due < time {
            until(start + due).await;
            let (wire, calls) = (self.wire(at)?, Arc::clone(&self.calls));
            let (told, moment) = (told.clone(), start + due);
            tokio::spawn(async move {
                let called = call(&wire, &calls, at, moment).await;
                // The one who gathers stays until the last is told, or one has failed.
                let _ = told.send(called);
            });
            at += 1;
            due += gap(&mut dice, per_second);
        }
        drop(told);
        gathered.await.context("what ended was not gathered")?
    }

    /// Calls so many at a time for some time; gives how many a second were answered.
    pub(super) async fn crowd(&self, at_once: usize, time: Duration) -> Result<Crowded> {
        let end = Instant::now() + time;
        let mut callers = JoinSet::new();
        for first in 0..at_once {
            let (wire, calls) = (self.wire(first)?, Arc::clone(&self.calls));
            callers.spawn(async move {
                let (mut at, mut answered, mut refused) = (first * 7919, 0_u32, 0_u32);
                while Instant::now() < end {
                    let called = call(&wire, &calls, at, Instant::now()).await?;
                    answered += u32::from(called.end == End::Answered);
                    refused += u32::from(called.end == End::Refused);
                    at += 1;
                }
                anyhow::Ok((answered, refused))
            });
        }
        let (mut answered, mut refused) = (0.0, 0.0);
        while let Some(ended) = callers.join_next().await {
            let (more_answered, more_refused) = ended??;
            answered += f64::from(more_answered);
            refused += f64::from(more_refused);
        }
        let seconds = time.as_secs_f64();
        Ok(Crowded { answered: answered / seconds, refused: refused / seconds })
    }

    fn wire(&self, at: usize) -> Result<Wire> {
        self.wires.get(at % self.wires.len()).cloned().context("there are no connections")
    }
}

/// Ends at a moment, nearer to it than a timer does.
async fn until(moment: Instant) {
    while Instant::now() < moment {
        let left = moment.saturating_duration_since(Instant::now());
        if left > NEAR {
            tokio::time::sleep(left.saturating_sub(NEAR)).await;
        } else {
            tokio::task::yield_now().await;
        }
    }
}

/// The time until the next call: calls that know nothing of one another come like this.
fn gap(dice: &mut StdRng, per_second: f64) -> Duration {
    let chance: f64 = dice.random();
    Duration::from_secs_f64(-(1.0 - chance).ln() / per_second)
}

async fn call(wire: &Wire, calls: &Mix, at: usize, due: Instant) -> Result<Called> {
    let (kind, prepared) = calls.at(at)?;
    let lateness = due.elapsed();
    let code = wire.call(prepared).await?;
    let latency = due.elapsed();
    let end = if code == Code::Ok {
        End::Answered
    } else if code == Code::ResourceExhausted {
        End::Refused
    } else {
        End::Failed(code)
    };
    Ok(Called { kind, end, latency, lateness })
}
