//! A message of a list. Its ids are put into their form on the wire where they are found: as texts of their own they
//! would cost as much once more, made and given up one by one.

use prost::Message as _;
use prost::bytes::BufMut as _;
use prost::encoding::{WireType, encode_key, encode_varint};
use tonic::Status;
use tonic::codec::{Codec, EncodeBuf, Encoder};
use tonic_prost::{ProstCodec, ProstDecoder};

use super::super::pb;
use crate::domain::Id;

/// The number of the field `ids`.
const IDS: u32 = 1;
/// What an id takes beside its text, and the text of most.
const ID_BYTES: usize = 12;

/// A message of a list in the making.
pub(in crate::api) struct Chunk {
    /// All but the ids.
    rest: pb::ListVisibleResponse,
    ids: Ids,
}

/// The field of each id, in its form on the wire.
pub(super) struct Ids {
    fields: Vec<u8>,
    count: u64,
}

impl Ids {
    pub(super) fn with_capacity(count: usize) -> Self {
        Self { fields: Vec::with_capacity(count * ID_BYTES), count: 0 }
    }

    pub(super) fn push(&mut self, id: &Id) {
        encode_key(IDS, WireType::LengthDelimited, &mut self.fields);
        encode_varint(id.as_str().len() as u64, &mut self.fields);
        self.fields.extend_from_slice(id.as_str().as_bytes());
        self.count += 1;
    }
}

impl Chunk {
    /// A message of these ids; `rest` has none.
    pub(super) const fn new(rest: pb::ListVisibleResponse, ids: Ids) -> Self {
        Self { rest, ids }
    }

    /// How many ids it has.
    pub(in crate::api) const fn count(&self) -> u64 {
        self.ids.count
    }

    /// The revision that it is drawn from.
    pub(in crate::api) fn revision(&self) -> &str {
        &self.rest.revision
    }

    /// The message as a value.
    pub(in crate::api) fn into_message(self) -> Result<pb::ListVisibleResponse, Status> {
        let mut message = self.rest;
        message.merge(self.ids.fields.as_slice()).map_err(|error| Status::internal(error.to_string()))?;
        Ok(message)
    }
}

/// Takes questions for lists and gives their messages.
#[derive(Default)]
pub(in crate::api) struct ChunkCodec;

impl Codec for ChunkCodec {
    type Encode = Chunk;
    type Decode = pb::ListVisibleRequest;
    type Encoder = Self;
    type Decoder = ProstDecoder<pb::ListVisibleRequest>;

    fn encoder(&mut self) -> Self::Encoder {
        Self
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<pb::ListVisibleResponse, pb::ListVisibleRequest>::default().decoder()
    }
}

impl Encoder for ChunkCodec {
    type Item = Chunk;
    type Error = Status;

    fn encode(&mut self, chunk: Chunk, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        // The order of fields is free.
        buffer.put_slice(&chunk.ids.fields);
        chunk.rest.encode(buffer).map_err(|error| Status::internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunk_is_the_message_that_it_stands_for() {
        let ids = ["1", "а", &"x".repeat(128)].map(|text| Id::parse(text).unwrap());
        let rest = pb::ListVisibleResponse { cursor: "c".to_owned(), total: Some(3), ..Default::default() };
        let texts = ids.iter().map(ToString::to_string).collect();
        let message = pb::ListVisibleResponse { ids: texts, ..rest.clone() };
        let mut fields = Ids::with_capacity(1);
        for id in &ids {
            fields.push(id);
        }
        let chunk = Chunk::new(rest, fields);
        assert_eq!(chunk.count(), 3);
        assert_eq!(chunk.into_message().unwrap(), message);
    }
}
