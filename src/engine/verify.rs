//! The background verifier: what answers are made from is made again, piece by piece, and held against what is there.
//!
//! It goes round three things, one after the other, on a thread of its own and at a bounded pace: cached rights are
//! compiled anew, objects are read back from the store, indices are held against their rows. A mismatch is an error in
//! the log and is counted, and what is wrong is made anew; the service goes on, since what was wrong is gone by then,
//! and an outage would be worse than what is left. Nothing here is on the path of an answer.

mod index;
mod mend;
#[cfg(feature = "testing")]
mod plant;
mod record;
mod rights;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::write::{Queue, Request};
use super::{Engine, Shared};

pub(super) use mend::Mend;

/// How long it works at a time; the pause behind it makes the pace.
const SLICE: Duration = Duration::from_millis(1);
/// The pause behind a mismatch: an error that stays must not fill the log.
const PAUSE_OF_MISMATCH: Duration = Duration::from_secs(1);
/// The milliseconds of a second.
const SECOND_MS: u32 = 1_000;

/// What the verifier has done since the start.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Verification {
    /// How many rights, objects and places in indices were held against what they are made from.
    pub verified: u64,
    /// How many of them were wrong.
    pub mismatches: u64,
    /// How many times all of them were gone through.
    pub rounds: u64,
}

/// The same, as it is counted.
#[derive(Default)]
pub(super) struct Counts {
    verified: AtomicU64,
    mismatches: AtomicU64,
    rounds: AtomicU64,
}

/// The running thread. It ends when this is dropped, at the latest after what it is at.
pub(super) struct Verifier {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Verifier {
    /// Ends it, and waits until it has, at most so long: the disk may keep it.
    pub(super) fn stop(self, wait_max: Duration) {
        drop(self.stop);
        let end = Instant::now() + wait_max;
        while !self.thread.is_finished() && Instant::now() < end {
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Engine {
    /// What the verifier has done since the start. Costs three loads.
    #[must_use]
    pub fn verification(&self) -> Verification {
        let Counts { verified, mismatches, rounds } = &self.shared.verification;
        let [verified, mismatches, rounds] =
            [verified, mismatches, rounds].map(|it| it.load(Ordering::Relaxed));
        Verification { verified, mismatches, rounds }
    }

    /// Goes through all once, on this thread and without pauses. Costs some microseconds for each object.
    pub fn verify(&self) {
        let mut walk = Walk::new();
        while walk.rounds() == 0 {
            walk.step(&self.shared, &self.queue);
        }
    }

    pub(super) fn stop_verifier(&self, wait_max: Duration) {
        let verifier = self.verifier.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(verifier) = verifier {
            verifier.stop(wait_max);
        }
    }
}

/// Starts the thread, to work so many milliseconds of each second; none where that is 0.
pub(super) fn start(
    shared: Arc<Shared>,
    queue: Queue,
    ms_per_second: u32,
) -> Result<Mutex<Option<Verifier>>, std::io::Error> {
    if ms_per_second == 0 {
        return Ok(Mutex::new(None));
    }
    let (stop, stopped) = channel();
    let thread = std::thread::Builder::new()
        .name("verifier".to_owned())
        .spawn(move || run(&shared, &queue, &stopped, ms_per_second.min(SECOND_MS)))?;
    Ok(Mutex::new(Some(Verifier { stop, thread })))
}

fn run(shared: &Shared, queue: &Queue, stopped: &Receiver<()>, ms_per_second: u32) {
    let mut walk = Walk::new();
    loop {
        let (began, mut waited, mut mismatches) = (Instant::now(), Duration::ZERO, 0);
        while began.elapsed() < SLICE + waited && mismatches == 0 {
            let step = walk.step(shared, queue);
            waited += step.waited;
            mismatches += step.faults.len();
        }
        shared.verification.rounds.store(walk.rounds(), Ordering::Relaxed);
        let worked = began.elapsed().saturating_sub(waited);
        let pause = worked * (SECOND_MS - ms_per_second) / ms_per_second;
        let pause = if mismatches == 0 { pause } else { pause.max(PAUSE_OF_MISMATCH) };
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// What one piece of work came to.
#[derive(Default)]
struct Step {
    /// How much was held against what it is made from.
    verified: u64,
    faults: Vec<Fault>,
    /// Whether all of its kind has been gone through.
    is_round: bool,
    /// How long it waited for others.
    waited: Duration,
}

/// A mismatch.
struct Fault {
    /// What is wrong, for the log.
    what: String,
    /// What the committer is to make anew; none where that is done.
    mend: Option<Mend>,
}

/// One of the things that are gone round.
trait Circle: Send {
    /// Goes on by a piece, some hundred microseconds.
    fn step(&mut self, shared: &Shared) -> Step;
}

/// How far the verifier has come.
struct Walk {
    /// Each with how often it was gone round.
    circles: [(u64, Box<dyn Circle>); 3],
    next: usize,
}

impl Walk {
    fn new() -> Self {
        let circles: [Box<dyn Circle>; 3] = [
            Box::new(rights::Rights::default()),
            Box::new(record::Records::default()),
            Box::new(index::Indices::default()),
        ];
        Self { circles: circles.map(|circle| (0, circle)), next: 0 }
    }

    /// How often all was gone through.
    fn rounds(&self) -> u64 {
        self.circles.iter().map(|(rounds, _)| *rounds).min().unwrap_or(0)
    }

    /// Does a piece of what comes next, counts and tells of it, and has mended what is wrong.
    fn step(&mut self, shared: &Shared, queue: &Queue) -> Step {
        let at = self.next % self.circles.len();
        self.next = at + 1;
        let Some((rounds, circle)) = self.circles.get_mut(at) else { return Step::default() };
        let mut step = circle.step(shared);
        *rounds += u64::from(step.is_round);
        shared.verification.verified.fetch_add(step.verified, Ordering::Relaxed);
        shared.verification.mismatches.fetch_add(step.faults.len() as u64, Ordering::Relaxed);
        for fault in &mut step.faults {
            tracing::error!(what = fault.what, "verification found a mismatch; it is made anew");
            // Where no place is left, it is found again on the next round.
            fault.mend.take().into_iter().for_each(|mend| drop(queue.try_send(Request::Mend(mend))));
        }
        step
    }
}
