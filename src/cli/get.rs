//! `dopusk get`.

use super::arguments::Reading;
use super::key::{Named, object_json};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::bundle::{Encoding, Printer};

/// Print one object
///
/// JSON: a line of a bundle, such as {"users": {"id", …}}
#[derive(Debug, clap::Args)]
pub(super) struct Get {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl Get {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let key = self.named.key()?;
        let object = self.reading.open().await?.get(&key).await?;
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&object_json(&object))?,
            Format::Table => {
                let mut printer = Printer::new(Encoding::Yaml, output.out());
                printer.put(&object)?;
                printer.finish()?;
            }
        }
        Ok(Verdict::Yes)
    }
}
