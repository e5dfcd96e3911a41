//! What was decided and what was written, as lines of JSON in files, for whoever looks into it later.
//!
//! The **decision log** takes what handlers have decided, from memory of a bounded size, and writes it on a thread of its
//! own: nobody waits for it, and what there was no room for is counted. Lines are events as CloudEvents has them. This
//! module knows lines, files and threads; it decides nothing and speaks to nobody.

mod decision;
mod entry;
mod file;
mod line;
mod page;
mod queue;
mod writer;

use std::path::PathBuf;

pub use decision::{Counts, DecisionId, DecisionLog, DecisionSettings, Mask, Selection, Ticket};
pub use entry::{About, Answer, Entry, Facts, Origin};
pub use file::FileSettings;

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
    /// No thread could be started.
    #[error("the writer of a log can't be started")]
    Thread(#[source] std::io::Error),
}
