//! Connections: so many at a listener, each of which must begin to speak HTTP/2 soon.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;
use tokio_stream::{Stream, StreamExt as _};
use tonic::transport::server::Connected;

/// The most connections of a listener, unless it is set otherwise.
pub const CONNECTIONS_MAX: usize = 1_024;
/// How long a client may take to say that it speaks HTTP/2.
pub const PREFACE_WAIT_MAX: Duration = Duration::from_secs(10);
/// How long nothing is accepted after a connection could not be.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);
/// What it says: `PRI * HTTP/2.0`, `SM` and line ends.
const PREFACE_BYTES: usize = 24;

/// The connections of a listener.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    places: Arc<Semaphore>,
    preface_wait_max: Duration,
    refused: Arc<AtomicU64>,
}

/// A connection that counts until it is closed.
pub(super) struct Counted<T> {
    stream: T,
    /// None once the client has spoken.
    greeting: Option<Greeting>,
    _place: OwnedSemaphorePermit,
}

/// What is still to come of a client's first words.
struct Greeting {
    bytes_left: usize,
    time: Pin<Box<Sleep>>,
}

impl Connections {
    pub(super) fn new(most: usize) -> Self {
        Self {
            places: Arc::new(Semaphore::new(most)),
            preface_wait_max: PREFACE_WAIT_MAX,
            refused: Arc::default(),
        }
    }

    /// The connections that find a place. Others are closed at once, so that nobody waits for an answer that doesn't come.
    pub(super) fn admit<T>(
        self,
        incoming: impl Stream<Item = io::Result<T>>,
    ) -> impl Stream<Item = io::Result<Counted<T>>> {
        incoming.then(pause_behind_error).filter_map(move |stream| match stream {
            Ok(stream) => self.count(stream).map(Ok),
            Err(error) => Some(Err(error)),
        })
    }

    fn count<T>(&self, stream: T) -> Option<Counted<T>> {
        if let Ok(place) = Arc::clone(&self.places).try_acquire_owned() {
            let time = Box::pin(tokio::time::sleep(self.preface_wait_max));
            let greeting = Some(Greeting { bytes_left: PREFACE_BYTES, time });
            return Some(Counted { stream, greeting, _place: place });
        }
        // Told at each power of two: whoever comes again and again must not fill the log.
        let refused = self.refused.fetch_add(1, Ordering::Relaxed) + 1;
        if refused.is_power_of_two() {
            tracing::warn!(refused, "there are as many connections as may be; further ones are closed");
        }
        None
    }
}

/// What could not be accepted, for want of file descriptors say, could not be again at once.
async fn pause_behind_error<T>(accepted: io::Result<T>) -> io::Result<T> {
    if accepted.is_err() {
        tokio::time::sleep(ACCEPT_PAUSE).await;
    }
    accepted
}

impl<T: Connected> Connected for Counted<T> {
    type ConnectInfo = T::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Counted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let Some(greeting) = &mut self.greeting else { return read };
        greeting.bytes_left = greeting.bytes_left.saturating_sub(buffer.filled().len() - before);
        if greeting.bytes_left == 0 {
            self.greeting = None;
        } else if read.is_pending() && greeting.time.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Counted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn a_connection_that_is_closed_makes_room() {
        let connections = Connections::new(2);
        let mut open: Vec<_> = (0..2).map(|_| connections.count(()).unwrap()).collect();
        assert!(connections.count(()).is_none());
        drop(open.pop());
        assert!(connections.count(()).is_some());
    }

    #[tokio::test]
    async fn a_client_that_says_nothing_is_left_and_one_that_has_spoken_may_be_silent() {
        let preface_wait_max = Duration::from_millis(1);
        let connections = Connections { preface_wait_max, ..Connections::new(2) };
        let mut buffer = [0; 64];
        let (mut silent, stream) = tokio::io::duplex(64);
        silent.write_all(b"PRI * HTTP/2.0").await.unwrap();
        let mut counted = connections.count(stream).unwrap();
        assert_eq!(counted.read(&mut buffer).await.unwrap(), 14);
        assert_eq!(counted.read(&mut buffer).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (mut spoken, stream) = tokio::io::duplex(64);
        spoken.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut counted = connections.count(stream).unwrap();
        assert_eq!(counted.read(&mut buffer).await.unwrap(), PREFACE_BYTES);
        assert!(counted.greeting.is_none(), "nothing waits for it any more");
    }
}
