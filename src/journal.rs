//! What was decided and what was written, as lines of JSON in files, for whoever looks into it later.
//!
//! The **decision log** takes what handlers have decided, from memory of a bounded size, and writes it on a thread of its
//! own: nobody waits for it, and what there was no room for is counted. The **audit log** follows the change log, so that
//! it has every committed write, and chains its lines, so that [`verify`] finds what is missing or altered. Lines are events
//! as CloudEvents has them. This module knows lines, files and threads; it decides nothing and speaks to nobody.

mod audit;
mod chain;
mod changes;
mod decision;
mod entry;
mod file;
mod line;
mod page;
mod queue;
mod scribe;
mod verify;
mod writer;

use std::path::PathBuf;

pub use audit::{AuditCounts, AuditLog};
pub use chain::{Hash, HashError};
pub use changes::{Changes, ChangesError, RefusedWrite};
pub use decision::{Counts, DecisionId, DecisionLog, DecisionSettings, Mask, Selection, Ticket};
pub use entry::{About, Answer, Entry, Facts, Origin};
pub use file::FileSettings;
pub use verify::{Expected, Finding, Verified, verify};

/// Why a log can't be kept.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Its file can't be opened.
    #[error("the log {} can't be written", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// An audit log doesn't end as it must, so that it can't go on.
    #[error("the last line of {} is none that an audit log can go on from", file.display())]
    Audit {
        /// The file.
        file: PathBuf,
        /// What is wrong with the line.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// No thread could be started.
    #[error("the writer of a log can't be started")]
    Thread(#[source] std::io::Error),
}
