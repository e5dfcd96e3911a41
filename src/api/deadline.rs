//! Deadlines: a call whose time is up answers DEADLINE_EXCEEDED, and streams look at it between chunks.
//!
//! The transport would answer CANCELLED when `grpc-timeout` has run out. This layer stands inside it and is a little
//! ahead, so that the answer is the one that the protocol names.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use pin_project_lite::pin_project;
use tokio::time::Sleep;
use tonic::body::Body;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tower::{Layer, Service};

use super::status;

/// How far this layer is ahead of the transport's own timer, which counts in milliseconds.
const AHEAD: Duration = Duration::from_millis(2);

/// When the caller stops waiting; an extension of the request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// The deadline of a request, if it has one.
    #[must_use]
    pub(super) fn of<T>(request: &tonic::Request<T>) -> Option<Self> {
        request.extensions().get().copied()
    }

    /// Whether it has passed.
    #[must_use]
    pub(super) fn has_passed(self) -> bool {
        Instant::now() >= self.0
    }

    /// Ends when it passes.
    pub(super) async fn passes(self) {
        tokio::time::sleep_until(self.0.into()).await;
    }
}

/// Ends when a deadline passes; never where there is none.
pub(super) async fn expire(deadline: Option<Deadline>) {
    match deadline {
        Some(deadline) => deadline.passes().await,
        None => std::future::pending().await,
    }
}

/// Puts deadlines on calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeadlineLayer;

impl<S> Layer<S> for DeadlineLayer {
    type Service = DeadlineService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        DeadlineService { inner }
    }
}

/// A service whose calls have deadlines.
#[derive(Clone, Debug)]
pub struct DeadlineService<S> {
    inner: S,
}

pin_project! {
    /// The answer to a call, in time.
    pub struct Timely<F> {
        #[pin]
        answer: F,
        // None where the caller waits for ever.
        time: Option<Pin<Box<Sleep>>>,
    }
}

impl<F, E> Future for Timely<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = this.answer.poll(context);
        let is_over = |time: &mut Pin<Box<Sleep>>| time.as_mut().poll(context).is_ready();
        if answer.is_pending() && this.time.as_mut().is_some_and(is_over) {
            return Poll::Ready(Ok(status::deadline_exceeded().into_http()));
        }
        answer
    }
}

impl<S, B> Service<Request<B>> for DeadlineService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Timely<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let time = timeout_of(request.headers()).map(|timeout| {
            let end = Instant::now() + timeout.saturating_sub(AHEAD);
            request.extensions_mut().insert(Deadline(end));
            Box::pin(tokio::time::sleep_until(end.into()))
        });
        Timely { answer: self.inner.call(request), time }
    }
}

/// The time that the header `grpc-timeout` gives: up to 8 digits and a unit.
fn timeout_of(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get("grpc-timeout")?.to_str().ok()?;
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    match unit {
        "H" => Some(Duration::from_hours(count)),
        "M" => Some(Duration::from_mins(count)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeout(text: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert("grpc-timeout", text.parse().unwrap());
        timeout_of(&headers)
    }

    #[test]
    fn a_timeout_is_digits_and_a_unit() {
        assert_eq!(timeout("5S"), Some(Duration::from_secs(5)));
        assert_eq!(timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(timeout("99999999H"), Some(Duration::from_hours(99_999_999)));
        for wrong in ["", "S", "5", "5s", "-5S", "123456789S"] {
            assert_eq!(timeout(wrong), None, "{wrong}");
        }
    }
}
