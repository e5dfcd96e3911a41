//! Every call is timed and counted with the status that it ended with, whoever refused it and however it ended.
//!
//! The outermost layer: a stream's status comes behind its last message, so the answer is followed to its end. A call
//! that is dropped before was cancelled by its caller, or its handler has panicked.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::{Layer, Service};

use crate::caller::CALLS;
use crate::metric::Calls;

/// The methods that are no calls of the contract and are counted by name: probes would else drown the others.
const HEALTH: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];
/// The reason of an error that has none.
const NO_REASON: &str = "_OTHER";

/// Counters for every call that the server answers.
#[must_use]
pub fn calls() -> Calls {
    Calls::new(CALLS.iter().map(|call| call.path).chain(HEALTH))
}

/// Observes calls.
#[derive(Clone, Debug)]
pub struct ObserveLayer(Arc<Calls>);

impl ObserveLayer {
    /// Counts calls.
    #[must_use]
    pub fn new(calls: Arc<Calls>) -> Self {
        Self(calls)
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = ObserveService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ObserveService { inner, calls: Arc::clone(&self.0) }
    }
}

/// A service whose calls are observed.
#[derive(Clone, Debug)]
pub struct ObserveService<S> {
    inner: S,
    calls: Arc<Calls>,
}

impl<S, B> Service<Request<B>> for ObserveService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Observed<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let call = Observation::begin(&self.calls, request.uri().path());
        Observed { answer: self.inner.call(request), call: Some(call) }
    }
}

pin_project! {
    /// A call until its answer begins.
    #[derive(Debug)]
    pub struct Observed<F> {
        #[pin]
        answer: F,
        call: Option<Observation>,
    }
}

impl<F, E> Future for Observed<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let answer = ready!(this.answer.poll(context))?;
        Poll::Ready(Ok(match this.call.take() {
            Some(call) => follow(answer, call),
            None => answer,
        }))
    }
}

/// An answer that is an error as a whole has its status in front, any other one behind.
fn follow(answer: Response<Body>, mut call: Observation) -> Response<Body> {
    if let Some(status) = status_in(answer.headers()) {
        call.end(&status);
        return answer;
    }
    if answer.body().is_end_stream() {
        call.end(&Status::ok(""));
        return answer;
    }
    answer.map(|body| Body::new(ObservedBody { body, call }))
}

/// An answer until its end.
struct ObservedBody {
    body: Body,
    call: Observation,
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(status) = frame.trailers_ref().and_then(status_in) {
                    self.call.end(&status);
                }
            }
            Some(Err(status)) => self.call.end(status),
            None => self.call.end(&Status::ok("")),
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The status among headers or trailers. The text of a good one isn't looked at.
fn status_in(headers: &HeaderMap) -> Option<Status> {
    let code = headers.get("grpc-status")?;
    if code == "0" { Some(Status::ok("")) } else { Status::from_header_map(headers) }
}

/// A call that has begun, and is counted as ended once.
#[derive(Debug)]
struct Observation {
    calls: Arc<Calls>,
    place: usize,
    begun: Instant,
    is_over: bool,
}

impl Observation {
    fn begin(calls: &Arc<Calls>, path: &str) -> Self {
        let place = calls.place(path);
        calls.begin(place);
        Self { calls: Arc::clone(calls), place, begun: Instant::now(), is_over: false }
    }

    fn end(&mut self, status: &Status) {
        if self.is_over {
            return;
        }
        self.count(status.code());
        if status.code() != Code::Ok {
            let details = status.get_error_details();
            self.calls.fail(details.error_info().map_or(NO_REASON, |info| info.reason.as_str()));
        }
    }

    fn count(&mut self, code: Code) {
        self.is_over = true;
        self.calls.end(self.place, code as usize, self.begun.elapsed());
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if !self.is_over {
            self.count(if std::thread::panicking() { Code::Internal } else { Code::Cancelled });
        }
    }
}

#[cfg(test)]
mod tests {
    use tower::service_fn;

    use super::*;

    fn ended(calls: &Calls) -> Vec<(&'static str, &'static str)> {
        let counted = calls.figures().ended.into_iter().filter(|it| it.timings.count > 0);
        counted.map(|it| (it.method, it.code)).collect()
    }

    fn request() -> Request<()> {
        Request::builder().uri("http://h/dopusk.v1.DecisionService/Check").body(()).unwrap()
    }

    type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    #[tokio::test]
    async fn a_handler_that_panics_is_counted_as_an_internal_error() {
        let calls = Arc::new(calls());
        let panics = service_fn(|_: Request<()>| -> Answer { Box::pin(async { panic!("on purpose") }) });
        let call = ObserveLayer::new(Arc::clone(&calls)).layer(panics).call(request());
        assert!(tokio::spawn(call).await.unwrap_err().is_panic());
        assert_eq!(ended(&calls), [("dopusk.v1.DecisionService/Check", "INTERNAL")]);
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_is_counted_as_cancelled_once() {
        let calls = Arc::new(calls());
        let waits = service_fn(|_: Request<()>| -> Answer { Box::pin(std::future::pending()) });
        let mut service = ObserveLayer::new(Arc::clone(&calls)).layer(waits);
        drop(service.call(request()));
        assert_eq!(ended(&calls), [("dopusk.v1.DecisionService/Check", "CANCELLED")]);
    }

    #[tokio::test]
    async fn an_answer_that_is_dropped_before_its_end_is_cancelled() {
        let calls = Arc::new(calls());
        let body = || Body::new("message".to_owned());
        let answers = service_fn(move |_: Request<()>| -> Answer {
            Box::pin(async move { Ok(Response::new(body())) })
        });
        let answer = ObserveLayer::new(Arc::clone(&calls)).layer(answers).call(request()).await.unwrap();
        assert_eq!(ended(&calls), []);
        drop(answer);
        assert_eq!(ended(&calls), [("dopusk.v1.DecisionService/Check", "CANCELLED")]);
    }
}
