//! Cerbos over gRPC, its server from npm beside us.
//!
//! One rule a type, which looks the levels of all roles up in a table of constants: of the ways to write these rights
//! it is the fastest for checks. Cerbos keeps no directory: the caller sends the user's effective roles and
//! departments, and the resource's departments with all that are above them. Gathering them is not in the time.

mod message;
mod policy;
mod server;

use std::sync::Arc;

use anyhow::{Context as _, Result};
use tonic::transport::Channel;

use self::message::{ALLOW, CheckResourcesRequest, CheckResourcesResponse, PATH};
pub use self::server::Server;
use crate::company::READ;
use crate::oracle::Oracle;
use crate::peer::Remote;
use crate::question::Question;
use crate::wire::call;

#[derive(Clone)]
pub struct Cerbos {
    channel: Channel,
    requests: Arc<Vec<CheckResourcesRequest>>,
}

impl Cerbos {
    /// Connections to a server, each its own, all with the same questions.
    pub async fn connect(
        server: &Server,
        oracle: &Oracle<'_>,
        questions: &[Question<'_>],
        connections: usize,
    ) -> Result<Vec<Self>> {
        let requests: Arc<Vec<_>> =
            Arc::new(questions.iter().map(|question| message::request(oracle, question)).collect());
        let mut found = Vec::new();
        for _ in 0..connections {
            found.push(Self { channel: server.connect().await?, requests: Arc::clone(&requests) });
        }
        Ok(found)
    }
}

impl Remote for Cerbos {
    async fn may_read(&self, at: usize) -> Result<bool> {
        let request = self.requests.get(at).context("no such question")?.clone();
        let answer: CheckResourcesResponse = call(&self.channel, PATH, request).await?;
        let result = answer.results.first().context("an answer without a result")?;
        Ok(result.actions.get(READ) == Some(&ALLOW))
    }
}
