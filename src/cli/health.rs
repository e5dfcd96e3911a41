//! `dopusk health`.

use serde_json::json;

use super::arguments::Connection;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;

/// Ask the server whether it serves; exits with 1 if it says no
///
/// JSON: {"serving"}
#[derive(Debug, clap::Args)]
pub(super) struct Health {
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Health {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let is_serving = self.connection.open().await?.is_serving().await?;
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&json!({ "serving": is_serving }))?,
            Format::Table => output.line(if is_serving { "serving" } else { "not serving" })?,
        }
        Ok(if is_serving { Verdict::Yes } else { Verdict::No })
    }
}
