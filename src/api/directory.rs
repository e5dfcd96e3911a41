//! `DirectoryService`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status, Streaming};

use super::deadline::{Deadline, expire};
use super::permit::Licence;
use super::seat::Seats;
use super::status::{self, Invalid, invalid};
use super::{Context, convert, pb};
use crate::domain::{
    COMMENT_BYTES_MAX, EXPORTS_AT_ONCE_MAX, IMPORT_MESSAGE_OBJECTS_MAX, IMPORTS_AT_ONCE_MAX, Id, Kind, Note,
    Object, Operation, PAGE_ITEMS_DEFAULT, PAGE_ITEMS_MAX, Verb, WRITE_OPERATIONS_MAX, Write,
};
use crate::engine::{Consistency, Filter, Import, ImportMode, Progress};

/// Answers that wait for a slow reader of a stream.
const STREAM_MESSAGES_WAITING_MAX: usize = 4;
/// How long the next message of an import may be in coming.
const IMPORT_MESSAGE_WAIT_MAX: Duration = Duration::from_mins(1);

/// Answers `DirectoryService`.
#[derive(Clone)]
pub struct DirectoryApi {
    context: Context,
    imports: Seats,
    exports: Seats,
}

impl DirectoryApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self {
            context,
            imports: Seats::new(IMPORTS_AT_ONCE_MAX, "imports", "TOO_MANY_IMPORTS"),
            exports: Seats::new(EXPORTS_AT_ONCE_MAX, "exports", "TOO_MANY_EXPORTS"),
        }
    }
}

#[tonic::async_trait]
impl pb::directory_service_server::DirectoryService for DirectoryApi {
    async fn write(&self, request: Request<pb::WriteRequest>) -> Result<Response<pb::WriteResponse>, Status> {
        let write = self.parse_write(request.get_ref())?;
        self.context.permit(&request)?.operations(&write.operations)?;
        self.has_memory(&write)?;
        let revision = self.context.engine.write(write).await.map_err(|error| status::write(&error))?;
        Ok(Response::new(pb::WriteResponse { revision: self.context.engine.token(revision) }))
    }

    async fn get_object(
        &self,
        request: Request<pb::GetObjectRequest>,
    ) -> Result<Response<pb::GetObjectResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let request = request.get_ref();
        let key = request.key.clone().unwrap_or_default();
        let key = convert::key(&key, "key").map_err(|faults| invalid(&faults))?;
        permit.key(&key, "key")?;
        let published = self.context.at(request.consistency.as_ref()).await?;
        let object = published.get(&key).ok_or_else(|| status::not_found(&key.to_string()))?;
        Ok(Response::new(pb::GetObjectResponse {
            object: Some(convert::object_to_wire(&object)),
            revision: published.token().to_owned(),
        }))
    }

    async fn list_objects(
        &self,
        request: Request<pb::ListObjectsRequest>,
    ) -> Result<Response<pb::ListObjectsResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let request = request.get_ref();
        let kind = convert::kind(request.kind()).map_err(|faults| invalid(&faults))?;
        permit.list((kind == Kind::Resource).then_some(request.entity_type.as_str()))?;
        let (_turn, published) = self.context.turn_at(request.consistency.as_ref()).await?;
        let filter = parse_filter(request)?;
        let after =
            convert::parse_page_token(&request.page_token, kind).map_err(|fault| invalid(&[fault]))?;
        let size = match request.page_size as usize {
            0 => PAGE_ITEMS_DEFAULT,
            size => size.min(PAGE_ITEMS_MAX),
        };
        let page =
            published.list(kind, &filter, after.as_ref(), size).map_err(|error| status::filter(&error))?;
        let last = page.objects.last().filter(|_| page.has_more);
        Ok(Response::new(pb::ListObjectsResponse {
            next_page_token: last.map(|last| convert::page_token(&last.key())).unwrap_or_default(),
            objects: page.objects.iter().map(convert::object_to_wire).collect(),
            revision: published.token().to_owned(),
        }))
    }

    type ImportStream = Pin<Box<dyn Stream<Item = Result<pb::ImportResponse, Status>> + Send>>;

    async fn import(
        &self,
        request: Request<Streaming<pb::ImportRequest>>,
    ) -> Result<Response<Self::ImportStream>, Status> {
        let deadline = Deadline::of(&request);
        let licence = Licence::of(self.context.doors, &request)?;
        let seat = self.imports.take()?;
        let (answers, stream) = mpsc::channel(STREAM_MESSAGES_WAITING_MAX);
        let context = self.context.clone();
        tokio::spawn(async move {
            let _seat = seat;
            let messages = Licensed { messages: request.into_inner(), licence };
            let last = import(&context, messages, deadline, &answers).await;
            // Whoever has gone away needs no answer.
            drop(answers.send(last).await);
        });
        let stream = self.context.readers.look_after(ReceiverStream::new(stream));
        Ok(Response::new(Box::pin(stream)))
    }

    type ExportStream = Pin<Box<dyn Stream<Item = Result<pb::ExportResponse, Status>> + Send>>;

    async fn export(
        &self,
        request: Request<pb::ExportRequest>,
    ) -> Result<Response<Self::ExportStream>, Status> {
        self.context.permit(&request)?;
        let (seat, deadline) = (self.exports.take()?, Deadline::of(&request));
        let published = Arc::clone(&*self.context.at(request.get_ref().consistency.as_ref()).await?);
        let stopping = self.context.stopping.clone();
        let (answers, stream) = mpsc::channel(STREAM_MESSAGES_WAITING_MAX);
        tokio::task::spawn_blocking(move || {
            let _seat = seat;
            let mut objects = published.export().peekable();
            let mut is_first = true;
            while is_first || objects.peek().is_some() {
                is_first = false;
                let chunk = objects.by_ref().take(IMPORT_MESSAGE_OBJECTS_MAX);
                let message = pb::ExportResponse {
                    objects: chunk.map(|object| convert::object_to_wire(&object)).collect(),
                    revision: published.token().to_owned(),
                };
                let answer = if deadline.is_some_and(Deadline::has_passed) {
                    Err(status::deadline_exceeded())
                } else if *stopping.borrow() {
                    Err(status::shutting_down())
                } else {
                    Ok(message)
                };
                let is_over = answer.is_err();
                if answers.blocking_send(answer).is_err() || is_over {
                    return;
                }
            }
        });
        let stream = self.context.readers.look_after(ReceiverStream::new(stream));
        Ok(Response::new(Box::pin(stream)))
    }
}

