//! `dopusk serve`.

use std::path::PathBuf;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::output::Output;
use super::verdict::Verdict;
use crate::config::Partial;
use crate::server::{self, Running};

/// Serve until SIGTERM or SIGINT
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
        let below = self.config.as_deref().map(Partial::open).transpose()?.unwrap_or_default();
        let config = self.settings.over(below).complete()?;
        config.log.start()?;
        // A signal that comes while the store is loaded counts too.
        let mut end = End::listen()?;
        let running = server::start(config.server).await?;
        announce(&running, output)?;
        end.comes().await;
        running.stop().await;
        Ok(Verdict::Yes)
    }
}

/// Says where a server listens.
pub(super) fn announce(running: &Running, output: &mut Output) -> std::io::Result<()> {
    if let Some(address) = running.address() {
        output.line(&format!("listening on http://{address}"))?;
    }
    if let Some(socket) = running.socket() {
        output.line(&format!("listening on unix://{}", socket.display()))?;
    }
    Ok(())
}

/// The signals that end a server.
pub(super) struct End {
    terminate: Signal,
    interrupt: Signal,
}

impl End {
    pub(super) fn listen() -> std::io::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    pub(super) async fn comes(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
