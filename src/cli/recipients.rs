//! `dopusk recipients`.

use serde_json::json;

use super::arguments::Reading;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::api::pb;
use crate::bundle::case::Target;

/// List who is told a ticket's news, and whether each may read it
///
/// JSON: {"recipients": [{"user", "can_read"}], "revision"}; JSON Lines: {"user", "can_read"}
#[derive(Debug, clap::Args)]
pub(super) struct Recipients {
    /// The entity type, whose model is support
    #[arg(value_name = "TYPE")]
    entity_type: String,
    /// The id of a stored ticket
    id: String,
    /// What happened to the ticket
    #[arg(long)]
    event: Event,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Event {
    /// It was created
    Created,
    /// It was updated
    Updated,
}

impl Recipients {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let event = match self.event {
            Event::Created => pb::NewsEvent::Created,
            Event::Updated => pb::NewsEvent::Updated,
        };
        let answer = client.list_recipients(&self.entity_type, &Target::Id(self.id), event).await?;
        let json = |it: &pb::Recipient| json!({ "user": it.user, "can_read": it.can_read });
        match self.printing.output {
            Format::Json => {
                let recipients: Vec<_> = answer.recipients.iter().map(json).collect();
                output.json(&json!({ "recipients": recipients, "revision": answer.revision }))?;
            }
            Format::Jsonl => answer.recipients.iter().try_for_each(|it| output.json(&json(it)))?,
            Format::Table => {
                let row = |it: &pb::Recipient| vec![it.user.clone(), it.can_read.to_string()];
                let rows: Vec<Vec<String>> = answer.recipients.iter().map(row).collect();
                output.table(&["user", "can read"], &rows)?;
            }
        }
        Ok(Verdict::Yes)
    }
}
