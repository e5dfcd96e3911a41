//! History: answers of the past are those that were given then, and every change is told with its author and comment.

mod answer;
mod changes;
mod past;

use dopusk::api::pb;

use crate::host::Host;

/// A write of one user under a name, with an author and a comment.
fn noted(id: &str, name: &str, (author, comment): (&str, &str)) -> pb::WriteRequest {
    let user = pb::User { id: id.to_owned(), name: name.to_owned(), ..pb::User::default() };
    let put = pb::operation::Operation::Put(pb::Object { object: Some(pb::object::Object::User(user)) });
    pb::WriteRequest {
        operations: vec![pb::Operation { operation: Some(put), precondition: 0 }],
        author: author.to_owned(),
        comment: comment.to_owned(),
        ..pb::WriteRequest::default()
    }
}

async fn write(host: &Host, request: pb::WriteRequest) -> String {
    host.directory().write(request).await.unwrap().into_inner().revision
}

/// A page of changes.
async fn list(host: &Host, request: pb::ListChangesRequest) -> pb::ListChangesResponse {
    host.history().list_changes(request).await.unwrap().into_inner()
}
