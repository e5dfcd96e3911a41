//! Writes that wait until the thread has nothing else to do: the answers of calls that came together then go out together.
//!
//! The runtime runs a connection as soon as one of its calls is answered, ahead of the calls that were begun with it, so that
//! each answer would be a write of its own; a write costs as much as deciding several calls, and under TLS it is a record
//! besides. The transport goes on filling its buffer meanwhile. What is large already doesn't wait.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::yield_now;
use tonic::transport::server::Connected;

/// What is written at once: half of the transport's buffer.
const BYTES_AT_ONCE: usize = 8 << 10;

/// A stream whose writes are gathered.
pub(super) struct Gathered<T> {
    stream: T,
    /// The wait for the thread, kept until what was written after it has been flushed.
    pause: Option<Arc<Pause>>,
}

/// A wait until the thread has run what it had to.
struct Pause {
    task: Waker,
    is_over: AtomicBool,
}

impl Wake for Pause {
    fn wake(self: Arc<Self>) {
        self.is_over.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}

impl Pause {
    /// Begins; the runtime wakes what yields behind everything else that is ready.
    fn begin(task: &Waker) -> Arc<Self> {
        let pause = Arc::new(Self { task: task.clone(), is_over: AtomicBool::new(false) });
        let waker = Waker::from(Arc::clone(&pause));
        // Pending the first time; what is waited for is the call of the waker.
        let _ = pin!(yield_now()).poll(&mut Context::from_waker(&waker));
        pause
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }
}

impl<T> Gathered<T> {
    pub(super) const fn new(stream: T) -> Self {
        Self { stream, pause: None }
    }

    /// Ready when so many bytes may be written.
    fn poll_turn(&mut self, bytes: usize, context: &Context<'_>) -> Poll<()> {
        if bytes >= BYTES_AT_ONCE {
            return Poll::Ready(());
        }
        let task = context.waker();
        let pause = match self.pause.take() {
            Some(pause) if pause.is_over() || pause.task.will_wake(task) => pause,
            Some(_) | None => Pause::begin(task),
        };
        if self.pause.insert(pause).is_over() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<T: Connected> Connected for Gathered<T> {
    type ConnectInfo = T::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Gathered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Gathered<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_turn(bytes.len(), context));
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let bytes = slices.iter().map(|slice| slice.len()).sum();
        ready!(self.poll_turn(bytes, context));
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = ready!(Pin::new(&mut self.stream).poll_flush(context));
        self.pause = None;
        Poll::Ready(flushed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::io::{AsyncWriteExt as _, duplex};

    use super::*;

    /// What is done in which order by a task that writes so many bytes, and by those that were ready behind it.
    async fn order(bytes: usize) -> Vec<&'static str> {
        let done = Arc::new(Mutex::new(Vec::new()));
        let (stream, _other) = duplex(BYTES_AT_ONCE);
        let note = |what| {
            let done = Arc::clone(&done);
            move || done.lock().unwrap().push(what)
        };
        let (written, run) = (note("written"), [note("run"), note("run")]);
        let mut tasks = tokio::task::JoinSet::new();
        tasks.spawn(async move {
            let mut stream = Gathered::new(stream);
            stream.write_all(&vec![0; bytes]).await.unwrap();
            stream.flush().await.unwrap();
            written();
        });
        for run in run {
            tasks.spawn(async move { run() });
        }
        tasks.join_all().await;
        std::mem::take(&mut *done.lock().unwrap())
    }

    #[tokio::test]
    async fn what_is_small_is_written_behind_everything_that_is_ready() {
        assert_eq!(order(1).await, ["run", "run", "written"]);
    }

    #[tokio::test]
    async fn what_is_large_is_written_at_once() {
        assert_eq!(order(BYTES_AT_ONCE).await, ["written", "run", "run"]);
    }

    #[tokio::test]
    async fn every_flush_is_waited_for_anew() {
        let (stream, _other) = duplex(64);
        let mut stream = Gathered::new(stream);
        for _ in 0..3 {
            stream.write_all(b"answer").await.unwrap();
            assert!(stream.pause.is_some());
            stream.flush().await.unwrap();
            assert!(stream.pause.is_none());
        }
    }
}
