//! `dopusk token`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::json;

use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::caller::Token as Secret;

/// Make a token for a caller: the secret into a new file, its hash for the file of callers
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"hash"}"#)]
pub(super) struct Token {
    /// The new file; only its owner may read it
    file: PathBuf,
    #[command(flatten)]
    printing: Printing,
}

impl Token {
    pub(super) fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let token = Secret::random();
        let place = || self.file.display().to_string();
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&self.file)
            .with_context(place)?;
        writeln!(file, "{}", token.secret()).with_context(place)?;
        file.sync_all().with_context(place)?;
        let hash = token.hash().to_string();
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&json!({ "hash": hash }))?,
            Format::Table => output.line(&hash)?,
        }
        Ok(Verdict::Yes)
    }
}
