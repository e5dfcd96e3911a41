//! Calls made of messages that are encoded beforehand, whose answers aren't decoded: callers who do no more than they
//! must, so that where many calls come at a time it isn't the callers that are measured.

use anyhow::{Context as _, Result};
use h2::client::SendRequest;
use prost::Message;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tonic::Code;
use tonic::codegen::Bytes;
use tonic::codegen::http::{HeaderMap, HeaderValue, Method, Request, Uri, header};

use crate::caller::CALLS;

/// What may be under way of a stream and of a connection: no answer of a load waits for it.
const STREAM_BYTES: u32 = 4 << 20;
const CONNECTION_BYTES: u32 = 16 << 20;

/// A connection.
#[derive(Clone)]
pub(super) struct Wire {
    sender: SendRequest<Bytes>,
}

/// A call that can be made again and again.
#[derive(Clone, Debug)]
pub(super) struct Prepared {
    uri: Uri,
    message: Bytes,
}

impl Prepared {
    /// Encodes the message of a call of the contract, by its name.
    pub(super) fn new(call: &str, address: &str, message: &impl Message) -> Result<Self> {
        let call = CALLS.iter().find(|it| it.name == call).context("there is no such call")?;
        let uri = format!("{address}{}", call.path).parse()?;
        Ok(Self { uri, message: framed(message)? })
    }
}

/// A message as gRPC sends it: not compressed, behind its length.
fn framed(message: &impl Message) -> Result<Bytes> {
    let length = u32::try_from(message.encoded_len())?;
    let mut bytes = vec![0];
    bytes.extend(length.to_be_bytes());
    message.encode(&mut bytes)?;
    Ok(bytes.into())
}

impl Wire {
    /// Connects to a server that is written as a client writes it; the connection is driven by one of the tasks.
    pub(super) async fn connect(address: &str, tasks: &mut JoinSet<()>) -> Result<Self> {
        let host = address.strip_prefix("http://").context("calls are sent over TCP, without TLS")?;
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = h2::client::Builder::new()
            .initial_window_size(STREAM_BYTES)
            .initial_connection_window_size(CONNECTION_BYTES)
            .handshake(stream)
            .await?;
        tasks.spawn(async move {
            // Its end is seen by the calls.
            drop(connection.await);
        });
        Ok(Self { sender })
    }

    /// Makes a call, and takes its answer to the end.
    pub(super) async fn call(&self, prepared: &Prepared) -> Result<Code> {
        let mut sender = self.sender.clone().ready().await?;
        let (answer, mut sending) = sender.send_request(prepared.head(), false)?;
        sending.send_data(prepared.message.clone(), true)?;
        let (head, mut body) = answer.await?.into_parts();
        if let Some(code) = code_in(&head.headers) {
            return Ok(code);
        }
        while let Some(bytes) = body.data().await {
            body.flow_control().release_capacity(bytes?.len())?;
        }
        let trailers = body.trailers().await?.context("an answer has no status")?;
        code_in(&trailers).context("an answer has no status")
    }
}

impl Prepared {
    fn head(&self) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
        request
    }
}

fn code_in(headers: &HeaderMap) -> Option<Code> {
    headers.get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()))
}
