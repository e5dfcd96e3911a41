//! `dopusk list`.

use std::collections::BTreeSet;

use serde_json::json;

use super::arguments::{Narrowing, Reading};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::client::{Client, Event, Freshness, VisibleOrder, VisiblePart, VisibleQuery};

/// List the resources on which a user may do an action
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(after_help = r#"JSON: {"ids", "total", "cursor", "revision", "is_other_snapshot"}
JSON Lines: {"id"}; with --watch {"added"} and {"removed"}"#)]
pub(super) struct List {
    /// The id of the user
    subject: String,
    /// The action, other than add and import
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    #[command(flatten)]
    narrowing: Narrowing,
    /// What the list is ordered by
    #[arg(long, value_name = "ORDER", default_value = "id")]
    order: VisibleOrder,
    /// The greatest first
    #[arg(long)]
    descending: bool,
    /// The most ids; 0 is all of them
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    page_size: u64,
    /// Go on behind this cursor of an earlier answer to the same question
    #[arg(long, value_name = "CURSOR", default_value = "", hide_default_value = true)]
    cursor: String,
    /// Go on in the state that the cursor is of, while the server keeps it
    #[arg(long, requires = "cursor")]
    same_snapshot: bool,
    /// Say how many there are in all
    #[arg(long)]
    total: bool,
    /// Then say what is added to the list and removed from it, until interrupted
    #[arg(long, conflicts_with_all = ["page_size", "cursor"])]
    watch: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl List {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, order, descending, .. } = self;
        let filter = self.narrowing.filter();
        let query = VisibleQuery { subject, action, entity_type, filter, order, descending };
        let part = VisiblePart {
            size: self.page_size,
            cursor: self.cursor,
            is_same_snapshot: self.same_snapshot,
            with_total: self.total,
        };
        let visible = client.list_visible(&query, part).await?;
        match self.printing.output {
            Format::Json => output.json(&json!({
                "ids": visible.ids,
                "total": visible.total,
                "cursor": visible.cursor,
                "revision": visible.revision,
                "is_other_snapshot": visible.is_other_snapshot,
            }))?,
            Format::Jsonl => visible.ids.iter().try_for_each(|id| output.json(&json!({ "id": id })))?,
            Format::Table => {
                visible.ids.iter().try_for_each(|id| output.line(id))?;
                if let Some(total) = visible.total {
                    output.note(&format!("{total} in all"))?;
                }
                if visible.is_other_snapshot {
                    output.note(
                        "the state of the page before is no longer kept; this page is of a newer one",
                    )?;
                }
                if !visible.cursor.is_empty() {
                    output.note(&format!("there may be more: --cursor '{}'", visible.cursor))?;
                }
            }
        }
        if self.watch {
            watch(&client, &query, (visible.ids, visible.revision), &mut |change| {
                print(self.printing.output, &change, output)
            })
            .await?;
        }
        Ok(Verdict::Yes)
    }
}

/// What became of a list.
enum Change<'a> {
    Added(&'a str),
    Removed(&'a str),
}

fn print(format: Format, change: &Change<'_>, output: &mut Output) -> std::io::Result<()> {
    match (format, change) {
        (Format::Table, Change::Added(id)) => output.line(&format!("+ {id}")),
        (Format::Table, Change::Removed(id)) => output.line(&format!("- {id}")),
        (Format::Json | Format::Jsonl, Change::Added(id)) => output.json(&json!({ "added": id })),
        (Format::Json | Format::Jsonl, Change::Removed(id)) => output.json(&json!({ "removed": id })),
    }
}

/// Follows the commits behind a revision and tells how each changes the list, which is asked for anew each time: what
/// a commit does to a list, the rules alone can tell.
async fn watch(
    client: &Client,
    query: &VisibleQuery,
    (ids, revision): (Vec<String>, String),
    tell: &mut (dyn FnMut(Change<'_>) -> std::io::Result<()> + Send),
) -> anyhow::Result<()> {
    let mut before: BTreeSet<String> = ids.into_iter().collect();
    let mut changes = client.watch(&revision).await?;
    while let Some(event) = changes.next().await? {
        let revision = match event {
            Event::Committed(set) => set.revision,
            Event::Quiet(_) => continue,
        };
        let fresh = client.reading(Freshness::AtLeast(revision));
        let visible = fresh.list_visible(query, VisiblePart::default()).await?;
        let after: BTreeSet<String> = visible.ids.into_iter().collect();
        before.difference(&after).try_for_each(|id| tell(Change::Removed(id)))?;
        after.difference(&before).try_for_each(|id| tell(Change::Added(id)))?;
        before = after;
    }
    Ok(())
}
