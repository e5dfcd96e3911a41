//! Which encoding a file has, by its name, and its bytes unpacked.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;

use super::problem::{Parsed, Problems, ReadError, Refused};

/// The most bytes of a YAML or JSON document, unpacked. They are held at once; JSON Lines, which are not,
/// have no such bound.
pub const DOCUMENT_BYTES_MAX: usize = 256 << 20;

/// How objects are written down.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Encoding {
    /// One YAML document.
    Yaml,
    /// One JSON document.
    Json,
    /// JSON Lines: one object a line.
    Lines,
}

/// Whether the bytes are packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// They stand as they are.
    None,
    /// They are packed by gzip.
    Gzip,
}

/// How a file is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// How objects are written down.
    pub encoding: Encoding,
    /// Whether the bytes are packed.
    pub packing: Packing,
}

impl Format {
    /// The format that a file's name tells by its ending; none where it tells none.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let (name, packing) =
            name.strip_suffix(".gz").map_or((name, Packing::None), |name| (name, Packing::Gzip));
        let (_, ending) = name.rsplit_once('.')?;
        let encoding = match ending {
            "yaml" | "yml" => Encoding::Yaml,
            "json" => Encoding::Json,
            "jsonl" => Encoding::Lines,
            _ => return None,
        };
        Some(Self { encoding, packing })
    }
}

/// The name of a file for messages.
pub(super) fn file_name(path: &Path) -> Arc<str> {
    path.to_string_lossy().into()
}

/// Opens a file whose name tells its encoding; the bytes come unpacked.
pub(super) fn open(path: &Path) -> Result<(Encoding, Box<dyn BufRead + Send>), ReadError> {
    let name = file_name(path);
    let Some(Format { encoding, packing }) = Format::of_name(&name) else {
        return Err(ReadError::UnknownEnding { file: name });
    };
    let file = File::open(path).map_err(|source| ReadError::Io { file: name, source })?;
    let bytes: Box<dyn BufRead + Send> = match packing {
        Packing::None => Box::new(BufReader::new(file)),
        Packing::Gzip => Box::new(BufReader::new(MultiGzDecoder::new(BufReader::new(file)))),
    };
    Ok((encoding, bytes))
}

/// All bytes of a document, without a byte order mark.
pub(super) fn read_document(
    file: &Arc<str>,
    source: impl Read,
    problems: &Problems,
) -> Result<Parsed<Vec<u8>>, ReadError> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(DOCUMENT_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    let count = source.take(bound).read_to_end(&mut bytes);
    if count.map_err(|source| ReadError::Io { file: file.clone(), source })? > DOCUMENT_BYTES_MAX {
        let message = format!(
            "has more than {DOCUMENT_BYTES_MAX} bytes, the limit DOCUMENT_BYTES_MAX; use JSON Lines for more"
        );
        problems.add(0, String::new(), message);
        return Ok(Err(Refused));
    }
    if bytes.starts_with(BYTE_ORDER_MARK) {
        bytes.drain(..BYTE_ORDER_MARK.len());
    }
    Ok(Ok(bytes))
}

/// What some editors put before UTF-8.
pub(super) const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
