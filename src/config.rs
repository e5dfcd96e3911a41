//! How `serve` is set up: flags over environment over file over defaults, read once, checked once.
//!
//! Each setting has one name everywhere: `--store-cache-mib`, `DOPUSK_STORE_CACHE_MIB`, and `store_cache_mib` in the
//! file. Unknown names in the file are errors. There are no secrets among them.

use std::fmt;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::telemetry::{self, LogFormat};
use crate::{engine, server, store};

/// The most users whose compiled rights may be asked to be kept.
const CACHED_USERS_MAX: RangeInclusive<u64> = 1..=100_000_000;
/// 1 MiB to 64 GiB of pages.
const STORE_CACHE_MIB: RangeInclusive<u64> = 1..=65_536;
/// Followers need some changes to go on from.
const LOG_REVISIONS_MAX: RangeInclusive<u64> = 1..=1_000_000_000;
/// A day to ten years.
const LOG_DAYS_MAX: RangeInclusive<u64> = 1..=3_650;
/// An hour is more than any supervisor waits.
const DRAIN_SECONDS_MAX: RangeInclusive<u64> = 0..=3_600;

const DAY: Duration = Duration::from_hours(24);

/// Settings as one source gives them: each may be left open.
#[derive(Clone, PartialEq, Eq, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Settings")]
pub struct Partial {
    /// The directory of the store; made if it is absent [default: dopusk-data]
    #[arg(long, value_name = "DIR", env = "DOPUSK_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// The loopback address to listen on, port 0 being any free one, or "off" [default: 127.0.0.1:7717]
    #[arg(long, value_name = "ADDRESS", env = "DOPUSK_LISTEN", hide_env_values = true)]
    pub listen: Option<Listen>,
    /// The Unix socket to listen on
    #[arg(long, value_name = "PATH", env = "DOPUSK_SOCKET", hide_env_values = true)]
    pub socket: Option<PathBuf>,
    /// The most users whose rights are kept compiled [default: 1000000]
    #[arg(long, value_name = "COUNT", env = "DOPUSK_CACHED_USERS_MAX", hide_env_values = true)]
    pub cached_users_max: Option<u64>,
    /// The memory for the store's pages; it takes two to five times as much [default: 128]
    #[arg(long, value_name = "MIB", env = "DOPUSK_STORE_CACHE_MIB", hide_env_values = true)]
    pub store_cache_mib: Option<u64>,
    /// The most changes kept for followers [default: 1000000]
    #[arg(long, value_name = "COUNT", env = "DOPUSK_LOG_REVISIONS_MAX", hide_env_values = true)]
    pub log_revisions_max: Option<u64>,
    /// The most days that a change is kept for followers [default: 30]
    #[arg(long, value_name = "DAYS", env = "DOPUSK_LOG_DAYS_MAX", hide_env_values = true)]
    pub log_days_max: Option<u64>,
    /// How long calls under way may take to end at shutdown [default: 10]
    #[arg(long, value_name = "SECONDS", env = "DOPUSK_DRAIN_SECONDS_MAX", hide_env_values = true)]
    pub drain_seconds_max: Option<u64>,
    /// What is logged: a level, or a filter such as info,dopusk=debug [default: info]
    #[arg(long, value_name = "FILTER", env = "DOPUSK_LOG", hide_env_values = true)]
    pub log: Option<String>,
    /// How it is logged [default: text]
    #[arg(long, value_name = "FORMAT", env = "DOPUSK_LOG_FORMAT", hide_env_values = true)]
    pub log_format: Option<LogFormat>,
}

/// Where to listen by TCP.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub enum Listen {
    /// Nowhere.
    Off,
    /// At an address.
    At(SocketAddr),
}

/// Settings, complete and within their bounds.
#[derive(Clone, Debug)]
pub struct Config {
    /// What the server is started with.
    pub server: server::Settings,
    /// What is logged, and how.
    pub log: telemetry::Settings,
}

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
    /// The log filter is none.
    #[error("log is no filter")]
    Log(#[from] telemetry::TelemetryError),
}

