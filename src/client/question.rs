//! Questions as callers have them, and how the wire names their resource.

use std::fmt;

use super::facts_text;
use crate::api::pb;
use crate::bundle::case::Target;

/// Every request has its own type for the resource that it names.
macro_rules! named {
    ($target:expr, $kind:path) => {{
        use $kind as Resource;
        match $target {
            $crate::bundle::case::Target::Id(id) => Resource::Id(id.clone()),
            $crate::bundle::case::Target::Facts(facts) => {
                Resource::Facts($crate::api::convert::facts_to_wire(facts))
            }
        }
    }};
}
pub(super) use named;

/// May a user do an action on a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Who asks.
    pub subject: String,
    /// What he would do.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
    /// The resource.
    pub target: Target,
}

impl Question {
    /// The question of a stored resource.
    #[must_use]
    pub fn stored(subject: &str, action: &str, entity_type: &str, id: &str) -> Self {
        Self {
            subject: subject.to_owned(),
            action: action.to_owned(),
            entity_type: entity_type.to_owned(),
            target: Target::Id(id.to_owned()),
        }
    }

    pub(super) fn to_item(&self) -> pb::BatchCheckItem {
        pb::BatchCheckItem {
            subject: self.subject.clone(),
            action: self.action.clone(),
            entity_type: self.entity_type.clone(),
            resource: Some(named!(&self.target, pb::batch_check_item::Resource)),
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.subject, self.action, self.entity_type, self.target)
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => f.write_str(id),
            Self::Facts(facts) => write!(f, "--facts {:?}", facts_text(facts)),
        }
    }
}
