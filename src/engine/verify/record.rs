//! Objects in memory, held against those in the store, in the order of keys.
//!
//! What is missing in memory is found as much as what is too much or other there.

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Bound;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::{Published, Shared};
use super::{Circle, Fault, Mend, Step};
use crate::domain::{Key, Object};
use crate::store::LoadError;

/// Objects that are read in one go, some microseconds each.
const OBJECTS_AT_ONCE: usize = 64;
/// How often the store is asked while it is busy with commits, and how long each time is waited for it.
const TRIES: usize = 8;
const TRY_AGAIN: Duration = Duration::from_millis(1);

/// Where the store is read on.
#[derive(Default)]
pub(super) struct Records {
    /// The last key of the last piece.
    behind: Option<Key>,
    /// The store could not be read, which is told once.
    is_broken: bool,
}

impl Circle for Records {
    fn step(&mut self, shared: &Shared) -> Step {
        if self.is_broken {
            return Step { is_round: true, ..Step::default() };
        }
        let began = Instant::now();
        for _ in 0..TRIES {
            match read(shared, self.behind.as_ref()) {
                Ok(Some((published, stored, read_in))) => {
                    let waited = began.elapsed().saturating_sub(read_in);
                    return Step { waited, ..self.compare(&published, stored) };
                }
                Ok(None) => std::thread::sleep(TRY_AGAIN),
                Err(error) => return self.broken(&error),
            }
        }
        Step { waited: began.elapsed(), ..Step::default() }
    }
}

impl Records {
    fn compare(&mut self, published: &Published, stored: Vec<Object>) -> Step {
        let last = stored.last().map(Object::key);
        let is_within = |object: &Object| last.as_ref().is_none_or(|last| object.key() <= *last);
        let here = published.snapshot.objects_after(self.behind.as_ref()).take_while(is_within);
        let mut pairs: BTreeMap<Key, [Option<Object>; 2]> = BTreeMap::new();
        for object in here.take(2 * OBJECTS_AT_ONCE) {
            let [here, _] = pairs.entry(object.key()).or_default();
            *here = Some(object);
        }
        let verified = stored.len() as u64;
        for object in stored {
            let [_, stored] = pairs.entry(object.key()).or_default();
            *stored = Some(object);
        }
        let revision = published.snapshot.revision();
        let wrong = pairs.into_iter().filter(|(_, [here, stored])| here != stored);
        let faults = wrong.map(|(key, [here, stored])| {
            let how = match (here, stored) {
                (None, _) => "is stored and not in memory",
                (Some(_), None) => "is in memory and not stored",
                (Some(_), Some(_)) => "is another in memory than it is stored",
            };
            Fault { what: format!("{key} {how}, at revision {revision}"), mend: Some(Mend::Object(key)) }
        });
        let step = Step { verified, faults: faults.collect(), is_round: last.is_none(), ..Step::default() };
        self.behind = last;
        step
    }

    fn broken(&mut self, error: &LoadError) -> Step {
        tracing::error!(
            error = error as &dyn Error,
            "the store can't be read back; it is no longer verified"
        );
        self.is_broken = true;
        let fault = Fault { what: "the store can't be read back".to_owned(), mend: None };
        Step { faults: vec![fault], is_round: true, ..Step::default() }
    }
}

/// The newest state and the next objects in the store at its revision, with the time that it took; none where commits
/// are under way.
type Piece = (Arc<Published>, Vec<Object>, Duration);

fn read(shared: &Shared, behind: Option<&Key>) -> Result<Option<Piece>, LoadError> {
    let began = Instant::now();
    let published = shared.published.load_full();
    let from = behind.map_or(Bound::Unbounded, Bound::Excluded);
    let stored = shared.store.objects_at(published.snapshot.revision(), from, OBJECTS_AT_ONCE)?;
    Ok(stored.map(|stored| (published, stored, began.elapsed())))
}
