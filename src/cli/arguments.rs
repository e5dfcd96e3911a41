//! Arguments that several subcommands share.

use crate::bundle::case::Target;
use crate::client::{Address, Client, ClientError, FactsError, Freshness, parse_facts};
use crate::domain::Facts;

/// `--server`.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Connection {
    /// Where the server is: http://HOST:PORT or unix:///PATH
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "DOPUSK_SERVER",
        hide_env_values = true,
        default_value = Address::DEFAULT
    )]
    pub(super) server: Address,
}

impl Connection {
    pub(super) async fn open(&self) -> Result<Client, ClientError> {
        Client::connect(&self.server).await
    }
}

/// `--server` and `--consistency`, of what reads.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Reading {
    #[command(flatten)]
    connection: Connection,
    /// How fresh the answer must be: fastest, newest, or a revision token
    #[arg(long, value_name = "FRESHNESS", default_value = "fastest")]
    consistency: Freshness,
}

impl Reading {
    pub(super) async fn open(&self) -> Result<Client, ClientError> {
        Ok(self.connection.open().await?.reading(self.consistency.clone()))
    }
}

/// A stored resource, or the facts of one that isn't.
#[derive(Clone, Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub(super) struct Resource {
    /// The id of a stored resource
    id: Option<String>,
    /// The facts of a resource that isn't stored, such as
    /// responsible=u2,stage=NEW,open=true,departments=d1+d2,observers=u1,author=u3;
    /// a comma, plus sign or backslash in an id has a backslash before it
    #[arg(long, value_name = "FACTS", value_parser = facts)]
    facts: Option<Facts>,
}

fn facts(text: &str) -> Result<Facts, FactsError> {
    parse_facts(text)
}

impl Resource {
    pub(super) fn target(self) -> Target {
        match (self.id, self.facts) {
            (_, Some(facts)) => Target::Facts(facts),
            (id, None) => Target::Id(id.unwrap_or_default()),
        }
    }
}
