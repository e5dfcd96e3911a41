//! The search for where a key belongs among the items of a block.
//!
//! Each item that is asked for its key mostly costs a visit to far memory. So several are asked at a time, whatever the
//! others say, and several searches go on together: the processor waits for all of them at once.

use super::key::Keys;

/// How many items are asked together, and how many of one search at least.
const ASKED_TOGETHER: usize = 10;
const ASKED_LEAST: usize = 3;

/// A search for how many items have lesser keys, all of which come first.
pub struct Search<'a, T, K: Keys<T>> {
    items: &'a [T],
    keys: &'a K,
    key: K::Key,
    /// So many are known to be before.
    start: usize,
    /// So many are not known to be behind.
    until: usize,
    /// Mostly a key belongs behind the last, so that one is asked first, along with others.
    is_last_asked: bool,
}

impl<'a, T, K: Keys<T>> Search<'a, T, K> {
    /// A search that has yet to be gone on with.
    pub fn new(items: &'a [T], keys: &'a K, key: K::Key) -> Self {
        Self { items, keys, key, start: 0, until: items.len(), is_last_asked: items.is_empty() }
    }

    /// Goes on with it alone: how many items are before the key.
    pub fn end(self) -> usize {
        count_before_each(&mut [self]).into_iter().sum()
    }

    /// How far what is asked is apart; that cuts what is left into one part more than is asked.
    const fn step(&self, count: usize) -> usize {
        (self.until - self.start) / (count + 1) + 1
    }

    /// Notes where the keys are that are to be looked at next, at most so many and the last.
    fn ask(&self, count: usize, places: &mut Vec<K::Place>) {
        let step = self.step(count);
        let left = self.items.get(self.start..self.until).unwrap_or_default();
        let asked = left.iter().skip(step - 1).step_by(step).take(count);
        let last = self.items.last().filter(|_| !self.is_last_asked);
        places.extend(asked.chain(last).map(|item| self.keys.place_of(item)));
    }

    /// Looks at what was asked.
    fn look(&mut self, count: usize, places: &mut impl Iterator<Item = K::Place>) {
        let step = self.step(count);
        let asked = count.min((self.until - self.start) / step);
        let is_before = |place: K::Place| self.keys.key_at(place) < self.key;
        let before: usize = places.by_ref().take(asked).map(|place| usize::from(is_before(place))).sum();
        if !self.is_last_asked && places.next().is_some_and(is_before) {
            self.start = self.until;
        } else {
            self.until = self.until.min(self.start + (before + 1) * step - 1);
            self.start += before * step;
        }
        self.is_last_asked = true;
    }
}

/// Ends several searches: how many items are before each of the keys, in their order.
pub fn count_before_each<T, K: Keys<T>>(searches: &mut [Search<'_, T, K>]) -> Vec<usize> {
    let count = (ASKED_TOGETHER / searches.len().max(1)).max(ASKED_LEAST);
    let mut places = Vec::new();
    loop {
        for search in &*searches {
            search.ask(count, &mut places);
        }
        if places.is_empty() {
            return searches.iter().map(|search| search.start).collect();
        }
        let mut asked = places.drain(..);
        for search in &mut *searches {
            search.look(count, &mut asked);
        }
    }
}

/// How many items have lesser keys, all of which come first.
pub(super) fn count_before<T, K: Keys<T>>(items: &[T], keys: &K, key: K::Key) -> usize {
    Search::new(items, keys, key).end()
}
