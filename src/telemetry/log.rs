//! Logging, to stderr alone: what answers a command goes to stdout.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Log, LogFormat};

/// Why nothing is logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter can't be read.
    #[error("the log filter can't be read")]
    Filter(#[from] ParseError),
    /// Something else logs already.
    #[error("logging was started before")]
    Started(#[from] TryInitError),
}

/// Starts to log, for the life of the process.
///
/// # Errors
/// The filter can't be read, or something else logs already.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => lines.finish().try_init()?,
        LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}
