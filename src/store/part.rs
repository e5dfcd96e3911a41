//! Records cut into values that the tree keeps well.
//!
//! A value is `format u8, parts that follow u16, bytes`. Most records are one part.

use super::record::RecordError;

/// The format of the values and keys; one number for the whole store.
pub(super) const FORMAT: u8 = 2;

/// The most bytes of one value.
///
/// The tree keeps a page that is larger than 128 KiB in a file of its own that it never syncs. It splits a page
/// by the number of its entries, at 17, and a merge may bring it to 19: 19 x (6 KiB + a key of 270 bytes) =
/// 119 KiB stays below.
pub(super) const PART_BYTES_MAX: usize = 6 << 10;

const HEAD_BYTES: usize = 3;
const CHUNK_BYTES: usize = PART_BYTES_MAX - HEAD_BYTES;

/// The most bytes of a record: the parts are counted by a `u16`.
pub(super) const RECORD_BYTES_MAX: usize = CHUNK_BYTES * (1 << 16);

/// A record cut into its parts, at least one; none if it has more bytes than [`RECORD_BYTES_MAX`].
pub(super) fn split(record: &[u8]) -> Option<Vec<Vec<u8>>> {
    let count = record.len().div_ceil(CHUNK_BYTES).max(1);
    let mut following = u16::try_from(count - 1).ok()?;
    if record.is_empty() {
        return Some(vec![value(following, record)]);
    }
    let mut parts = Vec::with_capacity(count);
    for chunk in record.chunks(CHUNK_BYTES) {
        parts.push(value(following, chunk));
        following = following.saturating_sub(1);
    }
    Some(parts)
}

/// The one value of a record that is known to be small.
pub(super) fn single(record: &[u8]) -> Vec<u8> {
    value(0, record)
}

/// A value taken apart: how many parts follow, and its bytes.
pub(super) fn parse(value: &[u8]) -> Result<(u16, &[u8]), RecordError> {
    let (head, chunk) = value.split_first_chunk::<HEAD_BYTES>().ok_or(RecordError::Cut)?;
    let [format, high, low] = *head;
    if format != FORMAT {
        return Err(RecordError::Format { found: format });
    }
    Ok((u16::from_be_bytes([high, low]), chunk))
}

fn value(following: u16, chunk: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(HEAD_BYTES + chunk.len());
    value.push(FORMAT);
    value.extend_from_slice(&following.to_be_bytes());
    value.extend_from_slice(chunk);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let (following, chunk) = parse(part).unwrap();
            assert_eq!(usize::from(following), parts.len() - 1 - at);
            bytes.extend_from_slice(chunk);
        }
        bytes
    }

    #[test]
    fn parts_make_the_record_again_and_none_is_too_long() {
        for length in [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 10 * CHUNK_BYTES, 1_000_000] {
            let record: Vec<u8> = (0..=250).cycle().take(length).collect();
            let parts = split(&record).unwrap();
            assert_eq!(parts.len(), length.div_ceil(CHUNK_BYTES).max(1));
            assert!(parts.iter().all(|part| part.len() <= PART_BYTES_MAX));
            assert_eq!(joined(&parts), record);
        }
    }

    #[test]
    fn a_value_of_another_format_is_refused() {
        assert!(matches!(parse(&[1, 0, 0, 7]), Err(RecordError::Format { found: 1 })));
        assert!(matches!(parse(&[2, 0]), Err(RecordError::Cut)));
    }
}
