//! Who calls, before anything of the call is read: the caller is looked up, the call held against its permissions and
//! its quota. A call that passes carries its caller; an answer ends when its caller is revoked.
//!
//! Health is told to whoever can connect. A call that no table names is refused.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use http_body::{Body as HttpBody, Frame};
use pin_project_lite::pin_project;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, Request, Response, header};
use tonic::transport::server::{TcpConnectInfo, UdsConnectInfo};
use tower::{Layer, Service};

use super::rest::Rest;
use super::status;
use crate::caller::{Call, Caller, Certified, Evidence, Gate, Known, Meter, Quota, Rate, UnderWay, Weight};

/// What only asks whether the server serves.
const HEALTH: &str = "/grpc.health.v1.Health/";
/// What only gives the contract, which is no secret.
const REFLECTION: &str = "/grpc.reflection.";
/// When a caller with too many calls under way may look again.
const ROOM_WAIT: Duration = Duration::from_millis(100);

/// How many refusals are logged, a hundred at once and one a second: a hostile caller must not fill the disk.
const TOLD: Rate = Rate::new(NonZeroU32::MIN, NonZeroU32::MIN.saturating_add(99));

/// Lets callers in.
#[derive(Clone, Debug)]
pub struct AdmissionLayer(Arc<Door>);

/// Who is let in, and how much is told of those who are not.
#[derive(Debug)]
struct Door {
    gate: Arc<Gate>,
    told: Meter,
}

impl AdmissionLayer {
    /// Lets in whom the roster in force names.
    #[must_use]
    pub fn new(gate: Arc<Gate>) -> Self {
        Self(Arc::new(Door { gate, told: Meter::new(Instant::now()) }))
    }
}

impl<S> Layer<S> for AdmissionLayer {
    type Service = AdmissionService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmissionService { inner, door: Arc::clone(&self.0) }
    }
}

/// A service that lets callers in.
#[derive(Clone, Debug)]
pub struct AdmissionService<S> {
    inner: S,
    door: Arc<Door>,
}

pin_project! {
    /// The answer to a call that was let in, or not.
    pub struct Admitted<F, B> {
        // None where it was refused.
        #[pin]
        answer: Option<F>,
        visit: Option<Visit>,
        // What is still to come of one that was refused, and what it is told.
        #[pin]
        rest: Rest<B>,
        refusal: Option<Box<Status>>,
    }
}

impl<F, B: HttpBody<Data = Bytes>> Admitted<F, B> {
    const fn answered(answer: F, visit: Option<Visit>) -> Self {
        Self { answer: Some(answer), visit, rest: Rest::none(), refusal: None }
    }
}

impl<F, B, E> Future for Admitted<F, B>
where
    F: Future<Output = Result<Response<Body>, E>>,
    B: HttpBody<Data = Bytes>,
{
    type Output = Result<Response<Body>, E>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Some(answer) = this.answer.as_pin_mut() else {
            std::task::ready!(this.rest.poll(context));
            let refusal = this.refusal.take().unwrap_or_else(|| Box::new(status::no_bearer()));
            return Poll::Ready(Ok(refusal.into_http()));
        };
        let answer = std::task::ready!(answer.poll(context));
        // A light call is answered by one message, which is made: nothing is left that could end early.
        let visit = this.visit.take().filter(|it| it.weight != Weight::Light);
        Poll::Ready(match visit {
            Some(visit) => answer.map(|it| it.map(|body| Body::new(Attended { body, visit }))),
            None => answer,
        })
    }
}

impl<S, B> Service<Request<B>> for AdmissionService<S>
where
    S: Service<Request<B>, Response = Response<Body>>,
    B: HttpBody<Data = Bytes>,
{
    type Response = Response<Body>;
    type Error = S::Error;
    type Future = Admitted<S::Future, B>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if request.uri().path().starts_with(HEALTH) {
            return Admitted::answered(self.inner.call(request), None);
        }
        match self.door.admit(&request) {
            Ok(visit) => {
                request.extensions_mut().insert(Arc::clone(&visit.known.caller));
                Admitted::answered(self.inner.call(request), Some(visit))
            }
            Err(refusal) => {
                let (rest, refusal) = (Rest::of(request), Some(Box::new(refusal)));
                Admitted { answer: None, visit: None, rest, refusal }
            }
        }
    }
}

