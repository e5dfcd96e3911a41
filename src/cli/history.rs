//! `dopusk history`.

use serde_json::{Value, json};

use super::arguments::{Connection, id};
use super::key::{KindName, Named, object_json};
use super::output::{Format, Output, Printing, counted};
use super::verdict::Verdict;
use super::watch::{set_json, verb};
use crate::api::convert::{parse_time, time_text};
use crate::client::{Client, ClientError, Committed, HistoryPart, Window};
use crate::domain::{Change, Id};
use crate::engine::First;

/// The changed objects of one write that a table has room for.
const OBJECTS_SHOWN_MAX: usize = 10;

/// List what was changed, when, by whom and why
///
/// Goes back as far as the change log. With a kind and key, changes of that object alone. Whatever reads takes --at with
/// a revision or time from here.
#[derive(Debug, clap::Args)]
#[command(
    after_help = r#"JSON: {"changes", "oldest_revision"}, where each of the changes is as a line of JSON Lines
JSON Lines: {"revision", "committed_at_ms", "committed_at", "author", "comment", "caller", "changes": [{"key", "before", "after"}], "affected_users", "all_users_affected"}"#
)]
pub(super) struct History {
    /// The kind of an object
    #[arg(requires = "key")]
    kind: Option<KindName>,
    /// Its key: an id; of an entity type its name; of a resource TYPE and ID; of a role binding its JSON
    #[arg(num_args = 1..=2, requires = "kind")]
    key: Vec<String>,
    /// Only what this author asked for
    #[arg(long, value_name = "ID", value_parser = id)]
    author: Option<Id>,
    /// Only what was committed at this time or later, such as 2026-03-03 or 2026-03-03T09:30:00Z
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<i64>,
    /// Only what was committed before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    until: Option<i64>,
    /// The oldest first
    #[arg(long)]
    oldest_first: bool,
    /// The most writes to list; 0 is all of them
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl History {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let Self { kind, key, author, since, until, oldest_first, limit, printing, connection } = self;
        let object = kind.map(|kind| Named::of(kind, key).key()).transpose()?;
        let first = if oldest_first { First::Oldest } else { First::Newest };
        let history = crate::client::History { object, author, since_ms: since, until_ms: until, first };
        let client = connection.open().await?;
        let part = every_page(&client, &history, limit).await?;
        match printing.output {
            Format::Json => {
                let sets: Vec<Value> = part.sets.iter().map(set_json).collect();
                output.json(&json!({ "changes": sets, "oldest_revision": part.oldest }))?;
            }
            Format::Jsonl => part.sets.iter().try_for_each(|set| output.json(&set_json(set)))?,
            Format::Table => {
                let rows: Vec<Vec<String>> = part.sets.iter().flat_map(rows).collect();
                output.table(&["time", "revision", "author", "change", "comment"], &rows)?;
            }
        }
        Ok(Verdict::Yes)
    }
}

/// The pages put together, up to a number of writes; 0 is all of them.
async fn every_page(
    client: &Client,
    history: &crate::client::History,
    limit: usize,
) -> Result<HistoryPart, ClientError> {
    let limit = if limit == 0 { usize::MAX } else { limit };
    let mut all = client.history(history, window(limit, String::new())).await?;
    while !all.next.is_empty() && all.sets.len() < limit {
        let left = limit - all.sets.len();
        let page = client.history(history, window(left, std::mem::take(&mut all.next))).await?;
        all.sets.extend(page.sets);
        (all.next, all.oldest) = (page.next, page.oldest);
    }
    Ok(all)
}

/// The server takes what is more than its own bound as that bound.
fn window(left: usize, after: String) -> Window {
    Window { size: u32::try_from(left).unwrap_or(u32::MAX), after }
}

/// A row for each object; the first one says of which write.
fn rows(set: &Committed) -> Vec<Vec<String>> {
    let mut changes: Vec<String> = set.changes.iter().take(OBJECTS_SHOWN_MAX).map(in_words).collect();
    let more = set.changes.len().saturating_sub(OBJECTS_SHOWN_MAX);
    if more > 0 {
        changes.push(format!("and {}", counted(more as u64, "more object")));
    }
    if changes.is_empty() {
        changes.push("nothing".to_owned());
    }
    let author = set.note.author.as_ref().map(Id::to_string).unwrap_or_default();
    let about = [time_text(set.committed_at_ms), set.revision.clone(), author];
    let row = |(at, change)| {
        let shown = |text: &str| if at == 0 { on_one_line(text) } else { String::new() };
        let [time, revision, author] = about.each_ref().map(|text| shown(text));
        vec![time, revision, author, on_one_line(change), shown(&set.note.comment)]
    };
    changes.iter().enumerate().map(|(at, change)| row((at, change.as_str()))).collect()
}

/// A change with each field that is another, such as `user u1 changed: active: true → false`.
fn in_words(change: &Change) -> String {
    let fields = match (&change.before, &change.after) {
        (Some(before), Some(after)) => differences(&object_json(before), &object_json(after)),
        (None, _) | (_, None) => String::new(),
    };
    let between = if fields.is_empty() { "" } else { ": " };
    format!("{} {}{between}{fields}", change.key, verb(change))
}

/// The fields in which two lines of a bundle differ. A line has one list with one object.
fn differences(before: &Value, after: &Value) -> String {
    let fields = |line: &Value| line.as_object().and_then(|it| it.values().next()).cloned();
    let (Some(Value::Object(before)), Some(Value::Object(after))) = (fields(before), fields(after)) else {
        return String::new();
    };
    let new = after.keys().filter(|name| !before.contains_key(*name));
    let named = before.keys().chain(new).filter(|name| before.get(*name) != after.get(*name));
    let text = |value: Option<&Value>| match value {
        None => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    let fields = named.map(|name| format!("{name}: {} → {}", text(before.get(name)), text(after.get(name))));
    fields.collect::<Vec<_>>().join(", ")
}

/// A caller's text without what would break a table, or move the cursor of a terminal.
fn on_one_line(text: &str) -> String {
    text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_that_differ_are_told_with_both_values() {
        let before = json!({ "users": { "id": "u", "name": "Ann", "departments": ["a"], "active": false } });
        let after = json!({ "users": { "id": "u", "name": "Ann Lee", "departments": ["b"], "admin": true } });
        let told =
            r#"name: Ann → Ann Lee, departments: ["a"] → ["b"], active: false → none, admin: none → true"#;
        assert_eq!(differences(&before, &after), told);
    }

    #[test]
    fn a_text_of_many_lines_stays_in_its_cell() {
        assert_eq!(on_one_line("moved\nby \u{1b}[2J"), "moved by  [2J");
    }
}
