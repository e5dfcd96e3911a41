//! What the process tells of itself: what is logged and traced, how long things take, what the system says of it.

mod histogram;
mod log;
mod process;
mod trace;

pub use histogram::{Histogram, Timings};
pub use log::{Logging, TelemetryError, start};
pub use process::{ProcessFigures, process_figures};
pub use trace::{
    Laps, Outcome, Phase, Remote, Trace, TraceError, Traces, carry, is_tracing, laps, phase, start_traces,
    trace_id,
};
