//! The no-op service: it answers every call with a message that was recorded from the real one.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use prost::Message;
use tokio::net::{TcpListener, UnixListener};
use tokio_stream::Stream;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::{Request, Response, Status};

use crate::api::pb;
use crate::api::pb::decision_service_server::{DecisionService, DecisionServiceServer};
use crate::cli::output::Output;
use crate::domain::MESSAGE_BYTES_MAX;
use crate::server::{incoming, transport};

/// The messages that the no-op service answers with.
#[derive(Clone, Debug, Default)]
pub(super) struct Recording {
    pub(super) check: pb::CheckResponse,
    pub(super) batch: pb::BatchCheckResponse,
    pub(super) page: pb::ListVisibleResponse,
    pub(super) list: Vec<pb::ListVisibleResponse>,
}

impl Recording {
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let mut bytes = self.check.encode_length_delimited_to_vec();
        bytes.extend(self.batch.encode_length_delimited_to_vec());
        bytes.extend(self.page.encode_length_delimited_to_vec());
        for message in &self.list {
            bytes.extend(message.encode_length_delimited_to_vec());
        }
        std::fs::write(path, bytes).context("the recording can't be saved")
    }

    fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).context("the recording can't be read")?;
        let mut rest = bytes.as_slice();
        let check = pb::CheckResponse::decode_length_delimited(&mut rest)?;
        let batch = pb::BatchCheckResponse::decode_length_delimited(&mut rest)?;
        let page = pb::ListVisibleResponse::decode_length_delimited(&mut rest)?;
        let mut list = Vec::new();
        while !rest.is_empty() {
            list.push(pb::ListVisibleResponse::decode_length_delimited(&mut rest)?);
        }
        Ok(Self { check, batch, page, list })
    }
}

/// Serves the messages of a recording until the process is stopped; says on `output` where it listens.
///
/// # Errors
/// The recording can't be read, or the listeners can't be bound.
pub(super) async fn serve(
    recording: &Path,
    listen: SocketAddr,
    socket: &Path,
    output: &mut Output,
) -> Result<()> {
    let service = Noop { recording: Arc::new(Recording::load(recording)?) };
    let listener = TcpListener::bind(listen).await?;
    let address = listener.local_addr()?;
    let socket = UnixListener::bind(socket)?;
    let routes = || {
        let service =
            DecisionServiceServer::new(service.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX);
        transport(None, None, None).add_service(service)
    };
    output.line(&format!("listening on http://{address}"))?;
    let tcp = routes().serve_with_incoming(incoming(listener));
    let unix = routes().serve_with_incoming(UnixListenerStream::new(socket));
    tokio::try_join!(tcp, unix)?;
    Ok(())
}

#[derive(Clone)]
struct Noop {
    recording: Arc<Recording>,
}

/// Clones of the recorded messages, one after the other.
struct Replay {
    recording: Arc<Recording>,
    at: usize,
}

impl Iterator for Replay {
    type Item = Result<pb::ListVisibleResponse, Status>;

    fn next(&mut self) -> Option<Self::Item> {
        let message = self.recording.list.get(self.at)?;
        self.at += 1;
        Some(Ok(message.clone()))
    }
}

#[tonic::async_trait]
impl DecisionService for Noop {
    async fn check(&self, _: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        Ok(Response::new(self.recording.check.clone()))
    }

    async fn batch_check(
        &self,
        _: Request<pb::BatchCheckRequest>,
    ) -> Result<Response<pb::BatchCheckResponse>, Status> {
        Ok(Response::new(self.recording.batch.clone()))
    }

    type ListVisibleStream = Pin<Box<dyn Stream<Item = Result<pb::ListVisibleResponse, Status>> + Send>>;

    async fn list_visible(
        &self,
        request: Request<pb::ListVisibleRequest>,
    ) -> Result<Response<Self::ListVisibleStream>, Status> {
        if request.get_ref().page_size > 0 {
            let page = Ok(self.recording.page.clone());
            return Ok(Response::new(Box::pin(tokio_stream::once(page))));
        }
        let replay = Replay { recording: Arc::clone(&self.recording), at: 0 };
        Ok(Response::new(Box::pin(tokio_stream::iter(replay))))
    }

    async fn count_visible(
        &self,
        _: Request<pb::CountVisibleRequest>,
    ) -> Result<Response<pb::CountVisibleResponse>, Status> {
        Err(Status::unimplemented("not measured"))
    }

    async fn list_subjects(
        &self,
        _: Request<pb::ListSubjectsRequest>,
    ) -> Result<Response<pb::ListSubjectsResponse>, Status> {
        Err(Status::unimplemented("not recorded"))
    }

    async fn list_actions(
        &self,
        _: Request<pb::ListActionsRequest>,
    ) -> Result<Response<pb::ListActionsResponse>, Status> {
        Err(Status::unimplemented("not recorded"))
    }

    async fn explain(&self, _: Request<pb::ExplainRequest>) -> Result<Response<pb::ExplainResponse>, Status> {
        Err(Status::unimplemented("not recorded"))
    }

    async fn list_recipients(
        &self,
        _: Request<pb::ListRecipientsRequest>,
    ) -> Result<Response<pb::ListRecipientsResponse>, Status> {
        Err(Status::unimplemented("not recorded"))
    }

    async fn plan_visible(
        &self,
        _: Request<pb::PlanVisibleRequest>,
    ) -> Result<Response<pb::PlanVisibleResponse>, Status> {
        Err(Status::unimplemented("not recorded"))
    }
}
