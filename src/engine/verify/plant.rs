//! Wrong entries, planted by tests for the verifier to find. A plain build never has them.

use std::sync::Arc;

use super::super::{Age, Engine};
use crate::domain::Id;
use crate::rights::EffectiveRights;
use crate::snapshot::Snapshot;

impl Engine {
    /// Keeps the rights of one user as those of another. Both must exist.
    pub fn plant_rights(&self, user: &Id, of: &Id) {
        let published = self.shared.published.load_full();
        let (directory, revision) = (published.directory(), published.snapshot.revision());
        let other =
            directory.find_user(of.as_str()).and_then(|(at, _)| EffectiveRights::compile(directory, at));
        if let Some(kept) = self.shared.cache.peek(user.as_str(), revision) {
            self.shared.cache.forget(user.as_str(), &kept);
        }
        if let Some(other) = other {
            self.shared.cache.insert(user, &Arc::new(other), revision);
        }
    }

    /// Publishes a state of the same revision that was made wrong. Nobody may write meanwhile.
    pub fn plant(&self, spoil: impl FnOnce(&mut Snapshot)) {
        let published = self.shared.published.load_full();
        let mut snapshot = published.snapshot.clone();
        spoil(&mut snapshot);
        self.shared.published.store(self.shared.to_publish(snapshot, Age::Current));
    }
}
