//! All services at once: decisions by a short way, the others by the router that finds them.
//!
//! What isn't gRPC is refused before. The router boxes and moves a request and its answer several times over, a tenth of what a Check takes.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tonic::Status;
use tonic::body::Body;
use tonic::codegen::BoxFuture;
use tonic::codegen::http::header::CONTENT_TYPE;
use tonic::codegen::http::{HeaderMap, Request, Response, StatusCode};
use tonic::server::{Grpc, ServerStreamingService};
use tonic::service::Routes;
use tower::Service;

use super::reader::Read;
use super::visible::{Chunk, ChunkCodec};
use super::{DecisionApi, DecisionServiceServer, pb};
use crate::domain::MESSAGE_BYTES_MAX;

/// What the paths of decisions begin with.
const DECISIONS: &str = "/dopusk.v1.DecisionService/";
/// The path of lists.
const LISTS: &str = "/dopusk.v1.DecisionService/ListVisible";

/// What the content type of every call begins with.
const GRPC: &[u8] = b"application/grpc";

/// The decision service and the router to all others.
#[derive(Clone)]
pub struct Switch {
    lists: Lists,
    decisions: DecisionServiceServer<DecisionApi>,
    others: Routes,
}

impl Switch {
    /// Leads calls of decisions to their service, and all others to the router.
    #[must_use]
    pub fn new(decisions: DecisionApi, others: Routes) -> Self {
        // The transport makes a copy for each call.
        let decisions = Arc::new(decisions);
        let lists = Lists(Arc::clone(&decisions));
        let decisions =
            DecisionServiceServer::from_arc(decisions).max_decoding_message_size(MESSAGE_BYTES_MAX);
        Self { lists, decisions, others }
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
        if !is_grpc(request.headers()) {
            return Box::pin(std::future::ready(Ok(refusal())));
        }
        if request.uri().path() == LISTS {
            return self.lists.clone().serve(request);
        }
        if request.uri().path().starts_with(DECISIONS) {
            self.decisions.call(request)
        } else {
            Box::pin(self.others.call(request))
        }
    }
}

/// Lists, whose messages have a codec of their own.
#[derive(Clone)]
struct Lists(Arc<DecisionApi>);

impl Lists {
    fn serve(self, request: Request<Body>) -> <Switch as Service<Request<Body>>>::Future {
        let mut grpc = Grpc::new(ChunkCodec).apply_max_message_size_config(Some(MESSAGE_BYTES_MAX), None);
        Box::pin(async move { Ok(grpc.server_streaming(self, request).await) })
    }
}

impl ServerStreamingService<pb::ListVisibleRequest> for Lists {
    type Response = Chunk;
    type ResponseStream = Read<Chunk>;
    type Future = BoxFuture<tonic::Response<Self::ResponseStream>, Status>;

    fn call(&mut self, request: tonic::Request<pb::ListVisibleRequest>) -> Self::Future {
        let api = Arc::clone(&self.0);
        Box::pin(async move { api.list_chunks(request).await })
    }
}

/// Whether a request says that it is gRPC. A page in a browser can't say so without being asked whether it may; what it
/// can send unasked, such as `text/plain`, would come with the certificate of whoever looks at the page.
fn is_grpc(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.as_bytes().strip_prefix(GRPC));
    kind.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';')))
}

fn refusal() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    response
}

#[cfg(test)]
mod tests {
    use tonic::codegen::http::HeaderValue;

    use super::*;

    #[test]
    fn only_what_says_that_it_is_grpc_is_taken_for_it() {
        let is_taken = |kind: &'static str| {
            is_grpc(&HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]))
        };
        assert!(!is_grpc(&HeaderMap::new()));
        assert!(
            ["application/grpc", "application/grpc+proto", "application/grpc;a=b"].into_iter().all(is_taken)
        );
        let others = ["", "text/plain", "application/json", "application/grpc-web", "application/grpcx"];
        assert!(!others.into_iter().any(is_taken));
    }
}
