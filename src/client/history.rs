//! The call of `HistoryService`.

use super::answer::committed;
use super::{ANSWER_BYTES_MAX, Client, ClientError, Committed, Window};
use crate::api::pb::history_service_client::HistoryServiceClient;
use crate::api::{convert, pb};
use crate::domain::{Id, Key};
use crate::engine::First;

/// Which committed changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct History {
    /// Those of this object.
    pub object: Option<Key>,
    /// Those whose write names this author.
    pub author: Option<Id>,
    /// Those committed at this time or later, in milliseconds since 1970-01-01 UTC.
    pub since_ms: Option<i64>,
    /// Those committed before this time.
    pub until_ms: Option<i64>,
    /// Which come first.
    pub first: First,
}

/// A part of the committed changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryPart {
    /// The changes, one entry a write.
    pub sets: Vec<Committed>,
    /// Goes on behind the last one; empty at the end.
    pub next: String,
    /// The token of the revision that the change log goes back to.
    pub oldest: String,
}

impl Client {
    /// Lists a page of committed changes. It can be short, or empty, and still not be the last.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn history(&self, history: &History, window: Window) -> Result<HistoryPart, ClientError> {
        let order = match history.first {
            First::Newest => pb::ChangeOrder::NewestFirst,
            First::Oldest => pb::ChangeOrder::OldestFirst,
        };
        let request = pb::ListChangesRequest {
            object: history.object.as_ref().map(convert::key_to_wire),
            author: history.author.as_ref().map(Id::to_string).unwrap_or_default(),
            since: history.since_ms.map(convert::timestamp),
            until: history.until_ms.map(convert::timestamp),
            order: order.into(),
            page_size: window.size,
            page_token: window.after,
            ..pb::ListChangesRequest::default()
        };
        let mut service =
            HistoryServiceClient::new(self.line.clone()).max_decoding_message_size(ANSWER_BYTES_MAX);
        let page = service.list_changes(request).await.map_err(|status| self.failure(&status))?.into_inner();
        Ok(HistoryPart {
            sets: page.changes.iter().map(committed).collect::<Result<_, _>>()?,
            next: page.next_page_token,
            oldest: page.oldest_revision,
        })
    }
}
