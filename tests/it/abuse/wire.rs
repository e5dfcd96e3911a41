//! HTTP/2 by hand: frames as they are, right or wrong.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;

pub(super) const END_STREAM: u8 = 1;
const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

/// The error code of a GOAWAY to a client that does too much.
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// How long a server may take to answer, on a slow machine under load.
const ANSWER_MAX: Duration = Duration::from_mins(1);
/// How long a full socket is pushed at: a server that takes in no more does what it should.
const PUSH_MAX: Duration = Duration::from_secs(1);

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
}

/// How a connection or stream came to its end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum End {
    /// The server says that it takes nothing more, and why.
    GoAway(u32),
    /// The connection is closed.
    Closed,
    /// As many streams as were waited for have ended.
    Answered,
}

/// What came until then.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) end: End,
    /// The bytes of all DATA frames: messages of answers.
    pub(super) data: Vec<u8>,
    /// Streams that ended, by an answer or by a reset.
    pub(super) ended: usize,
}

impl Wire {
    /// A connection that says nothing yet.
    pub(super) fn bare(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
        stream.set_write_timeout(Some(PUSH_MAX)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream }
    }

    /// A connection that speaks HTTP/2.
    pub(super) fn open(address: SocketAddr) -> Self {
        let mut wire = Self::bare(address);
        assert!(wire.send(&[PREFACE, &frame(SETTINGS, 0, 0, b"")].concat()));
        wire
    }

    /// Sends bytes, and says whether they were taken: a server that closes or reads no more takes none.
    pub(super) fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Sends no more.
    pub(super) fn finish(&mut self) {
        // It may be closed already.
        drop(self.stream.shutdown(Shutdown::Write));
    }

    /// Waits until so many streams have ended.
    pub(super) fn streams(&mut self, count: usize) -> Told {
        self.until(|ended| ended >= count)
    }

    /// Waits until the server closes.
    pub(super) fn close(&mut self) -> Told {
        self.until(|_| false)
    }

    /// Waits until the server has read all that was sent, and says how many streams have ended until then.
    pub(super) fn pong(&mut self) -> usize {
        assert!(self.send(&frame(PING, 0, 0, b"12345678")));
        let mut ended = 0;
        while let Some((kind, flags, _)) = self.next() {
            if kind == PING && flags & ACK != 0 {
                break;
            }
            ended += usize::from(is_end(kind, flags));
        }
        ended
    }

    fn until(&mut self, is_enough: impl Fn(usize) -> bool) -> Told {
        let mut told = Told { end: End::Closed, data: Vec::new(), ended: 0 };
        let mut goaway = None;
        while let Some((kind, flags, payload)) = self.next() {
            told.ended += usize::from(is_end(kind, flags));
            if kind == DATA {
                told.data.extend_from_slice(&payload);
            }
            if kind == GOAWAY {
                goaway = payload.get(4..8).map(|code| u32::from_be_bytes(code.try_into().unwrap()));
            }
            if is_enough(told.ended) {
                told.end = End::Answered;
                return told;
            }
        }
        told.end = goaway.map_or(End::Closed, End::GoAway);
        told
    }

    /// The next frame; none where the server has closed.
    fn next(&mut self) -> Option<(u8, u8, Vec<u8>)> {
        let mut head = [0; 9];
        self.read(&mut head)?;
        let [high, middle, low, kind, flags, ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, high, middle, low]) as usize];
        self.read(&mut payload)?;
        Some((kind, flags, payload))
    }

    fn read(&mut self, bytes: &mut [u8]) -> Option<()> {
        match self.stream.read_exact(bytes) {
            Ok(()) => Some(()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("the server neither answers nor closes")
            }
            Err(_) => None,
        }
    }

    /// Whatever the server says until it closes; of one that doesn't speak HTTP/2.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let Err(error) = self.stream.read_to_end(&mut bytes) {
            assert!(!matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "it doesn't close");
        }
        bytes
    }
}

/// Whether a stream ends with a frame: by an answer or by a reset.
fn is_end(kind: u8, flags: u8) -> bool {
    matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 || kind == RST_STREAM
}

/// A frame.
pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let [_, high, middle, low] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[high, middle, low, kind, flags], stream.to_be_bytes().as_slice(), payload].concat()
}

/// Headers as HPACK writes them at its plainest: nothing packed, nothing remembered.
pub(super) fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        push_text(&mut block, name);
        push_text(&mut block, value);
    }
    block
}

fn push_text(block: &mut Vec<u8>, text: &str) {
    // A length is 7 bits, and what is above them in groups of 7.
    if let Ok(length @ 0..127) = u8::try_from(text.len()) {
        block.push(length);
    } else {
        block.push(127);
        let mut rest = text.len() - 127;
        while rest >= 128 {
            block.push(u8::try_from(rest % 128).unwrap() | 128);
            rest /= 128;
        }
        block.push(u8::try_from(rest).unwrap());
    }
    block.extend_from_slice(text.as_bytes());
}

/// The headers of a call.
pub(super) fn call(path: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut headers = vec![
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "x"),
        ("te", "trailers"),
    ];
    if !more.iter().any(|(name, _)| *name == "content-type") {
        headers.push(("content-type", "application/grpc"));
    }
    headers.extend_from_slice(more);
    block(&headers)
}

/// A call with a body, on a stream.
pub(super) fn request(stream: u32, path: &str, more: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut bytes = frame(HEADERS, END_HEADERS, stream, &call(path, more));
    let mut rest = body;
    while rest.len() > FRAME_BYTES_MAX {
        let (piece, behind) = rest.split_at(FRAME_BYTES_MAX);
        bytes.extend(frame(DATA, 0, stream, piece));
        rest = behind;
    }
    bytes.extend(frame(DATA, END_STREAM, stream, rest));
    bytes
}

/// A message of gRPC.
pub(super) fn message(bytes: &[u8]) -> Vec<u8> {
    [&[0], u32::try_from(bytes.len()).unwrap().to_be_bytes().as_slice(), bytes].concat()
}

/// The most bytes of a frame that a server takes unless it says otherwise.
pub(super) const FRAME_BYTES_MAX: usize = 16_384;
