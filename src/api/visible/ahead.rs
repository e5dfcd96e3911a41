//! The chunks of a list as a stream: the first ones are made where they are asked for, so that a page costs no thread;
//! those of a longer list are made ahead on another thread, some at once, while the connection sends the ones before.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{self, Poll};

use tokio::task::JoinHandle;
use tokio_stream::Stream;
use tonic::Status;

use super::status;

/// How many chunks are made where they are asked for.
const CHUNKS_HERE: usize = 2;
/// How many are made ahead at once; as many more may wait to be sent.
const CHUNKS_AHEAD: usize = 8;

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
    /// By another thread, which gives back what it makes them with, unless it came to an end.
    There(JoinHandle<(Option<I>, VecDeque<I::Item>)>),
    Over,
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

/// Makes the next ones on another thread.
fn make_there<I>(mut items: I) -> JoinHandle<(Option<I>, VecDeque<I::Item>)>
where
    I: Iterator + Send + 'static,
    I::Item: Send,
{
    tokio::task::spawn_blocking(move || {
        let made: VecDeque<I::Item> = items.by_ref().take(CHUNKS_AHEAD).collect();
        ((made.len() == CHUNKS_AHEAD).then_some(items), made)
    })
}

impl<I, T> Stream for Ahead<I>
where
    I: Iterator<Item = Result<T, Status>> + Send + Unpin + 'static,
    T: Send + Unpin + 'static,
{
    type Item = I::Item;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(item) = self.made.pop_front() {
            return Poll::Ready(Some(item));
        }
        if let Some(made) = self.make_here(context) {
            return made;
        }
        let (items, mut made) = match std::mem::replace(&mut self.making, Making::Over) {
            Making::Over => return Poll::Ready(None),
            Making::Here { items, .. } => (Some(items), VecDeque::new()),
            Making::There(mut making) => {
                let Poll::Ready(made) = Pin::new(&mut making).poll(context) else {
                    self.making = Making::There(making);
                    return Poll::Pending;
                };
                // Only the end of the process takes a thread away.
                made.unwrap_or_else(|_| (None, VecDeque::from([Err(status::shutting_down())])))
            }
        };
        self.making = items.map_or(Making::Over, |items| Making::There(make_there(items)));
        let first = made.pop_front();
        self.made = made;
        first.map_or_else(|| self.poll_next(context), |item| Poll::Ready(Some(item)))
    }
}

#[cfg(test)]
mod tests {
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
}
