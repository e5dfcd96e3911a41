//! Refuses calls that couldn't be answered in time, before they are decoded. Health and reflection always pass, and so does
//! what the contract doesn't have: it is told so.

use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, Request, Response};
use tower::{Layer, Service};

use super::load::{Load, Refusal};
use super::rest::Rest;
use super::status;
use crate::caller::Call;

/// What is told to whoever is refused, made once: no more is done for such calls than must be.
static BUSY: LazyLock<HeaderMap> = LazyLock::new(|| head(status::busy()));
static MEMORY_SHORT: LazyLock<HeaderMap> = LazyLock::new(|| head(status::memory_short()));

/// Lets through what can be answered in time.
#[derive(Clone)]
pub struct ShedLayer(Arc<Load>);

impl ShedLayer {
    /// Looks at a load.
    #[must_use]
    pub const fn new(load: Arc<Load>) -> Self {
        Self(load)
    }
}

impl<S> Layer<S> for ShedLayer {
    type Service = ShedService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ShedService { inner, load: Arc::clone(&self.0), came: None }
    }
}

/// A service that refuses what it couldn't answer in time.
pub struct ShedService<S> {
    inner: S,
    load: Arc<Load>,
    /// When the call came that this was made for; none where it was made for none or has answered it, and where nobody asks.
    came: Option<Instant>,
}

/// The transport makes a copy for each call as soon as its head has been read, and has the copy called when an async thread
/// comes round to it. What lies between is the time that calls wait for a thread, which nothing else tells.
impl<S: Clone> Clone for ShedService<S> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), load: Arc::clone(&self.load), came: self.load.arrival() }
    }
}

pin_project! {
    /// The answer to a call that was let through or refused.
    pub struct Shed<F, B> {
        // None where it was refused.
        #[pin]
        answer: Option<F>,
        // What is still to come of one that was refused, and why it was.
        #[pin]
        rest: Rest<B>,
        refusal: Refusal,
    }
}

impl<S, B> Service<Request<B>> for ShedService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    B: HttpBody<Data = Bytes>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Shed<S::Future, B>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let came = self.came.take();
        let call = Call::at(request.uri().path());
        match call.and_then(|call| self.load.refuses(call.weight, came)) {
            Some(refusal) => Shed { answer: None, rest: Rest::of(request), refusal },
            None => {
                Shed { answer: Some(self.inner.call(request)), rest: Rest::none(), refusal: Refusal::Busy }
            }
        }
    }
}

impl<F, B, E> Future for Shed<F, B>
where
    F: Future<Output = Result<Response<Body>, E>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(answer) = this.answer.as_pin_mut() {
            return answer.poll(context);
        }
        ready!(this.rest.poll(context));
        Poll::Ready(Ok(refused(*this.refusal)))
    }
}

fn refused(refusal: Refusal) -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.headers_mut() = match refusal {
        Refusal::Busy => BUSY.clone(),
        Refusal::Memory => MEMORY_SHORT.clone(),
    };
    answer
}

fn head(status: Status) -> HeaderMap {
    std::mem::take(status.into_http::<Body>().headers_mut())
}
