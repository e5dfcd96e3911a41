//! Traces: what a call did and for how long, told to a collector by OTLP where the environment names one.
//!
//! Set up by OpenTelemetry's standard variables, and off where none gives an endpoint. A caller's trace goes on with its
//! call; whether a call that comes without one begins a trace, the sampler says. Only what is sampled is noted down.

mod export;

use std::cell::RefCell;
use std::sync::OnceLock;
use std::time::SystemTime;

use opentelemetry::propagation::{Extractor, TextMapPropagator as _};
use opentelemetry::trace::{
    Span as _, SpanBuilder, SpanKind, Status, TraceContextExt as _, TraceId, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, Span};

pub use export::{TraceError, Traces, start_traces};

/// Makes spans, once traces were started.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

thread_local! {
    /// What this thread works for.
    static HERE: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// The headers by which a caller's trace goes on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Remote<'a> {
    /// The header `traceparent`.
    pub parent: Option<&'a str>,
    /// The header `tracestate`.
    pub state: Option<&'a str>,
}

/// The trace that a call belongs to.
#[derive(Clone, Debug)]
pub struct Trace {
    id: TraceId,
    /// The call's own span, where it is sampled.
    span: Option<Context>,
}

/// How a call ended, for its span.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// The status, such as `OK`.
    pub code: &'static str,
    /// The reason of an error.
    pub reason: Option<&'a str>,
    /// Whether the server is at fault.
    pub is_fault: bool,
}

/// A part of a call's work, from now until it is dropped.
#[derive(Debug)]
pub struct Phase {
    /// Ends when it is dropped.
    _span: Option<Span>,
}

/// Parts of a call's work that follow one another, on whatever threads.
#[derive(Debug)]
pub struct Laps(Option<(Trace, SystemTime)>);

/// Whether anything is traced.
#[must_use]
pub fn is_tracing() -> bool {
    TRACER.get().is_some()
}

/// Work for another thread, which it does for the trace that this one works for.
pub fn carry<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let trace = HERE.with_borrow(Clone::clone);
    move || match trace {
        Some(trace) => trace.within(work),
        None => work(),
    }
}

/// The id of the trace that this thread works for.
#[must_use]
pub fn trace_id() -> Option<TraceId> {
    HERE.with_borrow(|here| here.as_ref().map(Trace::id))
}

/// Begins a part of the work that this thread does. Costs next to nothing where nothing is traced.
#[must_use]
pub fn phase(name: &'static str) -> Phase {
    if !is_tracing() {
        return Phase { _span: None };
    }
    let span = |trace: &Trace| trace.child(SpanBuilder::from_name(name));
    Phase { _span: HERE.with_borrow(|here| here.as_ref().and_then(span)) }
}

/// Begins parts of the work that this thread does now, and another one later.
#[must_use]
pub fn laps() -> Laps {
    if !is_tracing() {
        return Laps(None);
    }
    let trace = HERE.with_borrow(Clone::clone).filter(|trace| trace.span.is_some());
    Laps(trace.map(|trace| (trace, SystemTime::now())))
}

impl Laps {
    /// Ends the part that began with the one before, and begins the next one.
    pub fn end(&mut self, name: &'static str) {
        let Some((trace, begun)) = &mut self.0 else { return };
        let builder = SpanBuilder::from_name(name).with_start_time(*begun);
        *begun = SystemTime::now();
        if let Some(mut span) = trace.child(builder) {
            span.end_with_timestamp(*begun);
        }
    }
}

impl Trace {
    /// The trace of a call; none where its caller sends none and the sampler begins none.
    #[must_use]
    pub fn begin(method: &'static str, remote: Remote<'_>) -> Option<Self> {
        let Some(tracer) = TRACER.get() else { return Self::followed(remote) };
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &Carrier(remote));
        let builder = SpanBuilder::from_name(method).with_kind(SpanKind::Server);
        let span = tracer.build_with_context(builder, &parent);
        let context = span.span_context();
        let id = context.trace_id();
        if context.is_sampled() {
            return Some(Self { id, span: Some(parent.with_span(span)) });
        }
        Self::followed(remote)
    }

    /// A trace that the caller notes down, and nobody here.
    fn followed(remote: Remote<'_>) -> Option<Self> {
        let id = TraceId::from_hex(remote.parent?.split('-').nth(1).filter(|id| id.len() == 32)?).ok()?;
        (id != TraceId::INVALID).then_some(Self { id, span: None })
    }

    /// The trace's id.
    #[must_use]
    pub const fn id(&self) -> TraceId {
        self.id
    }

    /// Does work for this trace.
    pub fn within<T>(&self, work: impl FnOnce() -> T) -> T {
        let _before = Before(HERE.replace(Some(self.clone())));
        work()
    }

    /// Ends the call's span.
    pub fn end(&self, method: &'static str, outcome: Outcome<'_>) {
        let Some(context) = &self.span else { return };
        let span = context.span();
        span.set_attribute(KeyValue::new("rpc.system.name", "grpc"));
        span.set_attribute(KeyValue::new("rpc.method", method));
        span.set_attribute(KeyValue::new("rpc.status_code", outcome.code));
        if let Some(reason) = outcome.reason {
            span.set_attribute(KeyValue::new("error.type", reason.to_owned()));
        }
        if outcome.is_fault {
            span.set_status(Status::error(outcome.code));
        }
        span.end();
    }

    fn child(&self, builder: SpanBuilder) -> Option<Span> {
        let (tracer, context) = (TRACER.get()?, self.span.as_ref()?);
        Some(tracer.build_with_context(builder, context))
    }
}

/// What the thread worked for before; it does again when this is dropped.
struct Before(Option<Trace>);

impl Drop for Before {
    fn drop(&mut self) {
        HERE.set(self.0.take());
    }
}

struct Carrier<'a>(Remote<'a>);

impl Extractor for Carrier<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        match key {
            "traceparent" => self.0.parent,
            "tracestate" => self.0.state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        vec!["traceparent", "tracestate"]
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn the_id_of_a_callers_trace_is_known_where_nothing_is_traced() {
        let begin = |parent| Trace::begin("a.A/One", Remote { parent, state: None });
        let trace = begin(Some(PARENT)).unwrap();
        assert_eq!(trace.id().to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        for wrong in ["", "00", "00-1-2-01", "00-00000000000000000000000000000000-00f067aa0ba902b7-01"] {
            assert!(begin(Some(wrong)).is_none(), "{wrong}");
        }
        assert!(begin(None).is_none());
    }

    #[test]
    fn a_thread_works_for_a_trace_only_within_it() {
        let trace = Trace::begin("a.A/One", Remote { parent: Some(PARENT), state: None }).unwrap();
        assert_eq!(trace_id(), None);
        let inner = trace.within(|| {
            let caught = std::panic::catch_unwind(AssertUnwindSafe(|| {
                trace.within(|| -> () { panic!("on purpose") });
            }));
            assert!(caught.is_err());
            trace_id()
        });
        assert_eq!((inner, trace_id()), (Some(trace.id()), None));
    }
}
