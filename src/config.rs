//! How `serve` is set up: flags over environment over file over defaults, read once, checked once.
//!
//! Each setting has one name everywhere: `--store-cache-mib`, `DOPUSK_STORE_CACHE_MIB`, and `store_cache_mib` in the
//! file. Unknown names in the file are errors. There are no secrets among them.

mod fault;
mod journal;
mod value;

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tracing_subscriber::filter::EnvFilter;

pub use fault::ConfigError;
pub use journal::{AuditLog, DecisionLog, Filter, Masked};
pub use value::{Listen, ListenError, LogFormat, MemoryLimit, MemoryLimitError, Mode, ModeError};

/// The most users whose compiled rights may be asked to be kept.
const CACHED_USERS_MAX: RangeInclusive<u64> = 1..=100_000_000;
/// 1 MiB to 64 GiB of pages.
const STORE_CACHE_MIB: RangeInclusive<u64> = 1..=65_536;
/// All of a second is a core.
const VERIFY_MS_PER_SECOND: RangeInclusive<u64> = 0..=1_000;
/// Less than the least isn't enough for an empty store.
const MEMORY_LIMIT_BYTES: RangeInclusive<u64> = (64 << 20)..=(1 << 50);
/// Followers need some changes to go on from.
const LOG_REVISIONS_MAX: RangeInclusive<u64> = 1..=1_000_000_000;
/// A day to ten years.
const LOG_DAYS_MAX: RangeInclusive<u64> = 1..=3_650;
/// An hour is more than any supervisor waits.
const DRAIN_SECONDS_MAX: RangeInclusive<u64> = 0..=3_600;
/// As many as there can be open files on most systems.
const CONNECTIONS_MAX: RangeInclusive<u64> = 1..=1_000_000;
/// A minute is more than any caller waits.
const QUEUE_MS_MAX: RangeInclusive<u64> = 1..=60_000;

/// Up to an hour.
const SLOW_CALL_MS: RangeInclusive<u64> = 1..=3_600_000;

const DAY: Duration = Duration::from_hours(24);

