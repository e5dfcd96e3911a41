//! Why there is no configuration.

use std::path::PathBuf;

use tracing_subscriber::filter::ParseError;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file can't be read.
    #[error("{} can't be read", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not what it must be.
    #[error("{}: {cause}", file.display())]
    Syntax {
        /// The file.
        file: PathBuf,
        /// What and where.
        cause: toml::de::Error,
    },
    /// A number that is too small or too large.
    #[error("{name} is {value}; it is {min} to {max}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: u64,
        /// The least that it may be.
        min: u64,
        /// The most that it may be.
        max: u64,
    },
    /// Nothing is listened on.
    #[error("nothing to listen on; give socket, or listen at an address")]
    NoListener,
    /// A setting that says nothing without another one.
    #[error("{setting} is of no use without {other}")]
    Alone {
        /// The setting.
        setting: &'static str,
        /// The one that it needs.
        other: &'static str,
    },
    /// The log filter is none.
    #[error("log is no filter")]
    Log(#[from] ParseError),
}
