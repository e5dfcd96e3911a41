//! A set of users: a bit for each index, so that thousands are put in and united without being sorted.

use super::{Directory, UserIndex};

/// Users, by index.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UserSet {
    words: Vec<u64>,
    count: usize,
}

impl UserSet {
    /// Nobody of a directory.
    #[must_use]
    pub fn new(directory: &Directory) -> Self {
        Self { words: vec![0; directory.users.slot_count().div_ceil(64)], count: 0 }
    }

    /// How many they are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is nobody.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether somebody is among them.
    #[must_use]
    pub fn has(&self, user: UserIndex) -> bool {
        self.words.get(user.0 as usize / 64).is_some_and(|word| word >> (user.0 % 64) & 1 == 1)
    }

    /// Puts somebody in. Strangers, who have no index, stay out.
    pub fn insert(&mut self, user: UserIndex) {
        if let Some(word) = self.words.get_mut(user.0 as usize / 64) {
            let bit = 1 << (user.0 % 64);
            self.count += usize::from(*word & bit == 0);
            *word |= bit;
        }
    }

    /// Puts all of another set in.
    pub fn unite(&mut self, other: &Self) {
        for (word, more) in self.words.iter_mut().zip(&other.words) {
            *word |= more;
        }
        self.count = self.words.iter().map(|word| word.count_ones() as usize).sum();
    }

    /// Those who are in another set too.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let words: Vec<u64> = self.words.iter().zip(&other.words).map(|(one, other)| one & other).collect();
        let count = words.iter().map(|word| word.count_ones() as usize).sum();
        Self { words, count }
    }

    /// They, by index.
    pub fn iter(&self) -> impl Iterator<Item = UserIndex> {
        let places = self.words.iter().zip(0_u32..).flat_map(|(word, at)| {
            // Each step takes the lowest bit away.
            let rest = std::iter::successors(Some(*word), |rest| Some(rest & rest.wrapping_sub(1)));
            rest.take_while(|rest| *rest != 0).map(move |rest| at * 64 + rest.trailing_zeros())
        });
        places.map(UserIndex)
    }
}

impl Extend<UserIndex> for UserSet {
    fn extend<I: IntoIterator<Item = UserIndex>>(&mut self, users: I) {
        for user in users {
            self.insert(user);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(users: &[u32]) -> UserSet {
        let mut set = UserSet { words: vec![0; 3], count: 0 };
        set.extend(users.iter().copied().map(UserIndex));
        set
    }

    #[test]
    fn a_set_holds_each_user_once_and_no_stranger() {
        let mut some = set(&[130, 0, 63, 64, 0]);
        some.insert(UserIndex::STRANGER);
        assert_eq!(some.len(), 4);
        assert!(some.has(UserIndex(64)) && !some.has(UserIndex(65)) && !some.has(UserIndex::STRANGER));
        assert_eq!(some.iter().map(|user| user.0).collect::<Vec<_>>(), [0, 63, 64, 130]);
    }

    #[test]
    fn an_intersection_has_those_of_both() {
        assert_eq!(set(&[1, 70, 140]).intersection(&set(&[2, 70, 140, 141])), set(&[70, 140]));
    }
}
