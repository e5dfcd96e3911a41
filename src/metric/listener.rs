//! Where a monitor asks: HTTP/1 at an address of its own, without callers and TLS; nothing else is answered there.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::exposition::{CONTENT_TYPE, Exposition};

/// The most connections at a time; further ones wait.
const CONNECTIONS_MAX: usize = 16;
/// How long a connection may stay without a request.
const IDLE_MAX: Duration = Duration::from_secs(30);
/// How long all of a connection may take: a monitor that asks every minute makes a new one.
const CONNECTION_MAX: Duration = Duration::from_mins(10);
/// How long accepting rests after it failed: it fails where no more files may be open, and then again at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Whether calls are answered: what a probe asks.
#[derive(Clone, Debug, Default)]
pub struct Ready(Arc<AtomicBool>);

impl Ready {
    /// Says that calls are answered.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Says that calls are no longer answered.
    pub fn end(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    fn is_ready(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A bound address.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Binds an address; port 0 takes any free one.
    ///
    /// # Errors
    /// It can't be bound.
    pub async fn bind(address: SocketAddr) -> std::io::Result<Self> {
        TcpListener::bind(address).await.map(Self)
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.local_addr().ok()
    }

    /// Answers until it is dropped.
    pub async fn serve(self, exposition: Arc<Exposition>, ready: Ready) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            // The semaphore is never closed.
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let Ok((stream, _)) = self.0.accept().await else {
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            };
            let (exposition, ready) = (Arc::clone(&exposition), ready.clone());
            tokio::spawn(async move {
                // A connection that breaks concerns nobody but who made it.
                drop(tokio::time::timeout(CONNECTION_MAX, converse(stream, exposition, ready)).await);
                drop(place);
            });
        }
    }
}

async fn converse(stream: TcpStream, exposition: Arc<Exposition>, ready: Ready) -> Result<(), hyper::Error> {
    let service = service_fn(|request| {
        let (exposition, ready) = (Arc::clone(&exposition), ready.clone());
        async move { answer(&request, exposition, &ready).await }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(IDLE_MAX);
    http.serve_connection(TokioIo::new(stream), service).await
}

async fn answer(
    request: &Request<Incoming>,
    exposition: Arc<Exposition>,
    ready: &Ready,
) -> Result<Response<String>, hyper::http::Error> {
    let plain = |status, text: &str| Response::builder().status(status).body(text.to_owned());
    if request.method() != Method::GET {
        return plain(StatusCode::METHOD_NOT_ALLOWED, "GET alone\n");
    }
    match request.uri().path() {
        "/metrics" => match tokio::task::spawn_blocking(move || exposition.text()).await {
            Ok(Ok(text)) => Response::builder().header(header::CONTENT_TYPE, CONTENT_TYPE).body(text),
            Ok(Err(_)) | Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the metrics can't be told\n"),
        },
        "/healthz" => plain(StatusCode::OK, "alive\n"),
        "/readyz" if ready.is_ready() => plain(StatusCode::OK, "serving\n"),
        "/readyz" => plain(StatusCode::SERVICE_UNAVAILABLE, "not serving\n"),
        _ => plain(StatusCode::NOT_FOUND, "there are /metrics, /healthz and /readyz\n"),
    }
}
