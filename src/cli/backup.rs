//! `dopusk backup`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::arguments::Reading;
use super::bar::bar;
use super::draft::Draft;
use super::output::{Output, counted};
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
    #[arg(long, value_name = "DIR")]
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
        output.note(&format!("{} saved; revision {revision}", counted(count, "object")))?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{Bundle, Encoding};
    use crate::cli::serve::settings;
    use crate::client::Everything;
    use crate::config::Partial;
    use crate::server::{self, Running};

    const COMPANY: &str = include_str!("../../deploy/sample/company.yaml");

    async fn serve(data: &Path) -> (Running, Client) {
        let listen = Some("127.0.0.1:0".parse().unwrap());
        let partial = Partial { data: Some(data.to_owned()), listen, ..Partial::default() };
        let running = server::start(settings(partial.complete().unwrap())).await.unwrap();
        let address = format!("http://{}", running.address().unwrap());
        (running, Client::connect(&address.parse().unwrap()).await.unwrap())
    }

    async fn stop((running, client): (Running, Client)) -> Everything {
        let everything = client.everything().await.unwrap();
        drop(client);
        running.stop().await;
        everything
    }

    #[tokio::test]
    async fn a_backup_is_restored_as_another_store_with_the_same_objects() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let served = serve(&path("old")).await;
        let company = Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes()).unwrap();
        served.1.load(company.into_objects().collect()).await.unwrap();
        let (count, _) = save_running(&served.1, &path("running")).await.unwrap();
        let before = stop(served).await;
        assert_eq!(usize::try_from(count).unwrap(), before.objects.len());
        assert_eq!(save_stopped(&path("old"), &path("stopped")).unwrap().0, count);
        assert_eq!(std::fs::read(path("running")).unwrap(), std::fs::read(path("stopped")).unwrap());

        let backup = std::io::BufReader::new(std::fs::File::open(path("running")).unwrap());
        store::restore(backup, &path("new"), &store::Settings::default()).unwrap();
        let after = stop(serve(&path("new")).await).await;
        assert_eq!(after.objects, before.objects);
        assert_eq!(revision_number(&after.revision), revision_number(&before.revision));
        assert_ne!(after.revision, before.revision);
    }

    #[test]
    fn no_store_is_made_by_a_backup_of_none() {
        let folder = tempfile::tempdir().unwrap();
        assert!(save_stopped(&folder.path().join("none"), &folder.path().join("backup")).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