impl Partial {
    /// Reads a TOML file.
    ///
    /// # Errors
    /// Says why it can't be read, or what in it is wrong and where.
    pub fn open(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|cause| ConfigError::Io { file: file.to_owned(), cause })?;
        toml::from_str(&text).map_err(|cause| ConfigError::Syntax { file: file.to_owned(), cause })
    }

    /// These settings, and where they leave something open, those below.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            data: self.data.or(below.data),
            listen: self.listen.or(below.listen),
            socket: self.socket.or(below.socket),
            cached_users_max: self.cached_users_max.or(below.cached_users_max),
            store_cache_mib: self.store_cache_mib.or(below.store_cache_mib),
            log_revisions_max: self.log_revisions_max.or(below.log_revisions_max),
            log_days_max: self.log_days_max.or(below.log_days_max),
            drain_seconds_max: self.drain_seconds_max.or(below.drain_seconds_max),
            log: self.log.or(below.log),
            log_format: self.log_format.or(below.log_format),
        }
    }

    /// The settings with the defaults for what is left open.
    ///
    /// # Errors
    /// A setting is out of its bounds.
    pub fn complete(self) -> Result<Config, ConfigError> {
        let listen = match self.listen.unwrap_or(Listen::DEFAULT) {
            Listen::Off => None,
            Listen::At(address) => Some(address),
        };
        if listen.is_none() && self.socket.is_none() {
            return Err(ConfigError::NoListener);
        }
        let engine = self.engine()?;
        let drain = within("drain_seconds_max", self.drain_seconds_max, 10, &DRAIN_SECONDS_MAX)?;
        let filter = self.log.unwrap_or_else(|| "info".to_owned());
        let log = telemetry::Settings { filter, format: self.log_format.unwrap_or_default() };
        log.check()?;
        let drain_max = Duration::from_secs(drain);
        Ok(Config { server: server::Settings { engine, listen, socket: self.socket, drain_max }, log })
    }

    fn engine(&self) -> Result<engine::Settings, ConfigError> {
        let users = within("cached_users_max", self.cached_users_max, 1_000_000, &CACHED_USERS_MAX)?;
        let revisions = within("log_revisions_max", self.log_revisions_max, 1_000_000, &LOG_REVISIONS_MAX)?;
        let days = within("log_days_max", self.log_days_max, 30, &LOG_DAYS_MAX)?;
        let mib = within("store_cache_mib", self.store_cache_mib, 128, &STORE_CACHE_MIB)?;
        let age_max = u32::try_from(days).map_or(Duration::MAX, |days| DAY * days);
        Ok(engine::Settings {
            data: self.data.clone().unwrap_or_else(|| PathBuf::from("dopusk-data")),
            store: store::Settings {
                cache_bytes: mib << 20,
                retention: store::Retention { revisions_max: revisions, age_max },
            },
            cached_users_max: usize::try_from(users).unwrap_or(usize::MAX),
        })
    }
}

fn within(
    name: &'static str,
    given: Option<u64>,
    default: u64,
    bounds: &RangeInclusive<u64>,
) -> Result<u64, ConfigError> {
    let value = given.unwrap_or(default);
    if bounds.contains(&value) {
        return Ok(value);
    }
    Err(ConfigError::OutOfRange { name, value, min: *bounds.start(), max: *bounds.end() })
}

impl Listen {
    /// Where is listened if nothing else is said.
    pub const DEFAULT: Self =
        Self::At(SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 7717));
}

/// Why a text says nothing of where to listen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is neither off nor an address such as 127.0.0.1:7717")]
pub struct ListenError;

impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::At).map_err(|_| ListenError) }
    }
}

impl TryFrom<String> for Listen {
    type Error = ListenError;

    fn try_from(text: String) -> Result<Self, ListenError> {
        text.parse()
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::At(address) => address.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Partial, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("dopusk.toml");
        std::fs::write(&path, text).unwrap();
        Partial::open(&path)
    }

    #[test]
    fn flags_stand_over_the_file_and_the_file_over_defaults() {
        let flags = Partial { drain_seconds_max: Some(3), ..Partial::default() };
        let below = file("drain_seconds_max = 4\ncached_users_max = 5\nlisten = '[::1]:1'").unwrap();
        let config = flags.over(below).complete().unwrap();
        assert_eq!(config.server.drain_max, Duration::from_secs(3));
        assert_eq!(config.server.engine.cached_users_max, 5);
        assert_eq!(config.server.listen, Some("[::1]:1".parse().unwrap()));
        assert_eq!(config.server.engine.store.cache_bytes, 128 << 20);
        assert_eq!(config.log.filter, "info");
    }

    #[test]
    fn the_defaults_are_within_their_bounds() {
        let config = Partial::default().complete().unwrap();
        assert_eq!(config.server.listen, Some("127.0.0.1:7717".parse().unwrap()));
        assert_eq!(config.server.socket, None);
        assert_eq!(config.server.engine.store.retention, store::Retention::default());
        assert_eq!(config.server.drain_max, Duration::from_secs(10));
    }

    #[test]
    fn an_unknown_or_ill_typed_setting_is_named_with_its_line() {
        let error = file("drain_seconds_max = 1\ndrian = 2").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("unknown field `drian`"), "{error}");
        let error = file("listen = 'everywhere'").unwrap_err().to_string();
        assert!(error.contains("is neither off nor an address"), "{error}");
    }

    #[test]
    fn a_setting_out_of_its_bounds_is_refused() {
        let partial = Partial { store_cache_mib: Some(0), ..Partial::default() };
        let error = partial.complete().unwrap_err().to_string();
        assert_eq!(error, "store_cache_mib is 0; it is 1 to 65536");
    }

    #[test]
    fn something_is_listened_on() {
        let off = Partial { listen: Some(Listen::Off), ..Partial::default() };
        assert!(matches!(off.clone().complete(), Err(ConfigError::NoListener)));
        let socket = Partial { socket: Some(PathBuf::from("s")), ..off };
        assert_eq!(socket.complete().unwrap().server.listen, None);
    }

    #[test]
    fn a_log_filter_is_read_at_the_start() {
        let wrong = Partial { log: Some("dopusk=loud".to_owned()), ..Partial::default() };
        assert!(matches!(wrong.complete(), Err(ConfigError::Log(_))));
    }
}
