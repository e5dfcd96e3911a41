//! The composition root: opens the engine, binds the listeners, serves, and winds down.

mod audit;
mod connection;
mod credential;
mod gather;
mod listener;
mod monitor;
mod relief;
mod tls;
mod writing;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch as signal;
use tokio::task::{JoinHandle, JoinSet};
use tokio_stream::wrappers::UnixListenerStream;
use tonic::service::Routes;
use tonic::transport::Server;
use tower::layer::util::{Identity, Stack};
use tower::util::{Either, option_layer};

use self::audit::Audit;
use self::connection::Connections;
use self::credential::{Credentials, Files};
use self::monitor::{Bound, Monitor};
use crate::api::load::Load;
use crate::api::{
    AdmissionLayer, Context, DESCRIPTORS, DeadlineLayer, DecisionApi, DecisionServiceServer, DirectoryApi,
    DirectoryServiceServer, Doors, HEALTH_DESCRIPTORS, HistoryApi, HistoryServiceServer, ObserveLayer,
    Observer, PreviewApi, PreviewServiceServer, ReviewApi, ReviewServiceServer, ShedLayer, Switch, WatchApi,
    WatchServiceServer, WhyNotApi, WhyNotServiceServer,
};
use crate::caller::Gate;
use crate::domain::MESSAGE_BYTES_MAX;
use crate::engine::{self, Engine, Verification};
use crate::journal::{self, AuditLog, DecisionLog};
use crate::memory::Budget;

pub use crate::api::load::QUEUE_WAIT_MAX;
pub use connection::{CONNECTIONS_MAX, PREFACE_WAIT_MAX};
pub use credential::CredentialError;
pub use listener::incoming;
pub use monitor::MetricsAt;
pub use tls::{TlsError, TlsFiles};

/// The most streams of one connection at a time.
pub const STREAMS_PER_CONNECTION_MAX: u32 = 256;
/// The most resets of its own streams that a connection may cause before it is closed.
pub const RESETS_PER_CONNECTION_MAX: usize = 1_024;
/// The bytes of headers that a request may have.
pub const HEADER_BYTES_MAX: u32 = 16 << 10;
/// The bytes that a stream and a connection may have under way, so that long lists are not held up by a distant reader.
const WINDOW_BYTES: u32 = 1 << 20;
/// How often an idle connection is asked whether the other side is still there, and how long it may take to answer.
const KEEPALIVE_EVERY: Duration = Duration::from_secs(30);
const KEEPALIVE_WAIT: Duration = Duration::from_secs(20);
/// How long a connection under TLS takes new calls: its client's certificate was looked at when it was made.
const SECURED_AGE_MAX: Duration = Duration::from_hours(1);
/// The mode of a Unix socket, if nothing else is said: its owner and its group.
pub const SOCKET_MODE: u32 = 0o660;
/// The names that health knows; the empty one is the server.
const SERVICES: [&str; 9] = [
    "",
    writing::SERVICE,
    "dopusk.v1.DecisionService",
    "dopusk.v1.DirectoryService",
    "dopusk.v1.HistoryService",
    "dopusk.v1.PreviewService",
    "dopusk.v1.ReviewService",
    "dopusk.v1.WatchService",
    "dopusk.v1.WhyNotService",
];

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The engine's settings.
    pub engine: engine::Settings,
    /// The TCP address to listen on; port 0 takes any free one. Loopback only, unless there are callers and TLS.
    pub listen: Option<SocketAddr>,
    /// The Unix socket to listen on.
    pub socket: Option<PathBuf>,
    /// The mode of the Unix socket.
    pub socket_mode: u32,
    /// The file that names the callers; none lets in whoever can connect.
    pub callers: Option<PathBuf>,
    /// The certificate at the TCP address; none is plain text.
    pub tls: Option<TlsFiles>,
    /// The most connections, at the address and at the socket each.
    pub connections_max: usize,
    /// How long calls may wait for their turn once they queue up; more than is done in it are refused.
    pub queue_wait_max: Duration,
    /// Where metrics are told; none counts nothing.
    pub metrics: Option<MetricsAt>,
    /// How decisions are logged; none doesn't log them.
    pub decision_log: Option<journal::DecisionSettings>,
    /// Where writes are logged; none doesn't log them.
    pub audit_log: Option<journal::FileSettings>,
    /// From when on a call whose answer hasn't begun is logged as slow; none is never.
    pub slow_call: Option<Duration>,
    /// How long calls under way may take to end at shutdown, before they are cut off.
    pub drain_max: Duration,
}

