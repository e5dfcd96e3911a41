//! `dopusk subjects`.

use serde_json::json;

use super::arguments::Reading;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::bundle::case::Target;
use crate::client::{
    Client, ClientError, ReachedRole, Subject, SubjectsPage, SubjectsQuery, Wanted, Way, Window,
};

/// List the users who may do an action on a resource
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"users", "revision"}, with --ways also "subjects"
JSON Lines: {"user"}, with --ways also "ways" and "sight""#)]
pub(super) struct Subjects {
    /// The action, other than add and import
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    /// The id of a stored resource
    id: String,
    /// Say how each came by it: what opens the resource to him, and which roles reach him how
    #[arg(long)]
    ways: bool,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl Subjects {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { action, entity_type, id, ways, printing, .. } = self;
        let wanted = if ways { Wanted::Ways } else { Wanted::Names };
        let query = SubjectsQuery { action, entity_type, target: Target::Id(id), wanted };
        let SubjectsPage { listed, subjects } = every_page(&client, &query).await?;
        let (users, revision) = (listed.names, listed.revision);
        match (printing.output, wanted) {
            (Format::Json, Wanted::Names) => output.json(&json!({ "users": users, "revision": revision }))?,
            (Format::Json, Wanted::Ways) => {
                output.json(&json!({ "users": users, "subjects": subjects, "revision": revision }))?;
            }
            (Format::Jsonl, Wanted::Names) => {
                users.iter().try_for_each(|user| output.json(&json!({ "user": user })))?;
            }
            (Format::Jsonl, Wanted::Ways) => subjects.iter().try_for_each(|it| output.json(it))?,
            (Format::Table, Wanted::Names) => users.iter().try_for_each(|user| output.line(user))?,
            (Format::Table, Wanted::Ways) => {
                let rows: Vec<Vec<String>> = subjects.iter().flat_map(rows).collect();
                output.table(&["user", "way", "roles"], &rows)?;
            }
        }
        Ok(Verdict::Yes)
    }
}

async fn every_page(client: &Client, query: &SubjectsQuery) -> Result<SubjectsPage, ClientError> {
    let mut all = client.list_subjects(query, Window::default()).await?;
    while !all.listed.next.is_empty() {
        let window = Window { size: 0, after: std::mem::take(&mut all.listed.next) };
        let page = client.list_subjects(query, window).await?;
        all.listed.names.extend(page.listed.names);
        all.subjects.extend(page.subjects);
        (all.listed.next, all.listed.revision) = (page.listed.next, page.listed.revision);
    }
    Ok(all)
}

/// A row for each way; those of mere sight say so.
fn rows(subject: &Subject) -> impl Iterator<Item = Vec<String>> {
    let row = move |way: &Way, text: String| {
        let roles: Vec<String> = way.roles.iter().map(ReachedRole::to_string).collect();
        vec![subject.user.clone(), text, roles.join(", ")]
    };
    let ways = subject.ways.iter().map(move |way| row(way, way.to_string()));
    ways.chain(subject.sight.iter().map(move |way| row(way, format!("sight: {way}"))))
}
