//! Everything at one revision: the directory and the resources; and how a write makes the next one.
//!
//! A snapshot is a value. Copies share structure, so a write is tried on a copy, judged on its end state, and the
//! copy is either published or thrown away; whoever still reads an older snapshot goes on reading it undisturbed.

mod past;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::directory::{Directory, TypeIndex, TypeNode, Violation, affected, broken_rules};
use crate::domain::{
    Affected, Change, ENTITY_TYPES_MAX, Fault, Id, Key, Kind, Object, Operation, Precondition, Resource,
    Revision, Verb, item_faults,
};
use crate::visibility::{ResourceIndex, ResourceRow};

pub use past::Found;

/// The whole state at one revision.
#[derive(Clone, Default)]
pub struct Snapshot {
    revision: Revision,
    directory: Directory,
    /// By type index.
    resources: Vec<ResourceIndex>,
    nothing: ResourceIndex,
    is_loading: bool,
}

/// What a write would do.
pub struct Outcome {
    /// The state after it.
    pub snapshot: Snapshot,
    /// The changes, one a key, without those that ended as they began.
    pub changes: Vec<Change>,
    /// Whose effective rights they touch.
    pub affected: Affected,
}

/// Why a write is refused; it then changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Objects that are wrong in themselves, each with the number of its operation.
    #[error("{} faults in the objects", .0.len())]
    Faults(Vec<(usize, Fault)>),
    /// A condition of an operation does not hold.
    #[error("operation {operation}: {key} {}", if *.exists { "exists" } else { "does not exist" })]
    Precondition {
        /// The number of the operation.
        operation: usize,
        /// The object of the condition.
        key: Key,
        /// Whether the object exists.
        exists: bool,
    },
    /// Rules that the end state would break, with every culprit.
    #[error("{} rules would be broken", .0.len())]
    Rules(BTreeSet<Violation>),
}

impl Snapshot {
    /// The revision.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The organisation.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// The resources of a type.
    #[must_use]
    pub fn resources(&self, entity_type: TypeIndex) -> &ResourceIndex {
        self.resources.get(entity_type.0).unwrap_or(&self.nothing)
    }

    /// How many resources there are of each type.
    pub fn resource_counts(&self) -> impl Iterator<Item = (&Id, usize)> {
        let types = self.directory.catalog().iter();
        types.map(|(index, node)| (&node.entity_type().name, self.resources(index).len()))
    }

    /// An index without resources.
    #[must_use]
    pub fn no_resources(&self) -> &ResourceIndex {
        &self.nothing
    }

    /// The state at a revision, as it is loaded: objects are put in without being judged again.
    #[must_use]
    pub fn at(revision: Revision) -> Self {
        Self { revision, is_loading: true, ..Self::default() }
    }

    /// Puts a stored object in, without judging it again.
    ///
    /// # Errors
    /// A resource that doesn't fit its type: it can't have been stored so.
    pub fn load(&mut self, object: &Object) -> Result<(), Violation> {
        if let Object::Resource(resource) = object {
            return self.put_resource(resource);
        }
        self.put_other(object);
        Ok(())
    }

    /// Ends the loading: resources are put in order and in lists, each type on a thread of its own.
    pub fn end_load(&mut self) {
        self.is_loading = false;
        std::thread::scope(|scope| {
            for resources in &mut self.resources {
                scope.spawn(|| resources.end_load());
            }
        });
    }

