//! `dopusk delete`.

use super::arguments::{Connection, Noting};
use super::key::Named;
use super::output::{Output, Printing};
use super::put::print_written;
use super::verdict::Verdict;
use crate::domain::Operation;

/// Delete one object; deleting what isn't there changes nothing
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"revision"}"#)]
pub(super) struct Delete {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    noting: Noting,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Delete {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let key = self.named.key()?;
        let text = format!("{key} deleted");
        let client = self.connection.open().await?;
        let revision = client.write_noted(&[Operation::delete(key)], &self.noting.note()).await?;
        print_written(&text, &revision, (self.printing, output))
    }
}
