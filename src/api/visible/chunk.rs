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
    /// The field of each id.
    ids: Vec<u8>,
    count: u64,
}

impl Chunk {
    /// A message of these ids; `rest` has none.
    pub(super) fn new(rest: pb::ListVisibleResponse, ids: &[Id]) -> Self {
        let mut fields = Vec::with_capacity(ids.len() * ID_BYTES);
        for id in ids {
            encode_key(IDS, WireType::LengthDelimited, &mut fields);
            encode_varint(id.as_str().len() as u64, &mut fields);
            fields.extend_from_slice(id.as_str().as_bytes());
        }
        Self { rest, ids: fields, count: ids.len() as u64 }
    }

    /// How many ids it has.
    pub(in crate::api) fn count(&self) -> u64 {
        self.count
    }

    /// The revision that it is drawn from.
    pub(in crate::api) fn revision(&self) -> &str {
        &self.rest.revision
    }

    /// The message as a value.
    pub(in crate::api) fn into_message(self) -> Result<pb::ListVisibleResponse, Status> {
        let mut message = self.rest;
        message.merge(self.ids.as_slice()).map_err(|error| Status::internal(error.to_string()))?;
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
        buffer.put_slice(&chunk.ids);
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
        let chunk = Chunk::new(rest, &ids);
        assert_eq!(chunk.count(), 3);
        assert_eq!(chunk.into_message().unwrap(), message);
    }
}
