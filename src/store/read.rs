//! Reading objects back while the store is in use.

use std::ops::Bound;
use std::sync::TryLockError;

use crate::domain::{Key, Object, Revision};

use super::fault::Fault;
use super::load::{Decoded, LoadError};
use super::records::Records;
use super::{Health, Store, Tail, key};

/// No record more is read behind so many bytes: a group of thousands is as long as thousands of people.
const BYTES_MAX: usize = 64 << 10;

impl Store {
    /// Some of the objects from a key on, in order of keys, at most `count_max`; none only where there are no more.
    ///
    /// They are those of the revision exactly: nothing is told while a commit is under way, after one that failed, or
    /// when the newest revision is another. A commit that begins meanwhile waits, some dozen microseconds.
    ///
    /// # Errors
    /// The data are damaged or the disk refuses.
    pub fn objects_at(
        &self,
        revision: Revision,
        from: Bound<&Key>,
        count_max: usize,
    ) -> Result<Option<Vec<Object>>, LoadError> {
        let tail = match self.tail.try_lock() {
            Ok(tail) => tail,
            // INVARIANT: whoever breaks off a commit leaves `Stopped`.
            Err(TryLockError::Poisoned(tail)) => tail.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        if self.is_at(&tail, revision) { Ok(Some(self.objects_from(from, count_max)?)) } else { Ok(None) }
    }

    /// The first object from a key on, of the revision exactly: the same for who commits, and so waits for readers alone.
    ///
    /// # Errors
    /// The data are damaged or the disk refuses.
    pub fn first_object_at(
        &self,
        revision: Revision,
        from: Bound<&Key>,
    ) -> Result<Option<Vec<Object>>, LoadError> {
        let tail = self.tail();
        if self.is_at(&tail, revision) { Ok(Some(self.objects_from(from, 1)?)) } else { Ok(None) }
    }

    /// Whether the objects are those of a revision.
    fn is_at(&self, tail: &Tail, revision: Revision) -> bool {
        match self.health(tail) {
            Health::Sound => tail.state.revision == revision,
            Health::Stopped => false,
        }
    }

    fn objects_from(&self, from: Bound<&Key>, count_max: usize) -> Result<Vec<Object>, Fault> {
        let (mut objects, mut bytes_left) = (Vec::new(), BYTES_MAX);
        for record in Records::of(self.tree.range(self.first_record(from)?..key::objects().end)?) {
            let (base, bytes) = record?;
            let read = Decoded::of(&base, &bytes).map_err(|source| Fault::record(&base, source))?;
            objects.extend(read.objects.into_iter().filter(|object| is_from(object, from)));
            bytes_left = bytes_left.saturating_sub(bytes.len());
            if objects.len() >= count_max || (bytes_left == 0 && !objects.is_empty()) {
                break;
            }
        }
        objects.truncate(count_max);
        Ok(objects)
    }

    /// Where the record is that a key is in or would be in.
    fn first_record(&self, from: Bound<&Key>) -> Result<Vec<u8>, Fault> {
        let (Bound::Included(key) | Bound::Excluded(key)) = from else { return Ok(key::objects().start) };
        let Key::Resource { entity_type, id } = key else { return Ok(key::object(key)) };
        match self.tree.last(key::pages_up_to(entity_type, id))? {
            Some((last, _)) => {
                let split = key::split_part(&last).map_err(|source| Fault::record(&last, source));
                split.map(|(base, _)| base.to_vec())
            }
            None => Ok(key::first_page(entity_type)),
        }
    }
}

fn is_from(object: &Object, from: Bound<&Key>) -> bool {
    match from {
        Bound::Included(key) => object.key() >= *key,
        Bound::Excluded(key) => object.key() > *key,
        Bound::Unbounded => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sample;

    #[test]
    fn objects_are_read_from_any_key_on_in_the_order_of_keys() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let mut objects = sample::one_of_each_kind();
        objects.extend((0..100).map(|it| sample::resource(&format!("{it}"), it)));
        objects.extend(["g ", "f"].map(|id| sample::large_group(id, 1_000)));
        sample::commit(&store, sample::put(1, &objects));
        objects.sort_by_key(Object::key);
        let at = Revision::new(1);
        for (number, object) in objects.iter().enumerate() {
            let key = object.key();
            let one = store.objects_at(at, Bound::Included(&key), 1).unwrap().unwrap();
            assert_eq!(one, std::slice::from_ref(object));
            let behind = store.objects_at(at, Bound::Excluded(&key), 7).unwrap().unwrap();
            let expected = &objects[number + 1..];
            assert_eq!(behind, expected[..behind.len()]);
            assert!(!behind.is_empty() || expected.is_empty());
        }
        let absent = sample::resource("50!", 0).key();
        let from = store.objects_at(at, Bound::Included(&absent), 1).unwrap().unwrap();
        assert_eq!(from[0].key(), sample::resource("51", 0).key());
    }

    #[test]
    fn a_reader_never_waits_and_who_commits_waits_for_readers() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        let objects = sample::one_of_each_kind();
        sample::commit(&store, sample::put(1, &objects));
        let (at, from) = (Revision::new(1), Bound::Unbounded);
        let first = std::thread::scope(|scope| {
            let held = store.tail();
            assert_eq!(store.objects_at(at, from, 1).unwrap(), None);
            let waiting = scope.spawn(|| store.first_object_at(at, from).unwrap());
            drop(held);
            waiting.join().unwrap()
        });
        assert_eq!(first.unwrap(), objects[..1]);
    }

    #[test]
    fn nothing_is_told_of_another_revision_or_after_a_commit_that_failed() {
        let directory = tempfile::tempdir().unwrap();
        let store = sample::open(directory.path());
        sample::commit(&store, sample::put(1, &sample::one_of_each_kind()));
        let read = |revision| store.objects_at(Revision::new(revision), Bound::Unbounded, 9).unwrap();
        assert_eq!((read(0), read(2)), (None, None));
        assert_eq!(read(1).unwrap().len(), 8);
        store.tail().health = Health::Stopped;
        assert_eq!(read(1), None);
    }
}
