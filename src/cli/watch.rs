//! `dopusk watch`.

use serde_json::{Value, json};

use super::arguments::Connection;
use super::key::{key_json, object_json};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::api::{convert, pb};
use crate::client::ClientError;

/// Follow the committed changes, a line each, until interrupted
///
/// JSON, a line each: {"revision", "committed_at_ms", "changes": [{"key", "before", "after"}], "affected_users",
/// "all_users_affected"}
#[derive(Debug, clap::Args)]
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
        let mut events = client.watch(&self.after).await?;
        let (mut count, mut is_begun) = (0, false);
        while let Some(message) = events.message().await.map_err(|status| client.failure(&status))? {
            match message.event {
                Some(pb::watch_response::Event::Change(change)) => {
                    self.print(&change, output)?;
                    count += 1;
                    if count == self.limit {
                        break;
                    }
                }
                Some(pb::watch_response::Event::Heartbeat(it)) if !is_begun => {
                    is_begun = true;
                    output.note(&format!("watching; the newest revision is {}", it.revision))?;
                }
                Some(pb::watch_response::Event::Heartbeat(_)) | None => {}
            }
        }
        Ok(Verdict::Yes)
    }

    fn print(&self, set: &pb::ChangeSet, output: &mut Output) -> anyhow::Result<()> {
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&set_json(set)?)?,
            Format::Table => {
                let changes = set.changes.iter().map(in_words).collect::<Result<Vec<_>, _>>()?.join(", ");
                let affected = match (set.all_users_affected, set.affected_users.len()) {
                    (true, _) => "everyone's rights".to_owned(),
                    (false, 1) => "the rights of 1 user".to_owned(),
                    (false, count) => format!("the rights of {count} users"),
                };
                output.line(&format!("{}: {changes}; touches {affected}", set.revision))?;
            }
        }
        Ok(())
    }
}

fn in_words(change: &pb::Change) -> Result<String, ClientError> {
    let verb = match (&change.before, &change.after) {
        (None, _) => "created",
        (Some(_), Some(_)) => "changed",
        (Some(_), None) => "deleted",
    };
    Ok(format!("{} {verb}", key_of(change)?))
}

fn set_json(set: &pb::ChangeSet) -> Result<Value, ClientError> {
    let changes: Result<Vec<Value>, ClientError> = set.changes.iter().map(change_json).collect();
    Ok(json!({
        "revision": set.revision,
        "committed_at_ms": set.committed_at_ms,
        "changes": changes?,
        "affected_users": set.affected_users,
        "all_users_affected": set.all_users_affected,
    }))
}

fn change_json(change: &pb::Change) -> Result<Value, ClientError> {
    let state = |object: &Option<pb::Object>| match object {
        None => Ok(Value::Null),
        Some(object) => convert::object(object, "object").map(|it| object_json(&it)).map_err(nonsense),
    };
    let (before, after) = (state(&change.before)?, state(&change.after)?);
    Ok(json!({ "key": key_json(&key_of(change)?), "before": before, "after": after }))
}

fn key_of(change: &pb::Change) -> Result<crate::domain::Key, ClientError> {
    convert::key(&change.key.clone().unwrap_or_default(), "key").map_err(nonsense)
}

fn nonsense(faults: Vec<crate::api::status::Invalid>) -> ClientError {
    let faults: Vec<String> = faults.into_iter().map(|it| format!("{}: {}", it.field, it.message)).collect();
    ClientError::Nonsense(faults.join("; "))
}
