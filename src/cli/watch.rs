//! `dopusk watch`.

use serde_json::{Value, json};

use super::arguments::Connection;
use super::key::{key_json, object_json};
use super::output::{Format, Output, Printing, counted};
use super::verdict::Verdict;
use crate::api::convert::time_text;
use crate::client::{Committed, Event};
use crate::domain::{Affected, Change, Id, Object};

/// Follow the committed changes, a line each, until interrupted
#[derive(Debug, clap::Args)]
#[command(
    after_help = r#"JSON, a line each: {"revision", "committed_at_ms", "committed_at", "author", "comment", "caller", "changes": [{"key", "before", "after"}], "affected_users", "all_users_affected"}"#
)]
pub(super) struct Watch {
    /// Begin behind this revision token, instead of with what comes from now on
    #[arg(long, value_name = "TOKEN", default_value = "", hide_default_value = true)]
    after: String,
    /// End after so many changes; 0 is never
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    limit: u64,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Watch {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.connection.open().await?;
        let mut changes = client.watch(&self.after).await?;
        let (mut count, mut is_begun) = (0, false);
        while let Some(event) = changes.next().await? {
            match event {
                Event::Committed(set) => {
                    self.print(&set, output)?;
                    count += 1;
                    if count == self.limit {
                        break;
                    }
                }
                Event::Quiet(revision) if !is_begun => {
                    is_begun = true;
                    output.note(&format!("watching; the newest revision is {revision}"))?;
                }
                Event::Quiet(_) => {}
            }
        }
        Ok(Verdict::Yes)
    }

    fn print(&self, set: &Committed, output: &mut Output) -> std::io::Result<()> {
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&set_json(set)),
            Format::Table => {
                let changes: Vec<String> = set.changes.iter().map(in_words).collect();
                let whose = match &set.affected {
                    Affected::All => "everyone's rights".to_owned(),
                    Affected::Users(users) if users.is_empty() => "nobody's rights".to_owned(),
                    Affected::Users(users) => {
                        format!("the rights of {}", counted(users.len() as u64, "user"))
                    }
                };
                output.line(&format!("{}: {}; touches {whose}", set.revision, changes.join(", ")))
            }
        }
    }
}

fn in_words(change: &Change) -> String {
    format!("{} {}", change.key, verb(change))
}

/// What has become of an object.
pub(super) fn verb(change: &Change) -> &'static str {
    match (&change.before, &change.after) {
        (None, _) => "created",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "deleted",
    }
}

pub(super) fn set_json(set: &Committed) -> Value {
    let users: &[Id] = match &set.affected {
        Affected::All => &[],
        Affected::Users(users) => users,
    };
    json!({
        "revision": set.revision,
        "committed_at_ms": set.committed_at_ms,
        "committed_at": time_text(set.committed_at_ms),
        "author": set.note.author.as_ref().map(Id::as_str),
        "comment": set.note.comment,
        "caller": set.note.caller.as_ref().map(Id::as_str),
        "changes": set.changes.iter().map(change_json).collect::<Vec<_>>(),
        "affected_users": users.iter().map(Id::as_str).collect::<Vec<_>>(),
        "all_users_affected": set.affected == Affected::All,
    })
}

fn change_json(change: &Change) -> Value {
    let state = |object: &Option<Object>| object.as_ref().map(object_json);
    json!({ "key": key_json(&change.key), "before": state(&change.before), "after": state(&change.after) })
}
