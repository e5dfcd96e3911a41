//! TLS by rustls: every connection is made with the certificate in force when it comes.
//!
//! A client may show a certificate; one that the given authorities don't vouch for ends the handshake. Whether a
//! certificate is needed is said by the callers, call by call, not by the handshake. HTTP/2 only.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::{self, RootCertStore, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::gather::Gather;
use super::listener::incoming;
use crate::caller::Certified;

/// How long a handshake may take.
const HANDSHAKE_WAIT_MAX: Duration = Duration::from_secs(10);
/// The most handshakes at a time; others wait in the kernel's queue.
const HANDSHAKES_MAX: usize = 256;
/// How long nothing is accepted after a connection could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// Connections that are ready and wait to be served.
const CONNECTIONS_WAITING_MAX: usize = 64;

/// Where the certificate of a server is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// The certificate and those between it and the authority, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
    /// The authorities that vouch for callers' certificates, in PEM.
    pub client_ca: Option<PathBuf>,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read, or is no PEM of what it must be.
    #[error("{} can't be read as {what} in PEM", file.display())]
    Pem {
        /// The file.
        file: PathBuf,
        /// What it must hold.
        what: &'static str,
        /// Why.
        #[source]
        cause: rustls::pki_types::pem::Error,
    },
    /// A file holds none of what it must hold.
    #[error("{} holds no certificate", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// The certificate and the key are not usable, or don't belong together.
    #[error("the certificate and its key can't be used together")]
    Unusable(#[from] rustls::Error),
    /// The authorities are not usable.
    #[error("the authorities for callers' certificates can't be used")]
    Authorities(#[from] rustls::server::VerifierBuilderError),
}

/// The configuration in force.
pub(super) type Secrets = ArcSwap<ServerConfig>;

/// Reads the files.
pub(super) fn configuration(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let key = PrivateKeyDer::from_pem_file(&files.key);
    let key = key.map_err(|cause| pem(&files.key, "a private key", cause))?;
    let provider = Arc::new(default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match &files.client_ca {
        Some(file) => builder.with_client_cert_verifier(verifier(file)?),
        None => builder.with_no_client_auth(),
    };
    let mut configuration = builder.with_single_cert(certificates(&files.certificate)?, key)?;
    configuration.alpn_protocols = vec![b"h2".to_vec()];
    Ok(Arc::new(configuration))
}

fn verifier(file: &Path) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate)?;
    }
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::new(default_provider()));
    Ok(builder.allow_unauthenticated().build()?)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let failed = |cause| pem(file, "certificates", cause);
    let found: Vec<_> =
        CertificateDer::pem_file_iter(file).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
    if found.is_empty() { Err(TlsError::Empty { file: file.to_owned() }) } else { Ok(found) }
}

fn pem(file: &Path, what: &'static str, cause: rustls::pki_types::pem::Error) -> TlsError {
    TlsError::Pem { file: file.to_owned(), what, cause }
}

/// A connection under TLS.
pub(super) struct Secured {
    stream: TlsStream<TcpStream>,
    gather: Gather,
    peer: Certified,
}

/// Connections whose handshake is done. A connection that takes long over it holds up no other.
pub(super) fn secured(listener: TcpListener, secrets: Arc<Secrets>) -> ReceiverStream<io::Result<Secured>> {
    let (ready, connections) = mpsc::channel(CONNECTIONS_WAITING_MAX);
    let room = Arc::new(Semaphore::new(HANDSHAKES_MAX));
    tokio::spawn(async move {
        let mut accepted = incoming(listener);
        // The room is never closed.
        while let Ok(place) = Arc::clone(&room).acquire_owned().await {
            let next = tokio::select! {
                next = accepted.next() => next,
                () = ready.closed() => return,
            };
            let stream = match next {
                Some(Ok(stream)) => stream,
                // Given up before it was accepted, or nothing left to accept it with; the latter takes a while.
                Some(Err(_)) => {
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                    continue;
                }
                None => return,
            };
            let (acceptor, ready) = (TlsAcceptor::from(secrets.load_full()), ready.clone());
            tokio::spawn(async move {
                if let Some(connection) = shake_hands(&acceptor, stream).await {
                    // Whoever serves no more needs no more connections.
                    drop(ready.send(Ok(connection)).await);
                }
                drop(place);
            });
        }
    });
    ReceiverStream::new(connections)
}

async fn shake_hands(acceptor: &TlsAcceptor, stream: TcpStream) -> Option<Secured> {
    match tokio::time::timeout(HANDSHAKE_WAIT_MAX, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => return Some(Secured::new(stream)),
        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
        Err(_) => tracing::debug!("a handshake took too long"),
    }
    None
}

impl Secured {
    fn new(stream: TlsStream<TcpStream>) -> Self {
        let (tcp, session) = stream.get_ref();
        let address = tcp.peer_addr().ok();
        let names = session.peer_certificates().and_then(<[_]>::first).map(names).unwrap_or_default();
        Self { stream, gather: Gather::default(), peer: Certified { names: names.into(), address } }
    }
}

/// The names in a certificate that was verified.
fn names(certificate: &CertificateDer<'_>) -> Vec<String> {
    let Ok(parsed) = webpki::EndEntityCert::try_from(certificate) else { return Vec::new() };
    let hosts = parsed.valid_dns_names().map(|name| format!("dns:{name}"));
    hosts.chain(parsed.valid_uri_names().map(|name| format!("uri:{name}"))).collect()
}

/// The other side is an extension of its requests.
impl Connected for Secured {
    type ConnectInfo = Certified;

    fn connect_info(&self) -> Certified {
        self.peer.clone()
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.gather.poll_turn(bytes.len(), context));
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.gather.flushed();
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
