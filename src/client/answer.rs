//! Answers as callers take them: without the wire's gaps, in which nothing was said.

use super::{ClientError, Explanation};
use crate::api::{convert, pb};
use crate::domain::{Affected, Change, Effect, Id, Note, Object, Recipient};

/// An answer and the token of the revision that it was made at.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answered<T> {
    /// The answer.
    pub value: T,
    /// The token.
    pub revision: String,
}

/// The decision on a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ruling {
    /// Allow or deny.
    pub effect: Effect,
    /// Which rule decided, such as `no_grant`.
    pub reason: String,
    /// What the caller must see to, such as `responsible_is_subject`.
    pub obligation: Option<String>,
}

/// A decision and why it is so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// The decision.
    pub ruling: Ruling,
    /// What it was made from.
    pub explanation: Explanation,
    /// One sentence for the user.
    pub short: String,
    /// Everything for the administrator, in lines.
    pub full: String,
}

/// Why one question of a batch has no decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemError {
    /// The code that a check alone would have failed with, such as `INVALID_ARGUMENT`.
    pub code: String,
    /// The stable reason.
    pub reason: String,
}

/// A list, or a part of one.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// The names, in the order of the list.
    pub names: Vec<String>,
    /// Goes on behind the last one; empty at the end.
    pub next: String,
    /// The token of the revision.
    pub revision: String,
}

/// What a watch tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A committed write.
    Committed(Committed),
    /// Nothing new behind the revision of this token.
    Quiet(String),
}

/// A committed write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// The token of the revision that it made.
    pub revision: String,
    /// When, in milliseconds since 1970-01-01 UTC, by the server's clock.
    pub committed_at_ms: i64,
    /// Who asked for it and why.
    pub note: Note,
    /// What changed.
    pub changes: Vec<Change>,
    /// Whose effective rights it may have changed.
    pub affected: Affected,
}

impl Ruling {
    /// Whether it is an allow.
    #[must_use]
    pub fn is_allow(&self) -> bool {
        self.effect == Effect::Allow
    }
}

/// A decision; what says neither allow nor deny is none.
pub(super) fn ruling(decision: Option<&pb::Decision>) -> Result<Ruling, ClientError> {
    let decision = decision.ok_or_else(|| ClientError::Nonsense("there is no decision".to_owned()))?;
    let effect = match decision.effect() {
        pb::Effect::Allow => Effect::Allow,
        pb::Effect::Deny => Effect::Deny,
        pb::Effect::Unspecified => {
            return Err(ClientError::Nonsense("the decision is neither allow nor deny".to_owned()));
        }
    };
    if decision.obligations.len() > 1 {
        return Err(ClientError::Nonsense("the decision has several obligations".to_owned()));
    }
    let (reason, obligation) = (convert::reason_name(decision), convert::obligation_name(decision));
    Ok(Ruling { effect, reason, obligation })
}

/// The answer to one question of a batch.
pub(super) fn item(result: &pb::BatchCheckResult) -> Result<Result<Ruling, ItemError>, ClientError> {
    use pb::batch_check_result::Result as Wire;
    match &result.result {
        Some(Wire::Decision(decision)) => ruling(Some(decision)).map(Ok),
        Some(Wire::Error(error)) => {
            Ok(Err(ItemError { code: error.code.clone(), reason: error.reason.clone() }))
        }
        None => ruling(None).map(Ok),
    }
}

pub(super) fn recipient(wire: &pb::Recipient) -> Result<Recipient, ClientError> {
    Ok(Recipient { user: id(&wire.user)?, can_read: wire.can_read })
}

pub(super) fn object(wire: &pb::Object) -> Result<Object, ClientError> {
    convert::object(wire, "object").map_err(|faults| nonsense(&faults))
}

pub(super) fn event(wire: &pb::WatchResponse) -> Result<Event, ClientError> {
    use pb::watch_response::Event as Wire;
    match &wire.event {
        Some(Wire::Change(set)) => committed(set).map(Event::Committed),
        Some(Wire::Heartbeat(it)) => Ok(Event::Quiet(it.revision.clone())),
        None => Err(ClientError::Nonsense("an event tells nothing".to_owned())),
    }
}

pub(super) fn committed(wire: &pb::ChangeSet) -> Result<Committed, ClientError> {
    let changes: Result<Vec<Change>, ClientError> = wire.changes.iter().map(change).collect();
    let users: Result<Vec<Id>, ClientError> = wire.affected_users.iter().map(|text| id(text)).collect();
    let named = |text: &str| Some(text).filter(|it| !it.is_empty()).map(id).transpose();
    Ok(Committed {
        revision: wire.revision.clone(),
        committed_at_ms: wire.committed_at_ms,
        note: Note {
            author: named(&wire.author)?,
            comment: wire.comment.clone(),
            caller: named(&wire.caller)?,
        },
        changes: changes?,
        affected: if wire.all_users_affected { Affected::All } else { Affected::Users(users?) },
    })
}

fn change(wire: &pb::Change) -> Result<Change, ClientError> {
    let key = wire.key.clone().unwrap_or_default();
    Ok(Change {
        key: convert::key(&key, "key").map_err(|faults| nonsense(&faults))?,
        before: wire.before.as_ref().map(object).transpose()?,
        after: wire.after.as_ref().map(object).transpose()?,
    })
}

fn id(text: &str) -> Result<Id, ClientError> {
    Id::parse(text).map_err(|error| ClientError::Nonsense(format!("an id {error}")))
}

pub(super) fn nonsense(faults: &[crate::api::status::Invalid]) -> ClientError {
    let faults = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message));
    ClientError::Nonsense(faults.collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_that_says_nothing_is_neither_allow_nor_deny() {
        assert!(ruling(None).is_err());
        assert!(ruling(Some(&pb::Decision::default())).is_err());
        let deny = pb::Decision { effect: pb::Effect::Deny.into(), ..pb::Decision::default() };
        assert!(!ruling(Some(&deny)).unwrap().is_allow());
        assert!(item(&pb::BatchCheckResult::default()).is_err());
    }
}
