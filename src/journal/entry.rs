//! What a line of the decision log tells, as the handler that decided has it: borrowed, nothing copied yet.

use std::time::Duration;

use serde::Serialize;

use crate::domain::Decision;

/// Where a call comes from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// The caller's name, where callers are named.
    pub caller: Option<&'a str>,
    /// The id of the trace that the caller says the call belongs to.
    pub trace_id: Option<&'a str>,
    /// The caller's own name for the call.
    pub request_id: Option<&'a str>,
}

/// One decision, or one list as a whole.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// The place in a batch.
    pub index: Option<usize>,
    /// Whose rights were asked for; none where it was asked who has them.
    pub subject: Option<&'a str>,
    /// The action; none where it was asked which are allowed.
    pub action: Option<&'a str>,
    /// The name of the entity type.
    pub entity_type: &'a str,
    /// The resource.
    pub about: About<'a>,
    /// What was answered.
    pub answer: Answer,
    /// The token of the revision that it was answered from.
    pub revision: &'a str,
    /// How long it took since the call began.
    pub took: Duration,
}

/// Which resource was asked about.
#[derive(Clone, Copy, Debug)]
pub enum About<'a> {
    /// None: a list is of all.
    Every,
    /// One by its id.
    Resource(&'a str),
    /// One by its facts, which the caller has said.
    Facts(Facts<'a>),
}

/// The facts that a caller has said of a resource.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Facts<'a> {
    /// Who created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<&'a str>,
    /// Who is responsible.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible: Option<&'a str>,
    /// The departments that it belongs to itself.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub departments: &'a [String],
    /// The stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<&'a str>,
    /// Whether it is flagged open.
    pub open: bool,
    /// The observers.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    pub observers: &'a [String],
}

/// What was answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// A decision.
    Decision(Decision),
    /// A list of so many.
    Count(u64),
    /// A plan, of this kind.
    Plan(&'static str),
}

impl Answer {
    /// Whether it is a denial.
    pub(super) const fn is_denial(&self) -> bool {
        match self {
            Self::Decision(decision) => !decision.is_allow(),
            Self::Count(_) | Self::Plan(_) => false,
        }
    }
}