/// Why a server did not start or did not go on.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// No listener was asked for.
    #[error("nothing to listen on; give an address or a socket")]
    NoListener,
    /// An address that others could reach.
    #[error(
        "{0} is not a loopback address; others may reach the server only over TLS (tls_cert, tls_key) and as callers \
         that it knows (callers)"
    )]
    NotLoopback(SocketAddr),
    /// An address of metrics that others could reach.
    #[error(
        "{0} is not a loopback address; metrics are told to whoever can connect, in plain text: say that others may \
         (metrics_exposed)"
    )]
    MetricsNotLoopback(SocketAddr),
    /// The callers or the certificates.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// A log of decisions or of writes can't be kept.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    /// The engine could not be opened.
    #[error(transparent)]
    Engine(#[from] engine::OpenError),
    /// A listener could not be bound.
    #[error("can't listen on {place}")]
    Bind {
        /// Where.
        place: String,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Another server listens on the socket.
    #[error("another server listens on {0}")]
    SocketInUse(PathBuf),
    /// The contract's descriptors can't be served.
    #[error("reflection can't be set up")]
    Reflection(#[from] tonic_reflection::server::Error),
    /// The transport failed.
    #[error("the transport failed")]
    Transport(#[from] tonic::transport::Error),
}

/// A server that serves.
pub struct Running {
    engine: Arc<Engine>,
    address: Option<SocketAddr>,
    socket: Option<PathBuf>,
    health: tonic_health::server::HealthReporter,
    stopping: signal::Sender<bool>,
    transports: JoinSet<Result<(), tonic::transport::Error>>,
    credentials: Credentials,
    decision_log: Option<Arc<DecisionLog>>,
    audit: Option<Audit>,
    load: Arc<Load>,
    memory: Arc<Budget>,
    following: [JoinHandle<()>; 4],
    monitor: Option<Monitor>,
    telling: JoinHandle<()>,
    drain_max: Duration,
}

/// Opens the store and starts to serve. Calls are answered when this returns.
///
/// # Errors
/// Says why it can't; nothing is left running or listening then.
pub async fn start(settings: Settings) -> Result<Running, ServeError> {
    let files = Files { callers: settings.callers.clone(), tls: settings.tls.clone() };
    let credentials = Credentials::open(files)?;
    let (listener, unix) = listener::bind(&settings).await?;
    let address = listener.as_ref().and_then(|it| it.local_addr().ok());
    let bound = match settings.metrics {
        Some(at) => Some(Bound::bind(at).await?),
        None => None,
    };
    let is_counting = settings.engine.is_counting || bound.is_some();
    let opening = engine::Settings { is_counting, ..settings.engine.clone() };
    let engine = tokio::task::spawn_blocking(move || Engine::open(&opening)).await;
    // The thread ends early only if it panics, which the engine does not answer for.
    let engine = Arc::new(engine.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))?);
    // Behind the store, beside which its files may be: a new one is made only where there is nothing else.
    let decision_log = settings.decision_log.clone().map(DecisionLog::open).transpose()?.map(Arc::new);
    let audit = settings.audit_log.clone().map(|file| Audit::open(file, &engine)).transpose()?;
    let audit_log = audit.as_ref().map(|audit| &audit.log);
    let (stopping, stop) = signal::channel(false);
    let doors = if credentials.gate.is_some() { Doors::Guarded } else { Doors::Open };
    let memory = Arc::clone(&settings.engine.memory);
    let load = Arc::new(Load::new(heavy_at_once(), settings.queue_wait_max, Arc::clone(&memory)));
    let context = Context::new(Arc::clone(&engine), stop.clone()).behind(doors).under(Arc::clone(&load));
    let context = context.logged(decision_log.clone()).audited(audit_log.cloned());
    let (health, services) = services(&context).await?;
    let connections_max = settings.connections_max;
    let observer = monitor::observer(bound.as_ref(), settings.slow_call);
    let serving =
        Serving { services, credentials: &credentials, load: &load, observer, connections_max, stop };
    let mut transports = JoinSet::new();
    if let Some(listener) = listener {
        serving.tcp(listener, &mut transports);
    }
    if let Some(listener) = unix {
        serving.unix(listener, &mut transports);
    }
    let is_guarded = doors == Doors::Guarded;
    let is_secured = settings.tls.is_some();
    tracing::info!(address = ?address, socket = ?settings.socket, is_guarded, is_secured, "serving");
    let following = [
        tokio::spawn(credentials.clone().follow()),
        tokio::spawn(context.follow()),
        tokio::spawn(relief::follow(Arc::clone(&engine), Arc::clone(&memory))),
        tokio::spawn(Arc::clone(&load).follow()),
    ];
    let monitor = bound.map(|it| it.serve(&engine, &load, decision_log.as_ref(), audit_log));
    let telling = writing::tell(&engine, health.clone()).await;
    let Settings { socket, drain_max, .. } = settings;
    Ok(Running {
        engine,
        address,
        socket,
        health,
        stopping,
        transports,
        credentials,
        decision_log,
        audit,
        load,
        memory,
        following,
        monitor,
        telling,
        drain_max,
    })
}

/// As many as there are async threads.
fn heavy_at_once() -> usize {
    tokio::runtime::Handle::current().metrics().num_workers()
}

/// What listeners are served with.
struct Serving<'a> {
    services: Switch,
    credentials: &'a Credentials,
    load: &'a Arc<Load>,
    connections_max: usize,
    observer: Option<Arc<Observer>>,
    stop: signal::Receiver<bool>,
}

