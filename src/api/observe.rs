//! Every call is timed, counted and traced with the status that it ended with, whoever refused it and however it ended;
//! what failed by the server's fault or was slow is logged with its trace.
//!
//! The outermost layer: a stream's status comes behind its last message, so the answer is followed to its end. A light
//! call is answered by one message, which is there when its answer begins, and ends then: to follow it would cost a box a
//! call. A call that is dropped before was cancelled by its caller, or its handler has panicked.

use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use http_body::{Body as HttpBody, Frame, SizeHint};
use pin_project_lite::pin_project;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;
use tower::{Layer, Service};

use crate::caller::{CALLS, Meter, Rate, Weight};
use crate::metric::Calls;
use crate::telemetry::{Outcome, Remote, Trace};

/// The methods that are no calls of the contract and are counted by name: probes would else drown the others.
const HEALTH: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];
/// The reason of an error that has none.
const NO_REASON: &str = "_OTHER";
/// How many slow and failed calls are logged, a hundred at once and one a second: trouble must not fill the disk.
const TOLD: Rate = Rate::new(NonZeroU32::MIN, NonZeroU32::MIN.saturating_add(99));

/// Counters for every call that the server answers.
#[must_use]
pub fn calls() -> Calls {
    Calls::new(CALLS.iter().map(|call| call.path).chain(HEALTH))
}

/// How calls are observed.
#[derive(Debug)]
pub struct Observer {
    calls: Arc<Calls>,
    /// From when on a call that hasn't begun to be answered is slow; none is never.
    slow: Option<Duration>,
    told: Meter,
}

impl Observer {
    /// Counts calls, and tells of those whose answer takes so long to begin.
    #[must_use]
    pub fn new(calls: Arc<Calls>, slow: Option<Duration>) -> Self {
        Self { calls, slow, told: Meter::new(Instant::now()) }
    }

    /// Logs, unless that would fill the log.
    fn tell(&self, log: impl FnOnce()) {
        if self.told.count(TOLD, Instant::now()).is_ok() {
            log();
        }
    }
}

/// Observes calls.
#[derive(Clone, Debug)]
pub struct ObserveLayer(Arc<Observer>);

impl ObserveLayer {
    /// Observes calls as an observer does.
    #[must_use]
    pub fn new(observer: Arc<Observer>) -> Self {
        Self(observer)
    }
}

impl<S> Layer<S> for ObserveLayer {
    type Service = ObserveService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ObserveService { inner, observer: Arc::clone(&self.0) }
    }
}

/// A service whose calls are observed.
#[derive(Clone, Debug)]
pub struct ObserveService<S> {
    inner: S,
    observer: Arc<Observer>,
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
        let call = Observation::begin(&self.observer, request.uri().path(), request.headers());
        let answer = call.within(|| self.inner.call(request));
        Observed { answer, call: Some(call) }
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
        let Some(observation) = this.call else { return this.answer.poll(context) };
        let answer = ready!(observation.within(|| this.answer.poll(context)))?;
        observation.tell_if_slow();
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
    if call.is_light() || answer.body().is_end_stream() {
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
        let ObservedBody { body, call } = &mut *self;
        let frame = ready!(call.within(|| Pin::new(body).poll_frame(context)));
        match &frame {
            Some(Ok(frame)) => {
                if let Some(status) = frame.trailers_ref().and_then(status_in) {
                    call.end(&status);
                }
            }
            Some(Err(status)) => call.end(status),
            None => call.end(&Status::ok("")),
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
    observer: Arc<Observer>,
    place: usize,
    begun: Instant,
    trace: Option<Box<Trace>>,
    is_over: bool,
}

impl Observation {
    fn begin(observer: &Arc<Observer>, path: &str, headers: &HeaderMap) -> Self {
        let place = observer.calls.place(path);
        observer.calls.begin(place);
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let parent = header("traceparent");
        let remote = Remote { parent, state: parent.and_then(|_| header("tracestate")) };
        let trace = Trace::begin(observer.calls.name(place), remote).map(Box::new);
        Self { observer: Arc::clone(observer), place, begun: Instant::now(), trace, is_over: false }
    }

    /// Does a part of the call's work.
    fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.trace {
            Some(trace) => trace.within(work),
            None => work(),
        }
    }

    fn is_light(&self) -> bool {
        // The counters are in the order of the table.
        CALLS.get(self.place).is_some_and(|call| call.weight == Weight::Light)
    }

    fn method(&self) -> &'static str {
        self.observer.calls.name(self.place)
    }

