//! What a request may ask, for a handler: where no callers are named, everything; else what its caller may.
//!
//! INVARIANT: where callers are named, a request without one is refused, however it came.

use std::sync::Arc;

use tonic::{Request, Status};

use super::status;
use crate::caller::{Caller, Denial, Permission};
use crate::domain::{Id, Key, Object, Operation, Verb};
use crate::engine::ResourceRef;

/// Whether callers are named.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doors {
    /// They are not: whoever can connect may do everything.
    Open,
    /// They are.
    Guarded,
}

/// What a request may ask.
#[derive(Clone, Copy, Debug)]
pub(super) enum Permit<'a> {
    /// Everything.
    Everything,
    /// What its caller may.
    Of(&'a Caller),
}

impl<'a> Permit<'a> {
    /// What a request may ask.
    pub(super) fn of<T>(doors: Doors, request: &'a Request<T>) -> Result<Self, Status> {
        match doors {
            Doors::Open => Ok(Self::Everything),
            Doors::Guarded => {
                let caller = request.extensions().get::<Arc<Caller>>();
                caller.map(|it| Self::Of(it)).ok_or_else(status::no_bearer)
            }
        }
    }

    /// The name of its caller, where callers are named.
    pub(super) fn caller(self) -> Option<&'a Id> {
        match self {
            Self::Everything => None,
            Self::Of(caller) => Some(caller.name()),
        }
    }

    fn hold(
        self,
        field: &str,
        question: impl FnOnce(&Permission) -> Result<(), Denial>,
    ) -> Result<(), Status> {
        match self {
            Self::Everything => Ok(()),
            Self::Of(caller) => question(caller.permission()).map_err(|denial| status::denied(field, denial)),
        }
    }

    /// What stands against a question about a resource: its type, or facts where they may not be asserted.
    pub(super) fn denial(
        self,
        entity_type: &str,
        resource: &ResourceRef<'_>,
    ) -> Option<(&'static str, Denial)> {
        let Self::Of(caller) = self else { return None };
        let permission = caller.permission();
        if let Err(denial) = permission.entity_type(entity_type) {
            return Some(("entity_type", denial));
        }
        match resource {
            ResourceRef::Stored(_) => None,
            ResourceRef::Inline(_) => permission.facts().err().map(|denial| ("facts", denial)),
        }
    }

    /// Whether it may ask about a resource.
    pub(super) fn question(self, entity_type: &str, resource: &ResourceRef<'_>) -> Result<(), Status> {
        self.denial(entity_type, resource)
            .map_or(Ok(()), |(field, denial)| Err(status::denied(field, denial)))
    }

    /// Whether it may ask about an entity type.
    pub(super) fn entity_type(self, name: &str) -> Result<(), Status> {
        self.hold("entity_type", |it| it.entity_type(name))
    }

    /// Whether its answer may say why.
    pub(super) fn explanation(self, field: &str) -> Result<(), Status> {
        self.hold(field, Permission::explanation)
    }

    /// Whether it may read or write what has a key.
    pub(super) fn key(self, key: &Key, field: &str) -> Result<(), Status> {
        self.hold(field, |it| match key {
            Key::Resource { entity_type, .. } => it.entity_type(entity_type.as_str()),
            Key::EntityType(_)
            | Key::Department(_)
            | Key::User(_)
            | Key::Workgroup(_)
            | Key::SupportGroup(_)
            | Key::Role(_)
            | Key::RoleBinding(_) => it.organisation(),
        })
    }

    /// Whether it may list a kind: resources of a type, or what belongs to none.
    pub(super) fn list(self, entity_type: Option<&str>) -> Result<(), Status> {
        match entity_type {
            Some(name) => self.entity_type(name),
            None => self.hold("kind", Permission::organisation),
        }
    }

    /// Whether it may write each of the operations.
    pub(super) fn operations(self, operations: &[Operation]) -> Result<(), Status> {
        let Self::Of(_) = self else { return Ok(()) };
        operations.iter().enumerate().try_for_each(|(at, operation)| match &operation.verb {
            Verb::Put(object) => self.key(&object.key(), &format!("operations[{at}].put")),
            Verb::Delete(key) => self.key(key, &format!("operations[{at}].delete")),
        })
    }
}

/// What an import may write, beyond the life of its request.
#[derive(Clone, Debug)]
pub(super) struct Licence(Option<Arc<Caller>>);

impl Licence {
    /// That of a request that may be made.
    pub(super) fn of<T>(doors: Doors, request: &Request<T>) -> Result<Self, Status> {
        Permit::of(doors, request)?;
        Ok(Self(request.extensions().get::<Arc<Caller>>().map(Arc::clone)))
    }

    /// The name of its caller, where callers are named.
    pub(super) fn caller(&self) -> Option<&Id> {
        self.0.as_ref().map(|caller| caller.name())
    }

    /// Whether each of the objects may be written.
    pub(super) fn objects(&self, objects: &[Object], place: usize) -> Result<(), Status> {
        let Some(caller) = &self.0 else { return Ok(()) };
        if caller.is_revoked() {
            return Err(status::revoked());
        }
        let permit = Permit::Of(caller);
        objects
            .iter()
            .enumerate()
            .try_for_each(|(at, object)| permit.key(&object.key(), &format!("objects[{}]", place + at)))
    }
}
