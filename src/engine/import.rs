//! Taking in many objects: as one batch, or in committed chunks where references may wait for what they name.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Engine, WriteError};
use crate::domain::{
    Department, IMPORT_ATOMIC_OBJECTS_MAX, Id, Kind, Note, Object, Operation, Revision, Write,
};

/// Objects of one chunk: large enough to share a flush, small enough to keep other writers waiting only shortly.
const CHUNK: usize = 4_096;

/// How an import is committed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportMode {
    /// As one batch.
    Atomic,
    /// In chunks.
    Chunked,
}

/// How far an import is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Progress {
    /// Objects that have arrived.
    pub received: u64,
    /// Objects that are on disk.
    pub committed: u64,
    /// The newest revision that the import made.
    pub revision: Option<Revision>,
}

/// Why an import stopped. What was committed in chunks stays.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ImportError {
    /// A batch was refused.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Too many objects for one batch.
    #[error("more than {IMPORT_ATOMIC_OBJECTS_MAX} objects in an atomic import; import in chunks")]
    TooMany,
}

/// An import under way.
pub struct Import {
    engine: Arc<Engine>,
    mode: ImportMode,
    note: Note,
    progress: Progress,
    /// Objects of the directory, until they are committed together in an order in which references hold.
    directory: Vec<Object>,
    /// Resources of types that are committed.
    ready: Vec<Object>,
    /// Resources of types that are still to come.
    waiting: Vec<Object>,
    types: BTreeSet<Id>,
}

impl Import {
    /// Starts an import, of which every write has the note.
    #[must_use]
    pub fn new(engine: Arc<Engine>, mode: ImportMode, note: Note) -> Self {
        Self {
            engine,
            mode,
            note,
            progress: Progress::default(),
            directory: Vec::new(),
            ready: Vec::new(),
            waiting: Vec::new(),
            types: BTreeSet::new(),
        }
    }

    /// How far it is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Takes objects in, and commits what makes up a chunk.
    ///
    /// # Errors
    /// A chunk was refused, or there are too many objects for one batch.
    pub async fn push(&mut self, objects: Vec<Object>) -> Result<(), ImportError> {
        self.progress.received += objects.len() as u64;
        match self.mode {
            ImportMode::Atomic => {
                self.directory.extend(objects);
                if self.directory.len() > IMPORT_ATOMIC_OBJECTS_MAX {
                    return Err(ImportError::TooMany);
                }
            }
            ImportMode::Chunked => {
                for object in objects {
                    self.sort_in(object).await?;
                }
            }
        }
        Ok(())
    }

    /// Commits the rest.
    ///
    /// # Errors
    /// A chunk was refused.
    pub async fn finish(&mut self) -> Result<(), ImportError> {
        let directory = std::mem::take(&mut self.directory);
        match self.mode {
            ImportMode::Atomic => self.commit(directory).await,
            ImportMode::Chunked => {
                self.commit_directory(directory).await?;
                let mut rest = std::mem::take(&mut self.ready);
                rest.append(&mut self.waiting);
                self.commit_in_chunks(rest).await
            }
        }
    }

    async fn sort_in(&mut self, object: Object) -> Result<(), ImportError> {
        let Object::Resource(resource) = &object else {
            self.directory.push(object);
            return Ok(());
        };
        if !self.is_type_known(&resource.entity_type) {
            self.commit_types().await?;
        }
        if self.is_type_known(&resource.entity_type) {
            self.ready.push(object);
        } else {
            self.waiting.push(object);
        }
        if self.ready.len() >= CHUNK {
            let chunk = std::mem::take(&mut self.ready);
            self.commit(chunk).await?;
        }
        Ok(())
    }

    fn is_type_known(&mut self, name: &Id) -> bool {
        if self.types.contains(name) {
            return true;
        }
        let published = self.engine.shared.published.load();
        let is_known = published.directory().catalog().find(name.as_str()).is_some()
            && !self.directory.iter().any(|it| matches!(it, Object::EntityType(it) if it.name == *name));
        if is_known {
            self.types.insert(name.clone());
        }
        is_known
    }

    /// Commits the entity types that have come, so that resources need not wait.
    async fn commit_types(&mut self) -> Result<(), ImportError> {
        let (types, others) = std::mem::take(&mut self.directory)
            .into_iter()
            .partition(|object| matches!(object, Object::EntityType(_)));
        self.directory = others;
        self.commit(types).await
    }

    /// Commits the objects of the directory so that every batch is whole in itself: departments that don't exist yet
    /// come first without their heads, because heads are users and users are in departments.
    async fn commit_directory(&mut self, objects: Vec<Object>) -> Result<(), ImportError> {
        let bare: Vec<Object> = objects.iter().filter_map(|object| self.bare_department(object)).collect();
        let total = self.progress.committed + objects.len() as u64;
        let (types, others): (Vec<_>, Vec<_>) =
            objects.into_iter().partition(|object| object.kind() == Kind::EntityType);
        self.commit(types).await?;
        self.commit(bare).await?;
        for kind in
            [Kind::User, Kind::Department, Kind::Workgroup, Kind::SupportGroup, Kind::Role, Kind::RoleBinding]
        {
            let batch: Vec<Object> = others.iter().filter(|object| object.kind() == kind).cloned().collect();
            // A tree is moved whole or not at all.
            if kind == Kind::Department {
                self.commit(batch).await?;
            } else {
                self.commit_in_chunks(batch).await?;
            }
        }
        self.progress.committed = total;
        Ok(())
    }

    fn bare_department(&self, object: &Object) -> Option<Object> {
        let Object::Department(department) = object else { return None };
        let published = self.engine.shared.published.load();
        if published.directory().contains(&object.key()) {
            return None;
        }
        Some(Object::Department(Arc::new(Department { heads: Vec::new(), ..Department::clone(department) })))
    }

    async fn commit_in_chunks(&mut self, objects: Vec<Object>) -> Result<(), ImportError> {
        let mut objects = objects.into_iter().peekable();
        while objects.peek().is_some() {
            let chunk = objects.by_ref().take(CHUNK).collect();
            self.commit(chunk).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, objects: Vec<Object>) -> Result<(), ImportError> {
        if objects.is_empty() {
            return Ok(());
        }
        let count = objects.len() as u64;
        let operations = objects.into_iter().map(Operation::put).collect();
        let write = Write { operations, note: self.note.clone(), ..Write::default() };
        let revision = self.engine.write_patiently(write).await?;
        self.progress.committed += count;
        self.progress.revision = Some(revision);
        Ok(())
    }
}
