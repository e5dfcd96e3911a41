//! Reading the change log: what changed after a revision, and what became of a request.

use std::io;

use crate::domain::{ChangeSet, Id, Revision};

use super::fault::{Damage, Fault};
use super::record::{self, ChangeHead, RecordError};
use super::records::Records;
use super::tree::Tree;
use super::{Store, key, part};

/// Why the change log gives no answer.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The changes right after the revision are not kept any more.
    #[error("changes are kept from after revision {oldest} only")]
    NotKept {
        /// The smallest revision that can be asked for.
        oldest: Revision,
    },
    /// The data are not those that were committed.
    #[error("the store is damaged and must be restored from a backup")]
    Damaged(#[source] Damage),
    /// The disk refuses.
    #[error("the change log cannot be read")]
    Disk(#[source] io::Error),
}

impl From<Fault> for LogError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Disk(error) => Self::Disk(error),
            Fault::Damage(damage) => Self::Damaged(damage),
        }
    }
}

impl Store {
    /// The change sets right after a revision, in order, at most `count_max`.
    ///
    /// None when there is nothing after it. Reads while commits go on, and sees only what is acknowledged.
    ///
    /// # Errors
    /// `NotKept` when `after` is less than [`Store::oldest_kept`].
    pub fn changes_after(&self, after: Revision, count_max: usize) -> Result<Vec<ChangeSet>, LogError> {
        self.refuse_trimmed(after)?;
        // INVARIANT: what is in the tree beyond the acknowledged revision may yet be lost, and is not shown.
        let newest = self.revision();
        let mut sets = Vec::new();
        if after >= newest {
            return Ok(sets);
        }
        let mut expected = after.next();
        for record in Records::of(self.tree.range(key::changes_after(after))?) {
            if expected > newest || sets.len() >= count_max {
                break;
            }
            let set = record.and_then(|(base, bytes)| change(expected, &base, &bytes));
            // A commit may let changes go under the reader's hands, even between two parts of one.
            self.refuse_trimmed(after)?;
            sets.push(set?);
            expected = expected.next();
        }
        if expected <= newest && sets.len() < count_max {
            self.refuse_trimmed(after)?;
            return Err(LogError::Damaged(Damage::NoChange { revision: expected }));
        }
        Ok(sets)
    }

    /// When the change that made a revision was committed, in milliseconds since 1970-01-01 UTC. Costs a look-up.
    ///
    /// # Errors
    /// `NotKept` when that change is not in the log, or not yet.
    pub fn committed_at_ms(&self, revision: Revision) -> Result<i64, LogError> {
        let base = key::change(revision);
        let value = self.tree.get(&key::part(&base, 0))?;
        let head = value.as_deref().map(change_head).transpose();
        let head = head.map_err(|source| Fault::record(&base, source))?;
        // Asked behind the reading: a commit may let the change go under the reader's hands.
        let oldest = self.oldest_kept();
        if revision <= oldest || revision > self.revision() {
            return Err(LogError::NotKept { oldest });
        }
        head.map(|head| head.committed_at_ms).ok_or(LogError::Damaged(Damage::NoChange { revision }))
    }

    /// The revision that a request made, as long as its change is in the log.
    ///
    /// # Errors
    /// The data are damaged or the disk refuses.
    pub fn revision_of_request(&self, request_id: &Id) -> Result<Option<Revision>, LogError> {
        let found = request_revision(&self.tree, request_id)?;
        Ok(found.filter(|revision| *revision <= self.revision()))
    }

    fn refuse_trimmed(&self, after: Revision) -> Result<(), LogError> {
        let oldest = self.oldest_kept();
        if after < oldest { Err(LogError::NotKept { oldest }) } else { Ok(()) }
    }
}

fn change_head(value: &[u8]) -> Result<ChangeHead, RecordError> {
    let (_, record) = part::parse(value)?;
    record::decode_change_head(record)
}

fn change(expected: Revision, base: &[u8], record: &[u8]) -> Result<ChangeSet, Fault> {
    if base != key::change(expected) {
        return Err(Fault::Damage(Damage::NoChange { revision: expected }));
    }
    record::decode_change(expected, record).map_err(|source| Fault::record(base, source))
}

/// The revision kept under a request id, acknowledged or not.
pub(super) fn request_revision(tree: &Tree, request_id: &Id) -> Result<Option<Revision>, Fault> {
    let key = key::request(request_id);
    let value = tree.get(&key)?;
    let parsed = value.map(|value| parse_request_value(&value)).transpose();
    parsed.map_err(|source| Fault::record(&key, source))
}

/// The value under the key of a request id.
pub(super) fn request_value(revision: Revision) -> Vec<u8> {
    part::single(&revision.get().to_be_bytes())
}

