//! Slow readers: a stream whose messages nobody takes is given up, with all that it holds, and its reader is told so if
//! he comes back.
//!
//! Flow control lets a reader stop a stream for as long as he likes. The transport then asks for no further message, so
//! that nothing in the stream itself could tell; a sweep looks at all that were asked twice.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;
use tokio_stream::Stream;
use tonic::Status;

use super::status;

/// How long the reader of a stream may leave a message where it is.
pub const READER_WAIT_MAX: Duration = Duration::from_secs(30);
/// How often streams are looked at.
const SWEEP_EVERY: Duration = Duration::from_secs(5);

type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The streams under way.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<Weak<dyn GiveUp + Send + Sync>>>);

/// What can be given up.
trait GiveUp {
    /// Gives it up, if its reader has not come for a message since a time.
    fn give_up(&self, since: Instant);
}

/// A stream that is given up when its reader doesn't come.
pub(super) struct Read<T> {
    shared: Arc<Shared<T>>,
    readers: Arc<Readers>,
}

struct Shared<T>(Mutex<State<T>>);

struct State<T> {
    /// None is one that was given up or has ended.
    messages: Option<Messages<T>>,
    /// When the last message was handed over, if none was asked for since.
    handed_over: Option<Instant>,
    count: u64,
    is_given_up: bool,
}

impl Readers {
    /// The same stream, looked after.
    pub(super) fn look_after<T: Send + 'static>(
        self: &Arc<Self>,
        messages: impl Stream<Item = Result<T, Status>> + Send + 'static,
    ) -> Read<T> {
        let messages: Option<Messages<T>> = Some(Box::pin(messages));
        let state = State { messages, handed_over: None, count: 0, is_given_up: false };
        Read { shared: Arc::new(Shared(Mutex::new(state))), readers: Arc::clone(self) }
    }

    /// Looks at the streams again and again.
    pub(super) async fn follow(&self) {
        loop {
            tokio::time::sleep(SWEEP_EVERY).await;
            self.sweep(Instant::now());
        }
    }

    fn sweep(&self, now: Instant) {
        let Some(since) = now.checked_sub(READER_WAIT_MAX) else { return };
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        streams.retain(|stream| stream.upgrade().inspect(|stream| stream.give_up(since)).is_some());
    }

    fn watch<T: Send + 'static>(&self, shared: &Arc<Shared<T>>) {
        let shared: Weak<Shared<T>> = Arc::downgrade(shared);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(shared);
    }
}

impl<T: Send> GiveUp for Shared<T> {
    fn give_up(&self, since: Instant) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.handed_over.is_some_and(|at| at < since) && state.messages.take().is_some() {
            state.is_given_up = true;
        }
    }
}

impl<T> State<T> {
    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        self.handed_over = None;
        if std::mem::take(&mut self.is_given_up) {
            return Poll::Ready(Some(Err(status::reader_too_slow())));
        }
        let Some(messages) = &mut self.messages else { return Poll::Ready(None) };
        let next = std::task::ready!(messages.as_mut().poll_next(context));
        match &next {
            Some(_) => {
                self.count += 1;
                self.handed_over = Some(Instant::now());
            }
            None => self.messages = None,
        }
        Poll::Ready(next)
    }
}

impl<T: Send + 'static> Stream for Read<T> {
    type Item = Result<T, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut state = self.shared.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = std::task::ready!(state.next(context));
        // A page is one message, and nothing is held once it is handed over.
        let is_second = next.is_some() && state.count == 2;
        drop(state);
        if is_second {
            self.readers.watch(&self.shared);
        }
        Poll::Ready(next)
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;
    use tokio_stream::wrappers::ReceiverStream;

    use super::*;

    #[tokio::test]
    async fn a_stream_whose_reader_does_not_come_is_given_up_with_a_status() {
        let readers = Arc::new(Readers::default());
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        let mut read = readers.look_after(ReceiverStream::new(receiver));
        for at in 0..3 {
            sender.send(Ok(at)).await.unwrap();
        }
        assert_eq!(read.next().await.unwrap().unwrap(), 0);
        assert_eq!(read.next().await.unwrap().unwrap(), 1);
        readers.sweep(Instant::now() + READER_WAIT_MAX - Duration::from_secs(1));
        assert!(!sender.is_closed(), "he may take his time");
        readers.sweep(Instant::now() + READER_WAIT_MAX + Duration::from_secs(1));
        assert!(sender.is_closed(), "nothing is made for him any more");
        let end = read.next().await.unwrap().unwrap_err();
        assert_eq!(end.code(), tonic::Code::ResourceExhausted);
        assert!(read.next().await.is_none());
    }

    #[tokio::test]
    async fn a_reader_who_waits_for_the_next_message_is_not_slow() {
        let readers = Arc::new(Readers::default());
        let (sender, receiver) = tokio::sync::mpsc::channel(8);
        let mut read = readers.look_after(ReceiverStream::new(receiver));
        sender.send(Ok(0)).await.unwrap();
        sender.send(Ok(1)).await.unwrap();
        assert_eq!(read.next().await.unwrap().unwrap(), 0);
        assert_eq!(read.next().await.unwrap().unwrap(), 1);
        let mut next = Box::pin(read.next());
        tokio::select! {
            biased;
            _ = &mut next => panic!("there is no further message"),
            () = std::future::ready(()) => {}
        }
        readers.sweep(Instant::now() + 10 * READER_WAIT_MAX);
        sender.send(Ok(2)).await.unwrap();
        assert_eq!(next.await.unwrap().unwrap(), 2);
    }

    #[tokio::test]
    async fn streams_that_have_ended_are_forgotten() {
        let readers = Arc::new(Readers::default());
        let read = readers.look_after(tokio_stream::iter((0..5).map(Ok::<_, Status>)));
        assert_eq!(read.collect::<Vec<_>>().await.len(), 5);
        readers.sweep(Instant::now());
        assert!(readers.0.lock().unwrap().is_empty());
    }
}
