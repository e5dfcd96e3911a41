//! Bearer tokens: the secret on the caller's side, its SHA-256 on ours.
//!
//! A token is 256 random bits, so that there is nothing to guess, and a slow hash as for passwords would add nothing.
//! Whoever reads the file of callers has no token by it.

use std::fmt;
use std::fmt::Write as _;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use rand::Rng as _;

/// What stands before the hash in the file of callers.
const SCHEME: &str = "sha256:";
/// Marks a token, for people and for scanners that look for leaked ones.
const PREFIX: &str = "dopusk_";
/// 256 bits.
const RANDOM_BYTES: usize = 32;

/// A new token. It has no `Debug` and no `Display`.
pub struct Token(String);

impl Token {
    /// Makes one up.
    #[must_use]
    pub fn random() -> Self {
        let mut bytes = [0_u8; RANDOM_BYTES];
        rand::rng().fill_bytes(&mut bytes);
        Self(format!("{PREFIX}{}", hexadecimal(&bytes)))
    }

    /// The secret itself.
    #[must_use]
    pub fn secret(&self) -> &str {
        &self.0
    }

    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash::of(&self.0)
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy, Debug)]
pub struct TokenHash([u8; RANDOM_BYTES]);

impl TokenHash {
    /// The hash of a text.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let mut hash = [0; RANDOM_BYTES];
        // SHA-256 has 32 bytes; both sides are of that length.
        hash.iter_mut().zip(digest(&SHA256, secret.as_bytes()).as_ref()).for_each(|(to, from)| *to = *from);
        Self(hash)
    }

    /// Reads `sha256:` and 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(SCHEME)?;
        if digits.len() != 2 * RANDOM_BYTES || !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
            return None;
        }
        let mut hash = [0; RANDOM_BYTES];
        for (to, from) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
            *to = u8::from_str_radix(std::str::from_utf8(from).ok()?, 16).ok()?;
        }
        Some(Self(hash))
    }

    /// The first bytes: enough to find a hash among others, and too few to tell of it. Nobody can steer them towards
    /// those of a token that he doesn't know.
    pub(super) fn head(&self) -> u64 {
        self.0.iter().take(8).fold(0, |head, byte| (head << 8) | u64::from(*byte))
    }

    /// Whether both are the same, in a time that doesn't depend on where they differ.
    pub(super) fn is(&self, other: &Self) -> bool {
        verify_slices_are_equal(&self.0, &other.0).is_ok()
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", hexadecimal(&self.0))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text doesn't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_that_of_sha256() {
        let hash = TokenHash::of("abc");
        let known = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hash.to_string(), known);
        assert!(TokenHash::parse(known).unwrap().is(&hash));
        assert!(!TokenHash::of("abd").is(&hash));
    }

    #[test]
    fn no_two_tokens_are_the_same() {
        let (one, other) = (Token::random(), Token::random());
        assert_ne!(one.secret(), other.secret());
        assert_eq!(one.secret().len(), PREFIX.len() + 64);
        assert!(TokenHash::of(one.secret()).is(&one.hash()));
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in ["", "sha256:", "sha256:ab", &format!("sha256:{}", "g".repeat(64)), &"a".repeat(71)] {
            assert!(TokenHash::parse(text).is_none(), "{text}");
        }
    }
}
