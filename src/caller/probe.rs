//! What the file of callers and signed tokens promise, held against texts of anyone; under the feature `testing` alone.

use super::evidence::Evidence;
use super::roster::{Roster, Unknown};

/// A file of callers with the keys that it names: it is refused, or lets in nobody who shows nothing.
///
/// # Panics
/// Somebody is let in.
#[must_use]
pub fn callers(file: &str, keys: &str) -> bool {
    let Ok(roster) = Roster::of_texts(file, keys) else { return false };
    assert_eq!(roster.identify(Evidence::Nothing).err(), Some(Unknown::Nothing), "nothing lets in");
    for token in ["", " ", "Bearer", "null", "e30.e30."] {
        assert!(roster.identify(Evidence::Bearer(token)).is_err(), "{token:?} lets in");
    }
    true
}

/// Whom a token lets in.
///
/// # Panics
/// The file or the keys are wrong.
#[must_use]
pub fn token(roster: &Roster, token: &str) -> Option<String> {
    roster.identify(Evidence::Bearer(token)).ok().map(|known| known.caller.name().to_string())
}

/// The roster of a file and its keys.
#[must_use]
pub fn roster(file: &str, keys: &str) -> Option<Roster> {
    Roster::of_texts(file, keys).ok()
}
