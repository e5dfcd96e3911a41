//! Arguments that several subcommands share.

use std::path::PathBuf;

use crate::bundle::case::Target;
use crate::client::{
    Address, Client, ClientError, Credentials, FactsError, Freshness, Moment, VisibleFilter, parse_facts,
};
use crate::domain::{Facts, Id, IdError, Note};

/// `--server`, and how it and the client know each other.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Connection {
    /// Where the server is.
    #[arg(
        long,
        help = "Where the server is: http://HOST:PORT, https://HOST:PORT or unix:///PATH",
        value_name = "ADDRESS",
        env = "DOPUSK_SERVER",
        hide_env_values = true,
        default_value = Address::DEFAULT
    )]
    pub(super) server: Address,
    #[command(flatten)]
    showing: Showing,
}

/// What the client shows of itself, and whom it trusts.
#[derive(Clone, Debug, clap::Args)]
struct Showing {
    /// The authorities that vouch for an https server's certificate, in PEM
    #[arg(long, value_name = "FILE", env = "DOPUSK_TLS_CA", hide_env_values = true)]
    tls_ca: Option<PathBuf>,
    /// A certificate to show to the server, in PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_key",
        env = "DOPUSK_CLIENT_CERT",
        hide_env_values = true
    )]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM
    #[arg(
        long,
        value_name = "FILE",
        requires = "tls_cert",
        env = "DOPUSK_CLIENT_KEY",
        hide_env_values = true
    )]
    tls_key: Option<PathBuf>,
    /// A file with a token to show to the server
    #[arg(long, value_name = "FILE", env = "DOPUSK_TOKEN_FILE", hide_env_values = true)]
    token_file: Option<PathBuf>,
}

impl Connection {
    pub(super) async fn open(&self) -> Result<Client, ClientError> {
        let Showing { tls_ca, tls_cert, tls_key, token_file } = self.showing.clone();
        let credentials = Credentials { ca: tls_ca, identity: tls_cert.zip(tls_key), token: token_file };
        Client::connect_with(&self.server, &credentials).await
    }
}

/// `--server`, `--consistency` and `--at`, of what reads.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Reading {
    #[command(flatten)]
    connection: Connection,
    /// How fresh the answer must be: fastest, newest, or a revision token
    #[arg(long, value_name = "FRESHNESS", default_value = "fastest")]
    consistency: Freshness,
    /// Answer from the state of the past that was the newest at a revision token or a time, such as 2026-03-03 or
    /// 2026-03-03T09:30:00Z
    #[arg(long, value_name = "REVISION|TIME", conflicts_with = "consistency")]
    at: Option<Moment>,
}

impl Reading {
    pub(super) async fn open(&self) -> Result<Client, ClientError> {
        let past = self.at.clone().map(Freshness::Past);
        let freshness = past.unwrap_or_else(|| self.consistency.clone());
        Ok(self.connection.open().await?.reading(freshness))
    }
}

/// `--author` and `--comment`, of what writes.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Noting {
    /// Who asks for it; kept in the history
    #[arg(long, value_name = "ID", value_parser = id)]
    author: Option<Id>,
    /// Why; kept in the history
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
}

pub(super) fn id(text: &str) -> Result<Id, IdError> {
    Id::parse(text)
}

impl Noting {
    pub(super) fn note(&self) -> Note {
        Note { author: self.author.clone(), comment: self.comment.clone(), caller: None }
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

/// `--language`.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Language {
    /// English
    En,
    /// Russian
    Ru,
}

impl Language {
    /// The code that the server knows it by.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ru => "ru",
        }
    }
}

/// What a list is narrowed to.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Narrowing; each can be given more than once, and \"\" stands for none")]
pub(super) struct Narrowing {
    /// Only resources on this stage
    #[arg(long = "stage", value_name = "STAGE")]
    stages: Vec<String>,
    /// Only resources of this responsible
    #[arg(long = "responsible", value_name = "USER")]
    responsibles: Vec<String>,
    /// Only resources of this author
    #[arg(long = "author", value_name = "USER")]
    authors: Vec<String>,
    /// Only resources that belong to this department
    #[arg(long = "department", value_name = "DEPARTMENT")]
    departments: Vec<String>,
    /// Only this resource: which of these may he see
    #[arg(long = "id", value_name = "ID")]
    ids: Vec<String>,
    /// Only resources that are flagged open, or are not
    #[arg(long, value_name = "BOOL")]
    open: Option<bool>,
}

impl Narrowing {
    pub(super) fn filter(self) -> VisibleFilter {
        VisibleFilter {
            stages: self.stages,
            responsibles: self.responsibles,
            authors: self.authors,
            departments: self.departments,
            ids: self.ids,
            open: self.open,
        }
    }
}
