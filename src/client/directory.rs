//! The calls of `DirectoryService`.

use tokio_stream::{Stream, StreamExt as _};

use super::answer::object;
use super::{ANSWER_BYTES_MAX, Client, ClientError, Line, Message, Messages};
use crate::api::pb::directory_service_client::DirectoryServiceClient;
use crate::api::{convert, pb};
use crate::domain::{Key, Kind, Note, Object, Operation, Revision};
use crate::engine::ImportMode;

/// Which objects of a kind to list. Empty parts are no filter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Selection {
    /// The kind.
    pub kind: Kind,
    /// Of this department.
    pub department: String,
    /// Of this workgroup.
    pub workgroup: String,
    /// Of this helpdesk group.
    pub support_group: String,
    /// Of this role.
    pub role: String,
    /// Of this user.
    pub user: String,
    /// Of this entity type.
    pub entity_type: String,
}

/// Every object at one revision.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Everything {
    /// The objects.
    pub objects: Vec<Object>,
    /// The token of their revision.
    pub revision: String,
}

/// How far an import is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// How many objects are on disk.
    pub committed: u64,
    /// The token of the newest revision that the import made; empty before the first.
    pub revision: String,
}

/// Takes the objects of a chunk, and the token of the export's revision.
pub type OnChunk<'a, E> = dyn FnMut(Vec<Object>, &str) -> Result<(), E> + Send + 'a;

/// The number in a revision token; none where the text is no token.
#[must_use]
pub fn revision_number(token: &str) -> Option<Revision> {
    token.rsplit_once('.')?.1.parse().ok().map(Revision::new)
}

impl Client {
    /// Writes a batch and tells the revision that it made.
    ///
    /// # Errors
    /// The server can't be reached or refuses; then nothing was changed.
    pub async fn write(&self, operations: &[Operation]) -> Result<String, ClientError> {
        self.write_noted(operations, &Note::default()).await
    }

    /// Writes a batch with a note and tells the revision that it made.
    ///
    /// # Errors
    /// The server can't be reached or refuses; then nothing was changed.
    pub async fn write_noted(&self, operations: &[Operation], note: &Note) -> Result<String, ClientError> {
        let operations = operations.iter().map(convert::operation_to_wire).collect();
        let author = note.author.as_ref().map(ToString::to_string).unwrap_or_default();
        let comment = note.comment.clone();
        let request = pb::WriteRequest { operations, author, comment, ..pb::WriteRequest::default() };
        let answer = self.directory().write(request).await.map_err(|status| self.failure(&status))?;
        Ok(answer.into_inner().revision)
    }

    /// Reads an object.
    ///
    /// # Errors
    /// The server can't be reached or refuses, such as when there is no such object.
    pub async fn get(&self, key: &Key) -> Result<Object, ClientError> {
        let key = Some(convert::key_to_wire(key));
        let request = pb::GetObjectRequest { key, consistency: self.freshness.to_wire() };
        let answer = self.directory().get_object(request).await.map_err(|status| self.failure(&status))?;
        object(&answer.into_inner().object.unwrap_or_default())
    }

    /// Lists objects, at most as many as asked for; 0 is all of them.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_objects(
        &self,
        selection: &Selection,
        count_max: usize,
    ) -> Result<Vec<Object>, ClientError> {
        let count_max = if count_max == 0 { usize::MAX } else { count_max };
        let mut request = self.list_request(selection, count_max);
        let mut objects = Vec::new();
        loop {
            let answer = self.directory().list_objects(request.clone()).await;
            let page = answer.map_err(|status| self.failure(&status))?.into_inner();
            for it in &page.objects {
                objects.push(object(it)?);
            }
            if page.next_page_token.is_empty() || objects.len() >= count_max {
                objects.truncate(count_max);
                return Ok(objects);
            }
            request.page_token = page.next_page_token;
        }
    }

    fn list_request(&self, selection: &Selection, count_max: usize) -> pb::ListObjectsRequest {
        let Selection { kind, department, workgroup, support_group, role, user, entity_type } = selection;
        pb::ListObjectsRequest {
            kind: convert::kind_to_wire(*kind).into(),
            department: department.clone(),
            workgroup: workgroup.clone(),
            support_group: support_group.clone(),
            role: role.clone(),
            user: user.clone(),
            entity_type: entity_type.clone(),
            // The server takes what is more than its own bound as that bound.
            page_size: u32::try_from(count_max).unwrap_or(u32::MAX),
            page_token: String::new(),
            consistency: self.freshness.to_wire(),
        }
    }

    /// Imports what messages carry, and tells of the progress on the way and at the end.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn import(
        &self,
        messages: impl Stream<Item = Message> + Send + 'static,
        on_progress: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<Progress, ClientError> {
        let messages = messages.map(Message::into_wire);
        let answers = self.directory().import(messages).await.map_err(|status| self.failure(&status))?;
        let mut answers = answers.into_inner();
        while let Some(answer) = answers.next().await {
            let answer = answer.map_err(|status| self.failure(&status))?;
            let progress = Progress { committed: answer.committed, revision: answer.revision };
            on_progress(&progress);
            if answer.done {
                return Ok(progress);
            }
        }
        Err(ClientError::Nonsense("the import ended without saying that it is done".to_owned()))
    }

    /// Imports objects as one batch and tells the revision that it made; empty if there were none.
    ///
    /// # Errors
    /// The server can't be reached or refuses; then nothing was changed.
    pub async fn load(&self, objects: Vec<Object>) -> Result<String, ClientError> {
        let messages = Messages::new(ImportMode::Atomic, objects);
        let done = self.import(tokio_stream::iter(messages), &mut |_| {}).await?;
        Ok(done.revision)
    }

    /// Takes out every object, a chunk at a time, and tells the token of the revision.
    ///
    /// # Errors
    /// The server can't be reached or refuses, or `on_chunk` can't go on.
    pub async fn export<E: From<ClientError>>(&self, on_chunk: &mut OnChunk<'_, E>) -> Result<String, E> {
        let request = pb::ExportRequest { consistency: self.freshness.to_wire() };
        let answer = self.directory().export(request).await.map_err(|status| self.failure(&status))?;
        let (mut chunks, mut revision) = (answer.into_inner(), String::new());
        while let Some(chunk) = chunks.message().await.map_err(|status| self.failure(&status))? {
            let objects: Result<Vec<Object>, ClientError> = chunk.objects.iter().map(object).collect();
            on_chunk(objects?, &chunk.revision)?;
            revision = chunk.revision;
        }
        Ok(revision)
    }

    /// Takes out every object at once.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn everything(&self) -> Result<Everything, ClientError> {
        let mut objects = Vec::new();
        let mut on_chunk = |chunk: Vec<Object>, _: &str| {
            objects.extend(chunk);
            Ok::<(), ClientError>(())
        };
        let revision = self.export(&mut on_chunk).await?;
        Ok(Everything { objects, revision })
    }

    fn directory(&self) -> DirectoryServiceClient<Line> {
        DirectoryServiceClient::new(self.line.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }
}
