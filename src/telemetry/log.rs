//! Logging, to stderr alone: what answers a command goes to stdout. What is logged can be changed while it is.

use std::fmt;
use std::io::IsTerminal as _;

use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::reload;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Log, LogFormat};

/// Why something isn't logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter can't be read.
    #[error("the log filter can't be read")]
    Filter(#[from] ParseError),
    /// Something else logs already.
    #[error("logging was started before")]
    Started(#[from] TryInitError),
    /// The log is gone.
    #[error("the log filter can't be changed")]
    Change(#[from] reload::Error),
}

/// The log, once it was started.
pub struct Logging {
    change: Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>,
}

/// Starts to log, for the life of the process.
///
/// # Errors
/// The filter can't be read, or something else logs already.
pub fn start(log: &Log) -> Result<Logging, TelemetryError> {
    let filter = EnvFilter::try_new(&log.filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match log.format {
        LogFormat::Text => {
            let lines = lines.with_filter_reloading();
            let handle = lines.reload_handle();
            lines.finish().try_init()?;
            Ok(Logging { change: Box::new(move |filter| handle.reload(filter)) })
        }
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_filter_reloading();
            let handle = lines.reload_handle();
            lines.finish().try_init()?;
            Ok(Logging { change: Box::new(move |filter| handle.reload(filter)) })
        }
    }
}

impl Logging {
    /// Logs by another filter from now on.
    ///
    /// # Errors
    /// The filter can't be read; what was logged is logged on.
    pub fn change(&self, filter: &str) -> Result<(), TelemetryError> {
        Ok((self.change)(EnvFilter::try_new(filter)?)?)
    }
}

impl fmt::Debug for Logging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logging").finish_non_exhaustive()
    }
}