type Transports = JoinSet<Result<(), tonic::transport::Error>>;

impl Serving<'_> {
    fn tcp(&self, listener: TcpListener, transports: &mut Transports) {
        let (services, stop) = (self.services.clone(), stopped(self.stop.clone()));
        let (transport, connections) = (self.transport(), Connections::new(self.connections_max));
        if let Some(secrets) = &self.credentials.secrets {
            let incoming = connections.admit(tls::secured(listener, Arc::clone(secrets)));
            let serving = transport.max_connection_age(SECURED_AGE_MAX);
            transports.spawn(serving.serve_with_incoming_shutdown(services, incoming, stop));
        } else {
            let incoming = connections.admit(incoming(listener));
            transports.spawn(transport.serve_with_incoming_shutdown(services, incoming, stop));
        }
    }

    fn unix(&self, listener: UnixListener, transports: &mut Transports) {
        let (services, stop) = (self.services.clone(), stopped(self.stop.clone()));
        let incoming = Connections::new(self.connections_max).admit(UnixListenerStream::new(listener));
        transports.spawn(self.transport().serve_with_incoming_shutdown(services, incoming, stop));
    }

    fn transport(&self) -> Server<Entrance> {
        transport(self.credentials.gate.clone(), Some(Arc::clone(self.load)), self.observer.clone())
    }
}

impl Running {
    /// The TCP address that it listens on.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// The Unix socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> Option<&Path> {
        self.socket.as_deref()
    }

    /// The address at which it tells metrics.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.monitor.as_ref().and_then(|it| it.address)
    }

    /// The engine behind it.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// What is under way, and what was refused.
    #[must_use]
    pub fn load(&self) -> &Arc<Load> {
        &self.load
    }

    /// The memory that it may take, and how near it is to that.
    #[must_use]
    pub fn memory(&self) -> &Arc<Budget> {
        &self.memory
    }

    /// The log of its decisions, if there is one.
    #[must_use]
    pub fn decision_log(&self) -> Option<&Arc<DecisionLog>> {
        self.decision_log.as_ref()
    }

    /// The log of writes, if there is one.
    #[must_use]
    pub fn audit_log(&self) -> Option<&Arc<AuditLog>> {
        self.audit.as_ref().map(|audit| &audit.log)
    }

    /// Whether it speaks TLS at its TCP address.
    #[must_use]
    pub fn is_secured(&self) -> bool {
        self.credentials.secrets.is_some()
    }

    /// Reads callers and certificates again, and logs how it went.
    pub async fn renew(&self) {
        let credentials = self.credentials.clone();
        // The thread ends early only at shutdown.
        drop(tokio::task::spawn_blocking(move || credentials.renew_and_tell()).await);
    }

    /// Winds down: health says NOT_SERVING, streams end, calls under way are let finish for a time, and the store is
    /// flushed.
    pub async fn stop(mut self) {
        if let Some(monitor) = &self.monitor {
            monitor.unready();
        }
        self.telling.abort();
        // Waited for, lest it say of writes what is no longer so.
        drop((&mut self.telling).await);
        for name in SERVICES {
            self.health.set_service_status(name, tonic_health::ServingStatus::NotServing).await;
        }
        self.following.iter().for_each(JoinHandle::abort);
        self.stopping.send_replace(true);
        let drained = tokio::time::timeout(self.drain_max, async {
            while self.transports.join_next().await.is_some() {}
        });
        if drained.await.is_err() {
            tracing::warn!(waited = ?self.drain_max, "calls were cut off at shutdown");
            self.transports.shutdown().await;
        }
        if let Some(monitor) = &self.monitor {
            monitor.stop();
        }
        if let Some(socket) = &self.socket {
            // Whoever comes next finds it stale and replaces it.
            drop(std::fs::remove_file(socket));
        }
        let Verification { verified, mismatches, rounds } = self.engine.verification();
        tracing::info!(verified, mismatches, rounds, "stopped serving");
        let (engine, decision_log, wait_max) = (self.engine, self.decision_log, self.drain_max);
        let audit_log = self.audit.map(Audit::stop);
        let closing = move || {
            engine.close(wait_max);
            // Behind the last commit.
            if let Some(log) = audit_log {
                log.close(wait_max);
            }
            if let Some(log) = decision_log {
                log.close(wait_max);
            }
        };
        drop(tokio::task::spawn_blocking(closing).await);
    }
}

