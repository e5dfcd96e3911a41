//! Where spans go: a collector that takes OTLP over gRPC, in batches, on a thread of their own.
//!
//! A collector that is slow or gone costs spans, never a call: the queue is bounded, and what doesn't fit is dropped.

use std::env;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};

use super::TRACER;

/// The variables that say where the collector is; the first one is for traces alone.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];
/// Those that say how it is spoken to.
const PROTOCOLS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
/// How long the last spans may take to be sent at shutdown.
const FLUSH_MAX: Duration = Duration::from_secs(5);

/// Why nothing is traced.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// The collector is to be spoken to in a way that isn't known.
    #[error("{variable} is {value}; traces are sent by grpc alone")]
    Protocol {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// The collector is to be reached over TLS.
    #[error("{variable} is {value}; traces are sent over http:// to a collector nearby")]
    Endpoint {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
    /// The exporter can't be set up.
    #[error("traces can't be sent")]
    Exporter(#[from] ExporterBuildError),
}

/// Traces that are sent.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

/// Starts to trace, for the life of the process, where the environment names a collector. To be called within the
/// runtime.
///
/// # Errors
/// The environment asks for what isn't there.
pub fn start_traces() -> Result<Option<Traces>, TraceError> {
    let is_off = set("OTEL_SDK_DISABLED").is_some_and(|it| it.eq_ignore_ascii_case("true"))
        || set("OTEL_TRACES_EXPORTER").is_some_and(|it| it == "none");
    let Some((variable, endpoint)) = first(ENDPOINTS).filter(|_| !is_off) else { return Ok(None) };
    if let Some((variable, value)) = first(PROTOCOLS).filter(|(_, value)| value != "grpc") {
        return Err(TraceError::Protocol { variable, value });
    }
    if !endpoint.starts_with("http://") {
        return Err(TraceError::Endpoint { variable, value: endpoint });
    }
    let exporter = SpanExporter::builder().with_tonic().build()?;
    let provider = SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource());
    // A caller that traces says so with its call; who wants traces besides, names a sampler.
    let provider = match set("OTEL_TRACES_SAMPLER") {
        Some(_) => provider.build(),
        None => provider.with_sampler(Sampler::ParentBased(Box::new(Sampler::AlwaysOff))).build(),
    };
    // Who starts twice keeps the first.
    drop(TRACER.set(provider.tracer("dopusk")));
    Ok(Some(Traces(provider)))
}

impl Traces {
    /// Sends what there is, and ends. Blocks for at most some seconds.
    pub fn stop(&self) {
        if let Err(error) = self.0.shutdown_with_timeout(FLUSH_MAX) {
            tracing::warn!(error = &error as &dyn std::error::Error, "the last spans could not be sent");
        }
    }
}

/// What every span is of: the service, under the name that the environment gives or its own.
fn resource() -> Resource {
    let is_named = set("OTEL_SERVICE_NAME").is_some()
        || set("OTEL_RESOURCE_ATTRIBUTES").is_some_and(|it| it.contains("service.name="));
    let builder =
        Resource::builder().with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")));
    if is_named { builder.build() } else { builder.with_service_name("dopusk").build() }
}

fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}

fn first(variables: [&'static str; 2]) -> Option<(&'static str, String)> {
    variables.into_iter().find_map(|it| Some((it, set(it)?)))
}