    /// An object.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<Object> {
        let Key::Resource { entity_type, id } = key else { return self.directory.get(key) };
        let (index, node) = self.directory.catalog().find(entity_type.as_str())?;
        let row = self.resources(index).get(id.as_str())?;
        Some(Object::Resource(Box::new(row.to_resource(&self.directory, node))))
    }

    /// Every object, or those behind a key, in the order of [`Key`].
    pub fn objects_after<'a>(&'a self, behind: Option<&'a Key>) -> impl Iterator<Item = Object> + 'a {
        let directory = &self.directory;
        let kinds = Kind::EACH.into_iter().filter(move |kind| behind.is_none_or(|key| *kind >= key.kind()));
        let others = kinds
            .flat_map(move |kind| directory.objects_after(kind, behind.filter(|key| key.kind() == kind)));
        let last = move |node: &TypeNode| match behind {
            Some(Key::Resource { entity_type, id }) => (entity_type.cmp(&node.entity_type().name), Some(id)),
            _ => (Ordering::Less, None),
        };
        let types = directory.catalog().sorted().into_iter().filter(move |(_, node)| last(node).0.is_le());
        let resources = types.flat_map(move |(index, node)| {
            let (order, id) = last(node);
            let rows = self.resources(index).iter_after(id.filter(|_| order.is_eq()).map(Id::as_str));
            rows.map(move |row| Object::Resource(Box::new(row.to_resource(directory, node))))
        });
        others.chain(resources)
    }

    /// Builds the index of a type anew from its rows. Costs about a second for a million resources.
    pub fn rebuild_index(&mut self, entity_type: TypeIndex) {
        if let Some(resources) = self.resources.get_mut(entity_type.0) {
            resources.rebuild();
        }
    }

    /// Gives its parts up one after the other and names each when it is gone: those of every type in turn.
    #[cfg(feature = "testing")]
    pub fn take_apart(self, mut tell: impl FnMut(&'static str)) {
        drop(self.directory);
        tell("directory");
        self.resources.into_iter().for_each(|index| index.take_apart(&mut tell));
    }

    /// Makes an index wrong.
    #[cfg(feature = "testing")]
    pub fn spoil(&mut self, entity_type: &Id, id: &Id, part: crate::visibility::Spoilt) {
        let index = self.directory.catalog().index_of(entity_type);
        if let Some(resources) = index.and_then(|index| self.resources.get_mut(index.0)) {
            resources.spoil(id.as_str(), part);
        }
    }

    /// Tries a write: the operations in their order, judged on the end state.
    ///
    /// # Errors
    /// Says which operations or which rules stand against it.
    pub fn apply(&self, operations: &[Operation]) -> Result<Outcome, Refusal> {
        let faults = faults_of(operations);
        if !faults.is_empty() {
            return Err(Refusal::Faults(faults));
        }
        let mut trial =
            Trial { start: self, end: self.clone(), before: BTreeMap::new(), misfits: BTreeMap::new() };
        trial.end.revision = self.revision.next();
        // Resources come last, so that they are judged by the types as the batch leaves them.
        let (resources, others): (Vec<_>, Vec<_>) =
            operations.iter().enumerate().partition(|(_, operation)| operation.kind() == Kind::Resource);
        for (at, operation) in others.into_iter().chain(resources) {
            trial.carry_out(at, operation)?;
        }
        trial.judge()
    }

    fn put_resource(&mut self, resource: &Resource) -> Result<(), Violation> {
        let key = || Key::Resource { entity_type: resource.entity_type.clone(), id: resource.id.clone() };
        let name = &resource.entity_type;
        let catalog = Arc::clone(self.directory.shared_catalog());
        let Some((index, node)) = catalog.find(name.as_str()) else {
            let message = format!("type: there is no entity type {name}");
            return Err(Violation { rule: "1.3", culprit: key(), message });
        };
        if let Some(stage) = resource.facts.stage.as_ref().filter(|stage| node.stage(stage).is_none()) {
            let message = format!("stage: {name} has no stage {stage}");
            return Err(Violation { rule: "1.5", culprit: key(), message });
        }
        let row = ResourceRow::new(&mut self.directory, node, resource);
        if let Some(resources) = self.resources_mut(index) {
            resources.put(row);
        }
        Ok(())
    }

    /// Puts in an object that is not a resource.
    fn put_other(&mut self, object: &Object) {
        self.directory.put(object);
        if let Object::EntityType(it) = object
            && let Some(index) = self.directory.catalog().index_of(&it.name)
            && let Some(resources) = self.resources_mut(index)
        {
            resources.set_model(it.model);
        }
    }

    fn resources_mut(&mut self, index: TypeIndex) -> Option<&mut ResourceIndex> {
        while self.resources.len() <= index.0 {
            let mut resources = ResourceIndex::default();
            if self.is_loading {
                resources.begin_load();
            }
            self.resources.push(resources);
        }
        self.resources.get_mut(index.0)
    }

    fn delete_resource(&mut self, entity_type: &Id, id: &Id) {
        let index = self.directory.catalog().index_of(entity_type);
        if let Some(resources) = index.and_then(|index| self.resources.get_mut(index.0)) {
            resources.remove(id.as_str());
        }
    }
}

