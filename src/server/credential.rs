//! Certificates and callers, read again while the server runs: at SIGHUP, and when a file has changed.
//!
//! All files are read and checked before any of it counts. What is wrong is logged, and what was in force stays in
//! force: a half-written file is read whole the next time.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use tokio_rustls::rustls::ServerConfig;

use super::tls::{Secrets, TlsError, TlsFiles, configuration};
use crate::caller::{CallersError, Gate, Roster};

/// How often the files are looked at. A certificate is renewed days ahead; a token that is taken back should not wait.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Where the files are.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) callers: Option<PathBuf>,
    pub(super) tls: Option<TlsFiles>,
}

/// How a file looks from outside: another one has another. None is a file that can't be looked at.
type Mark = Option<(u64, u64, SystemTime)>;

/// What is in force.
#[derive(Clone)]
pub(super) struct Credentials {
    files: Files,
    /// How the files looked before they were read first.
    marks: Vec<Mark>,
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) secrets: Option<Arc<Secrets>>,
}

/// Why nothing new is in force.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    /// The callers.
    #[error("the callers can't be read")]
    Callers(#[from] CallersError),
    /// The certificates.
    #[error("the certificates can't be read")]
    Tls(#[from] TlsError),
}

impl Credentials {
    /// Reads the files.
    pub(super) fn open(files: Files) -> Result<Self, CredentialError> {
        let before = files.marks(None);
        let (roster, configuration) = read(&files, None)?;
        let keys = roster.as_ref().and_then(Roster::keys_file).map(mark);
        let marks = before.into_iter().chain(keys).collect();
        let gate = roster.map(|roster| Arc::new(ArcSwap::from_pointee(roster)));
        Ok(Self { files, marks, gate, secrets: configuration.map(|it| Arc::new(ArcSwap::new(it))) })
    }

    /// Reads the files again, and puts all of it in force, or nothing.
    pub(super) fn renew(&self) -> Result<(), CredentialError> {
        let before = self.gate.as_ref().map(|gate| gate.load_full());
        let (roster, configuration) = read(&self.files, before.as_deref())?;
        if let (Some(secrets), Some(configuration)) = (&self.secrets, configuration) {
            secrets.store(configuration);
        }
        if let (Some(gate), Some(roster), Some(before)) = (&self.gate, roster, before) {
            let roster = Arc::new(roster);
            gate.store(Arc::clone(&roster));
            // Whoever was let in by the old roster a moment ago finds out here.
            before.give_way_to(&roster);
        }
        Ok(())
    }

    /// Renews what has changed, for as long as the server runs.
    pub(super) async fn follow(self) {
        let mut this = self;
        while !this.marks.is_empty() {
            tokio::time::sleep(LOOK_EVERY).await;
            // The thread ends early only at shutdown.
            let Ok(looked) = tokio::task::spawn_blocking(move || this.look()).await else { return };
            this = looked;
        }
    }

    fn look(mut self) -> Self {
        let roster = self.gate.as_ref().map(|gate| gate.load_full());
        let marks = self.files.marks(roster.as_deref());
        if marks != self.marks {
            self.renew_and_tell();
            self.marks = marks;
        }
        self
    }

    /// Renews, and logs how it went.
    pub(super) fn renew_and_tell(&self) {
        match self.renew() {
            Ok(()) => tracing::info!("callers and certificates were read again"),
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "what has changed can't be used; what was in force stays so");
            }
        }
    }
}

impl Files {
    fn marks(&self, roster: Option<&Roster>) -> Vec<Mark> {
        let tls =
            self.tls.iter().flat_map(|it| [Some(&it.certificate), Some(&it.key), it.client_ca.as_ref()]);
        let keys = roster.and_then(Roster::keys_file);
        let files = tls.flatten().map(PathBuf::as_path).chain(self.callers.as_deref()).chain(keys);
        files.map(mark).collect()
    }
}

fn mark(file: &Path) -> Mark {
    let data = std::fs::metadata(file).ok()?;
    Some((data.ino(), data.len(), data.modified().ok()?))
}

type Parts = (Option<Roster>, Option<Arc<ServerConfig>>);

fn read(files: &Files, before: Option<&Roster>) -> Result<Parts, CredentialError> {
    let configuration = files.tls.as_ref().map(configuration).transpose()?;
    let roster = files.callers.as_deref().map(|file| Roster::open(file, before)).transpose()?;
    Ok((roster, configuration))
}
