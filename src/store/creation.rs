//! The making of a store, in an order that leaves either a whole store or none after a crash at any moment.
//!
//! The label stands under the name `STORE.new` until the tree is filled and synced, and is renamed last. Who finds
//! that name opens nothing: he removes what is there and starts afresh.

use super::fault::Fault;
use super::key;
use super::label::{Label, StoreId};
use super::layout::{Layout, Lock, sync_directory};
use super::open::{OpenError, Opened};
use super::space::Ballast;
use super::state::State;
use super::tree::Tree;

/// A store that is being made.
pub(super) struct Creation {
    tree: Tree,
    label: Label,
    lock: Lock,
    layout: Layout,
}

impl Creation {
    /// Begins in a directory that holds nothing and is locked.
    pub(super) fn begin(layout: Layout, lock: Lock, cache_bytes: u64) -> Result<Self, OpenError> {
        let label = Label::create(&layout.unfinished_label(), StoreId::random());
        let label = label.map_err(|source| layout.disk(source))?;
        sync_directory(layout.root()).map_err(|source| layout.disk(source))?;
        let tree = Tree::open(&layout.tree(), cache_bytes).map_err(|fault| OpenError::of(&layout, fault))?;
        Ok(Self { tree, label, lock, layout })
    }

    /// The tree, to be filled.
    pub(super) fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Gives the store its state and makes it one.
    pub(super) fn finish(self, state: State) -> Result<Opened, OpenError> {
        let Self { tree, mut label, lock, layout } = self;
        let mut batch = sled::Batch::default();
        batch.insert(key::state(), state.value());
        tree.write(batch).map_err(|fault| OpenError::of(&layout, fault))?;
        let finished = label.mark(state.revision).and_then(|()| label.sync()).and_then(|()| layout.finish());
        finished.map_err(|source| layout.disk(source))?;
        let ballast = Ballast::at(layout.ballast());
        Ok(Opened { tree, label, ballast, state, lock })
    }
}

impl OpenError {
    /// The error of a fault below the store in a directory.
    pub(super) fn of(layout: &Layout, fault: Fault) -> Self {
        match fault {
            Fault::Disk(source) => layout.disk(source),
            Fault::Damage(damage) => layout.damaged(damage),
        }
    }
}
