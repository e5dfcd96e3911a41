//! What a caller may do. Everything that is not given is refused.

use std::collections::HashSet;

use super::call::{Breadth, CALLS, Call, CallSet, Nature};
use crate::domain::Id;

/// What a caller may do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Permission {
    calls: CallSet,
    /// None is every type.
    entity_types: Option<HashSet<Id>>,
    may_assert_facts: bool,
    may_write: bool,
    may_see_explanations: bool,
}

/// Why a caller may not.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denial {
    /// The call is not among those given.
    #[error("is not permitted to this caller")]
    Call,
    /// It changes something.
    #[error("changes what is kept; this caller may only read")]
    Writing,
    /// It tells why.
    #[error("explains decisions; this caller may not see explanations")]
    Explanation,
    /// It is about more than the entity types given.
    #[error("is about more than the entity types that this caller is limited to")]
    Everything,
    /// The entity type is not among those given; whether there is such a type is not said.
    #[error("is not among the entity types that this caller is limited to")]
    EntityType,
    /// The resource is described by the request and not kept.
    #[error("describes a resource; this caller may only ask about those that are kept")]
    Facts,
}

/// What the file says of a caller's permissions.
pub(super) struct Given<'a> {
    /// None is every call that the rest allows.
    pub(super) calls: Option<&'a HashSet<String>>,
    pub(super) entity_types: Option<HashSet<Id>>,
    pub(super) may_assert_facts: bool,
    pub(super) may_write: bool,
    pub(super) may_see_explanations: bool,
}

impl Permission {
    pub(super) fn of(given: Given<'_>) -> Self {
        let mut permission = Self {
            calls: CallSet::default(),
            entity_types: given.entity_types,
            may_assert_facts: given.may_assert_facts,
            may_write: given.may_write,
            may_see_explanations: given.may_see_explanations,
        };
        let is_named = |call: &Call| given.calls.is_none_or(|names| names.contains(call.name));
        permission.calls = CallSet::of(|call| is_named(call) && permission.contradiction(call).is_none());
        permission
    }

    /// What stands against a call, whether it is named or not.
    pub(super) fn contradiction(&self, call: &Call) -> Option<Denial> {
        match (call.nature, call.breadth) {
            (Nature::Writing, _) if !self.may_write => Some(Denial::Writing),
            (Nature::Explaining, _) if !self.may_see_explanations => Some(Denial::Explanation),
            (_, Breadth::Whole) if self.entity_types.is_some() => Some(Denial::Everything),
            (Nature::Reading | Nature::Explaining | Nature::Writing, Breadth::Typed | Breadth::Whole) => None,
        }
    }

    /// Whether the call at a path is permitted.
    ///
    /// # Errors
    /// Says why it is not.
    pub fn call(&self, path: &str) -> Result<(), Denial> {
        let Some(at) = CALLS.iter().position(|call| call.path == path) else { return Err(Denial::Call) };
        if self.calls.has(at) {
            return Ok(());
        }
        Err(CALLS.get(at).and_then(|call| self.contradiction(call)).unwrap_or(Denial::Call))
    }

    /// Whether an entity type is permitted.
    ///
    /// # Errors
    /// It is not.
    pub fn entity_type(&self, name: &str) -> Result<(), Denial> {
        match &self.entity_types {
            Some(permitted) if !permitted.contains(name) => Err(Denial::EntityType),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether what belongs to no entity type is permitted: the organisation.
    ///
    /// # Errors
    /// It is not.
    pub const fn organisation(&self) -> Result<(), Denial> {
        if self.entity_types.is_some() { Err(Denial::Everything) } else { Ok(()) }
    }

    /// Whether the request may describe a resource that is not kept.
    ///
    /// # Errors
    /// It may not.
    pub const fn facts(&self) -> Result<(), Denial> {
        if self.may_assert_facts { Ok(()) } else { Err(Denial::Facts) }
    }

    /// Whether the answer may say why.
    ///
    /// # Errors
    /// It may not.
    pub const fn explanation(&self) -> Result<(), Denial> {
        if self.may_see_explanations { Ok(()) } else { Err(Denial::Explanation) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Given<'_> = Given {
        calls: None,
        entity_types: None,
        may_assert_facts: false,
        may_write: false,
        may_see_explanations: false,
    };

    fn path(name: &str) -> &'static str {
        CALLS.iter().find(|call| call.name == name).unwrap().path
    }

    #[test]
    fn what_is_not_given_is_refused() {
        let permission = Permission::of(NOTHING);
        assert_eq!(permission.call(path("Check")), Ok(()));
        assert_eq!(permission.call(path("Write")), Err(Denial::Writing));
        assert_eq!(permission.call(path("Explain")), Err(Denial::Explanation));
        assert_eq!(permission.call("/dopusk.v1.DecisionService/Unheard"), Err(Denial::Call));
        assert_eq!(permission.facts(), Err(Denial::Facts));
        assert_eq!(permission.explanation(), Err(Denial::Explanation));
        assert_eq!(permission.entity_type("deal"), Ok(()));
    }

    #[test]
    fn calls_that_are_named_leave_the_others_out() {
        let names = HashSet::from(["Check".to_owned()]);
        let permission = Permission::of(Given { calls: Some(&names), may_write: true, ..NOTHING });
        assert_eq!(permission.call(path("Check")), Ok(()));
        assert_eq!(permission.call(path("ListVisible")), Err(Denial::Call));
        assert_eq!(permission.call(path("Write")), Err(Denial::Call));
    }

    #[test]
    fn a_limit_to_types_closes_what_is_about_everything() {
        let types = HashSet::from([Id::parse("ticket").unwrap()]);
        let permission = Permission::of(Given { entity_types: Some(types), ..NOTHING });
        assert_eq!(permission.entity_type("ticket"), Ok(()));
        assert_eq!(permission.entity_type("deal"), Err(Denial::EntityType));
        assert_eq!(permission.organisation(), Err(Denial::Everything));
        for (name, expected) in [("Check", Ok(())), ("Export", Err(Denial::Everything))] {
            assert_eq!(permission.call(path(name)), expected, "{name}");
        }
    }
}