    fn trace_id(&self) -> Option<impl tracing::Value> {
        self.trace.as_ref().map(|trace| tracing::field::display(trace.id()))
    }

    fn tell_if_slow(&self) {
        let Some(slow) = self.observer.slow else { return };
        let elapsed = self.begun.elapsed();
        if elapsed >= slow {
            let (call, seconds, trace_id) = (self.method(), elapsed.as_secs_f64(), self.trace_id());
            self.observer.tell(|| tracing::warn!(call, seconds, trace_id, "a call was slow"));
        }
    }

    fn end(&mut self, status: &Status) {
        if self.is_over {
            return;
        }
        if status.code() == Code::Ok {
            return self.count(Code::Ok, None);
        }
        let details = status.get_error_details();
        let reason = details.error_info().map_or(NO_REASON, |info| info.reason.as_str());
        self.observer.calls.fail(reason);
        if is_fault(status.code()) {
            let (call, code, text, trace_id) =
                (self.method(), status.code(), status.message(), self.trace_id());
            let seconds = self.begun.elapsed().as_secs_f64();
            self.observer.tell(|| {
                tracing::warn!(call, ?code, reason, text, seconds, trace_id, "a call failed");
            });
        }
        self.count(status.code(), Some(reason));
    }

    fn count(&mut self, code: Code, reason: Option<&str>) {
        self.is_over = true;
        let name = self.observer.calls.end(self.place, code as usize, self.begun.elapsed());
        if let Some(trace) = &self.trace {
            trace.end(self.method(), Outcome { code: name, reason, is_fault: is_fault(code) });
        }
    }
}

impl Drop for Observation {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let has_panicked = std::thread::panicking();
        if has_panicked {
            let (call, trace_id) = (self.method(), self.trace_id());
            tracing::error!(call, trace_id, "a call ended in a panic");
        }
        self.count(if has_panicked { Code::Internal } else { Code::Cancelled }, None);
    }
}

/// Whether a status says that the server, not its caller, is at fault.
fn is_fault(code: Code) -> bool {
    match code {
        Code::Unknown | Code::DeadlineExceeded | Code::Internal | Code::Unavailable | Code::DataLoss => true,
        Code::Ok
        | Code::Cancelled
        | Code::InvalidArgument
        | Code::NotFound
        | Code::AlreadyExists
        | Code::PermissionDenied
        | Code::ResourceExhausted
        | Code::FailedPrecondition
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unimplemented
        | Code::Unauthenticated => false,
    }
}

#[cfg(test)]
mod tests {
    use tower::service_fn;

    use super::*;
    use crate::api::status;

    fn layer(calls: &Arc<Calls>) -> ObserveLayer {
        ObserveLayer::new(Arc::new(Observer::new(Arc::clone(calls), None)))
    }

    fn ended(calls: &Calls) -> Vec<(&'static str, &'static str)> {
        let counted = calls.figures().ended.into_iter().filter(|it| it.timings.count > 0);
        counted.map(|it| (it.method, it.code)).collect()
    }

    fn request() -> Request<()> {
        request_of("Check")
    }

    fn request_of(call: &str) -> Request<()> {
        Request::builder().uri(format!("http://h/dopusk.v1.DecisionService/{call}")).body(()).unwrap()
    }

