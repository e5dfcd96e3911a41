//! Ids and names: opaque, case-sensitive byte strings.

use std::borrow::Borrow;
use std::fmt;

use compact_str::CompactString;

use super::limit::ID_BYTES_MAX;

/// An id of an object, or the name of an entity type, action or stage.
///
/// INVARIANT: 1 to [`ID_BYTES_MAX`] bytes of UTF-8 without control characters (Unicode Cc). Ordered and compared
/// bytewise. Up to 24 bytes are held without an allocation.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(CompactString);

impl Id {
    /// The least id of all: the first character that is not a control character, alone.
    pub const LEAST: Self = Self(CompactString::const_new(" "));

    /// Takes an id in.
    ///
    /// # Errors
    /// Says what is wrong with the text as an id.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > ID_BYTES_MAX {
            return Err(IdError::TooLong { bytes: text.len() });
        }
        match text.chars().position(char::is_control) {
            Some(at) => Err(IdError::Control { at }),
            None => Ok(Self(CompactString::new(text))),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Id {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("is empty; an id has 1 to {ID_BYTES_MAX} bytes")]
    Empty,
    /// More bytes than an id may have.
    #[error("has {bytes} bytes; an id has 1 to {ID_BYTES_MAX}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
    /// A control character.
    #[error("has a control character at position {at}; an id has none")]
    Control {
        /// Which character it is, counted from 0.
        at: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_1_to_128_bytes_without_control_characters() {
        assert_eq!(Id::parse(""), Err(IdError::Empty));
        assert_eq!(Id::parse(&"я".repeat(65)), Err(IdError::TooLong { bytes: 130 }));
        assert_eq!(Id::parse("a\u{85}b"), Err(IdError::Control { at: 1 }));
        assert_eq!(Id::parse(&"я".repeat(64)).unwrap().as_str().len(), 128);
        assert_eq!(Id::parse(" C1:NEW ").unwrap().as_str(), " C1:NEW ");
    }
}