/// A write on trial.
struct Trial<'a> {
    start: &'a Snapshot,
    end: Snapshot,
    /// What each touched key held at the start.
    before: BTreeMap<Key, Option<Object>>,
    /// Resources that could not be put in; a later operation on the same key can set it right.
    misfits: BTreeMap<Key, Violation>,
}

impl Trial<'_> {
    fn carry_out(&mut self, at: usize, operation: &Operation) -> Result<(), Refusal> {
        let key = operation.key();
        let exists = match self.before.get(&key) {
            Some(_) => self.end.get(&key).is_some(),
            None => self.before.entry(key.clone()).or_insert(self.start.get(&key)).is_some(),
        };
        match (operation.precondition, exists) {
            (Precondition::None, _)
            | (Precondition::MustExist, true)
            | (Precondition::MustNotExist, false) => {}
            (Precondition::MustExist, false) | (Precondition::MustNotExist, true) => {
                return Err(Refusal::Precondition { operation: at, key, exists });
            }
        }
        self.misfits.remove(&key);
        match &operation.verb {
            Verb::Put(Object::Resource(resource)) => {
                if let Err(misfit) = self.end.put_resource(resource) {
                    self.end.delete_resource(&resource.entity_type, &resource.id);
                    self.misfits.insert(key, misfit);
                }
            }
            Verb::Delete(Key::Resource { entity_type, id }) => self.end.delete_resource(entity_type, id),
            Verb::Put(object) => self.end.put_other(object),
            Verb::Delete(key) => self.end.directory.delete(key),
        }
        Ok(())
    }

    fn judge(mut self) -> Result<Outcome, Refusal> {
        let mut broken = broken_rules(&self.end.directory, self.before.keys());
        broken.extend(std::mem::take(&mut self.misfits).into_values());
        for key in self.before.keys() {
            if let Key::EntityType(name) = key {
                broken.extend(self.stranded_resources(name));
            }
        }
        if self.end.directory.catalog().iter().count() > ENTITY_TYPES_MAX {
            let culprits = self.before.keys().filter(|key| key.kind() == Kind::EntityType);
            let message = format!("more than {ENTITY_TYPES_MAX} entity types");
            broken.extend(culprits.map(|key| Violation {
                rule: "1",
                culprit: key.clone(),
                message: message.clone(),
            }));
        }
        if !broken.is_empty() {
            return Err(Refusal::Rules(broken));
        }
        let end = self.end;
        let changes: Vec<Change> = self
            .before
            .into_iter()
            .map(|(key, before)| Change { after: end.get(&key), key, before })
            .filter(|change| change.before != change.after)
            .collect();
        let affected = affected(&self.start.directory, &end.directory, &changes);
        Ok(Outcome { snapshot: end, changes, affected })
    }

    /// What resources of a type still use of it although it is gone (rule 1.3).
    fn stranded_resources(&self, name: &Id) -> Vec<Violation> {
        let culprit = Key::EntityType(name.clone());
        let fault = |message| Violation { rule: "1.3", culprit: culprit.clone(), message };
        let catalog = self.end.directory.catalog();
        let Some(index) = catalog.index_of(name) else { return Vec::new() };
        let resources = self.end.resources(index);
        let Some(node) = catalog.get(index) else {
            let left = resources.len();
            return (left > 0)
                .then(|| fault(format!("{left} resources of the type exist")))
                .into_iter()
                .collect();
        };
        let gone = node.gone_stages().filter(|(stage, _)| resources.is_stage_used(*stage));
        gone.map(|(_, name)| fault(format!("stages: resources are on the stage {name}"))).collect()
    }
}

fn faults_of(operations: &[Operation]) -> Vec<(usize, Fault)> {
    let puts = operations.iter().enumerate().filter_map(|(at, operation)| match &operation.verb {
        Verb::Put(object) => Some((at, object)),
        Verb::Delete(_) => None,
    });
    puts.flat_map(|(at, object)| item_faults(object).into_iter().map(move |fault| (at, fault))).collect()
}
