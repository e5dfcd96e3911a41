//! Answers as they are compared and shown.

use std::collections::BTreeMap;

use crate::bundle::case::Expect;
use crate::client::{ClientError, ItemError, Ruling};
use crate::domain::Effect;

/// What a call answered, or the error that it failed with.
pub(super) type Answer<T> = Result<T, Failed>;

/// The error that a call failed with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Failed {
    /// The gRPC code's name, or `UNREACHABLE`, or `NONSENSE`.
    pub(super) code: String,
    /// The stable reason, or more about the failure.
    pub(super) reason: String,
}

/// Anything that can be shown in a difference.
pub(super) trait Show {
    fn show(&self) -> String;
}

impl Failed {
    pub(super) fn of(error: &ClientError) -> Self {
        let text = |code: &str, reason: &str| Self { code: code.to_owned(), reason: reason.to_owned() };
        match error {
            ClientError::Refused(refused) => text(refused.code_name(), &refused.reason),
            ClientError::Unreachable { .. } => text("UNREACHABLE", ""),
            ClientError::Credential(_) => text("CREDENTIAL", ""),
            ClientError::Nonsense(what) => text("NONSENSE", what),
        }
    }
}

impl From<ItemError> for Failed {
    fn from(error: ItemError) -> Self {
        Self { code: error.code, reason: error.reason }
    }
}

/// Whether an answer is the one that must come.
pub(super) fn meets(answer: &Answer<Ruling>, expect: &Expect) -> bool {
    match (expect, answer) {
        (Expect::Allow { obligation }, Ok(ruling)) => ruling.is_allow() && ruling.obligation == *obligation,
        (Expect::Deny, Ok(ruling)) => ruling.effect == Effect::Deny && ruling.obligation.is_none(),
        (Expect::Error(code), Err(failed)) => failed.code == *code,
        (Expect::Allow { .. } | Expect::Deny, Err(_)) | (Expect::Error(_), Ok(_)) => false,
    }
}

impl<T: Show> Show for Answer<T> {
    fn show(&self) -> String {
        match self {
            Ok(value) => value.show(),
            Err(failed) => failed.show(),
        }
    }
}

impl Show for Failed {
    fn show(&self) -> String {
        format!("error {} {}", self.code, self.reason).trim_end().to_owned()
    }
}

impl Show for Ruling {
    fn show(&self) -> String {
        let effect = match self.effect {
            Effect::Allow => "allow",
            Effect::Deny => "deny",
        };
        match &self.obligation {
            Some(obligation) => format!("{effect} with {obligation}"),
            None => effect.to_owned(),
        }
    }
}

impl Show for Expect {
    fn show(&self) -> String {
        match self {
            Self::Allow { obligation: None } => "allow".to_owned(),
            Self::Allow { obligation: Some(obligation) } => format!("allow with {obligation}"),
            Self::Deny => "deny".to_owned(),
            Self::Error(code) => format!("error {code}"),
        }
    }
}

impl Show for Vec<String> {
    fn show(&self) -> String {
        format!("[{}]", self.join(", "))
    }
}

impl Show for BTreeMap<String, bool> {
    fn show(&self) -> String {
        let parts: Vec<String> = self.iter().map(|(name, is)| format!("{name}: {is}")).collect();
        format!("{{{}}}", parts.join(", "))
    }
}

impl Show for String {
    fn show(&self) -> String {
        self.clone()
    }
}
