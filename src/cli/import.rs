//! `dopusk import`.

use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::arguments::{Connection, Noting};
use super::bar::bar;
use super::output::{Format, Output, Printing, counted};
use super::source::{self, Problems, Sourced};
use super::verdict::Verdict;
use crate::bundle::Problem;
use crate::client::{Client, ClientError, Message, Messages, Progress, Refused};
use crate::domain::{Note, Object};
use crate::engine::ImportMode;

/// Messages that wait for the server.
const MESSAGES_WAITING_MAX: usize = 4;

/// Take in the objects of files, as one batch that is judged as a whole
///
/// Every file is read to its end before anything is sent, and nothing is sent if one has a problem.
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"objects", "revision"}"#)]
pub(super) struct Import {
    /// Bundles: .yaml, .json or .jsonl, each also with .gz
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Commit chunk by chunk, for more than 100,000 objects; what was committed stays if a later chunk is refused,
    /// and the same import can be sent again
    #[arg(long)]
    chunked: bool,
    #[command(flatten)]
    noting: Noting,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Import {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let done = if self.chunked { self.in_chunks().await? } else { self.at_once().await? };
        let (count, revision) = (done.committed, done.revision);
        match self.printing.output {
            Format::Json | Format::Jsonl => {
                output.json(&serde_json::json!({ "objects": count, "revision": revision }))?;
            }
            Format::Table => {
                output.line(&format!("{} imported; revision {revision}", counted(count, "object")))?;
            }
        }
        Ok(Verdict::Yes)
    }

    async fn at_once(&self) -> anyhow::Result<Progress> {
        let sourced = source::read(&self.files)?;
        let client = self.connection.open().await?;
        let objects: Vec<Object> = sourced.iter().map(|it| it.object.clone()).collect();
        let messages = Messages::new(ImportMode::Atomic, objects).noted(self.noting.note());
        let done = client.import(tokio_stream::iter(messages), &mut |_| {}).await;
        Ok(done.map_err(|error| with_places(error, &sourced))?)
    }

    async fn in_chunks(&self) -> anyhow::Result<Progress> {
        let mut total = 0;
        for file in &self.files {
            total += source::count(file)?;
        }
        let client = self.connection.open().await?;
        send(&client, (self.files.clone(), self.noting.note()), total).await
    }
}

/// Sends files as they are read. They were read before, so that a problem means that one was changed meanwhile; the
/// import is then broken off, not ended.
async fn send(client: &Client, (files, note): (Vec<PathBuf>, Note), total: u64) -> anyhow::Result<Progress> {
    let (sender, messages) = mpsc::channel(MESSAGES_WAITING_MAX);
    let reading = sender.clone();
    let mut reader = tokio::task::spawn_blocking(move || read_out(&files, &note, &reading));
    let bar = bar(Some(total));
    let mut on_progress = |progress: &Progress| bar.set_position(progress.committed);
    let import = client.import(ReceiverStream::new(messages), &mut on_progress);
    tokio::pin!(import);
    tokio::select! {
        done = &mut import => return Ok(done?),
        read = &mut reader => read??,
    }
    // The end of the stream is the sign to commit the rest.
    drop(sender);
    let done = import.await?;
    bar.finish_and_clear();
    Ok(done)
}

fn read_out(files: &[PathBuf], note: &Note, messages: &mpsc::Sender<Message>) -> Result<(), Problems> {
    for file in files {
        let mut problem: Option<Problem> = None;
        let objects = source::open(file)?.map_while(|object| match object {
            Ok(located) => Some(located.value),
            Err(found) => {
                problem = Some(found);
                None
            }
        });
        for message in Messages::new(ImportMode::Chunked, objects).noted(note.clone()) {
            if messages.blocking_send(message).is_err() {
                // The server has ended the call, and says why.
                return Ok(());
            }
        }
        if let Some(problem) = problem {
            return Err(Problems(vec![problem]));
        }
    }
    Ok(())
}

/// A refusal whose culprits are named with their files and lines.
fn with_places(error: ClientError, sourced: &[Sourced]) -> ClientError {
    let ClientError::Refused(refused) = error else { return error };
    let mut refused: Refused = *refused;
    for violation in &mut refused.violations {
        let culprit = sourced.iter().find(|it| it.object.key().to_string() == violation.culprit);
        if let Some(it) = culprit {
            violation.culprit = format!("{}:{}: {}", it.file, it.place.line, violation.culprit);
        }
    }
    ClientError::Refused(Box::new(refused))
}
