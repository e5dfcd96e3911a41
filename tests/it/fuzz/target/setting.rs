//! Any setting: the file of callers and its keys, signed tokens, the configuration, names of columns.

use std::str;
use std::sync::LazyLock;

use dopusk::caller::{Roster, probe};
use dopusk::config::Partial;
use dopusk::sql::{Name, Source};

use super::{Fate, seed, text};

/// A file of callers, and behind a zero byte the keys that it names.
pub(super) fn callers(bytes: &[u8]) -> Fate {
    let split = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (file, keys) = bytes.split_at(split);
    match (str::from_utf8(file), str::from_utf8(keys.get(1..).unwrap_or_default())) {
        (Ok(file), Ok(keys)) => probe::callers(file, keys).into(),
        _ => Fate::Refused,
    }
}

/// A signed token lets in only as it was signed, to the last letter.
pub(super) fn token(bytes: &[u8]) -> Fate {
    static ROSTER: LazyLock<Roster> = LazyLock::new(|| probe::roster(seed::CALLERS, seed::KEYS).unwrap());
    text(bytes, |token| {
        let caller = probe::token(&ROSTER, token);
        assert!(caller.is_none() || token == seed::TOKEN, "{token:?} lets in {caller:?}");
        caller.is_some()
    })
}

pub(super) fn config(bytes: &[u8]) -> Fate {
    text(bytes, |file| {
        let Ok(partial) = toml::from_str::<Partial>(file) else { return false };
        let again = partial.clone().over(Partial::default());
        assert_eq!(again, partial, "what a file says stands over what it leaves open");
        partial.complete().is_ok()
    })
}

/// A name of the caller's database holds nothing that gets out of quotes, and is printed as it was given.
pub(super) fn name(bytes: &[u8]) -> Fate {
    text(bytes, |text| {
        let Ok(source) = Source::parse(text) else { return false };
        let names = match &source {
            Source::Column(name) => {
                assert_eq!(Name::column(&name.to_string()).as_ref(), Ok(name));
                vec![name.to_string()]
            }
            Source::Link(link) => {
                assert_eq!(Name::table(&link.table.to_string()).as_ref(), Ok(&link.table));
                vec![link.table.to_string(), link.key.to_string(), link.value.to_string()]
            }
        };
        let is_plain = |char: char| char.is_ascii_alphanumeric() || "_$.".contains(char);
        assert!(names.iter().all(|name| !name.is_empty() && name.chars().all(is_plain)), "{names:?}");
        true
    })
}
