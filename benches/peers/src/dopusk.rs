//! Dopusk itself over gRPC: a server that is already running and holds the same company.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tonic::transport::{Channel, Endpoint};

use crate::company::READ;
use crate::peer::Remote;
use crate::question::Question;
use crate::wire::call;

const PATH: &str = "/dopusk.v1.DecisionService/Check";

/// `EFFECT_ALLOW`.
const ALLOW: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
struct CheckRequest {
    #[prost(string, tag = "1")]
    subject: String,
    #[prost(string, tag = "2")]
    action: String,
    #[prost(string, tag = "3")]
    entity_type: String,
    #[prost(string, optional, tag = "4")]
    id: Option<String>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct CheckResponse {
    #[prost(message, optional, tag = "1")]
    decision: Option<Decision>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Decision {
    #[prost(int32, tag = "1")]
    effect: i32,
}

#[derive(Clone)]
pub struct Dopusk {
    channel: Channel,
    requests: Arc<Vec<CheckRequest>>,
}

impl Dopusk {
    /// Connections to a server at `host:port`, each its own, all with the same questions.
    pub async fn connect(address: &str, questions: &[Question<'_>], connections: usize) -> Result<Vec<Self>> {
        let requests: Arc<Vec<_>> = Arc::new(questions.iter().map(request).collect());
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true);
        let mut found = Vec::new();
        for _ in 0..connections {
            let channel = endpoint.connect().await.with_context(|| format!("connecting to {address}"))?;
            found.push(Self { channel, requests: Arc::clone(&requests) });
        }
        Ok(found)
    }
}

impl Remote for Dopusk {
    async fn may_read(&self, at: usize) -> Result<bool> {
        let request = self.requests.get(at).context("no such question")?.clone();
        let answer: CheckResponse = call(&self.channel, PATH, request).await?;
        Ok(answer.decision.context("an answer without a decision")?.effect == ALLOW)
    }
}

fn request(question: &Question<'_>) -> CheckRequest {
    CheckRequest {
        subject: question.user.to_owned(),
        action: READ.to_owned(),
        entity_type: question.entity_type.to_owned(),
        id: Some(question.id.to_owned()),
    }
}
