//! Interleaved rounds: each load goes to the no-op service and to the real one in turn, so that both meet the same
//! moments of the machine.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::home::Home;
use super::load::{self, Place, Sample, Shape};
use super::noop::Recording;
use super::process::Process;
use super::question::Calls;
use super::report::{Figures, Import, Report, Row, Start};
use crate::api::pb;
use crate::company::{Company, Size};

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Case {
    /// Check of stored resources.
    Stored,
    /// Check of resources given by their facts.
    Inline,
    /// `BatchCheck` of 1,000 stored resources.
    Batch,
    /// `ListVisible` of everything of a type, as one stream.
    List,
    /// `ListVisible` of the deals of the head of half the company, newest first, as one stream.
    ListBetween,
    /// A first page of 50 deals with the total, in both orders in turn: the portal administrator's.
    PageAll,
    /// The same: that of the employee who sees the fewest deals, of 200.
    PageNarrow,
    /// The same: that of the head of half the company, who sees five of eight stages, and observes.
    PageBetween,
}

impl Case {
    /// Every case.
    pub(super) const EACH: [Self; 8] = [
        Self::Stored,
        Self::Inline,
        Self::Batch,
        Self::List,
        Self::ListBetween,
        Self::PageAll,
        Self::PageNarrow,
        Self::PageBetween,
    ];

    /// The case's name in reports.
    #[must_use]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Stored => "Check, stored",
            Self::Inline => "Check, inline",
            Self::Batch => "BatchCheck of 1,000",
            Self::List => "ListVisible, all",
            Self::ListBetween => "ListVisible, between, newest first",
            Self::PageAll => "page of 50 with total, all",
            Self::PageNarrow => "page of 50 with total, narrow",
            Self::PageBetween => "page of 50 with total, between",
        }
    }

    /// A call of a whole list or a batch is large: a few in flight keep the server busy.
    fn shape(self, options: &Options) -> Shape {
        let (connections, in_flight) = match self {
            Self::Stored | Self::Inline => (options.connections, options.in_flight),
            Self::Batch => (options.connections.min(2), 2),
            Self::List | Self::ListBetween | Self::PageAll | Self::PageNarrow | Self::PageBetween => (1, 1),
        };
        Shape { connections, in_flight, time: options.time }
    }
}

/// What the calls go over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(super) enum Transport {
    /// TCP on the loopback interface.
    Tcp,
    /// A Unix socket.
    Unix,
}

impl Transport {
    /// Both transports.
    pub(super) const EACH: [Self; 2] = [Self::Tcp, Self::Unix];

    /// The transport's name in reports.
    #[must_use]
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Unix => "Unix socket",
        }
    }
}

/// What to measure.
#[derive(Clone, Debug)]
pub(super) struct Options {
    /// The company to generate.
    pub(super) size: Size,
    /// Rounds; the figures are medians over them.
    pub(super) rounds: usize,
    /// How long each load of a round lasts.
    pub(super) time: Duration,
    /// Connections.
    pub(super) connections: usize,
    /// Calls in flight on each connection.
    pub(super) in_flight: usize,
    /// What is called.
    pub(super) cases: Vec<Case>,
    /// What the calls go over.
    pub(super) transports: Vec<Transport>,
}

/// Starts both servers, imports the company unless it is there, runs the rounds and stops the servers.
///
/// # Errors
/// A server can't be started, or a call fails.
pub(super) async fn run(
    options: &Options,
    (home, folder): (&Home, &Path),
    say: &mut (dyn FnMut(&str) -> Result<()> + Send),
) -> Result<Report> {
    let company = Company::new(options.size);
    let socket = folder.join("server.sock");
    let import = if home.holds(options.size)? {
        None
    } else {
        say("importing the company")?;
        let import = take_in(&company, home, &socket).await?;
        home.note(options.size)?;
        Some(import)
    };
    let server = serve(home, &socket)?;
    let start = Start {
        import,
        ready_after: server.ready_after,
        resident_ready: server.resident_bytes()?,
        store_bytes: bytes_below(&home.store())?,
    };
    say("recording answers for the no-op service")?;
    let narrow = narrow(&server).await?;
    let calls = Arc::new(Calls::new(&company, 1, &narrow));
    let tape = folder.join("recording");
    record(&place(&server), Transport::Tcp, &calls).await?.save(&tape)?;
    let tape = tape.display().to_string();
    let noop = Process::start(&["bench-noop", "--recording", &tape], &folder.join("noop.sock"))?;
    let mut rows = Vec::new();
    for case in &options.cases {
        for transport in &options.transports {
            say(&format!("{} over {}", case.name(), transport.name()))?;
            let sides = (Side::from(&server), Side::from(&noop));
            rows.push(measure(options, (*case, *transport), sides, &calls).await?);
        }
    }
    let resident_after_load = server.resident_bytes()?;
    server.stop()?;
    noop.stop()?;
    Ok(Report { size: options.size, start, resident_after_load, rows })
}

/// One of the two that are measured.
pub(super) struct Side<'a> {
    place: Place,
    /// Whose processor time is counted; none where it isn't known.
    process: Option<&'a Process>,
}

impl<'a> From<&'a Process> for Side<'a> {
    fn from(process: &'a Process) -> Self {
        Self { place: place(process), process: Some(process) }
    }
}

impl Side<'_> {
    /// A server that was started elsewhere.
    pub(super) fn of(place: &Place) -> Self {
        Self { place: place.clone(), process: None }
    }

    fn cpu(&self) -> Result<Option<Duration>> {
        self.process.map(Process::cpu).transpose()
    }
}

fn serve(home: &Home, socket: &Path) -> Result<Process> {
    Process::start(&["serve", "--data", &home.store().display().to_string()], socket)
}

