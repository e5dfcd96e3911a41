//! `dopusk list`.

use serde_json::json;

use super::arguments::Reading;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::client::{VisibleQuery, Window};

/// List the resources on which a user may do an action
///
/// JSON: {"ids", "cursor", "revision"}; JSON Lines: {"id"}
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// The id of the user
    subject: String,
    /// The action, other than add and import
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    /// The most ids; 0 is all of them
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    limit: u32,
    /// Go on behind this cursor of an earlier answer to the same question
    #[arg(long, value_name = "CURSOR", default_value = "", hide_default_value = true)]
    cursor: String,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl List {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, limit, cursor, .. } = self;
        let query = VisibleQuery { subject, action, entity_type };
        let visible = client.list_visible(&query, Window { size: limit, after: cursor }).await?;
        match self.printing.output {
            Format::Json => output.json(&json!({
                "ids": visible.ids,
                "cursor": visible.cursor,
                "revision": visible.revision,
            }))?,
            Format::Jsonl => visible.ids.iter().try_for_each(|id| output.json(&json!({ "id": id })))?,
            Format::Table => {
                visible.ids.iter().try_for_each(|id| output.line(id))?;
                if !visible.cursor.is_empty() {
                    output.note(&format!("there may be more: --cursor '{}'", visible.cursor))?;
                }
            }
        }
        Ok(Verdict::Yes)
    }
}
