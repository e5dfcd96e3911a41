//! Metrics: what a monitor reads after real calls.

mod calls;
mod log;
mod state;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::{Object, Operation};
use dopusk::journal::{DecisionSettings, FileSettings, Mask, Selection};
use dopusk::server::{MetricsAt, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::host::Host;

/// How long what happens on another thread may take, on a slow machine under load.
const WAIT_MAX: Duration = Duration::from_secs(30);

const COMPANY: &str = "
entity_types:
  - {name: deal, model: crm, stages: [NEW], actions: [read, update]}
  - {name: ticket, model: support, actions: [read, update]}
departments: [{id: headquarters}]
users: [{id: rosalind, admin: true}, {id: bartholomew, departments: [headquarters]}]
support_groups: [{id: acme}]
roles: [{id: seller}]
role_bindings: [{role: seller, subject: {user: bartholomew}}]
resources:
  - {type: deal, id: contract-4711, responsible: bartholomew, stage: NEW}
  - {type: ticket, id: complaint-4712, author: bartholomew}
";

/// What a monitor has read: values by name and labels, these in the order of their names.
pub(crate) struct Page {
    pub(crate) text: String,
    values: BTreeMap<String, String>,
}

impl Page {
    fn of(text: &str) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let values = lines.map(|line| {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            let mut labels: Vec<&str> =
                labels.trim_end_matches('}').split(',').filter(|it| !it.is_empty()).collect();
            labels.sort_unstable();
            (format!("{name}{{{}}}", labels.join(",")), value.to_owned())
        });
        Self { values: values.collect(), text: text.to_owned() }
    }

    /// The value of a series as it is written; none if it isn't there.
    fn written(&self, name: &str, labels: &[(&str, &str)]) -> Option<&str> {
        let mut labels: Vec<String> =
            labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
        labels.sort_unstable();
        self.values.get(&format!("{name}{{{}}}", labels.join(","))).map(String::as_str)
    }

    /// The value of a series that counts; 0 if it isn't there.
    pub(crate) fn count(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        self.written(name, labels).map_or(0, |value| value.parse().unwrap())
    }

    /// The value of a series that must be there.
    fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        self.written(name, labels).unwrap().parse().unwrap()
    }

    /// How many calls of a method ended with a status.
    fn ended(&self, method: &str, code: &str) -> u64 {
        let labels = [("rpc_method", method), ("rpc_status_code", code)];
        self.count("rpc_server_call_duration_seconds_count", &labels)
    }
}

/// The head and the body that an address answers with.
async fn get(address: SocketAddr, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("{request} HTTP/1.1\r\nHost: monitor\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

/// With metrics, of logs too.
fn on(settings: &mut Settings) {
    settings.metrics = Some(MetricsAt { address: ([127, 0, 0, 1], 0).into(), is_exposed: false });
    let file = |name| FileSettings {
        path: settings.engine.data.with_file_name(name),
        bytes_max: 1 << 30,
        files_max: None,
    };
    settings.audit_log = Some(file("audit.jsonl"));
    settings.decision_log = Some(decisions_in(file("decisions.jsonl")));
}

fn decisions_in(file: FileSettings) -> DecisionSettings {
    DecisionSettings { file, percent: 100, selection: Selection::All, mask: Mask::default() }
}

fn company() -> Vec<Object> {
    Bundle::read("company.yaml", Encoding::Yaml, COMPANY.as_bytes()).unwrap().into_objects().collect()
}

/// A server with the company, and metrics.
pub(crate) async fn host() -> Host {
    let host = Host::start_with(on).await;
    host.write(&company().into_iter().map(Operation::put).collect::<Vec<_>>()).await.unwrap();
    host
}

pub(crate) async fn page(host: &Host) -> Page {
    page_at(host.metrics_address().unwrap()).await
}

pub(crate) async fn page_at(address: SocketAddr) -> Page {
    let (head, body) = get(address, "GET /metrics").await;
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{head}");
    Page::of(&body)
}

/// Reads until a page is as it will be.
async fn page_once(host: &Host, is_so: impl Fn(&Page) -> bool) -> Page {
    let end = Instant::now() + WAIT_MAX;
    loop {
        let page = page(host).await;
        if is_so(&page) {
            return page;
        }
        assert!(Instant::now() < end, "{}", page.text);
    }
}
