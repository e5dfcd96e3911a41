//! Reading a message field by field, without taking its texts over first.
//!
//! For the one record of which there are millions. It knows the form of Protobuf messages as far as the store writes
//! them, and passes over what a later version may add.

use super::RecordError;

/// The bits of a field's key that tell its form.
const FORM_BITS: u32 = 3;
/// The most bytes of a varint: 64 bits by 7.
const VARINT_BYTES_MAX: u32 = 10;

/// What a field holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A number of a fixed length, which the store reads nowhere.
    Fixed,
}

/// The fields of a message: tag and value.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) const fn of(message: &'a [u8]) -> Self {
        Self { rest: message }
    }

    /// The next field, or none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, RecordError> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let key = varint(&mut self.rest)?;
        let value = match key & ((1 << FORM_BITS) - 1) {
            0 => Value::Number(varint(&mut self.rest)?),
            1 => self.fixed(8)?,
            2 => Value::Bytes(take_delimited(&mut self.rest)?),
            5 => self.fixed(4)?,
            _ => return Err(RecordError::Form),
        };
        Ok(Some((key >> FORM_BITS, value)))
    }

    fn fixed(&mut self, length: usize) -> Result<Value<'a>, RecordError> {
        take(&mut self.rest, length)?;
        Ok(Value::Fixed)
    }
}

/// Takes bytes with their length before them.
pub(in crate::store) fn take_delimited<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], RecordError> {
    let length = usize::try_from(varint(rest)?).map_err(|_| RecordError::Cut)?;
    take(rest, length)
}

/// Adds bytes with their length before them.
pub(in crate::store) fn push_delimited(to: &mut Vec<u8>, bytes: &[u8]) {
    let mut length = bytes.len();
    while length >= 0x80 {
        to.push(low_bits(length) | 0x80);
        length >>= 7;
    }
    to.push(low_bits(length));
    to.extend_from_slice(bytes);
}

fn low_bits(number: usize) -> u8 {
    let [low, ..] = number.to_le_bytes();
    low & 0x7f
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], RecordError> {
    let (taken, left) = rest.split_at_checked(length).ok_or(RecordError::Cut)?;
    *rest = left;
    Ok(taken)
}

fn varint(rest: &mut &[u8]) -> Result<u64, RecordError> {
    let mut number = 0;
    for at in 0..VARINT_BYTES_MAX {
        let (byte, left) = rest.split_first().ok_or(RecordError::Cut)?;
        *rest = left;
        number |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Ok(number);
        }
    }
    Err(RecordError::Form)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_pushed_is_taken(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut pushed = Vec::new();
            push_delimited(&mut pushed, &bytes);
            pushed.push(9);
            let mut rest = pushed.as_slice();
            prop_assert_eq!(take_delimited(&mut rest).unwrap(), bytes);
            prop_assert_eq!(rest, [9]);
        }

        #[test]
        fn numbers_are_read_as_they_are_written(number: u64) {
            let mut bytes = Vec::new();
            prost::encoding::encode_varint(number, &mut bytes);
            prop_assert_eq!(varint(&mut bytes.as_slice()).unwrap(), number);
        }
    }

    #[test]
    fn unknown_forms_and_early_ends_are_refused() {
        assert!(matches!(Fields::of(&[0x0b]).next(), Err(RecordError::Form)));
        assert!(matches!(Fields::of(&[0x0a, 2, b'a']).next(), Err(RecordError::Cut)));
        assert!(matches!(Fields::of(&[0x08]).next(), Err(RecordError::Cut)));
        assert!(matches!(Fields::of(&[0x0d, 1, 2, 3]).next(), Err(RecordError::Cut)));
        assert!(matches!(Fields::of(&[0xff; 11]).next(), Err(RecordError::Form)));
        assert_eq!(Fields::of(&[0x0d, 1, 2, 3, 4]).next().unwrap(), Some((1, Value::Fixed)));
    }
}
