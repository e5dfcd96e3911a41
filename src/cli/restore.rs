//! `dopusk restore`.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

use anyhow::Context as _;

use super::output::Output;
use super::verdict::Verdict;
use crate::store;

/// Make a new store of a backup, without a server
///
/// The store gets a new id, so that revision tokens of the old one are refused. A broken backup leaves nothing.
#[derive(Debug, clap::Args)]
pub(super) struct Restore {
    /// A file that backup made
    file: PathBuf,
    /// The directory of the new store; absent or empty
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
}

impl Restore {
    pub(super) fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let file =
            File::open(&self.file).with_context(|| format!("{} can't be read", self.file.display()))?;
        let restored = store::restore(BufReader::new(file), &self.data, &store::Settings::default())?;
        let (objects, revision) = (restored.objects, restored.revision);
        output.note(&format!("{objects} objects restored; revision {revision}"))?;
        Ok(Verdict::Yes)
    }
}
