//! Traces: a real server sends the spans of real calls to a collector in this process.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dopusk::api::convert;
use dopusk::api::pb;
use dopusk::api::pb::check_request;
use dopusk::api::pb::decision_service_client::DecisionServiceClient;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::Operation;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, Span};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::{Channel, Server};
use tonic::{Code, Request, Response, Status};

use crate::process::Process;
use crate::tool::text;

/// How long spans may take to arrive, on a slow machine under load.
const WAIT_MAX: Duration = Duration::from_mins(1);
const CALLER: &str = "00f067aa0ba902b7";

#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<ResourceSpans>>>);

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.0.lock().unwrap().extend(request.into_inner().resource_spans);
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

impl Collector {
    /// A collector that listens, and where.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = Server::builder().add_service(TraceServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpListenerStream::new(listener)));
        (collector, url)
    }

    fn spans(&self) -> Vec<Span> {
        let all = self.0.lock().unwrap();
        all.iter().flat_map(|it| &it.scope_spans).flat_map(|it| it.spans.clone()).collect()
    }

    /// The spans of a trace, once its call's own is there, which ends last.
    async fn trace(&self, id: &str) -> (Span, Vec<Span>) {
        let end = Instant::now() + WAIT_MAX;
        loop {
            let spans: Vec<Span> = self.spans().into_iter().filter(|it| hex(&it.trace_id) == id).collect();
            let (own, inner): (Vec<_>, Vec<_>) =
                spans.into_iter().partition(|it| it.kind == i32::from(SpanKind::Server));
            if let Some(own) = own.into_iter().next() {
                return (own, inner);
            }
            assert!(Instant::now() < end, "no spans of {id}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn attribute(span: &Span, key: &str) -> Option<String> {
    let value = span.attributes.iter().find(|it| it.key == key)?.value.clone()?.value?;
    let Value::StringValue(text) = value else { panic!("{key} is {value:?}") };
    Some(text)
}

fn id_of(number: u8) -> String {
    format!("4bf92f3577b34da6a3ce929d0e0e47{number:02x}")
}

/// A message with the headers of a caller's trace.
fn traced<T>(message: T, number: u8, flags: &str) -> Request<T> {
    let mut request = Request::new(message);
    let parent = format!("00-{}-{CALLER}-{flags}", id_of(number));
    request.metadata_mut().insert("traceparent", parent.parse().unwrap());
    request
}

fn question(entity_type: &str) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: "anna".to_owned(),
        action: "read".to_owned(),
        entity_type: entity_type.to_owned(),
        resource: Some(check_request::Resource::Id("1".to_owned())),
        consistency: None,
    }
}

fn write() -> pb::WriteRequest {
    let company = "entity_types: [{name: deal, model: crm, actions: [read]}]\nusers: [{id: anna}]";
    let company = Bundle::read("company.yaml", Encoding::Yaml, company.as_bytes()).unwrap();
    let operations = company.into_objects().map(|it| convert::operation_to_wire(&Operation::put(it)));
    pb::WriteRequest { operations: operations.collect(), ..pb::WriteRequest::default() }
}

/// A server that sends traces to a collector, and a connection to it.
async fn server(collector: &str, folder: &std::path::Path, delay_ms: &str) -> (Process, Channel) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", collector).env("OTEL_BSP_SCHEDULE_DELAY", delay_ms);
    let server = Process::spawn_under(command, &folder.join("store"));
    let channel = Channel::from_shared(server.url()).unwrap().connect().await.unwrap();
    (server, channel)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_callers_trace_goes_on_in_the_server() {
    let (collector, url) = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (_server, channel) = server(&url, folder.path(), "50").await;
    let mut directory = DirectoryServiceClient::new(channel.clone());
    let mut decisions = DecisionServiceClient::new(channel);
    directory.write(traced(write(), 1, "01")).await.unwrap();
    let error = decisions.check(traced(question("lead"), 2, "01")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    // Neither of these is sampled: the first by its caller's will, the second as nobody began a trace.
    decisions.check(traced(question("deal"), 3, "00")).await.unwrap();
    decisions.check(question("deal")).await.unwrap();
    decisions.check(traced(question("deal"), 4, "01")).await.unwrap();

    let (own, inner) = collector.trace(&id_of(1)).await;
    assert_eq!(own.name, "dopusk.v1.DirectoryService/Write");
    assert_eq!(hex(&own.parent_span_id), CALLER);
    assert_eq!(attribute(&own, "rpc.system.name").as_deref(), Some("grpc"));
    assert_eq!(attribute(&own, "rpc.method").as_deref(), Some("dopusk.v1.DirectoryService/Write"));
    assert_eq!(attribute(&own, "rpc.status_code").as_deref(), Some("OK"));
    let mut inner = inner;
    inner.sort_by_key(|it| it.start_time_unix_nano);
    let names: Vec<&str> = inner.iter().map(|it| it.name.as_str()).collect();
    let wanted = ["wait for the committer", "judge", "commit", "publish"];
    let parts: Vec<&str> = names.into_iter().filter(|name| wanted.contains(name)).collect();
    assert_eq!(parts, wanted);
    assert!(inner.iter().all(|it| it.parent_span_id == own.span_id));

    let (failed, _) = collector.trace(&id_of(2)).await;
    assert_eq!(attribute(&failed, "rpc.status_code").as_deref(), Some("INVALID_ARGUMENT"));
    assert_eq!(attribute(&failed, "error.type").as_deref(), Some("UNKNOWN_ENTITY_TYPE"));

    collector.trace(&id_of(4)).await;
    let calls = collector.spans().into_iter().filter(|it| it.kind == i32::from(SpanKind::Server)).count();
    assert_eq!(calls, 3);
    let resources = collector.0.lock().unwrap().clone();
    let attributes = resources.iter().flat_map(|it| &it.resource).flat_map(|it| &it.attributes);
    let service = attributes.filter(|it| it.key == "service.name").find_map(|it| it.value.clone()?.value);
    assert_eq!(service, Some(Value::StringValue("dopusk".to_owned())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_yet_sent_is_sent_at_the_end() {
    let (collector, url) = Collector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let (server, channel) = server(&url, folder.path(), "3600000").await;
    DirectoryServiceClient::new(channel).write(traced(write(), 1, "01")).await.unwrap();
    assert!(collector.spans().is_empty());
    server.stop();
    collector.trace(&id_of(1)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_gone_costs_nothing_but_the_spans() {
    let folder = tempfile::tempdir().unwrap();
    let (_server, channel) = server("http://127.0.0.1:9", folder.path(), "10").await;
    DirectoryServiceClient::new(channel.clone()).write(traced(write(), 1, "01")).await.unwrap();
    for number in 2..200 {
        DecisionServiceClient::new(channel.clone())
            .check(traced(question("deal"), number, "01"))
            .await
            .unwrap();
    }
}

#[test]
fn a_collector_that_can_not_be_spoken_to_is_refused_at_the_start() {
    for (variable, value, why) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf", "traces are sent by grpc alone"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "https://collector:4317", "a collector nearby"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9").env(variable, value);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(folder.path().join("store"));
        let output = command.output().unwrap();
        assert!(!output.status.success());
        assert!(text(&output).contains(&format!("{variable} is {value}")), "{}", text(&output));
        assert!(text(&output).contains(why), "{}", text(&output));
        assert!(!folder.path().join("store").exists(), "the store isn't touched");
    }
}
