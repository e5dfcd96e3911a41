//! Writes that wait until the thread has nothing else to do: the answers of calls that came together then go out together.
//!
//! The runtime runs a connection as soon as one of its calls is answered, ahead of the calls that were begun with it, so that
//! each answer would be a write of its own; a write costs as much as deciding several calls, and under TLS it is a record
//! besides. The transport goes on filling its buffer meanwhile. What is large already doesn't wait.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use tokio::task::yield_now;

/// What is written at once: half of the transport's buffer.
const BYTES_AT_ONCE: usize = 8 << 10;

/// When a connection may write.
#[derive(Default)]
pub(super) struct Gather {
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

impl Gather {
    /// Ready when so many bytes may be written.
    pub(super) fn poll_turn(&mut self, bytes: usize, context: &Context<'_>) -> Poll<()> {
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

    /// Notes that all was flushed: what is written next waits anew.
    pub(super) fn flushed(&mut self) {
        self.pause = None;
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::sync::Mutex;

    use tokio::task::JoinSet;

    use super::*;

    /// What is done in which order by a task that writes so many bytes twice, and by those that were ready behind it.
    async fn order(bytes: usize) -> Vec<&'static str> {
        let done = Arc::new(Mutex::new(Vec::new()));
        let note = |what| {
            let done = Arc::clone(&done);
            move || done.lock().unwrap().push(what)
        };
        let (written, run) = (note("written"), [note("run"), note("run")]);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut gather = Gather::default();
            for _ in 0..2 {
                poll_fn(|context| gather.poll_turn(bytes, context)).await;
                written();
            }
        });
        for run in run {
            tasks.spawn(async move { run() });
        }
        tasks.join_all().await;
        std::mem::take(&mut *done.lock().unwrap())
    }

    #[tokio::test]
    async fn what_is_small_is_written_behind_everything_that_is_ready_and_what_follows_with_it() {
        assert_eq!(order(1).await, ["run", "run", "written", "written"]);
    }

    #[tokio::test]
    async fn what_is_large_is_written_at_once() {
        assert_eq!(order(BYTES_AT_ONCE).await, ["written", "written", "run", "run"]);
    }

    #[tokio::test]
    async fn what_comes_behind_a_flush_waits_anew() {
        let mut gather = Gather::default();
        for _ in 0..3 {
            let mut is_first = true;
            poll_fn(|context| {
                let turn = gather.poll_turn(1, context);
                assert_eq!(turn.is_pending(), std::mem::take(&mut is_first));
                turn
            })
            .await;
            gather.flushed();
        }
    }
}