impl DirectoryApi {
    /// Whether there is memory for a write. What takes rights away mustn't wait for it, so only what adds objects does.
    fn has_memory(&self, write: &Write) -> Result<(), Status> {
        if !self.context.load.is_short() {
            return Ok(());
        }
        // The newest state can always be had.
        let Ok(published) = self.context.engine.at(Consistency::Newest) else { return Ok(()) };
        let adds = write.operations.iter().any(|operation| match &operation.verb {
            Verb::Put(object) => published.get(&object.key()).is_none(),
            Verb::Delete(_) => false,
        });
        if adds { self.context.load.has_memory() } else { Ok(()) }
    }

    /// A write from the wire.
    pub(super) fn parse_write(&self, request: &pb::WriteRequest) -> Result<Write, Status> {
        let count = request.operations.len();
        if count == 0 || count > WRITE_OPERATIONS_MAX {
            return Err(status::too_many_operations(count));
        }
        let mut operations: Vec<Operation> = Vec::with_capacity(count);
        let mut faults = Vec::new();
        for (at, operation) in request.operations.iter().enumerate() {
            match convert::operation(operation, &format!("operations[{at}]")) {
                Ok(operation) => operations.push(operation),
                Err(found) => faults.extend(found),
            }
        }
        let request_id = parse_optional("request_id", &request.request_id, &mut faults);
        let note = parse_note(&request.author, &request.comment, &mut faults);
        if !faults.is_empty() {
            return Err(invalid(&faults));
        }
        let expected = Some(request.expected_revision.as_str()).filter(|token| !token.is_empty());
        let expected = expected.map(|token| self.context.engine.revision_of(token)).transpose();
        let expected = expected.map_err(|error| status::token("expected_revision", &error))?;
        Ok(Write { operations, expected, request_id, note })
    }
}

/// What comes in, and what of it may.
struct Licensed {
    messages: Streaming<pb::ImportRequest>,
    licence: Licence,
}