async fn services(context: &Context) -> Result<(tonic_health::server::HealthReporter, Switch), ServeError> {
    let directory = DirectoryServiceServer::new(DirectoryApi::new(context.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let previews = PreviewServiceServer::new(PreviewApi::new(context.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let review = ReviewServiceServer::new(ReviewApi::new(context.clone()));
    let watch = WatchServiceServer::new(WatchApi::new(context.clone()));
    let history = HistoryServiceServer::new(HistoryApi::new(context.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let why_not = WhyNotServiceServer::new(WhyNotApi::new(context.clone()))
        .max_decoding_message_size(MESSAGE_BYTES_MAX);
    let (health, health_service) = tonic_health::server::health_reporter();
    health.set_serving::<DecisionServiceServer<DecisionApi>>().await;
    health.set_serving::<DirectoryServiceServer<DirectoryApi>>().await;
    health.set_serving::<PreviewServiceServer<PreviewApi>>().await;
    health.set_serving::<ReviewServiceServer<ReviewApi>>().await;
    health.set_serving::<WatchServiceServer<WatchApi>>().await;
    health.set_serving::<HistoryServiceServer<HistoryApi>>().await;
    health.set_serving::<WhyNotServiceServer<WhyNotApi>>().await;
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(HEALTH_DESCRIPTORS)
    };
    let others = Routes::new(directory)
        .add_service(previews)
        .add_service(review)
        .add_service(watch)
        .add_service(history)
        .add_service(why_not)
        .add_service(health_service)
        .add_service(reflection().build_v1()?)
        .add_service(reflection().build_v1alpha()?);
    Ok((health, Switch::new(DecisionApi::new(context.clone()), others.prepare())))
}

/// What stands before every call: where calls are observed, who does; its deadline; where callers are named, who it is;
/// and whether there is time for it.
type Entrance = Stack<
    Either<ShedLayer, Identity>,
    Stack<
        Either<AdmissionLayer, Identity>,
        Stack<DeadlineLayer, Stack<Either<ObserveLayer, Identity>, Identity>>,
    >,
>;

/// The transport, with every bound of a connection set: the library's own defaults leave some of them open. Where there
/// is no gate, everybody is let in; where there is no load, everything is.
#[must_use]
pub fn transport(
    gate: Option<Arc<Gate>>,
    load: Option<Arc<Load>>,
    observer: Option<Arc<Observer>>,
) -> Server<Entrance> {
    Server::builder()
        .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
        .http2_max_local_error_reset_streams(Some(RESETS_PER_CONNECTION_MAX))
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(4 * WINDOW_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE_EVERY))
        .http2_keepalive_timeout(Some(KEEPALIVE_WAIT))
        .layer(option_layer(observer.map(ObserveLayer::new)))
        .layer(DeadlineLayer)
        .layer(option_layer(gate.map(AdmissionLayer::new)))
        .layer(option_layer(load.map(ShedLayer::new)))
}

async fn stopped(mut stop: signal::Receiver<bool>) {
    // A sender that is gone stops the server too.
    drop(stop.wait_for(|is_stopping| *is_stopping).await);
}