fn parse_request_value(value: &[u8]) -> Result<Revision, RecordError> {
    let (_, record) = part::parse(value)?;
    let number = record.try_into().map_err(|_| RecordError::Cut)?;
    Ok(Revision::new(u64::from_be_bytes(number)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::{Retention, Settings, sample};

    fn keeping(revisions_max: u64, age_max: Duration) -> (tempfile::TempDir, Store) {
        let directory = tempfile::tempdir().unwrap();
        let settings = Settings { retention: Retention { revisions_max, age_max }, ..sample::settings() };
        let store = Store::open(directory.path(), &settings).unwrap();
        (directory, store)
    }

    fn revisions(sets: &[ChangeSet]) -> Vec<u64> {
        sets.iter().map(|set| set.revision.get()).collect()
    }

    #[test]
    fn changes_come_in_order_from_any_revision_that_is_kept() {
        let (_directory, store) = keeping(100, Duration::MAX);
        sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
        sample::commit_empty(&store, 9);
        let after = |revision, count_max| store.changes_after(Revision::new(revision), count_max).unwrap();
        assert_eq!(after(0, 1), [sample::put(1, &sample::one_of_each_kind())]);
        assert_eq!(revisions(&after(0, 99)), (1..=10).collect::<Vec<_>>());
        assert_eq!(revisions(&after(7, 2)), [8, 9]);
        assert_eq!(revisions(&after(10, 2)), Vec::<u64>::new());
        assert_eq!(revisions(&after(u64::MAX, 2)), Vec::<u64>::new());
        assert_eq!(revisions(&after(3, 0)), Vec::<u64>::new());
        let at = |revision| store.committed_at_ms(Revision::new(revision));
        assert_eq!([1, 10].map(|revision| at(revision).unwrap()), [1_000, 10_000]);
        for absent in [0, 11, u64::MAX] {
            assert!(matches!(at(absent), Err(LogError::NotKept { oldest }) if oldest == Revision::ZERO));
        }
    }

    #[test]
    fn the_log_keeps_the_newest_and_says_where_it_begins() {
        let (_directory, store) = keeping(5, Duration::MAX);
        sample::commit_empty(&store, 12);
        assert_eq!(store.oldest_kept(), Revision::new(7));
        assert_eq!(revisions(&store.changes_after(Revision::new(7), 99).unwrap()), [8, 9, 10, 11, 12]);
        let error = store.changes_after(Revision::new(6), 99).unwrap_err();
        assert!(matches!(error, LogError::NotKept { oldest } if oldest == Revision::new(7)));
    }

    #[test]
    fn a_reader_whom_trimming_overtakes_is_told_so_and_never_of_damage() {
        let (_directory, store) = keeping(3, Duration::MAX);
        let last = Revision::new(60);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for revision in 1..=last.get() {
                    let group = sample::large_group(&revision.to_string(), 300);
                    sample::commit(&store, sample::put(revision, &[group]));
                }
            });
            while store.revision() < last {
                let oldest = store.oldest_kept();
                match store.changes_after(oldest, usize::MAX) {
                    Ok(sets) => {
                        let expected: Vec<u64> = (oldest.get() + 1..).take(sets.len()).collect();
                        assert_eq!(revisions(&sets), expected);
                    }
                    Err(LogError::NotKept { oldest: told }) => assert!(told > oldest),
                    Err(error) => panic!("{error:?}"),
                }
            }
        });
    }

    #[test]
    fn changes_older_than_the_age_are_let_go() {
        // The samples are committed a second apart.
        let (_directory, store) = keeping(1_000, Duration::from_secs(3));
        sample::commit_empty(&store, 10);
        assert_eq!(revisions(&store.changes_after(store.oldest_kept(), 99).unwrap()), [7, 8, 9, 10]);
    }

    #[test]
    fn a_shortened_retention_is_reached_step_by_step() {
        let (directory, store) = keeping(1_000, Duration::MAX);
        sample::commit_empty(&store, 50);
        drop(store);
        let retention = Retention { revisions_max: 1, age_max: Duration::MAX };
        let store = Store::open(directory.path(), &Settings { retention, ..sample::settings() }).unwrap();
        sample::commit_empty(&store, 1);
        assert_eq!(store.oldest_kept(), Revision::new(18));
        sample::commit_empty(&store, 9);
        assert_eq!(store.oldest_kept(), Revision::new(59));
    }

    #[test]
    fn a_request_is_known_as_long_as_its_change_is() {
        let (directory, store) = keeping(3, Duration::MAX);
        sample::commit_empty(&store, 4);
        let revision = |store: &Store, number: u64| {
            store.revision_of_request(&sample::id(&format!("request {number}"))).unwrap()
        };
        assert_eq!(revision(&store, 1), None);
        assert_eq!(revision(&store, 2), Some(Revision::new(2)));
        assert_eq!(revision(&store, 9), None);
        drop(store);
        assert_eq!(revision(&sample::open(directory.path()), 4), Some(Revision::new(4)));
    }

    #[test]
    fn a_request_id_used_again_outlives_its_first_change() {
        let (_directory, store) = keeping(3, Duration::MAX);
        for revision in 1..=4 {
            let set = sample::set(revision, Vec::new());
            sample::commit(&store, ChangeSet { request_id: Some(sample::id("same")), ..set });
        }
        assert_eq!(store.oldest_kept(), Revision::new(1));
        assert_eq!(store.revision_of_request(&sample::id("same")).unwrap(), Some(Revision::new(4)));
    }
}