/// Settings as one source gives them: each may be left open.
#[derive(Clone, PartialEq, Eq, Debug, Default, clap::Args, Deserialize)]
#[serde(deny_unknown_fields)]
#[command(next_help_heading = "Settings")]
pub struct Partial {
    /// The directory of the store; made if it is absent [default: dopusk-data]
    #[arg(long, value_name = "DIR", env = "DOPUSK_DATA", hide_env_values = true)]
    pub data: Option<PathBuf>,
    /// The address to listen on, port 0 being any free one, or "off"; one that others reach needs callers and TLS
    /// [default: 127.0.0.1:7717]
    #[arg(long, value_name = "ADDRESS", env = "DOPUSK_LISTEN", hide_env_values = true)]
    pub listen: Option<Listen>,
    /// The Unix socket to listen on
    #[arg(long, value_name = "PATH", env = "DOPUSK_SOCKET", hide_env_values = true)]
    pub socket: Option<PathBuf>,
    /// The mode of the Unix socket, in octal [default: 660]
    #[arg(long, value_name = "MODE", env = "DOPUSK_SOCKET_MODE", hide_env_values = true)]
    pub socket_mode: Option<Mode>,
    /// The file that names who may call, and what; without it, whoever can connect may do everything
    #[arg(long, value_name = "FILE", env = "DOPUSK_CALLERS", hide_env_values = true)]
    pub callers: Option<PathBuf>,
    /// The certificate for TLS at the address, in PEM, with those above it
    #[arg(long, value_name = "FILE", env = "DOPUSK_TLS_CERT", hide_env_values = true)]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(long, value_name = "FILE", env = "DOPUSK_TLS_KEY", hide_env_values = true)]
    pub tls_key: Option<PathBuf>,
    /// The authorities that vouch for callers' certificates, in PEM
    #[arg(long, value_name = "FILE", env = "DOPUSK_TLS_CLIENT_CA", hide_env_values = true)]
    pub tls_client_ca: Option<PathBuf>,
    /// The address to tell metrics at, in Prometheus's text format; metrics are off without it
    #[arg(long, value_name = "ADDRESS", env = "DOPUSK_METRICS_LISTEN", hide_env_values = true)]
    pub metrics_listen: Option<SocketAddr>,
    /// Let others than this machine reach the metrics, in plain text and whoever they are
    #[arg(long, value_name = "YES", env = "DOPUSK_METRICS_EXPOSED", hide_env_values = true)]
    pub metrics_exposed: Option<bool>,
    /// The most users whose rights are kept compiled [default: 1000000]
    #[arg(long, value_name = "COUNT", env = "DOPUSK_CACHED_USERS_MAX", hide_env_values = true)]
    pub cached_users_max: Option<u64>,
    /// The memory that may be taken, such as 512MiB or 2GiB, or "off" [default: what the control group may take]
    #[arg(long, value_name = "AMOUNT", env = "DOPUSK_MEMORY_LIMIT", hide_env_values = true)]
    pub memory_limit: Option<MemoryLimit>,
    /// The memory for the store's pages, of which it takes two to five times as much [default: 128, or a 32nd of the
    /// memory that may be taken]
    #[arg(long, value_name = "MIB", env = "DOPUSK_STORE_CACHE_MIB", hide_env_values = true)]
    pub store_cache_mib: Option<u64>,
    /// The milliseconds of each second in which what is in memory is verified in the background; 0 for never
    /// [default: 5]
    #[arg(long, value_name = "MS", env = "DOPUSK_VERIFY_MS_PER_SECOND", hide_env_values = true)]
    pub verify_ms_per_second: Option<u64>,
    /// The most changes kept for followers [default: 1000000]
    #[arg(long, value_name = "COUNT", env = "DOPUSK_LOG_REVISIONS_MAX", hide_env_values = true)]
    pub log_revisions_max: Option<u64>,
    /// The most days that a change is kept for followers [default: 30]
    #[arg(long, value_name = "DAYS", env = "DOPUSK_LOG_DAYS_MAX", hide_env_values = true)]
    pub log_days_max: Option<u64>,
    /// The most connections, at the address and at the socket each [default: 1024]
    #[arg(long, value_name = "COUNT", env = "DOPUSK_CONNECTIONS_MAX", hide_env_values = true)]
    pub connections_max: Option<u64>,
    /// How long calls may wait for their turn once they queue up; more are refused [default: 5]
    #[arg(long, value_name = "MS", env = "DOPUSK_QUEUE_MS_MAX", hide_env_values = true)]
    pub queue_ms_max: Option<u64>,
    /// How long calls under way may take to end at shutdown [default: 10]
    #[arg(long, value_name = "SECONDS", env = "DOPUSK_DRAIN_SECONDS_MAX", hide_env_values = true)]
    pub drain_seconds_max: Option<u64>,
    /// The file that decisions are logged to, as JSON lines; without it, they are not
    #[arg(long, value_name = "FILE", env = "DOPUSK_DECISION_LOG", hide_env_values = true)]
    pub decision_log: Option<PathBuf>,
    /// The part of all calls that is logged there [default: 100]
    #[arg(long, value_name = "PERCENT", env = "DOPUSK_DECISION_LOG_PERCENT", hide_env_values = true)]
    pub decision_log_percent: Option<u64>,
    /// What of that [default: all]
    #[arg(long, value_name = "WHICH", env = "DOPUSK_DECISION_LOG_FILTER", hide_env_values = true)]
    pub decision_log_filter: Option<Filter>,
    /// What is left out of its lines, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    #[arg(env = "DOPUSK_DECISION_LOG_MASK", hide_env_values = true)]
    pub decision_log_mask: Option<Vec<Masked>>,
    /// How large the file may become before another one is begun [default: 100]
    #[arg(long, value_name = "MIB", env = "DOPUSK_DECISION_LOG_MIB_MAX", hide_env_values = true)]
    pub decision_log_mib_max: Option<u64>,
    /// The most files of decisions that are kept [default: 10]
    #[arg(long, value_name = "COUNT", env = "DOPUSK_DECISION_LOG_FILES_MAX", hide_env_values = true)]
    pub decision_log_files_max: Option<u64>,
    /// The file that writes are logged to, as JSON lines that are chained; without it, they are not
    #[arg(long, value_name = "FILE", env = "DOPUSK_AUDIT_LOG", hide_env_values = true)]
    pub audit_log: Option<PathBuf>,
    /// How large the file may become before another one is begun; all are kept [default: 100]
    #[arg(long, value_name = "MIB", env = "DOPUSK_AUDIT_LOG_MIB_MAX", hide_env_values = true)]
    pub audit_log_mib_max: Option<u64>,
    /// From when on a call is logged as slow, by the time until its answer begins; never without it
    #[arg(long, value_name = "MS", env = "DOPUSK_SLOW_CALL_MS", hide_env_values = true)]
    pub slow_call_ms: Option<u64>,
    /// What is logged: a level, or a filter such as info,dopusk=debug [default: info]
    #[arg(long, value_name = "FILTER", env = "DOPUSK_LOG", hide_env_values = true)]
    pub log: Option<String>,
    /// How it is logged [default: text]
    #[arg(long, value_name = "FORMAT", env = "DOPUSK_LOG_FORMAT", hide_env_values = true)]
    pub log_format: Option<LogFormat>,
}

