//! Answers as they are compared and shown.

use std::collections::BTreeMap;

use crate::api::pb;
use crate::bundle::case::Expect;
use crate::client::ClientError;

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

/// A decision as it is compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Ruling {
    pub(super) effect: Effect,
    pub(super) obligation: Option<String>,
    pub(super) reason: String,
}

/// Whether an action is allowed, if that was said.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Effect {
    Allow,
    Deny,
    Unsaid,
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
            ClientError::Nonsense(what) => text("NONSENSE", what),
        }
    }
}

impl Ruling {
    pub(super) fn of(decision: Option<&pb::Decision>) -> Self {
        let decision = decision.cloned().unwrap_or_default();
        let effect = match decision.effect() {
            pb::Effect::Allow => Effect::Allow,
            pb::Effect::Deny => Effect::Deny,
            pb::Effect::Unspecified => Effect::Unsaid,
        };
        let obligations: Vec<String> = decision
            .obligations()
            .map(|it| it.as_str_name().trim_start_matches("OBLIGATION_").to_lowercase())
            .collect();
        let obligation = (!obligations.is_empty()).then(|| obligations.join("+"));
        Self { effect, obligation, reason: crate::api::convert::reason_name(&decision) }
    }

    /// The answer to one question of a batch.
    pub(super) fn of_item(result: &pb::BatchCheckResult) -> Answer<Self> {
        use pb::batch_check_result::Result as Wire;
        match &result.result {
            Some(Wire::Decision(decision)) => Ok(Self::of(Some(decision))),
            Some(Wire::Error(error)) => {
                Err(Failed { code: error.code.clone(), reason: error.reason.clone() })
            }
            None => Ok(Self::of(None)),
        }
    }

    pub(super) fn is_allow(&self) -> bool {
        self.effect == Effect::Allow
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
            Effect::Unsaid => "no decision",
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
