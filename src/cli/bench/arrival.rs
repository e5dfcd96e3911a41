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
use tonic::Code;

use super::load::{self, Client, Place, pick};
use super::question::Calls;
use super::round::{Case, Transport};

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
    pub(super) latency: Duration,
}

/// The callers.
pub(super) struct Arrivals {
    clients: Vec<Client>,
    calls: Arc<Calls>,
}

impl Arrivals {
    pub(super) async fn new(place: &Place, calls: Arc<Calls>) -> Result<Self> {
        let mut clients = Vec::new();
        for _ in 0..CONNECTIONS {
            clients.push(place.connect(Transport::Tcp).await?);
        }
        Ok(Self { clients, calls })
    }

    /// Calls at a rate for some time; gives what ended.
    pub(super) async fn come(&self, per_second: f64, time: Duration) -> Result<Vec<Called>> {
        let (told, mut heard) = mpsc::unbounded_channel();
        let gathered = tokio::spawn(async move {
            let mut all = Vec::new();
            while let Some(called) = heard.recv().await {
                all.push(called);
            }
            all
        });
        let mut dice = StdRng::seed_from_u64(1);
        let (start, mut due, mut at) = (Instant::now(), Duration::ZERO, 0);
        while due < time {
            until(start + due).await;
            let (client, calls) = (self.client(at)?, Arc::clone(&self.calls));
            let (told, moment) = (told.clone(), start + due);
            tokio::spawn(async move {
                let called = call(client, &calls, at, moment).await;
                // The one who gathers stays until the last is told.
                let _ = told.send(called);
            });
            at += 1;
            due += gap(&mut dice, per_second);
        }
        drop(told);
        gathered.await.context("what ended was not gathered")
    }

    /// Calls so many at a time for some time; gives how many a second were answered.
    pub(super) async fn crowd(&self, at_once: usize, time: Duration) -> Result<f64> {
        let end = Instant::now() + time;
        let mut callers = tokio::task::JoinSet::new();
        for first in 0..at_once {
            let (client, calls) = (self.client(first)?, Arc::clone(&self.calls));
            callers.spawn(async move {
                let (mut at, mut answered) = (first * 7919, 0_u32);
                while Instant::now() < end {
                    let called = call(client.clone(), &calls, at, Instant::now()).await;
                    answered += u32::from(called.end == End::Answered);
                    at += 1;
                }
                answered
            });
        }
        let answered: u32 = callers.join_all().await.into_iter().sum();
        Ok(f64::from(answered) / time.as_secs_f64())
    }

    fn client(&self, at: usize) -> Result<Client> {
        self.clients.get(at % self.clients.len()).cloned().context("there are no connections")
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

async fn call(mut client: Client, calls: &Calls, at: usize, due: Instant) -> Called {
    let kind = match at % 10 {
        1 | 6 => Kind::Batch,
        3 | 8 => Kind::Page,
        _ => Kind::Check,
    };
    let outcome = make(&mut client, calls, kind, at / 10).await;
    let end = match outcome {
        Ok(()) => End::Answered,
        Err(status) if status.code() == Code::ResourceExhausted => End::Refused,
        Err(status) => End::Failed(status.code()),
    };
    Called { kind, end, latency: due.elapsed() }
}

async fn make(client: &mut Client, calls: &Calls, kind: Kind, at: usize) -> Result<(), tonic::Status> {
    let none = |_| tonic::Status::internal("there are no calls to make");
    match kind {
        Kind::Check => drop(client.check(pick(&calls.stored, at).map_err(none)?).await?),
        Kind::Batch => drop(client.batch_check(pick(&calls.small_batches, at).map_err(none)?).await?),
        Kind::Page => {
            let pages = [Case::PageAll, Case::PageNarrow, Case::PageBetween];
            let case = pages.get(at % pages.len()).copied().unwrap_or(Case::PageAll);
            load::drain(client, pick(calls.pages(case), at).map_err(none)?).await?;
        }
    }
    Ok(())
}
