//! The rest of a request that is refused: taken to its end and forgotten, and only then answered.
//!
//! An answer before the end of its request makes HTTP/2 reset the stream. What of the request is under way then comes for
//! a stream that is no more, which the transport counts against the connection, and ends it when there is too much of it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http_body::Body as HttpBody;
use pin_project_lite::pin_project;
use tonic::codegen::Bytes;
use tonic::codegen::http::Request;

use crate::caller::{Call, Weight};
use crate::domain::MESSAGE_BYTES_MAX;

pin_project! {
    /// What is still to come of a request.
    pub struct Rest<B> {
        // None is a request whose end isn't waited for.
        #[pin]
        body: Option<B>,
        // So many bytes are taken; whoever sends more is answered in the midst of it.
        bytes_left: usize,
    }
}

impl<B: HttpBody<Data = Bytes>> Rest<B> {
    /// That of a request which isn't refused: nothing.
    pub(super) const fn none() -> Self {
        Self { body: None, bytes_left: 0 }
    }

    /// What comes of a request. The end of one that is long isn't waited for: it can be a stream without end.
    pub(super) fn of(request: Request<B>) -> Self {
        let is_long = Call::at(request.uri().path()).is_none_or(|call| call.weight == Weight::Long);
        Self { body: (!is_long).then(|| request.into_body()), bytes_left: MESSAGE_BYTES_MAX }
    }
}

impl<B: HttpBody<Data = Bytes>> Future for Rest<B> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        while let Some(body) = this.body.as_mut().as_pin_mut().filter(|body| !body.is_end_stream()) {
            let Some(Ok(frame)) = ready!(body.poll_frame(context)) else { break };
            let bytes = frame.data_ref().map_or(0, Bytes::len);
            let Some(left) = this.bytes_left.checked_sub(bytes) else { break };
            *this.bytes_left = left;
        }
        Poll::Ready(())
    }
}
