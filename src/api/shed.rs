//! Refuses calls that couldn't be answered in time, before they are read. Health and reflection always pass, and so does
//! what the contract doesn't have: it is told so.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tower::{Layer, Service};

use super::load::{Load, Refusal};
use super::status;
use crate::caller::Call;

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
        ShedService { inner, load: Arc::clone(&self.0) }
    }
}

/// A service that refuses what it couldn't answer in time.
#[derive(Clone)]
pub struct ShedService<S> {
    inner: S,
    load: Arc<Load>,
}

pin_project! {
    /// The answer to a call that was let through or refused.
    pub struct Shed<F> {
        // None where it was refused.
        #[pin]
        answer: Option<F>,
        refusal: Option<Refusal>,
    }
}

impl<S, B> Service<Request<B>> for ShedService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Shed<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let refusal = Call::at(request.uri().path()).and_then(|call| self.load.refuses(call.weight));
        let answer = if refusal.is_none() { Some(self.inner.call(request)) } else { None };
        Shed { answer, refusal }
    }
}

impl<F, E> Future for Shed<F>
where
    F: Future<Output = Result<Response<Body>, E>>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        match (this.answer.as_pin_mut(), this.refusal) {
            (Some(answer), _) => answer.poll(context),
            (None, Some(Refusal::Memory)) => Poll::Ready(Ok(status::memory_short().into_http())),
            (None, Some(Refusal::Busy) | None) => Poll::Ready(Ok(status::busy().into_http())),
        }
    }
}
