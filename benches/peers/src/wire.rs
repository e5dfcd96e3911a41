//! One unary gRPC call with messages of our own: the peers' contracts are not compiled here.

use anyhow::{Context as _, Result};
use prost::Message;
use tonic::Request;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;
use tonic_prost::ProstCodec;

pub async fn call<Q, A>(channel: &Channel, path: &'static str, question: Q) -> Result<A>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    let mut client = Grpc::new(channel.clone());
    client.ready().await.with_context(|| format!("{path}: no connection"))?;
    let codec = ProstCodec::<Q, A>::default();
    let answer = client.unary(Request::new(question), PathAndQuery::from_static(path), codec).await;
    Ok(answer.with_context(|| format!("calling {path}"))?.into_inner())
}
