//! What items are sorted by.

/// A number that goes up with a key; what has the same is to be compared.
pub type Prefix = u128;

/// The keys that items are sorted by, of which no two have the same.
pub trait Keys<T> {
    /// What is compared.
    type Key: Copy + Ord;
    /// Where the key of an item is, which may be far away.
    type Place: Copy;

    /// Where the key of an item is; nothing there is read yet.
    fn place_of(&self, item: &T) -> Self::Place;

    /// The key at a place.
    fn key_at(&self, place: Self::Place) -> Self::Key;

    /// Never less than that of a lesser key.
    fn prefix_of(&self, key: Self::Key) -> Prefix;

    /// The key of an item.
    fn key_of(&self, item: &T) -> Self::Key {
        self.key_at(self.place_of(item))
    }
}

/// The first 16 bytes of a text, as far as there are so many.
#[must_use]
pub fn prefix_of_text(text: &str) -> Prefix {
    let mut first = [0; 16];
    first.iter_mut().zip(text.bytes()).for_each(|(to, from)| *to = from);
    u128::from_be_bytes(first)
}

/// Keys that are as they were when an item had this one.
pub(super) struct Known<'a, T, K: Keys<T>> {
    pub keys: &'a K,
    pub item: T,
    pub key: K::Key,
}

impl<T: Eq, K: Keys<T>> Keys<T> for Known<'_, T, K> {
    type Key = K::Key;
    /// None is the item's own.
    type Place = Option<K::Place>;

    fn place_of(&self, item: &T) -> Option<K::Place> {
        (*item != self.item).then(|| self.keys.place_of(item))
    }

    fn key_at(&self, place: Option<K::Place>) -> K::Key {
        place.map_or(self.key, |place| self.keys.key_at(place))
    }

    fn prefix_of(&self, key: K::Key) -> Prefix {
        self.keys.prefix_of(key)
    }
}
