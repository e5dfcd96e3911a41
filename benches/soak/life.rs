//! The lives of the server as callers see them: a connection each, and whether what it breaks off was to be expected.

use std::error::Error as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dopusk::client::{Address, Client, ClientError};
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// The connection to one life.
pub(crate) struct Link {
    pub(crate) life: usize,
    pub(crate) client: Client,
    /// For what the client has no call for.
    pub(crate) channel: Channel,
}

impl Link {
    pub(crate) async fn connect(life: usize, address: &str) -> Self {
        let client = Client::connect(&address.parse::<Address>().unwrap()).await.unwrap();
        let channel = Endpoint::from_shared(address.to_owned()).unwrap().connect().await.unwrap();
        Self { life, client, channel }
    }
}

/// All lives.
pub(crate) struct Lives {
    links: watch::Sender<Option<Arc<Link>>>,
    /// Those with smaller numbers were told to end.
    ended: AtomicUsize,
}

impl Lives {
    pub(crate) fn new() -> Self {
        Self { links: watch::channel(None).0, ended: AtomicUsize::new(0) }
    }

    pub(crate) fn begin(&self, link: Link) {
        self.links.send_replace(Some(Arc::new(link)));
    }

    /// To be called before the server is told.
    pub(crate) fn end(&self, life: usize) {
        self.ended.store(life + 1, Ordering::SeqCst);
        self.links.send_replace(None);
    }

    pub(crate) fn has_ended(&self, life: usize) -> bool {
        life < self.ended.load(Ordering::SeqCst)
    }

    /// The connection to the life that is; waits for one.
    pub(crate) async fn link(&self) -> Arc<Link> {
        let mut links = self.links.subscribe();
        links.wait_for(Option::is_some).await.unwrap().clone().unwrap()
    }
}

/// Why a call has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The server was gone or going.
    Broken(String),
    /// It refused.
    Refused(Code, String),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error.refused() {
            Some(it) if it.code == Code::Unavailable => Self::Broken(error.to_string()),
            Some(it) => Self::Refused(it.code, error.to_string()),
            None => Self::Broken(format!("{error}: {:?}", error.source())),
        }
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        let is_told = status.get_error_details().error_info().is_some();
        let is_transport = !is_told && status.source().is_some();
        if is_transport || status.code() == Code::Unavailable {
            Self::Broken(format!("{status:?}"))
        } else {
            Self::Refused(status.code(), format!("{status:?}"))
        }
    }
}