/// What is logged, and how.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// A level, or a filter such as `info,dopusk=debug`.
    pub filter: String,
    /// How.
    pub format: LogFormat,
}

/// Where the certificate of the server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tls {
    /// The certificate.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The authorities that vouch for callers' certificates.
    pub client_ca: Option<PathBuf>,
}

/// Settings, complete and within their bounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Config {
    /// The directory of the store.
    pub data: PathBuf,
    /// The address to listen on.
    pub listen: Option<SocketAddr>,
    /// The Unix socket to listen on.
    pub socket: Option<PathBuf>,
    /// Its mode.
    pub socket_mode: Option<u32>,
    /// The file that names the callers.
    pub callers: Option<PathBuf>,
    /// The certificate at the address.
    pub tls: Option<Tls>,
    /// The address to tell metrics at.
    pub metrics_listen: Option<SocketAddr>,
    /// Whether others than this machine may reach it.
    pub metrics_exposed: bool,
    /// The most users whose rights are kept compiled.
    pub cached_users_max: usize,
    /// The memory that may be taken; what the control group may take, if nothing is said.
    pub memory_limit: Option<MemoryLimit>,
    /// The memory for the store's pages, if something is said.
    pub store_cache_bytes: Option<u64>,
    /// The milliseconds of each second in which what is in memory is verified.
    pub verify_ms_per_second: u32,
    /// The most changes kept for followers.
    pub log_revisions_max: u64,
    /// How long a change is kept for followers at most.
    pub log_age_max: Duration,
    /// The most connections of a listener.
    pub connections_max: usize,
    /// How long calls may wait for their turn once they queue up.
    pub queue_wait_max: Duration,
    /// How decisions are logged.
    pub decision_log: Option<DecisionLog>,
    /// How writes are logged.
    pub audit_log: Option<AuditLog>,
    /// How long calls under way may take to end at shutdown.
    pub drain_max: Duration,
    /// From when on a call is logged as slow.
    pub slow_call: Option<Duration>,
    /// What is logged, and how.
    pub log: Log,
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
            socket_mode: self.socket_mode.or(below.socket_mode),
            callers: self.callers.or(below.callers),
            tls_cert: self.tls_cert.or(below.tls_cert),
            tls_key: self.tls_key.or(below.tls_key),
            tls_client_ca: self.tls_client_ca.or(below.tls_client_ca),
            metrics_listen: self.metrics_listen.or(below.metrics_listen),
            metrics_exposed: self.metrics_exposed.or(below.metrics_exposed),
            cached_users_max: self.cached_users_max.or(below.cached_users_max),
            memory_limit: self.memory_limit.or(below.memory_limit),
            store_cache_mib: self.store_cache_mib.or(below.store_cache_mib),
            verify_ms_per_second: self.verify_ms_per_second.or(below.verify_ms_per_second),
            log_revisions_max: self.log_revisions_max.or(below.log_revisions_max),
            log_days_max: self.log_days_max.or(below.log_days_max),
            connections_max: self.connections_max.or(below.connections_max),
            queue_ms_max: self.queue_ms_max.or(below.queue_ms_max),
            drain_seconds_max: self.drain_seconds_max.or(below.drain_seconds_max),
            decision_log: self.decision_log.or(below.decision_log),
            decision_log_percent: self.decision_log_percent.or(below.decision_log_percent),
            decision_log_filter: self.decision_log_filter.or(below.decision_log_filter),
            decision_log_mask: self.decision_log_mask.or(below.decision_log_mask),
            decision_log_mib_max: self.decision_log_mib_max.or(below.decision_log_mib_max),
            decision_log_files_max: self.decision_log_files_max.or(below.decision_log_files_max),
            audit_log: self.audit_log.or(below.audit_log),
            audit_log_mib_max: self.audit_log_mib_max.or(below.audit_log_mib_max),
            slow_call_ms: self.slow_call_ms.or(below.slow_call_ms),
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
        let (tls, decision_log, audit_log) = (self.tls()?, self.decision_log()?, self.audit_log()?);
        let users = within("cached_users_max", self.cached_users_max, 1_000_000, &CACHED_USERS_MAX)?;
        let mib = within("store_cache_mib", self.store_cache_mib, 128, &STORE_CACHE_MIB)?;
        if let Some(MemoryLimit::Bytes(bytes)) = self.memory_limit {
            within("memory_limit", Some(bytes), bytes, &MEMORY_LIMIT_BYTES)?;
        }
        let verify = within("verify_ms_per_second", self.verify_ms_per_second, 5, &VERIFY_MS_PER_SECOND)?;
        let revisions = within("log_revisions_max", self.log_revisions_max, 1_000_000, &LOG_REVISIONS_MAX)?;
        let days = within("log_days_max", self.log_days_max, 30, &LOG_DAYS_MAX)?;
        let connections = within("connections_max", self.connections_max, 1_024, &CONNECTIONS_MAX)?;
        let queue = within("queue_ms_max", self.queue_ms_max, 3, &QUEUE_MS_MAX)?;
        let drain = within("drain_seconds_max", self.drain_seconds_max, 10, &DRAIN_SECONDS_MAX)?;
        let slow =
            self.slow_call_ms.map(|ms| within("slow_call_ms", Some(ms), ms, &SLOW_CALL_MS)).transpose()?;
        let filter = self.log.unwrap_or_else(|| "info".to_owned());
        EnvFilter::try_new(&filter)?;
        Ok(Config {
            data: self.data.unwrap_or_else(|| PathBuf::from("dopusk-data")),
            listen,
            socket: self.socket,
            socket_mode: self.socket_mode.map(|Mode(mode)| mode),
            callers: self.callers,
            tls,
            metrics_listen: self.metrics_listen,
            metrics_exposed: self.metrics_exposed.unwrap_or(false),
            decision_log,
            audit_log,
            cached_users_max: usize::try_from(users).unwrap_or(usize::MAX),
            memory_limit: self.memory_limit,
            store_cache_bytes: self.store_cache_mib.map(|_| mib << 20),
            verify_ms_per_second: u32::try_from(verify).unwrap_or(0),
            log_revisions_max: revisions,
            log_age_max: u32::try_from(days).map_or(Duration::MAX, |days| DAY * days),
            connections_max: usize::try_from(connections).unwrap_or(usize::MAX),
            queue_wait_max: Duration::from_millis(queue),
            drain_max: Duration::from_secs(drain),
            slow_call: slow.map(Duration::from_millis),
            log: Log { filter, format: self.log_format.unwrap_or_default() },
        })
    }

    /// A certificate and a key, or neither; authorities where callers can be named by what these vouch for.
    fn tls(&self) -> Result<Option<Tls>, ConfigError> {
        let alone = |setting, other| Err(ConfigError::Alone { setting, other });
        match (&self.tls_cert, &self.tls_key, &self.tls_client_ca) {
            (None, None, None) => Ok(None),
            (None, None, Some(_)) => alone("tls_client_ca", "tls_cert and tls_key"),
            (Some(_), None, _) => alone("tls_cert", "tls_key"),
            (None, Some(_), _) => alone("tls_key", "tls_cert"),
            (Some(_), Some(_), Some(_)) if self.callers.is_none() => alone("tls_client_ca", "callers"),
            (Some(cert), Some(key), client_ca) => {
                Ok(Some(Tls { cert: cert.clone(), key: key.clone(), client_ca: client_ca.clone() }))
            }
        }
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
        assert_eq!(config.drain_max, Duration::from_secs(3));
        assert_eq!(config.cached_users_max, 5);
        assert_eq!(config.listen, Some("[::1]:1".parse().unwrap()));
        assert_eq!(config.store_cache_bytes, None);
        assert_eq!(config.log.filter, "info");
    }

    #[test]
    fn the_defaults_are_within_their_bounds() {
        let config = Partial::default().complete().unwrap();
        assert_eq!(config.listen, Some("127.0.0.1:7717".parse().unwrap()));
        assert_eq!(config.socket, None);
        assert_eq!((config.log_revisions_max, config.log_age_max), (1_000_000, 30 * DAY));
        assert_eq!(config.drain_max, Duration::from_secs(10));
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
        let partial = Partial { memory_limit: Some(MemoryLimit::Bytes(1 << 20)), ..Partial::default() };
        let error = partial.complete().unwrap_err().to_string();
        assert!(error.starts_with("memory_limit is 1048576; it is 67108864 to"), "{error}");
    }

    #[test]
    fn something_is_listened_on() {
        let off = Partial { listen: Some(Listen::Off), ..Partial::default() };
        assert!(matches!(off.clone().complete(), Err(ConfigError::NoListener)));
        let socket = Partial { socket: Some(PathBuf::from("s")), ..off };
        assert_eq!(socket.complete().unwrap().listen, None);
    }

    #[test]
    fn a_certificate_needs_its_key_and_authorities_need_callers() {
        let path = || Some(PathBuf::from("f"));
        let alone = |partial: Partial| partial.complete().unwrap_err().to_string();
        let cert = Partial { tls_cert: path(), ..Partial::default() };
        assert_eq!(alone(cert.clone()), "tls_cert is of no use without tls_key");
        let key = Partial { tls_key: path(), ..Partial::default() };
        assert_eq!(alone(key), "tls_key is of no use without tls_cert");
        let both = Partial { tls_key: path(), ..cert };
        assert!(both.clone().complete().unwrap().tls.is_some());
        let authorities = Partial { tls_client_ca: path(), ..both };
        assert_eq!(alone(authorities), "tls_client_ca is of no use without callers");
    }

    #[test]
    fn a_log_filter_is_read_at_the_start() {
        let wrong = Partial { log: Some("dopusk=loud".to_owned()), ..Partial::default() };
        assert!(matches!(wrong.complete(), Err(ConfigError::Log(_))));
    }
}