/// Makes a store and imports a company into it.
async fn take_in(company: &Company, home: &Home, socket: &Path) -> Result<Import> {
    let server = serve(home, socket)?;
    let importing = Instant::now();
    import(&server, company).await?;
    let import = Import { time: importing.elapsed(), resident_after: server.resident_bytes()? };
    server.stop()?;
    Ok(import)
}

/// The rounds of one case over one transport.
pub(super) async fn measure(
    options: &Options,
    (case, transport): (Case, Transport),
    (server, noop): (Side<'_>, Side<'_>),
    calls: &Arc<Calls>,
) -> Result<Row> {
    let shape = case.shape(options);
    let warm_up = Shape { time: options.time / 4, ..shape };
    let mut figures = (Vec::new(), Vec::new());
    for round in 0..=options.rounds {
        for (side, figures) in [(&noop, &mut figures.0), (&server, &mut figures.1)] {
            let shape = if round == 0 { warm_up } else { shape };
            let before = side.cpu()?;
            let sample = load::run(&side.place, transport, case, calls, shape).await?;
            let cpu = side.cpu()?.zip(before).map(|(after, before)| after.saturating_sub(before));
            ensure!(sample.calls > 0, "no call was answered in a round; make the rounds longer");
            if round > 0 {
                figures.push(figures_of(&sample, cpu));
            }
        }
    }
    Ok(Row::new(case, transport, &figures.0, &figures.1))
}

pub(super) fn place(process: &Process) -> Place {
    Place { address: process.address().to_owned(), socket: process.socket().to_owned(), security: None }
}

/// The figures of a load, and of the processor time that the server had for it, where that is known.
pub(super) fn figures_of(sample: &Sample, cpu: Option<Duration>) -> Figures {
    let cpu_seconds = cpu.map_or(f64::NAN, |cpu| cpu.as_secs_f64());
    let quantile = |q: f64| quantile(&sample.latencies, q);
    #[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
    let (calls, items) = (sample.calls as f64, sample.items as f64);
    Figures {
        calls_per_second: calls / sample.time.as_secs_f64(),
        items_per_second: items / sample.time.as_secs_f64(),
        p50_us: quantile(0.5).as_secs_f64() * 1e6,
        p99_us: quantile(0.99).as_secs_f64() * 1e6,
        p999_us: quantile(0.999).as_secs_f64() * 1e6,
        cpu_us_per_call: cpu_seconds * 1e6 / calls,
        items_per_cpu_second: items / cpu_seconds,
    }
}

/// A quantile of what is sorted; nothing where there is nothing.
pub(super) fn quantile(sorted: &[Duration], q: f64) -> Duration {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "a place in a list"
    )]
    let at = (sorted.len() as f64 * q) as usize;
    sorted.get(at.min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

/// Imports a company over gRPC, in chunks.
pub(super) async fn import(server: &Process, company: &Company) -> Result<()> {
    use pb::directory_service_client::DirectoryServiceClient;
    let mut client = DirectoryServiceClient::connect(server.address().to_owned()).await?;
    let (messages, stream) = tokio::sync::mpsc::channel(8);
    let company = *company;
    let sending = tokio::task::spawn_blocking(move || {
        let mut objects = company.objects().chain(company.head()).peekable();
        while objects.peek().is_some() {
            let chunk = objects.by_ref().take(1_000).map(|it| crate::api::convert::object_to_wire(&it));
            let (mode, objects) = (pb::ImportMode::Chunked.into(), chunk.collect());
            let message = pb::ImportRequest { mode, objects, ..pb::ImportRequest::default() };
            if messages.blocking_send(message).is_err() {
                return;
            }
        }
    });
    let answers = client.import(tokio_stream::wrappers::ReceiverStream::new(stream)).await?;
    let mut answers = answers.into_inner();
    let mut is_done = false;
    while let Some(progress) = answers.message().await? {
        is_done = progress.done;
    }
    sending.await?;
    ensure!(is_done, "the import ended early");
    Ok(())
}

/// Who sees the fewest deals, of 200 employees who see any.
pub(super) async fn narrow(server: &Process) -> Result<String> {
    let mut client = place(server).connect(Transport::Unix).await?;
    let mut least: Option<(u64, String)> = None;
    for subject in (1..=200).map(|number| format!("u{number}")) {
        let request = pb::CountVisibleRequest {
            subject: subject.clone(),
            action: "read".to_owned(),
            entity_type: "deal".to_owned(),
            ..pb::CountVisibleRequest::default()
        };
        let total = client.count_visible(request).await?.into_inner().total;
        if total > 0 && least.as_ref().is_none_or(|(other, _)| total < *other) {
            least = Some((total, subject));
        }
    }
    least.map(|(_, subject)| subject).context("nobody sees a deal")
}

/// One answer of each kind.
pub(super) async fn record(place: &Place, transport: Transport, calls: &Calls) -> Result<Recording> {
    let mut client = place.connect(transport).await?;
    let check = client.check(calls.stored.first().context("no questions")?.clone()).await?.into_inner();
    let batch = client.batch_check(calls.batches.first().context("no batch")?.clone()).await?.into_inner();
    let page = calls.pages(Case::PageAll).first().context("no page")?.clone();
    let page = client.list_visible(page).await?.into_inner().message().await?.unwrap_or_default();
    let mut chunks = client.list_visible(calls.widest.clone()).await?.into_inner();
    let mut list = Vec::new();
    while let Some(chunk) = chunks.message().await? {
        list.push(chunk);
    }
    Ok(Recording { check, batch, page, list })
}

fn bytes_below(folder: &Path) -> Result<u64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_below(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}
