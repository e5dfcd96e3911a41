//! What the process tells of itself: what is logged, how long things take, what the system says of it.

mod histogram;
mod log;
mod process;

pub use histogram::{Histogram, Timings};
pub use log::{TelemetryError, start};
pub use process::{ProcessFigures, process_figures};
