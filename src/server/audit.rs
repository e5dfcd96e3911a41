//! The audit log beside the engine: hands it the change log, and calls it when something was committed.

use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::domain::{ChangeSet, Revision};
use crate::engine::{Engine, LogError};
use crate::journal::{AuditLog, Changes, ChangesError, FileSettings, JournalError};

/// The change log of an engine.
struct Log(Arc<Engine>);

impl Changes for Log {
    fn store(&self) -> String {
        self.0.store_id()
    }

    fn newest(&self) -> Revision {
        *self.0.follow().borrow()
    }

    fn after(&self, revision: Revision, count_max: usize) -> Result<Vec<Arc<ChangeSet>>, ChangesError> {
        self.0.changes_after(revision, count_max).map_err(|error| match error {
            LogError::NotKept { oldest } => ChangesError::NotKept { oldest },
            LogError::Damaged(_) | LogError::Disk(_) => ChangesError::Failed(Box::new(error)),
        })
    }
}

/// An audit log that follows an engine.
pub(super) struct Audit {
    pub(super) log: Arc<AuditLog>,
    following: JoinHandle<()>,
}

impl Audit {
    /// Opens the log and follows what is committed.
    pub(super) fn open(file: FileSettings, engine: &Arc<Engine>) -> Result<Self, JournalError> {
        let log = Arc::new(AuditLog::open(file, Arc::new(Log(Arc::clone(engine))))?);
        let (mut newest, told) = (engine.follow(), Arc::clone(&log));
        let following = tokio::spawn(async move {
            told.call();
            while newest.changed().await.is_ok() {
                told.call();
            }
        });
        Ok(Self { log, following })
    }

    /// Follows no more; what was committed until now is still written when the log is closed.
    pub(super) fn stop(self) -> Arc<AuditLog> {
        self.following.abort();
        self.log
    }
}