/// A call that was let in, until its answer has ended.
struct Visit {
    known: Known,
    weight: Weight,
    _under_way: Option<UnderWay>,
}

impl Door {
    fn admit<B>(&self, request: &Request<B>) -> Result<Visit, Status> {
        let call = request.uri().path();
        let evidence = evidence(request)?;
        let known = self.gate.load().identify(evidence).map_err(|error| {
            let address = address(request);
            self.tell(|| tracing::info!(call, ?address, evidence = ?Shown(evidence), ?error, "an unknown caller was refused"));
            status::unauthenticated(&error)
        })?;
        let caller = &known.caller;
        if !call.starts_with(REFLECTION) {
            caller.permission().call(call).map_err(|denial| {
                self.tell(|| tracing::info!(call, caller = %caller.name(), ?denial, "a call was refused"));
                status::denied(call.rsplit('/').next().unwrap_or(call), denial)
            })?;
        }
        let under_way = count(caller).inspect_err(|_| {
            self.tell(|| tracing::info!(call, caller = %caller.name(), "a call was too much"));
        })?;
        // What the contract doesn't have is reflection, which streams.
        let weight = Call::at(call).map_or(Weight::Long, |call| call.weight);
        Ok(Visit { known, weight, _under_way: under_way })
    }

    /// Logs, unless that would fill the log.
    fn tell(&self, log: impl FnOnce()) {
        if self.told.count(TOLD, Instant::now()).is_ok() {
            log();
        }
    }
}

/// Holds a call against the caller's quota.
fn count(caller: &Caller) -> Result<Option<UnderWay>, Status> {
    let Quota { rate, at_once_max } = *caller.quota();
    let begin = |most: NonZeroU32| {
        let begun = caller.meter().begin(most.get());
        begun.ok_or_else(|| status::too_many_at_once(most.get(), ROOM_WAIT))
    };
    let under_way = at_once_max.map(begin).transpose()?;
    if let Some(rate) = rate {
        caller.meter().count(rate, Instant::now()).map_err(status::too_often)?;
    }
    Ok(under_way)
}

/// What says who calls. A token that is sent stands alone: a wrong one is not made good by a certificate.
pub(super) fn evidence<B>(request: &Request<B>) -> Result<Evidence<'_>, Status> {
    if let Some(header) = request.headers().get(header::AUTHORIZATION) {
        let text = header.to_str().ok();
        let token = text
            .and_then(|text| text.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        return token.map(|(_, token)| Evidence::Bearer(token.trim())).ok_or_else(status::no_bearer);
    }
    let extensions = request.extensions();
    if let Some(names) = extensions.get::<Certified>().filter(|it| !it.names.is_empty()) {
        return Ok(Evidence::Certificate(names));
    }
    let process = extensions.get::<UdsConnectInfo>().and_then(|info| info.peer_cred);
    Ok(process.map_or(Evidence::Nothing, |it| Evidence::Process { uid: it.uid(), gid: it.gid() }))
}

/// What was shown, without what is secret in it.
struct Shown<'a>(Evidence<'a>);

impl std::fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Evidence::Bearer(_) => f.write_str("token"),
            Evidence::Certificate(it) => f.debug_list().entries(it.names.iter()).finish(),
            Evidence::Process { uid, gid } => write!(f, "uid {uid} gid {gid}"),
            Evidence::Nothing => f.write_str("none"),
        }
    }
}

/// Where a request comes from, if it comes from an address.
fn address<B>(request: &Request<B>) -> Option<SocketAddr> {
    let plain = request.extensions().get::<TcpConnectInfo>().and_then(|info| info.remote_addr());
    plain.or_else(|| request.extensions().get::<Certified>().and_then(|it| it.address))
}

/// An answer that ends when its caller is revoked or what it has shown no longer counts.
struct Attended {
    body: Body,
    visit: Visit,
}

impl HttpBody for Attended {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(context));
        // What is decided already may be said; the next message may not.
        let is_message = matches!(&frame, Some(Ok(frame)) if frame.is_data());
        if !is_message || !self.visit.known.is_over() {
            return Poll::Ready(frame);
        }
        self.body = Body::empty();
        let mut trailers = HeaderMap::new();
        let written = status::revoked().add_header(&mut trailers);
        Poll::Ready(Some(written.map(|()| Frame::trailers(trailers))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}
