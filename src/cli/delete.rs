//! `dopusk delete`.

use super::arguments::Connection;
use super::key::Named;
use super::output::{Output, Printing};
use super::put::print_written;
use super::verdict::Verdict;
use crate::domain::Operation;

/// Delete one object; deleting what isn't there changes nothing
///
/// JSON: {"revision"}
#[derive(Debug, clap::Args)]
pub(super) struct Delete {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Delete {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let key = self.named.key()?;
        let text = format!("{key} deleted");
        let revision = self.connection.open().await?.write(&[Operation::delete(key)]).await?;
        print_written(&text, &revision, (self.printing, output))
    }
}
