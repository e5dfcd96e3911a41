//! Logging, to stderr alone: what answers a command goes to stdout.

use serde::Deserialize;
use tracing_subscriber::filter::{EnvFilter, ParseError};
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

/// How lines are logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// A level, or a filter such as `info,dopusk=debug`.
    pub filter: String,
    /// How.
    pub format: LogFormat,
}

/// Why nothing is logged.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter can't be read.
    #[error("the filter can't be read: {0}")]
    Filter(#[from] ParseError),
    /// Something else logs already.
    #[error("logging was started before")]
    Started(#[from] TryInitError),
}

impl Settings {
    /// Whether they can be started with.
    ///
    /// # Errors
    /// The filter can't be read.
    pub fn check(&self) -> Result<(), TelemetryError> {
        EnvFilter::try_new(&self.filter)?;
        Ok(())
    }

    /// Starts to log, for the life of the process.
    ///
    /// # Errors
    /// The filter can't be read, or something else logs already.
    pub fn start(&self) -> Result<(), TelemetryError> {
        let filter = EnvFilter::try_new(&self.filter)?;
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
        match self.format {
            LogFormat::Text => lines.finish().try_init()?,
            LogFormat::Json => lines.json().flatten_event(true).finish().try_init()?,
        }
        Ok(())
    }
}
