//! `dopusk serve`.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::notify;
use super::output::Output;
use super::verdict::Verdict;
use crate::config::{Config, ConfigError, MemoryLimit, Partial};
use crate::memory::{Budget, cgroup_limit};
use crate::server::{self, MetricsAt, Running, TlsFiles};
use crate::telemetry::{self, Logging};
use crate::{engine, store};

/// The memory for the store's pages where there is enough.
const STORE_CACHE_BYTES: u64 = 128 << 20;

/// Serve until SIGTERM or SIGINT
///
/// Callers and certificates are read again when their files change, and at SIGHUP; so is, at SIGHUP, what of the file of
/// settings says what is logged. Traces are sent where OpenTelemetry's OTEL_EXPORTER_OTLP_ENDPOINT names a collector.
///
/// Flags stand over the environment, the environment over the file, the file over the defaults. In the file, which is
/// TOML, a setting is named as its flag is, with underscores.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// A file of settings
    #[arg(long, value_name = "FILE", env = "DOPUSK_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Partial,
}

impl Serve {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let config = self.read()?;
        let logging = telemetry::start(&config.log)?;
        let traces = telemetry::start_traces()?;
        // A signal that comes while the store is loaded counts too.
        let mut signals = Signals::listen()?;
        let running = server::start(settings(config)).await?;
        announce(&running, output)?;
        notify::ready()?;
        while signals.comes().await == Asked::ToRenew {
            self.renew_log(&logging);
            running.renew().await;
        }
        running.stop().await;
        if let Some(traces) = traces {
            // The thread ends early only if the library panics; then there is nothing left to send.
            drop(tokio::task::spawn_blocking(move || traces.stop()).await);
        }
        Ok(Verdict::Yes)
    }

    /// The settings, as flags, environment and file give them now.
    fn read(&self) -> Result<Config, ConfigError> {
        let below = self.config.as_deref().map(Partial::open).transpose()?.unwrap_or_default();
        self.settings.clone().over(below).complete()
    }

    /// Logs what the file now says, unless a flag or the environment stands over it. What else has changed there takes a
    /// restart.
    fn renew_log(&self, logging: &Logging) {
        let changed = self.read().map_err(anyhow::Error::from).and_then(|config| {
            logging.change(&config.log.filter)?;
            Ok(config.log.filter)
        });
        match changed {
            Ok(log) => tracing::info!(log, "the settings were read again for what is logged"),
            Err(error) => {
                let error: &dyn std::error::Error = error.as_ref();
                tracing::error!(error, "the settings can't be read again; what was logged is logged on");
            }
        }
    }
}

/// What a server is started with.
pub(super) fn settings(config: Config) -> server::Settings {
    let retention = store::Retention { revisions_max: config.log_revisions_max, age_max: config.log_age_max };
    let limit = match config.memory_limit {
        None => cgroup_limit(),
        Some(MemoryLimit::Off) => None,
        Some(MemoryLimit::Bytes(bytes)) => Some(bytes),
    };
    let cache_bytes = config.store_cache_bytes.unwrap_or_else(|| store_cache_bytes(limit));
    server::Settings {
        engine: engine::Settings {
            data: config.data,
            store: store::Settings { cache_bytes, retention },
            cached_users_max: config.cached_users_max,
            memory: Arc::new(Budget::new(limit)),
            verify_ms_per_second: config.verify_ms_per_second,
            is_counting: false,
        },
        listen: config.listen,
        socket: config.socket,
        socket_mode: config.socket_mode.unwrap_or(server::SOCKET_MODE),
        callers: config.callers,
        tls: config.tls.map(|tls| TlsFiles { certificate: tls.cert, key: tls.key, client_ca: tls.client_ca }),
        connections_max: config.connections_max,
        queue_wait_max: config.queue_wait_max,
        metrics: config
            .metrics_listen
            .map(|address| MetricsAt { address, is_exposed: config.metrics_exposed }),
        slow_call: config.slow_call,
        drain_max: config.drain_max,
    }
}

/// The memory for the store's pages where nothing is said of it. What they take is up to five times as much: a sixth
/// of the limit at most.
fn store_cache_bytes(limit: Option<u64>) -> u64 {
    limit.map_or(STORE_CACHE_BYTES, |limit| (limit / 32).clamp(1 << 20, STORE_CACHE_BYTES))
}

/// Says where a server listens.
pub(super) fn announce(running: &Running, output: &mut Output) -> std::io::Result<()> {
    if let Some(address) = running.address() {
        let scheme = if running.is_secured() { "https" } else { "http" };
        output.line(&format!("listening on {scheme}://{address}"))?;
    }
    if let Some(socket) = running.socket() {
        output.line(&format!("listening on unix://{}", socket.display()))?;
    }
    if let Some(address) = running.metrics_address() {
        output.line(&format!("metrics at http://{address}/metrics"))?;
    }
    Ok(())
}

/// The signals that a server heeds.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Asked {
    /// To end.
    ToEnd,
    /// To read callers, certificates and what is logged again.
    ToRenew,
}

impl Signals {
    pub(super) fn listen() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    pub(super) async fn comes(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::ToEnd,
            _ = self.interrupt.recv() => Asked::ToEnd,
            _ = self.hang_up.recv() => Asked::ToRenew,
        }
    }
}