/// Runs an import; the last answer says that it is done, or why it stopped.
async fn import(
    context: &Context,
    mut licensed: Licensed,
    deadline: Option<Deadline>,
    answers: &mpsc::Sender<Result<pb::ImportResponse, Status>>,
) -> Result<pb::ImportResponse, Status> {
    let mut import: Option<Import> = None;
    let mut place = 0;
    loop {
        // A caller who sends nothing more must not hold up its own deadline, nor the server's end.
        let message = tokio::select! {
            biased;
            () = expire(deadline) => return Err(status::deadline_exceeded()),
            () = context.stops() => return Err(status::shutting_down()),
            message = licensed.messages.next() => message,
            () = tokio::time::sleep(IMPORT_MESSAGE_WAIT_MAX) => return Err(status::import_stalled()),
        };
        let Some(message) = message.transpose()? else { break };
        let import = match &mut import {
            Some(import) => import,
            None => import.insert(begin(context, &message)?),
        };
        context.load.has_memory()?;
        let objects = parse_objects(&message, place)?;
        licensed.licence.objects(&objects, place)?;
        place += objects.len();
        let committed = import.progress().committed;
        import.push(objects).await.map_err(|error| status::import(&error))?;
        if import.progress().committed > committed {
            // Who doesn't read the progress doesn't hold the import up.
            drop(answers.try_send(Ok(progress(context, import.progress(), Done::No))));
        }
    }
    let mut import = match import {
        Some(import) => import,
        None => begin(context, &pb::ImportRequest::default())?,
    };
    import.finish().await.map_err(|error| status::import(&error))?;
    Ok(progress(context, import.progress(), Done::Yes))
}

/// Begins an import as its first message says.
fn begin(context: &Context, first: &pb::ImportRequest) -> Result<Import, Status> {
    let mut faults = Vec::new();
    let note = parse_note(&first.author, &first.comment, &mut faults);
    if !faults.is_empty() {
        return Err(invalid(&faults));
    }
    Ok(Import::new(Arc::clone(&context.engine), mode(first.mode()), note))
}

const fn mode(mode: pb::ImportMode) -> ImportMode {
    match mode {
        pb::ImportMode::Unspecified | pb::ImportMode::Atomic => ImportMode::Atomic,
        pb::ImportMode::Chunked => ImportMode::Chunked,
    }
}

fn parse_objects(message: &pb::ImportRequest, place: usize) -> Result<Vec<Object>, Status> {
    let count = message.objects.len();
    if count > IMPORT_MESSAGE_OBJECTS_MAX {
        let text = format!("{count} objects; a message has at most {IMPORT_MESSAGE_OBJECTS_MAX}");
        return Err(invalid(&[Invalid::new("objects", text)]));
    }
    let mut objects = Vec::with_capacity(count);
    let mut faults = Vec::new();
    for (at, object) in message.objects.iter().enumerate() {
        match convert::object(object, &format!("objects[{}]", place + at)) {
            Ok(object) => objects.push(object),
            Err(found) => faults.extend(found),
        }
    }
    if faults.is_empty() { Ok(objects) } else { Err(invalid(&faults)) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Yes,
    No,
}

fn progress(context: &Context, progress: Progress, done: Done) -> pb::ImportResponse {
    pb::ImportResponse {
        received: progress.received,
        committed: progress.committed,
        revision: progress.revision.map(|it| context.engine.token(it)).unwrap_or_default(),
        done: done == Done::Yes,
    }
}

fn parse_filter(request: &pb::ListObjectsRequest) -> Result<Filter, Status> {
    let mut faults = Vec::new();
    let filter = Filter {
        department: parse_optional("department", &request.department, &mut faults),
        workgroup: parse_optional("workgroup", &request.workgroup, &mut faults),
        support_group: parse_optional("support_group", &request.support_group, &mut faults),
        role: parse_optional("role", &request.role, &mut faults),
        user: parse_optional("user", &request.user, &mut faults),
        entity_type: parse_optional("entity_type", &request.entity_type, &mut faults),
    };
    if faults.is_empty() { Ok(filter) } else { Err(invalid(&faults)) }
}

fn parse_note(author: &str, comment: &str, faults: &mut Vec<Invalid>) -> Note {
    let bytes = comment.len();
    if bytes > COMMENT_BYTES_MAX {
        let text = format!("has {bytes} bytes; the limit COMMENT_BYTES_MAX is {COMMENT_BYTES_MAX}");
        faults.push(Invalid::new("comment", text));
    }
    Note { author: parse_optional("author", author, faults), comment: comment.to_owned() }
}

fn parse_optional(field: &str, text: &str, faults: &mut Vec<Invalid>) -> Option<Id> {
    if text.is_empty() {
        return None;
    }
    Id::parse(text).map_err(|error| faults.push(Invalid::new(field, error.to_string()))).ok()
}
