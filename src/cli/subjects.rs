//! `dopusk subjects`.

use serde_json::json;

use super::arguments::Reading;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::bundle::case::Target;
use crate::client::{SubjectsQuery, Window};

/// List the users who may do an action on a resource
///
/// JSON: {"users", "revision"}; JSON Lines: {"user"}
#[derive(Debug, clap::Args)]
pub(super) struct Subjects {
    /// The action, other than add and import
    action: String,
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

impl Subjects {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { action, entity_type, id, .. } = self;
        let query = SubjectsQuery { action, entity_type, target: Target::Id(id) };
        let (mut users, mut window) = (Vec::new(), Window::default());
        let revision = loop {
            let page = client.list_subjects(&query, window).await?;
            users.extend(page.users);
            if page.next_page_token.is_empty() {
                break page.revision;
            }
            window = Window { size: 0, after: page.next_page_token };
        };
        match self.printing.output {
            Format::Json => output.json(&json!({ "users": users, "revision": revision }))?,
            Format::Jsonl => users.iter().try_for_each(|user| output.json(&json!({ "user": user })))?,
            Format::Table => users.iter().try_for_each(|user| output.line(user))?,
        }
        Ok(Verdict::Yes)
    }
}
