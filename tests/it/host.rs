//! A real server in this process: on a free port of the loopback interface, with a store in a temporary folder.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use dopusk::api::convert;
use dopusk::api::load::Load;
use dopusk::api::pb;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::api::pb::history_service_client::HistoryServiceClient;
use dopusk::api::pb::preview_service_client::PreviewServiceClient;
use dopusk::api::pb::review_service_client::ReviewServiceClient;
use dopusk::api::pb::watch_service_client::WatchServiceClient;
use dopusk::domain::{Object, Operation};
use dopusk::engine::{self, Engine};
use dopusk::journal::{AuditLog, DecisionLog};
use dopusk::server::{CONNECTIONS_MAX, Running, SOCKET_MODE, Settings, start};
use dopusk::store;
use tempfile::TempDir;
use tokio_stream::StreamExt as _;
use tonic::transport::Channel;
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// Enough that nobody's rights are ever put out.
pub(crate) const CACHED_USERS: usize = 100_000;

/// A server and a connection to it.
pub(crate) struct Host {
    running: Running,
    pub(crate) channel: Channel,
    folder: Arc<TempDir>,
    settings: Settings,
}

/// Settings of a server on a free port.
pub(crate) fn settings(data: PathBuf) -> Settings {
    Settings {
        engine: engine_settings(data),
        listen: Some(([127, 0, 0, 1], 0).into()),
        socket: None,
        socket_mode: SOCKET_MODE,
        callers: None,
        tls: None,
        connections_max: CONNECTIONS_MAX,
        // A test machine can be as slow as it likes.
        queue_wait_max: Duration::from_mins(1),
        metrics: None,
        decision_log: None,
        audit_log: None,
        slow_call: None,
        drain_max: Duration::from_secs(10),
    }
}

/// Settings of an engine alone.
pub(crate) fn engine_settings(data: PathBuf) -> engine::Settings {
    engine::Settings {
        data,
        store: store::Settings::default(),
        cached_users_max: CACHED_USERS,
        memory: Arc::default(),
        verify_ms_per_second: 0,
        is_counting: false,
    }
}

