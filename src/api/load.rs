//! What the server does when more is asked of it than it can do in time: it answers what it can soon, and refuses the
//! rest at once.
//!
//! Where memory is short, what needs much of it is refused, and where it is all but gone, everything but light calls.
//! Calls wait for an async thread in a `Queue`, which is kept short where it would last; heavy ones then take `Turns`.
//! Nothing here decides by who calls: that is a caller's quota.

mod queue;
mod turn;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tonic::Status;

use self::queue::Queue;
use self::turn::Turns;
use super::status;
use crate::caller::Weight;
use crate::memory::{Budget, Strain};

pub(super) use turn::Turn;

/// How long calls may wait for their turn, unless it is set otherwise: enough for a burst. Twice what a busy thread takes to
/// come round, whatever waits in sockets; were it 5 ms, that would often be soon, and no queue be seen.
pub const QUEUE_WAIT_MAX: Duration = Duration::from_millis(3);

/// What is under way, and what was refused for want of time.
pub struct Load {
    turns: Arc<Turns>,
    queue: Queue,
    memory: Arc<Budget>,
    memory_refused: AtomicU64,
}

/// Why a call is refused before it is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// There is no time for it.
    Busy,
    /// There is no memory for it.
    Memory,
}

/// How a load stands, for those who watch the server.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LoadFigures {
    /// Heavy calls that have their turn.
    pub heavy_under_way: u64,
    /// Heavy calls that wait for it.
    pub heavy_waiting: u64,
    /// Heavy calls that were refused.
    pub heavy_refused: u64,
    /// Calls that were refused because they had waited too long for a thread.
    pub late_refused: u64,
    /// Calls that were refused for want of memory.
    pub memory_refused: u64,
}

impl Load {
    /// Nothing under way yet. So many heavy calls run at a time, and calls wait at most so long once they queue up.
    #[must_use]
    pub fn new(heavy_at_once: usize, wait_max: Duration, memory: Arc<Budget>) -> Self {
        let turns = Arc::new(Turns::new(heavy_at_once, wait_max));
        Self { turns, queue: Queue::new(wait_max), memory, memory_refused: AtomicU64::new(0) }
    }

    /// How it stands.
    #[must_use]
    pub fn figures(&self) -> LoadFigures {
        let memory_refused = self.memory_refused.load(Ordering::Relaxed);
        LoadFigures { late_refused: self.queue.refused(), memory_refused, ..self.turns.figures() }
    }

    /// The time for a call that comes now, where calls queue up: nobody asks how long others wait.
    pub(super) fn arrival(&self) -> Option<Instant> {
        self.queue.is_crowded().then(Instant::now)
    }

    /// Whether a call is refused before it is decoded, that came at a time; none where that isn't known.
    pub(super) fn refuses(&self, weight: Weight, came: Option<Instant>) -> Option<Refusal> {
        let is_late = || came.is_some_and(|came| self.queue.refuses(came));
        let is_busy = match weight {
            Weight::Light => is_late(),
            Weight::Heavy if self.is_without_memory(Strain::Critical) => return Some(Refusal::Memory),
            Weight::Heavy => is_late() || self.turns.refuses(),
            Weight::Long if self.is_without_memory(Strain::Short) => return Some(Refusal::Memory),
            Weight::Long => false,
        };
        is_busy.then_some(Refusal::Busy)
    }

    /// Feels how long calls wait for an async thread, for as long as it is polled.
    pub async fn follow(self: Arc<Self>) {
        self.queue.follow().await;
    }

    /// Whether there is memory for what stays: objects that are added, states of the past.
    pub(super) fn has_memory(&self) -> Result<(), Status> {
        if self.is_without_memory(Strain::Short) { Err(status::memory_short()) } else { Ok(()) }
    }

    /// Whether memory is short.
    pub(super) fn is_short(&self) -> bool {
        self.memory.strain() >= Strain::Short
    }

    fn is_without_memory(&self, from: Strain) -> bool {
        let is_without = self.memory.strain() >= from;
        if is_without {
            self.memory_refused.fetch_add(1, Ordering::Relaxed);
        }
        is_without
    }

    /// The turn of a heavy call.
    pub(super) async fn turn(&self) -> Result<Turn, Status> {
        self.turns.take().await
    }
}

/// As many heavy calls at a time as there are processors.
impl Default for Load {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self::new(processors, QUEUE_WAIT_MAX, Arc::default())
    }
}
