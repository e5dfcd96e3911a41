//! `dopusk put`.

use std::path::PathBuf;

use super::arguments::{Connection, Noting};
use super::output::{Format, Output, Printing, counted};
use super::verdict::{UsageError, Verdict};
use crate::bundle::Bundle;
use crate::domain::{Operation, WRITE_OPERATIONS_MAX};

/// Write the objects of a small file as one batch; whole objects are replaced
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"revision"}"#)]
pub(super) struct Put {
    /// A bundle of at most 1,000 objects: .yaml, .json or .jsonl, each also with .gz
    file: PathBuf,
    #[command(flatten)]
    noting: Noting,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Put {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let bundle = Bundle::open(&self.file)?;
        let operations: Vec<Operation> = bundle.into_objects().map(Operation::put).collect();
        if operations.len() > WRITE_OPERATIONS_MAX {
            let text = format!("{} objects; one write has at most {WRITE_OPERATIONS_MAX}", operations.len());
            return Err(UsageError(format!("{text}; use import")).into());
        }
        let revision = self.connection.open().await?.write_noted(&operations, &self.noting.note()).await?;
        print_written(
            &format!("{} written", counted(operations.len() as u64, "object")),
            &revision,
            (self.printing, output),
        )
    }
}

/// Says that a write was done, and which revision it made.
pub(super) fn print_written(
    what: &str,
    revision: &str,
    (printing, output): (Printing, &mut Output),
) -> anyhow::Result<Verdict> {
    match printing.output {
        Format::Json | Format::Jsonl => output.json(&serde_json::json!({ "revision": revision }))?,
        Format::Table => output.line(&format!("{what}; revision {revision}"))?,
    }
    Ok(Verdict::Yes)
}
