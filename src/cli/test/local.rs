//! A server for one case: on any free loopback port, with a new store in a temporary directory.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use crate::cli::scratch::Scratch;
use crate::client::Client;
use crate::server::{self, Running};
use crate::{engine, store};

/// A case has few users.
const CACHED_USERS_MAX: usize = 10_000;
/// Nothing is under way when a case ends, but the store's last flush can wait for a busy disk.
const DRAIN_MAX: Duration = Duration::from_secs(10);

/// A server that is there for one case.
pub(super) struct LocalServer {
    client: Client,
    running: Running,
    _scratch: Scratch,
}

impl LocalServer {
    pub(super) async fn start() -> anyhow::Result<Self> {
        let scratch = Scratch::create()?;
        let settings = server::Settings {
            engine: engine::Settings {
                data: scratch.path().join("store"),
                store: store::Settings::default(),
                cached_users_max: CACHED_USERS_MAX,
                memory: Arc::default(),
                verify_ms_per_second: 0,
                is_counting: false,
            },
            listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))),
            socket: None,
            socket_mode: server::SOCKET_MODE,
            callers: None,
            tls: None,
            connections_max: server::CONNECTIONS_MAX,
            queue_wait_max: server::QUEUE_WAIT_MAX,
            metrics: None,
            slow_call: None,
            drain_max: DRAIN_MAX,
        };
        let running = server::start(settings).await?;
        let address = running.address().context("the server listens at an address")?;
        let client = Client::connect(&format!("http://{address}").parse()?).await?;
        Ok(Self { client, running, _scratch: scratch })
    }

    pub(super) const fn client(&self) -> &Client {
        &self.client
    }

    pub(super) async fn stop(self) {
        drop(self.client);
        self.running.stop().await;
    }
}
