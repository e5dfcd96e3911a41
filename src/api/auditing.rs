//! What a handler hands to the audit log: a write that was refused. Committed ones are found in the change log.

use std::sync::Arc;

use tonic::Status;
use tonic_types::StatusExt as _;

use super::Context;
use crate::journal::{AuditLog, RefusedWrite};

/// A write that may yet be refused; nothing where there is no audit log.
pub(super) struct Auditing(Option<(Arc<AuditLog>, RefusedWrite)>);

impl Auditing {
    /// What would be told.
    pub(super) fn of(context: &Context, refused: impl FnOnce() -> RefusedWrite) -> Self {
        Self(context.audit_log.as_ref().map(|log| (Arc::clone(log), refused())))
    }

    /// Tells that it was refused, or has failed.
    pub(super) fn refuse(self, status: &Status) {
        let Some((log, refused)) = self.0 else { return };
        let details = status.get_error_details();
        let reason = details.error_info().map(|info| info.reason.clone());
        log.refuse(refused.because(reason.unwrap_or_default(), status.message()));
    }
}
