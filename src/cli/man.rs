//! `dopusk man`: for whoever makes a package.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory as _;

use super::Arguments;
use super::verdict::Verdict;

/// Write the man pages into a directory, one for each subcommand
#[derive(Debug, clap::Args)]
pub(super) struct Man {
    /// The directory, which is there
    directory: PathBuf,
}

impl Man {
    pub(super) fn run(self) -> anyhow::Result<Verdict> {
        let written = clap_mangen::generate_to(Arguments::command(), &self.directory);
        written.with_context(|| format!("{} can't be written", self.directory.display()))?;
        Ok(Verdict::Yes)
    }
}
