//! Page tokens of lists of objects: the key of the last object, as the wire writes it, in hexadecimal digits.

use std::fmt::Write as _;

use prost::Message as _;

use super::{key, key_to_wire};
use crate::api::pb;
use crate::api::status::Invalid;
use crate::domain::{Key, Kind};

/// The token of the page behind an object.
#[must_use]
pub fn page_token(last: &Key) -> String {
    let bytes = key_to_wire(last).encode_to_vec();
    let sum = crc32fast::hash(&bytes);
    bytes.iter().fold(format!("{sum:08x}"), |mut text, byte| {
        // Writing to a text doesn't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The object that a page is behind; none for the first page.
///
/// # Errors
/// The token is none that a list of this kind carried.
pub fn parse_page_token(text: &str, kind: Kind) -> Result<Option<Key>, Invalid> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = || Invalid::new("page_token", "is not one that a list of this kind carried");
    let (sum, digits) = text.split_at_checked(8).ok_or_else(wrong)?;
    let bytes: Option<Vec<u8>> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    let bytes =
        bytes.filter(|bytes| u32::from_str_radix(sum, 16) == Ok(crc32fast::hash(bytes))).ok_or_else(wrong)?;
    let wire = pb::Key::decode(bytes.as_slice()).map_err(|_| wrong())?;
    let parsed = key(&wire, "page_token").map_err(|_| wrong())?;
    // One spelling alone, of the digits and of the key.
    let is_ours = parsed.kind() == kind && page_token(&parsed) == text;
    if is_ours { Ok(Some(parsed)) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Id;

    #[test]
    fn a_page_token_has_one_spelling() {
        let key = Key::User(Id::parse("jo").unwrap());
        let text = page_token(&key);
        assert_eq!(parse_page_token(&text, Kind::User).unwrap(), Some(key));
        assert_eq!(text.to_lowercase(), text);
        assert!(text.contains(|char: char| char.is_ascii_lowercase()), "a digit that has a capital");
        assert!(parse_page_token(&text.to_uppercase(), Kind::User).is_err());
        assert!(parse_page_token(&text, Kind::Role).is_err());
    }
}