    type Answer = Pin<Box<dyn Future<Output = Result<Response<Body>, Status>> + Send>>;

    #[tokio::test]
    async fn a_handler_that_panics_is_counted_as_an_internal_error() {
        let calls = Arc::new(calls());
        let panics = service_fn(|_: Request<()>| -> Answer { Box::pin(async { panic!("on purpose") }) });
        let call = layer(&calls).layer(panics).call(request());
        assert!(tokio::spawn(call).await.unwrap_err().is_panic());
        assert_eq!(ended(&calls), [("dopusk.v1.DecisionService/Check", "INTERNAL")]);
    }

    #[tokio::test]
    async fn a_call_that_is_dropped_is_counted_as_cancelled_once() {
        let calls = Arc::new(calls());
        let waits = service_fn(|_: Request<()>| -> Answer { Box::pin(std::future::pending()) });
        let mut service = layer(&calls).layer(waits);
        drop(service.call(request()));
        assert_eq!(ended(&calls), [("dopusk.v1.DecisionService/Check", "CANCELLED")]);
    }

    /// How a call ends that is answered by a message, while the answer is there and when it has been dropped.
    async fn ended_by_a_drop(call: &str) -> [Vec<(&'static str, &'static str)>; 2] {
        let calls = Arc::new(calls());
        let answers = service_fn(|_: Request<()>| -> Answer {
            Box::pin(async { Ok(Response::new(Body::new("message".to_owned()))) })
        });
        let answer = layer(&calls).layer(answers).call(request_of(call)).await.unwrap();
        let before = ended(&calls);
        drop(answer);
        [before, ended(&calls)]
    }

    #[tokio::test]
    async fn an_answer_that_is_dropped_before_its_end_is_cancelled() {
        let cancelled = vec![("dopusk.v1.DecisionService/ListVisible", "CANCELLED")];
        assert_eq!(ended_by_a_drop("ListVisible").await, [vec![], cancelled]);
    }

    #[tokio::test]
    async fn a_light_call_has_ended_when_its_answer_is_there() {
        let well = vec![("dopusk.v1.DecisionService/Check", "OK")];
        assert_eq!(ended_by_a_drop("Check").await, [well.clone(), well]);
    }

    /// What is logged while work is done on this thread.
    fn logged(work: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend_from_slice(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
        tracing::subscriber::with_default(subscriber, work);
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    /// The log of one call that is answered so, where every call is slow.
    fn log_of(answer: fn() -> Response<Body>) -> String {
        let observer = Observer::new(Arc::new(calls()), Some(Duration::ZERO));
        let answers = service_fn(move |_: Request<()>| -> Answer { Box::pin(async move { Ok(answer()) }) });
        let mut service = ObserveLayer::new(Arc::new(observer)).layer(answers);
        let mut request = request();
        let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        request.headers_mut().insert("traceparent", parent.parse().unwrap());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        logged(|| drop(runtime.block_on(service.call(request))))
    }

    #[test]
    fn a_slow_call_is_logged_with_its_trace() {
        let log = log_of(|| Response::new(Body::new("message".to_owned())));
        assert_eq!(log.lines().count(), 1, "{log}");
        for part in [
            "a call was slow",
            "DecisionService/Check",
            "trace_id=4bf92f3577b34da6a3ce929d0e0e4736",
            "seconds=",
        ] {
            assert!(log.contains(part), "{part} in {log}");
        }
    }

    #[test]
    fn a_call_that_failed_by_the_servers_fault_is_logged_with_its_trace() {
        let log = log_of(|| status::shutting_down().into_http());
        for part in
            ["a call failed", "SHUTTING_DOWN", "Unavailable", "trace_id=4bf92f3577b34da6a3ce929d0e0e4736"]
        {
            assert!(log.contains(part), "{part} in {log}");
        }
        let log = log_of(|| status::not_found("such user").into_http());
        assert!(!log.contains("a call failed"), "{log}");
    }
}
