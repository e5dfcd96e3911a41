//! The call of `WatchService`.

use super::answer::event;
use super::{ANSWER_BYTES_MAX, Client, ClientError, Event};
use crate::api::pb;
use crate::api::pb::watch_service_client::WatchServiceClient;

/// The changes as they are committed.
#[derive(Debug)]
pub struct Changes {
    client: Client,
    events: tonic::Streaming<pb::WatchResponse>,
}

impl Client {
    /// Follows the changes behind a token, or from now on.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn watch(&self, after: &str) -> Result<Changes, ClientError> {
        let mut watch =
            WatchServiceClient::new(self.line.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        let request = pb::WatchRequest { after: after.to_owned() };
        let answer = watch.watch(request).await.map_err(|status| self.failure(&status))?;
        Ok(Changes { client: self.clone(), events: answer.into_inner() })
    }
}

impl Changes {
    /// Waits for what comes next; none when the server has ended the watch.
    ///
    /// # Errors
    /// The server can't be reached any more or refuses.
    pub async fn next(&mut self) -> Result<Option<Event>, ClientError> {
        let message = self.events.message().await.map_err(|status| self.client.failure(&status))?;
        message.as_ref().map(event).transpose()
    }
}
