//! `dopusk backup`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::arguments::Reading;
use super::bar::bar;
use super::draft::Draft;
use super::output::Output;
use super::verdict::Verdict;
use crate::client::{Client, revision_number};
use crate::domain::Object;
use crate::store::{self, Store, backup};

/// Save every object at one revision in a file that restore takes
///
/// The file comes into being whole or not at all. The change log is not in it: who follows the changes starts anew
/// after a restore.
#[derive(Debug, clap::Args)]
pub(super) struct Backup {
    /// Where to
    file: PathBuf,
    /// Save the store of this directory, which no server has open, instead of a running server's
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "consistency"])]
    data: Option<PathBuf>,
    #[command(flatten)]
    reading: Reading,
}

impl Backup {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let (count, revision) = match &self.data {
            Some(data) => save_stopped(data, &self.file)?,
            None => save_running(&self.reading.open().await?, &self.file).await?,
        };
        output.note(&format!("{count} objects saved; revision {revision}"))?;
        Ok(Verdict::Yes)
    }
}

fn save_stopped(data: &Path, file: &Path) -> anyhow::Result<(u64, String)> {
    // Opening would make a store where there is none.
    anyhow::ensure!(data.is_dir(), "there is no directory {}", data.display());
    let store = Store::open(data, &store::Settings::default())?;
    let (draft, summary) = backup::save(&store, Draft::create(file)?)?;
    draft.finish()?;
    Ok((summary.objects, summary.revision.to_string()))
}

/// A running server gives its objects in the order that a backup has them in.
async fn save_running(client: &Client, file: &Path) -> anyhow::Result<(u64, String)> {
    let mut draft = Some(Draft::create(file)?);
    let mut writer = None;
    let (bar, mut count) = (bar(None), 0);
    let mut on_chunk = |objects: Vec<Object>, token: &str| -> anyhow::Result<()> {
        if let Some(draft) = draft.take() {
            let revision = revision_number(token).context("the server's revision token has no number")?;
            writer = Some(backup::Writer::new(draft, revision)?);
        }
        let writer = writer.as_mut().context("a backup begins once")?;
        objects.iter().try_for_each(|object| writer.object(object))?;
        count += objects.len() as u64;
        bar.set_position(count);
        Ok(())
    };
    let revision = client.export(&mut on_chunk).await?;
    let writer = writer.context("the server gave out nothing")?;
    writer.finish()?.finish()?;
    Ok((count, revision))
}
