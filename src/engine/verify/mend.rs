//! Making anew what was found wrong in the published state. The committer does it, who alone publishes.
//!
//! The state keeps its revision: what is published then is what should have been there.

use std::error::Error;
use std::ops::Bound;

use super::super::{Age, Shared};
use crate::directory::TypeIndex;
use crate::domain::{Affected, Key, Kind};
use crate::snapshot::Snapshot;

/// What is to be made anew.
pub(in super::super) enum Mend {
    /// An object, from the store.
    Object(Key),
    /// An index of resources, from its rows.
    Index(TypeIndex),
}

impl Mend {
    /// Publishes a state in which it is right. To be called by the committer, when what is published is on disk.
    pub(in super::super) fn carry_out(self, shared: &Shared) {
        let published = shared.published.load_full();
        let mut snapshot = published.snapshot.clone();
        let is_organisation = match &self {
            Self::Object(key) => key.kind() != Kind::Resource,
            Self::Index(_) => false,
        };
        match self {
            Self::Object(key) => match put_back(shared, &mut snapshot, &key) {
                Ok(()) => tracing::warn!(%key, "an object was read from the store again"),
                Err(error) => return tracing::error!(%key, error, "an object can't be read again"),
            },
            Self::Index(entity_type) => {
                snapshot.rebuild_index(entity_type);
                tracing::warn!(entity_type = entity_type.0, "an index was built anew");
            }
        }
        let revision = snapshot.revision();
        shared.published.store(shared.to_publish(snapshot, Age::Current));
        if is_organisation {
            // Rights of the wrong state may still be put in by who has just compiled them; they are found on the
            // next round.
            shared.cache.drop_affected(&Affected::All, revision);
        }
    }
}

fn put_back(shared: &Shared, snapshot: &mut Snapshot, key: &Key) -> Result<(), Box<dyn Error + 'static>> {
    let from = shared.store.first_object_at(snapshot.revision(), Bound::Included(key))?;
    let stored = from.ok_or("the store is at another revision")?;
    let stored = stored.first().filter(|object| object.key() == *key);
    snapshot.set(key, stored).map_err(|misfit| misfit.message.into())
}
