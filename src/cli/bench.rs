//! `dopusk bench`: this service beside a no-op one that sends the same messages, in interleaved rounds.
//!
//! Both run as processes of their own, with the same transport; so the ratio says what deciding costs on top of
//! being asked, whatever the machine does meanwhile. Absolute rates are those of this machine and moment.

mod arrival;
mod guest;
mod home;
mod load;
mod noop;
mod overload;
mod process;
mod question;
mod report;
mod round;
mod secured;
mod wire;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::generate::CompanySize;
use super::output::{Format, Output, Printing};
use super::scratch::Scratch;
use super::verdict::Verdict;
use crate::client::Address;
use home::Home;
use round::{Case, Options, Transport};

/// Measure the service beside a no-op one, on a generated company
///
/// Starts both as processes of their own, with stores in a temporary directory, and stops them at the end. The rate,
/// p99 and CPU columns are ratios to the no-op service, medians over the rounds.
#[derive(Debug, clap::Args)]
pub(super) struct Bench {
    #[command(flatten)]
    size: CompanySize,
    /// Rounds; the figures are medians over them
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// How long each load of a round lasts
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// Connections of a load of single calls
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    connections: u16,
    /// Calls in flight on each connection
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    in_flight: u16,
    /// What is called; can be given more than once. All cases if left out
    #[arg(long = "case", value_name = "CASE")]
    cases: Vec<Case>,
    /// What the calls go over; can be given more than once. Both if left out
    #[arg(long = "transport", value_name = "TRANSPORT")]
    transports: Vec<Transport>,
    /// Measure instead what happens when twice as many calls come as can be answered
    #[arg(long, conflicts_with_all = ["cases", "transports", "connections", "in_flight"])]
    overload: bool,
    /// Measure instead a server that runs already, on the data that it holds: http://HOST:PORT or unix:///PATH
    #[arg(long, value_name = "ADDRESS", conflicts_with_all = ["overload", "transports"])]
    server: Option<Address>,
    /// Keep the company here, and don't import it again when it is there already; a directory of this program's own
    #[arg(long, value_name = "DIR", conflicts_with_all = ["server", "overload", "secured"])]
    data: Option<PathBuf>,
    /// Measure instead what it costs to be secured
    #[arg(long, conflicts_with_all = ["cases", "transports", "overload", "server"])]
    secured: bool,
    #[command(flatten)]
    printing: Printing,
}

impl Bench {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let or_all = |cases: Vec<Case>| if cases.is_empty() { Case::EACH.to_vec() } else { cases };
        let options = Options {
            size: self.size.size(),
            rounds: self.rounds.into(),
            time: Duration::from_secs(self.seconds.into()),
            connections: self.connections.into(),
            in_flight: self.in_flight.into(),
            cases: or_all(self.cases),
            transports: if self.transports.is_empty() { Transport::EACH.to_vec() } else { self.transports },
        };
        let scratch = Scratch::create()?;
        let say = &mut |text: &str| Ok(output.note(text)?);
        let (table, json) = if let Some(server) = self.server {
            let rows = guest::run(&options, &server.to_string(), scratch.path(), say).await?;
            (
                report::table(&rows),
                json!({ "rows": rows.iter().map(report::Row::to_json).collect::<Vec<_>>() }),
            )
        } else if self.overload {
            let report = alone(overload::run(&options, scratch.path(), say))?;
            (report.to_table(), report.to_json())
        } else if self.secured {
            let report = alone(secured::run(&options, scratch.path(), say))?;
            (report.to_table(), report.to_json())
        } else {
            let home = Home::new(self.data.as_deref(), scratch.path());
            let report = round::run(&options, (&home, scratch.path()), say).await?;
            (report.to_table(), report.to_json())
        };
        match self.printing.output {
            Format::Table => output.line(&table)?,
            Format::Json | Format::Jsonl => output.json(&json)?,
        }
        Ok(Verdict::Yes)
    }
}

/// Runs a load on one thread: several on one processor would take it from one another.
fn alone<T>(load: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::task::block_in_place(|| {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(load)
    })
}

/// Serve recorded answers, for `dopusk bench`
#[derive(Debug, clap::Args)]
pub(super) struct Noop {
    /// The recorded answers
    #[arg(long)]
    recording: PathBuf,
    /// The address to listen on
    #[arg(long)]
    listen: SocketAddr,
    /// The socket to listen on
    #[arg(long)]
    socket: PathBuf,
}

impl Noop {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        noop::serve(&self.recording, self.listen, &self.socket, output).await?;
        Ok(Verdict::Yes)
    }
}
