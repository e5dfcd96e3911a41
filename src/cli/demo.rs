//! `dopusk demo`.

use std::path::PathBuf;

use anyhow::Context as _;

use super::output::Output;
use super::scratch::Scratch;
use super::serve::{Asked, Signals, announce, settings};
use super::verdict::Verdict;
use crate::bundle::{Bundle, Encoding};
use crate::client::{Address, Client};
use crate::config::{Listen, Partial};
use crate::{server, telemetry};

/// The sample company.
const COMPANY: &str = include_str!("../../deploy/sample/company.yaml");

/// What is worth asking about the sample company.
const TRIES: [&str; 7] = [
    "check tom read deal deal-offer",
    "check nina read deal deal-offer",
    "list henry read deal",
    "subjects read deal deal-south",
    "actions simon deal deal-open",
    "recipients ticket ticket-unassigned --event created",
    "objects role",
];

/// Serve a sample company to try things with, until SIGTERM or SIGINT
#[derive(Debug, clap::Args)]
pub(super) struct Demo {
    /// Keep the store in this directory, instead of a temporary one that goes away at the end
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The loopback address to listen on, port 0 being any free one
    #[arg(long, value_name = "ADDRESS", default_value_t = Listen::DEFAULT)]
    listen: Listen,
}

impl Demo {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let scratch = Scratch::create()?;
        let data = self.data.unwrap_or_else(|| scratch.path().join("store"));
        let partial = Partial {
            data: Some(data),
            listen: Some(self.listen),
            log: Some("warn".to_owned()),
            ..Partial::default()
        };
        let config = partial.complete()?;
        telemetry::start(&config.log)?;
        let mut signals = Signals::listen()?;
        let running = server::start(settings(config)).await?;
        let address = running.address().context("a demo listens at an address")?;
        let address: Address = format!("http://{address}").parse()?;
        fill(&Client::connect(&address).await?).await?;
        announce(&running, output)?;
        suggest(&address, output)?;
        while signals.comes().await == Asked::ToRenew {}
        running.stop().await;
        Ok(Verdict::Yes)
    }
}

/// Loads the sample company into a store that is empty.
async fn fill(client: &Client) -> anyhow::Result<()> {
    if !client.everything().await?.objects.is_empty() {
        return Ok(());
    }
    let company = Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes())?;
    client.load(company.into_objects().collect()).await?;
    Ok(())
}

fn suggest(address: &Address, output: &mut Output) -> std::io::Result<()> {
    let is_default = address.to_string() == Address::DEFAULT;
    let server = if is_default { String::new() } else { format!(" --server {address}") };
    output.line("")?;
    output.line("The sample company is loaded. In another terminal, try:")?;
    TRIES.iter().try_for_each(|words| output.line(&format!("  dopusk {words}{server}")))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::cli::Arguments;

    #[test]
    fn the_commands_to_try_name_what_the_sample_has() {
        for words in TRIES {
            assert!(Arguments::try_parse_from(format!("dopusk {words}").split(' ')).is_ok(), "{words}");
        }
        for id in
            ["tom", "nina", "henry", "simon", "deal-offer", "deal-south", "deal-open", "ticket-unassigned"]
        {
            assert!(COMPANY.contains(&format!("id: {id},")), "{id}");
        }
    }

    #[test]
    fn the_sample_company_keeps_the_rules() {
        let company = Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes()).unwrap();
        let operations: Vec<_> = company.into_objects().map(crate::domain::Operation::put).collect();
        assert!(crate::snapshot::Snapshot::default().apply(&operations).is_ok());
    }
}
