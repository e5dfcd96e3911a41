//! What can be wrong below the store: a disk that refuses, or data that are not what was written.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::domain::Revision;

use super::record::RecordError;

/// What is wrong with the data of a store.
///
/// None of it heals by itself: the way back is to restore a backup.
#[derive(Debug, thiserror::Error)]
pub enum Damage {
    /// The file STORE is not as it was written.
    #[error("its file STORE is cut short or altered")]
    Label,
    /// There is a STORE but no data beside it.
    #[error("its data file sled/db is missing")]
    NoData,
    /// The tree cannot be read.
    #[error("its tree cannot be read: {message}")]
    Tree {
        /// What was found, in the words of the tree's code.
        message: String,
    },
    /// The record of the store's state is missing.
    #[error("its state record is missing")]
    NoState,
    /// The newest revision is older than one whose commit was acknowledged.
    #[error("it ends at revision {found}, but revision {acknowledged} was acknowledged")]
    Lost {
        /// The newest revision in the tree.
        found: Revision,
        /// The newest that was acknowledged, at least.
        acknowledged: Revision,
    },
    /// A record cannot be read.
    #[error("the record {record} cannot be read")]
    Record {
        /// The key of the record, with everything but letters escaped.
        record: String,
        /// Why not.
        #[source]
        source: RecordError,
    },
    /// A change is missing between the oldest kept and the newest.
    #[error("the change of revision {revision} is missing")]
    NoChange {
        /// The revision that the change made.
        revision: Revision,
    },
    /// The objects are not those that were committed.
    #[error("{found} objects do not add up to the {expected} that were committed")]
    Sum {
        /// How many objects were found.
        found: u64,
        /// How many there should be; when it is the same number, their contents differ.
        expected: u64,
    },
}

/// Why something below the store failed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The disk refuses.
    Disk(io::Error),
    /// The data are damaged.
    Damage(Damage),
}

impl Fault {
    /// A record of a key that cannot be read.
    pub(super) fn record(key: &[u8], source: RecordError) -> Self {
        Self::Damage(Damage::Record { record: key.escape_ascii().to_string(), source })
    }

    /// The fault where only the disk's are told.
    pub(super) fn into_io(self) -> io::Error {
        match self {
            Self::Disk(error) => error,
            Self::Damage(damage) => io::Error::new(io::ErrorKind::InvalidData, damage),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        // The tree reads only what it has written: an end before that is a loss.
        if error.kind() == io::ErrorKind::UnexpectedEof {
            Self::Damage(Damage::Tree { message: error.to_string() })
        } else {
            Self::Disk(error)
        }
    }
}

impl From<sled::Error> for Fault {
    fn from(error: sled::Error) -> Self {
        match error {
            sled::Error::Io(error) => error.into(),
            sled::Error::CollectionNotFound(_)
            | sled::Error::Unsupported(_)
            | sled::Error::ReportableBug(_)
            | sled::Error::Corruption { .. } => Self::Damage(Damage::Tree { message: error.to_string() }),
        }
    }
}

/// Runs code of the tree, which panics on some damage, and takes a panic for damage.
pub(super) fn guarded<T>(work: impl FnOnce() -> Result<T, Fault>) -> Result<T, Fault> {
    // What a panic leaves behind is not used again: every caller gives the store up on damage.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let message = panic_message(payload.as_ref());
        Err(Fault::Damage(Damage::Tree { message }))
    })
}

fn panic_message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("its code panicked").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_tree_is_damage_and_names_itself() {
        let fault = guarded::<()>(|| panic!("page {} is torn", 7)).unwrap_err();
        assert!(matches!(fault, Fault::Damage(Damage::Tree { message }) if message == "page 7 is torn"));
    }

    #[test]
    fn a_full_disk_is_not_damage_and_an_early_end_is() {
        let full = sled::Error::Io(io::ErrorKind::StorageFull.into());
        assert!(
            matches!(Fault::from(full), Fault::Disk(error) if error.kind() == io::ErrorKind::StorageFull)
        );
        let short = sled::Error::Io(io::ErrorKind::UnexpectedEof.into());
        assert!(matches!(Fault::from(short), Fault::Damage(Damage::Tree { .. })));
    }
}
