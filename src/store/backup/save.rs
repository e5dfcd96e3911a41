//! Making a backup of a store that nobody writes to.

use std::io::Write;
use std::ops::ControlFlow;

use crate::store::{LoadError, LoadSummary, Store};

use super::{WriteError, Writer};

/// Why a store is not saved.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The store cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The backup cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Writes every object of a store as a backup; commits wait until it is done.
///
/// # Errors
/// The store cannot be read, or what is written to refuses; then what was written is no backup.
pub fn save<W: Write>(store: &Store, out: W) -> Result<(W, LoadSummary), SaveError> {
    let mut writer = Writer::new(out, store.revision())?;
    let mut written = Ok(());
    let loaded = store.load(&mut |objects| {
        written = objects.iter().try_for_each(|object| writer.object(object));
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    written?;
    let summary = loaded?;
    Ok((writer.finish()?, summary))
}
