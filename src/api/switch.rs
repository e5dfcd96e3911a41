//! All services at once: decisions by a short way, the others by the router that finds them.
//!
//! The router boxes and moves a request and its answer several times over, a tenth of what a Check takes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::service::Routes;
use tower::Service;

use super::{DecisionApi, DecisionServiceServer};

/// What the paths of decisions begin with.
const DECISIONS: &str = "/dopusk.v1.DecisionService/";

/// The decision service and the router to all others.
#[derive(Clone)]
pub struct Switch {
    decisions: DecisionServiceServer<DecisionApi>,
    others: Routes,
}

impl Switch {
    /// Leads calls of decisions to their service, and all others to the router.
    #[must_use]
    pub fn new(decisions: DecisionServiceServer<DecisionApi>, others: Routes) -> Self {
        Self { decisions, others }
    }
}

impl Service<Request<Body>> for Switch {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        // Both are always ready.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.uri().path().starts_with(DECISIONS) {
            self.decisions.call(request)
        } else {
            Box::pin(self.others.call(request))
        }
    }
}
