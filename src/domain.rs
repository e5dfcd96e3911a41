//! The vocabulary: ids, objects, levels, resources, decisions, changes and revisions.
//!
//! The names are those of the specification. Everything here is plain data, checked when it is made; nothing
//! here knows of trees, caches, stores or the wire.

mod change;
mod condition;
mod decision;
mod fault;
mod id;
mod level;
mod limit;
mod object;
mod revision;

pub use change::{Affected, Change, ChangeSet, Note, Operation, Precondition, Verb, Write};
pub use condition::{Condition, Field};
pub use decision::{Decision, Effect, Named, NewsEvent, Obligation, Reason, Recipient};
pub use fault::{Fault, item_faults};
pub use id::{Id, IdError};
pub use level::{Scope, ScopeSet};
pub use limit::*;
pub use object::{
    BindingSubject, Department, EntityType, Facts, Grant, GroupKind, Key, Kind, MemberRole, Model, Object,
    Resource, Role, RoleBinding, SupportGroup, SupportGroupMember, SupportRole, User, Workgroup,
    WorkgroupMember, sorted_set,
};
pub use revision::Revision;