impl Host {
    /// A server of an empty store.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = Arc::new(TempDir::new().unwrap());
        let mut settings = settings(folder.path().join("store"));
        change(&mut settings);
        Self::open(folder, settings).await
    }

    /// A server on data that another one has left.
    pub(crate) async fn open(folder: Arc<TempDir>, settings: Settings) -> Self {
        let running = start(settings.clone()).await.unwrap();
        let address = url(&running);
        let channel = Channel::from_shared(address).unwrap().connect().await.unwrap();
        Self { running, channel, folder, settings }
    }

    /// Stops the server and starts another one on the same data.
    pub(crate) async fn restart(self) -> Self {
        let Self { running, channel, folder, settings } = self;
        drop(channel);
        running.stop().await;
        Self::open(folder, settings).await
    }

    pub(crate) async fn stop(self) {
        drop(self.channel);
        self.running.stop().await;
    }

    /// Stops it, and gives what another one can be opened with.
    pub(crate) async fn stop_and_keep_data(self) -> (Settings, Arc<TempDir>) {
        let Self { running, channel, folder, settings } = self;
        drop(channel);
        running.stop().await;
        (settings, folder)
    }

    /// Stops it while the connection stays.
    pub(crate) async fn stop_and_keep_connection(self) -> Channel {
        self.running.stop().await;
        self.channel
    }

    pub(crate) fn url(&self) -> String {
        url(&self.running)
    }

    pub(crate) fn engine(&self) -> &Arc<Engine> {
        self.running.engine()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.address().unwrap()
    }

    pub(crate) fn load(&self) -> &Arc<Load> {
        self.running.load()
    }

    pub(crate) fn metrics_address(&self) -> Option<SocketAddr> {
        self.running.metrics_address()
    }

    pub(crate) fn decision_log(&self) -> Option<&Arc<DecisionLog>> {
        self.running.decision_log()
    }

    pub(crate) fn audit_log(&self) -> Option<&Arc<AuditLog>> {
        self.running.audit_log()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn decisions(&self) -> DecisionServiceClient<Channel> {
        DecisionServiceClient::new(self.channel.clone())
    }

    pub(crate) fn directory(&self) -> DirectoryServiceClient<Channel> {
        DirectoryServiceClient::new(self.channel.clone())
    }

    pub(crate) fn history(&self) -> HistoryServiceClient<Channel> {
        HistoryServiceClient::new(self.channel.clone())
    }

    pub(crate) fn previews(&self) -> PreviewServiceClient<Channel> {
        PreviewServiceClient::new(self.channel.clone())
    }

    pub(crate) fn reviews(&self) -> ReviewServiceClient<Channel> {
        ReviewServiceClient::new(self.channel.clone())
    }

    pub(crate) fn watch(&self) -> WatchServiceClient<Channel> {
        WatchServiceClient::new(self.channel.clone())
    }

    /// Writes, and gives the token.
    pub(crate) async fn write(&self, operations: &[Operation]) -> Result<String, Status> {
        let operations = operations.iter().map(convert::operation_to_wire).collect();
        let request = pb::WriteRequest { operations, ..pb::WriteRequest::default() };
        Ok(self.directory().write(request).await?.into_inner().revision)
    }

    /// Imports as one batch, and gives the token.
    pub(crate) async fn import(&self, objects: &[Object]) -> Result<String, Status> {
        let chunks: Vec<pb::ImportRequest> = objects
            .chunks(1000)
            .map(|chunk| pb::ImportRequest {
                mode: pb::ImportMode::Atomic.into(),
                objects: chunk.iter().map(convert::object_to_wire).collect(),
                ..pb::ImportRequest::default()
            })
            .collect();
        let mut answers = self.directory().import(tokio_stream::iter(chunks)).await?.into_inner();
        let mut last = pb::ImportResponse::default();
        while let Some(answer) = answers.next().await {
            last = answer?;
        }
        assert!(last.done, "the last answer of an import says that it is done");
        Ok(last.revision)
    }

    /// Every object, and the token.
    pub(crate) async fn export(&self) -> (Vec<pb::Object>, String) {
        let request = pb::ExportRequest::default();
        let mut answers = self.directory().export(request).await.unwrap().into_inner();
        let (mut objects, mut revision) = (Vec::new(), String::new());
        while let Some(answer) = answers.next().await {
            let answer = answer.unwrap();
            objects.extend(answer.objects);
            revision = answer.revision;
        }
        (objects, revision)
    }

    /// All that a user may see.
    pub(crate) async fn list(&self, request: pb::ListVisibleRequest) -> Result<Vec<String>, Status> {
        let mut answers = self.decisions().list_visible(request).await?.into_inner();
        let mut ids = Vec::new();
        while let Some(answer) = answers.next().await {
            ids.extend(answer?.ids);
        }
        Ok(ids)
    }
}

fn url(running: &Running) -> String {
    format!("http://{}", running.address().unwrap())
}

/// The number of a token.
pub(crate) fn number(token: &str) -> u64 {
    token.split_once('.').unwrap().1.parse().unwrap()
}

/// Asserts what every error carries, and gives the fields that it names.
pub(crate) fn assert_error(status: &Status, code: Code, reason: &str) -> Vec<String> {
    assert_eq!(status.code(), code, "{status:?}");
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!((info.reason.as_str(), info.domain.as_str()), (reason, "dopusk"), "{status:?}");
    let fields = details.bad_request().map(|it| it.field_violations.clone()).unwrap_or_default();
    fields.into_iter().map(|it| it.field).collect()
}

/// The culprits of a refused write with the types of their violations, such as `RULE_1.1`.
pub(crate) fn culprits(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let failure = details.precondition_failure().unwrap_or_else(|| panic!("no culprits: {status:?}"));
    failure.violations.iter().map(|it| (it.r#type.clone(), it.subject.clone())).collect()
}
