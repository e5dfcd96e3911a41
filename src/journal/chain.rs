//! Lines that are chained: each has a number and the hash of the line before, and a hash of all that it says.
//!
//! A line ends in `,"sequence":7,"previous":"…","hash":"…"}`, where the hash is the SHA-256 of everything before `,"hash"`.
//! So a line that was altered shows by itself, and one that is missing, moved or put in by its neighbours. There is no key
//! in it: who rewrites a line and all that follow isn't found by the chain, but by a hash that was noted elsewhere.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{SHA256, digest};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::line::Line;
use crate::domain::Revision;

/// The bytes of a SHA-256.
const HASH_BYTES: usize = 32;
/// The bytes of a line from its hash on: `,"hash":"` and `"}` with the digits between.
const SEAL_BYTES: usize = 9 + 2 * HASH_BYTES + 2;

/// The hash of a line.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(try_from = "String")]
pub struct Hash([u8; HASH_BYTES]);

/// Where a chain ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Chain {
    /// The number of the last line; 0 before the first.
    pub(super) sequence: u64,
    /// Its hash; zeros before the first.
    pub(super) hash: Hash,
}

/// A line of a chain, as far as the chain goes by it.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    pub(super) sequence: u64,
    pub(super) previous: Hash,
    pub(super) hash: Hash,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) data: LinkData,
}

/// What a line says of where in a store's history it stands.
#[derive(Debug, Deserialize)]
pub(super) struct LinkData {
    /// The token of the revision that it makes, or stands behind.
    pub(super) revision: String,
    /// Of a write that has several lines, how many changes stand in those before.
    #[serde(default)]
    pub(super) first: u64,
    /// How many changes the write has in all.
    #[serde(default)]
    pub(super) of: u64,
    #[serde(default)]
    pub(super) changes: Vec<IgnoredAny>,
}

/// Why a line is none of a chain.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// It is not what the audit log has.
    #[error("is no line of an audit log")]
    Form,
    /// It says something else than it did.
    #[error("was altered: its hash is not that of what it says")]
    Altered,
}

/// Why a text is no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("is no hash of 64 hexadecimal digits")]
pub struct HashError;

impl Hash {
    fn of(bytes: &[u8]) -> Self {
        let mut hash = [0; HASH_BYTES];
        // SHA-256 has as many.
        hash.iter_mut().zip(digest(&SHA256, bytes).as_ref()).for_each(|(to, from)| *to = *from);
        Self(hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        let mut hash = [0; HASH_BYTES];
        if text.len() != 2 * HASH_BYTES || !text.bytes().all(|it| it.is_ascii_hexdigit()) {
            return Err(HashError);
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            let digits = text.get(2 * at..2 * at + 2).ok_or(HashError)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| HashError)?;
        }
        Ok(Self(hash))
    }
}

impl TryFrom<String> for Hash {
    type Error = HashError;

    fn try_from(text: String) -> Result<Self, HashError> {
        text.parse()
    }
}

impl Chain {
    /// Ends a line, and goes on behind it.
    pub(super) fn seal(&mut self, mut line: Line<'_>) {
        self.sequence += 1;
        line.json("sequence", self.sequence);
        line.text("previous", &self.hash.to_string());
        self.hash = Hash::of(line.bytes());
        line.text("hash", &self.hash.to_string());
        line.end();
    }
}

impl LinkData {
    /// The store and the revision.
    pub(super) fn place(&self) -> Option<(&str, Revision)> {
        let (store, revision) = self.revision.split_once('.')?;
        Some((store, Revision::new(revision.parse().ok()?)))
    }
}

impl Link {
    /// Reads a line without its end.
    pub(super) fn read(line: &[u8]) -> Result<Self, LinkError> {
        let (told, checked) = Self::read_any(line)?;
        checked.map(|()| told)
    }

    /// Reads a line that may have been altered, and says whether it was.
    pub(super) fn read_any(line: &[u8]) -> Result<(Self, Result<(), LinkError>), LinkError> {
        let told: Self = serde_json::from_slice(line).map_err(|_| LinkError::Form)?;
        let checked = told.check(line);
        Ok((told, checked))
    }

    fn check(&self, line: &[u8]) -> Result<(), LinkError> {
        let said = line.len().checked_sub(SEAL_BYTES).and_then(|at| line.split_at_checked(at));
        let (said, seal) = said.ok_or(LinkError::Altered)?;
        let is_sealed = seal == format!(",\"hash\":\"{}\"}}", self.hash).as_bytes();
        if is_sealed && Hash::of(said) == self.hash { Ok(()) } else { Err(LinkError::Altered) }
    }

    /// Where the chain stands behind it.
    pub(super) const fn chain(&self) -> Chain {
        Chain { sequence: self.sequence, hash: self.hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(chain: &mut Chain, text: &str) -> String {
        let mut out = Vec::new();
        let mut line = Line::begin(&mut out);
        line.text("type", text);
        line.open("data");
        line.text("revision", "s.1");
        line.close();
        chain.seal(line);
        String::from_utf8(out).unwrap().trim_end().to_owned()
    }

    #[test]
    fn a_line_carries_the_hash_of_the_one_before() {
        let mut chain = Chain::default();
        let lines = ["a", "b"].map(|text| Link::read(line(&mut chain, text).as_bytes()).unwrap());
        assert_eq!(lines.each_ref().map(|it| it.sequence), [1, 2]);
        assert_eq!((lines[0].previous, lines[1].previous), (Hash::default(), lines[0].hash));
        assert_eq!(lines[1].chain(), chain);
    }

    #[test]
    fn no_byte_of_a_line_can_be_another() {
        let whole = line(&mut Chain::default(), "a");
        for at in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            assert!(Link::read(&bytes).is_err(), "{}", String::from_utf8_lossy(&bytes));
        }
        assert!(Link::read(format!("{whole} ").as_bytes()).is_err());
        assert!(Link::read(whole.replace(",\"hash\"", ", \"hash\"").as_bytes()).is_err());
    }

    #[test]
    fn a_hash_is_64_hexadecimal_digits() {
        let text = "0f".repeat(HASH_BYTES);
        assert_eq!(text.parse::<Hash>().unwrap().to_string(), text);
        for wrong in ["", &text[1..], &text.replace('f', "g"), &format!("+{}", &text[1..])] {
            assert_eq!(wrong.parse::<Hash>(), Err(HashError));
        }
    }
}
