//! Committed changes by object, author and time, in pages.
//!
//! There is no index of the change log: a page reads on until it is full or has read its share, and says where the next
//! one goes on. What the log no longer holds is left out, and the page says how far back it goes.

use super::Engine;
use crate::domain::{ChangeSet, Id, Key, PAGE_ITEMS_MAX, Revision};
use crate::store::LogError;

/// The most change sets that a page looks at: some tenths of a second of reading.
const SETS_READ_MAX: usize = 20_000;
/// How many are read at once.
const READ_AT_ONCE: u64 = 16;

/// Which of the committed changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryQuery {
    /// Those of this object; other objects of the same writes are then left out.
    pub object: Option<Key>,
    /// Those whose write names this author.
    pub author: Option<Id>,
    /// Those behind this revision.
    pub after: Revision,
    /// Those up to this revision.
    pub through: Revision,
    /// Which come first.
    pub first: First,
    /// The most change sets of the page.
    pub count_max: usize,
}

/// Which changes come first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum First {
    /// The newest.
    Newest,
    /// The oldest.
    Oldest,
}

/// A page of committed changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HistoryPage {
    /// The changes.
    pub sets: Vec<ChangeSet>,
    /// Where the next page goes on: newest first, through this revision; else behind it. None on the last page.
    pub next: Option<Revision>,
    /// The revision behind which the log holds every change.
    pub oldest: Revision,
}

impl Engine {
    /// The revisions of changes between two times in milliseconds since 1970-01-01 UTC, the second one left out: they are
    /// behind the first revision, up to the second.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn revisions_between(
        &self,
        since_ms: Option<i64>,
        until_ms: Option<i64>,
    ) -> Result<(Revision, Revision), LogError> {
        let newest = self.shared.store.revision();
        let before = |time_ms: i64| self.revision_at(time_ms.saturating_sub(1), newest);
        let since = since_ms.map(before).transpose()?;
        Ok((since.unwrap_or_default(), until_ms.map(before).transpose()?.unwrap_or(newest)))
    }

    /// A page of committed changes. Reads the disk, and breaks off where `is_wanted` says that nobody waits any more.
    ///
    /// # Errors
    /// The log can't be read.
    pub fn history(
        &self,
        query: &HistoryQuery,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<HistoryPage, LogError> {
        let store = &self.shared.store;
        let oldest = store.oldest_kept();
        let mut rest = Rest::of(query, oldest, store.revision());
        let mut page = HistoryPage { sets: Vec::new(), next: None, oldest };
        let (mut read, mut objects) = (0, 0);
        while let Some((after, count)) = rest.window() {
            if read >= SETS_READ_MAX || !is_wanted() {
                page.next = Some(rest.next());
                return Ok(page);
            }
            for set in rest.in_order(store.changes_after(after, count)?) {
                read += 1;
                rest.pass(set.revision);
                let Some(set) = query.pick(set) else { continue };
                objects += set.changes.len();
                page.sets.push(set);
                if page.sets.len() >= query.count_max || objects >= PAGE_ITEMS_MAX {
                    page.next = rest.window().map(|_| rest.next());
                    return Ok(page);
                }
            }
        }
        Ok(page)
    }
}

impl HistoryQuery {
    fn pick(&self, mut set: ChangeSet) -> Option<ChangeSet> {
        if self.author.is_some() && set.note.author != self.author {
            return None;
        }
        if let Some(object) = &self.object {
            set.changes.retain(|change| change.key == *object);
            return (!set.changes.is_empty()).then_some(set);
        }
        Some(set)
    }
}

/// The revisions that are still to be looked at: behind `after`, up to `through`.
struct Rest {
    after: u64,
    through: u64,
    first: First,
}

impl Rest {
    fn of(query: &HistoryQuery, oldest: Revision, newest: Revision) -> Self {
        let (after, through) = (query.after.max(oldest), query.through.min(newest));
        Self { after: after.get(), through: through.get(), first: query.first }
    }

    /// What is read next: so many behind a revision; none at the end.
    fn window(&self) -> Option<(Revision, usize)> {
        let left = self.through.checked_sub(self.after).filter(|left| *left > 0)?;
        let count = left.min(READ_AT_ONCE);
        let after = match self.first {
            First::Newest => self.through - count,
            First::Oldest => self.after,
        };
        Some((Revision::new(after), usize::try_from(count).ok()?))
    }

    fn in_order(&self, mut sets: Vec<ChangeSet>) -> Vec<ChangeSet> {
        match self.first {
            First::Newest => sets.reverse(),
            First::Oldest => {}
        }
        sets
    }

    fn pass(&mut self, revision: Revision) {
        match self.first {
            First::Newest => self.through = revision.get().saturating_sub(1),
            First::Oldest => self.after = revision.get(),
        }
    }

    fn next(&self) -> Revision {
        Revision::new(match self.first {
            First::Newest => self.through,
            First::Oldest => self.after,
        })
    }
}
