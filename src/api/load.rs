//! What the server does when more is asked of it than it can do in time: it answers what it can soon, and refuses the
//! rest at once.
//!
//! Light calls are answered as they come; the [`Pulse`] refuses a share of them where the threads lag behind. Heavy ones
//! take [`Turns`]. Nothing here decides by who calls: that is a caller's quota.

mod pulse;
mod turn;

use std::sync::Arc;
use std::time::Duration;

use tonic::Status;

use self::pulse::Pulse;
use self::turn::Turns;
use crate::caller::Weight;

pub(super) use turn::Turn;

/// How long calls may wait for their turn, unless it is set otherwise: heard in a click, and enough for a burst.
pub const QUEUE_WAIT_MAX: Duration = Duration::from_millis(5);

/// What is under way, and what was refused for want of time.
pub struct Load {
    turns: Arc<Turns>,
    pulse: Pulse,
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
    /// Light calls that were refused.
    pub light_refused: u64,
}

impl Load {
    /// Nothing under way yet. So many heavy calls run at a time, and calls wait at most so long once they queue up.
    #[must_use]
    pub fn new(heavy_at_once: usize, wait_max: Duration) -> Self {
        Self { turns: Arc::new(Turns::new(heavy_at_once, wait_max)), pulse: Pulse::new(wait_max) }
    }

    /// Feels how far the threads lag behind, for as long as the server runs.
    pub async fn follow(&self) {
        self.pulse.beat().await;
    }

    /// How it stands.
    #[must_use]
    pub fn figures(&self) -> LoadFigures {
        LoadFigures { light_refused: self.pulse.refused(), ..self.turns.figures() }
    }

    /// Whether a call is refused as soon as it comes, before it is read.
    pub(super) fn refuses(&self, weight: Weight) -> bool {
        match weight {
            Weight::Light => self.pulse.refuses(),
            Weight::Heavy => self.turns.refuses(),
            Weight::Long => false,
        }
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
        Self::new(processors, QUEUE_WAIT_MAX)
    }
}
