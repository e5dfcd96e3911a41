//! The chunks of a list as a stream: the first ones are made where they are asked for, so that a page costs no thread;
//! those of a longer list are made ahead on another thread, some at once, while the connection sends the ones before.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{self, Poll, ready};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_stream::Stream;
use tonic::Status;

use super::status;

/// How many chunks are made where they are asked for.
const CHUNKS_HERE: usize = 2;
/// How many are made ahead at once: to wake the connection for each one would cost a good part of making it.
const CHUNKS_AHEAD: usize = 8;
/// So many times as many may wait until the connection takes them.
const WAITING_MAX: usize = 2;

/// A stream of what an iterator makes. It holds no thread while the caller doesn't read.
pub(super) struct Ahead<I: Iterator> {
    /// Those that wait to be sent.
    made: VecDeque<I::Item>,
    making: Making<I>,
}

enum Making<I: Iterator> {
    /// When they are asked for, so many more.
    Here {
        items: I,
        left: usize,
        is_rested: bool,
    },
    /// By another thread, for as long as there is room.
    There(Maker<I>),
    Over,
}

/// The thread that makes chunks ahead.
struct Maker<I: Iterator> {
    made: mpsc::Receiver<VecDeque<I::Item>>,
    /// Gives back what it makes them with, unless that came to its end.
    thread: JoinHandle<Option<I>>,
}

impl<I> Maker<I>
where
    I: Iterator + Send + 'static,
    I::Item: Send,
{
    fn start(mut items: I) -> Self {
        let (room, made) = mpsc::channel(WAITING_MAX);
        let thread = tokio::task::spawn_blocking(move || {
            while let Ok(place) = room.try_reserve() {
                let some: VecDeque<I::Item> = items.by_ref().take(CHUNKS_AHEAD).collect();
                let is_over = some.len() < CHUNKS_AHEAD;
                place.send(some);
                if is_over {
                    return None;
                }
            }
            Some(items)
        });
        Self { made, thread }
    }
}

impl<I, T> Ahead<I>
where
    I: Iterator<Item = Result<T, Status>> + Send + 'static,
    T: Send + 'static,
{
    pub(super) fn new(items: I) -> Self {
        Self { made: VecDeque::new(), making: Making::Here { items, left: CHUNKS_HERE, is_rested: true } }
    }

    /// Makes the next one here, unless there have been enough; none at the end.
    fn make_here(&mut self, context: &mut task::Context<'_>) -> Option<Poll<Option<I::Item>>> {
        let Making::Here { items, left, is_rested } = &mut self.making else { return None };
        *is_rested = !*is_rested;
        if *is_rested {
            // The connection may send what it has before more is made: the first one would else wait for the others.
            context.waker().wake_by_ref();
            return Some(Poll::Pending);
        }
        *left = left.checked_sub(1)?;
        Some(Poll::Ready(items.next()))
    }
}

impl<I, T> Stream for Ahead<I>
where
    I: Iterator<Item = Result<T, Status>> + Send + Unpin + 'static,
    T: Send + Unpin + 'static,
{
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.made.pop_front() {
                return Poll::Ready(Some(item));
            }
            if let Some(made) = self.make_here(context) {
                return made;
            }
            let Making::There(maker) = &mut self.making else {
                let Making::Here { items, .. } = std::mem::replace(&mut self.making, Making::Over) else {
                    return Poll::Ready(None);
                };
                self.making = Making::There(Maker::start(items));
                continue;
            };
            if let Some(made) = ready!(maker.made.poll_recv(context)) {
                self.made = made;
                continue;
            }
            // Only the end of the process takes a thread away.
            let Ok(items) = ready!(Pin::new(&mut maker.thread).poll(context)) else {
                self.making = Making::Over;
                return Poll::Ready(Some(Err(status::shutting_down())));
            };
            self.making = items.map_or(Making::Over, |items| Making::There(Maker::start(items)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn what_is_made_comes_whole_and_in_order_however_much_it_is() {
        for count in [0, 1, CHUNKS_HERE, CHUNKS_HERE + 1, CHUNKS_HERE + CHUNKS_AHEAD, 1_000] {
            let items = (0..count).map(Ok::<_, Status>);
            let told: Vec<usize> = Ahead::new(items).map(Result::unwrap).collect().await;
            assert_eq!(told, (0..count).collect::<Vec<_>>());
        }
    }

    #[tokio::test]
    async fn no_more_is_made_than_may_wait_and_the_rest_once_there_is_room() {
        const WAITING: usize = WAITING_MAX * CHUNKS_AHEAD;
        let made = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&made);
        let mut items = Ahead::new((0..1_000).map(move |item| {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok::<_, Status>(item)
        }));
        for read in 0..CHUNKS_HERE {
            assert_eq!(items.next().await.unwrap().unwrap(), read);
        }
        assert_eq!(items.next().await.unwrap().unwrap(), CHUNKS_HERE);
        let Making::There(maker) = &mut items.making else { panic!("there was too much for here") };
        while !maker.thread.is_finished() {
            tokio::task::yield_now().await;
        }
        let most = CHUNKS_HERE + CHUNKS_AHEAD + WAITING;
        assert!((CHUNKS_HERE + WAITING..=most).contains(&made.load(Ordering::Relaxed)));
        let rest: Vec<usize> = items.map(Result::unwrap).collect().await;
        assert!(rest.into_iter().eq(CHUNKS_HERE + 1..1_000));
    }
}
