//! One load: so many connections with so many calls in flight each, for so long.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use tokio::task::JoinSet;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Request, Status};

use super::question::Calls;
use super::round::{Case, Transport};
use crate::api::pb;
use crate::api::pb::decision_service_client::DecisionServiceClient;
use crate::domain::MESSAGE_BYTES_MAX;

/// Answers can be larger than questions.
const ANSWER_BYTES_MAX: usize = 16 * MESSAGE_BYTES_MAX;

/// What a load is made of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) connections: usize,
    pub(super) in_flight: usize,
    pub(super) time: Duration,
}

/// What came of a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    /// Calls that were answered.
    pub(super) calls: u64,
    /// What they were made of: decisions or ids.
    pub(super) items: u64,
    /// How long they took, sorted; of a list, until the first chunk.
    pub(super) latencies: Vec<Duration>,
    /// How long the whole load took.
    pub(super) time: Duration,
}

/// Where a load goes.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) socket: PathBuf,
    /// What is needed at the address; none is nothing.
    pub(super) security: Option<Security>,
}

/// What a caller of a secured server needs.
#[derive(Clone, Debug)]
pub(super) struct Security {
    pub(super) tls: ClientTlsConfig,
    pub(super) header: MetadataValue<Ascii>,
}

/// Puts the token on every call, where there is one.
#[derive(Clone, Debug)]
pub(super) struct Bearer(Option<MetadataValue<Ascii>>);

/// The client of a load.
pub(super) type Client = DecisionServiceClient<InterceptedService<Channel, Bearer>>;

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(header) = &self.0 {
            request.metadata_mut().insert("authorization", header.clone());
        }
        Ok(request)
    }
}

impl Place {
    pub(super) async fn channel(&self, transport: Transport) -> Result<Channel> {
        match (transport, &self.security) {
            (Transport::Tcp, None) => Ok(endpoint(&self.address)?.connect().await?),
            (Transport::Tcp, Some(it)) => {
                Ok(endpoint(&self.address)?.tls_config(it.tls.clone())?.connect().await?)
            }
            (Transport::Unix, _) => connect_unix(&self.socket).await,
        }
    }

    pub(super) async fn connect(&self, transport: Transport) -> Result<Client> {
        let bearer = Bearer(self.security.as_ref().map(|it| it.header.clone()));
        let client = DecisionServiceClient::with_interceptor(self.channel(transport).await?, bearer);
        Ok(client.max_decoding_message_size(ANSWER_BYTES_MAX))
    }
}

fn endpoint(address: &str) -> Result<Endpoint> {
    let endpoint = Endpoint::from_shared(address.to_owned())?;
    Ok(endpoint
        .initial_stream_window_size(4 << 20)
        .initial_connection_window_size(16 << 20)
        .tcp_nodelay(true))
}

async fn connect_unix(socket: &Path) -> Result<Channel> {
    let uri = format!("unix://{}", socket.display());
    Ok(endpoint(&uri)?.connect().await?)
}

/// Runs one load.
pub(super) async fn run(
    place: &Place,
    transport: Transport,
    case: Case,
    calls: &Arc<Calls>,
    shape: Shape,
) -> Result<Sample> {
    let mut workers = JoinSet::new();
    let end = Instant::now() + shape.time;
    let started = Instant::now();
    for connection in 0..shape.connections {
        let client = place.connect(transport).await?;
        for slot in 0..shape.in_flight {
            // Each worker goes through the calls from another place.
            let at = (connection * shape.in_flight + slot) * 7919;
            workers.spawn(work(client.clone(), case, Arc::clone(calls), at, end));
        }
    }
    let mut total = Sample::default();
    while let Some(sample) = workers.join_next().await {
        let sample = sample.context("a worker ended early")??;
        total.calls += sample.calls;
        total.items += sample.items;
        total.latencies.extend(sample.latencies);
    }
    total.time = started.elapsed();
    total.latencies.sort_unstable();
    Ok(total)
}

async fn work(
    mut client: Client,
    case: Case,
    calls: Arc<Calls>,
    mut at: usize,
    end: Instant,
) -> Result<Sample> {
    let mut sample = Sample::default();
    while Instant::now() < end {
        let started = Instant::now();
        let (items, latency) = call(&mut client, case, &calls, at).await?;
        sample.latencies.push(latency.unwrap_or_else(|| started.elapsed()));
        sample.calls += 1;
        sample.items += items;
        at += 1;
    }
    Ok(sample)
}

/// Makes one call; says what it was made of and, of a list, when its first chunk came.
async fn call(client: &mut Client, case: Case, calls: &Calls, at: usize) -> Result<(u64, Option<Duration>)> {
    match case {
        Case::Stored => {
            client.check(pick(&calls.stored, at)?).await?;
            Ok((1, None))
        }
        Case::Inline => {
            client.check(pick(&calls.inline, at)?).await?;
            Ok((1, None))
        }
        Case::Batch => {
            let answer = client.batch_check(pick(&calls.batches, at)?).await?;
            Ok((answer.get_ref().results.len() as u64, None))
        }
        Case::List => list(client, calls.widest.clone()).await,
        Case::ListBetween => list(client, calls.between.clone()).await,
        Case::PageAll | Case::PageNarrow | Case::PageBetween => {
            let (ids, _) = list(client, pick(calls.pages(case), at)?).await?;
            Ok((ids, None))
        }
    }
}

/// Takes a whole stream; says how many ids it had and when the first came.
async fn list(client: &mut Client, request: pb::ListVisibleRequest) -> Result<(u64, Option<Duration>)> {
    let started = Instant::now();
    let mut chunks = client.list_visible(request).await?.into_inner();
    let (mut ids, mut first) = (0, None);
    while let Some(chunk) = chunks.message().await? {
        first.get_or_insert_with(|| started.elapsed());
        ids += chunk.ids.len() as u64;
    }
    Ok((ids, first))
}

/// A call of those that there are.
fn pick<T: Clone>(calls: &[T], at: usize) -> Result<T> {
    calls.get(at % calls.len().max(1)).cloned().context("there are no calls to make")
}
