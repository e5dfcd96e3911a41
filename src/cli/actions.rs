//! `dopusk actions`.

use serde_json::json;

use super::arguments::Reading;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::bundle::case::Target;

/// List what a user may do on a resource
///
/// JSON: {"actions", "revision"}; JSON Lines: {"action"}
#[derive(Debug, clap::Args)]
pub(super) struct Actions {
    /// The id of the user
    subject: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    /// The id of a stored resource
    id: String,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl Actions {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let answer = client.list_actions(&self.subject, &self.entity_type, &Target::Id(self.id)).await?;
        let (actions, revision) = (answer.actions, answer.revision);
        match self.printing.output {
            Format::Json => output.json(&json!({ "actions": actions, "revision": revision }))?,
            Format::Jsonl => actions.iter().try_for_each(|it| output.json(&json!({ "action": it })))?,
            Format::Table => actions.iter().try_for_each(|it| output.line(it))?,
        }
        Ok(Verdict::Yes)
    }
}
