//! What can go wrong between a caller and the server: nobody there, or a refusal with its reasons.

use std::error::Error;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::{Address, CredentialError};

/// Why a call has no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers.
    #[error("{address} can't be reached")]
    Unreachable {
        /// Where.
        address: Address,
        /// Why.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The server refuses.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
    /// What the client is to show can't be shown.
    #[error(transparent)]
    Credential(#[from] CredentialError),
    /// The server's answer can't be understood.
    #[error("the server's answer can't be understood: {0}")]
    Nonsense(String),
}

/// A refusal of the server.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} {reason}: {message}", code_name(*.code))]
pub struct Refused {
    /// The gRPC code.
    pub code: Code,
    /// The stable reason, such as `RULES_BROKEN`; empty where the server gives none.
    pub reason: String,
    /// The server's words.
    pub message: String,
    /// Each field or rule that stands against the call.
    pub violations: Vec<Violation>,
}

/// A field or rule that stands against a call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Violation {
    /// The rule's number; none where a field is not what it must be.
    pub rule: Option<String>,
    /// The object or field at fault.
    pub culprit: String,
    /// What is wrong.
    pub message: String,
}

impl ClientError {
    pub(super) fn unreachable(address: &Address, cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Unreachable { address: address.clone(), cause: Box::new(cause) }
    }

    /// What a status means to the caller. The server's own errors carry a reason; a status without one that says
    /// unavailable, or has a cause on this side, is the transport's.
    pub(super) fn of(address: &Address, status: &Status) -> Self {
        let details = status.get_error_details();
        let reason = details.error_info().map(|info| info.reason.clone());
        if reason.is_none() && (status.code() == Code::Unavailable || status.source().is_some()) {
            return Self::unreachable(address, status.clone());
        }
        Self::Refused(Box::new(Refused {
            code: status.code(),
            reason: reason.unwrap_or_default(),
            message: status.message().to_owned(),
            violations: violations(&details),
        }))
    }

    /// The refusal, if it is one.
    #[must_use]
    pub fn refused(&self) -> Option<&Refused> {
        match self {
            Self::Refused(refused) => Some(refused),
            Self::Unreachable { .. } | Self::Credential(_) | Self::Nonsense(_) => None,
        }
    }
}

impl Refused {
    /// The code's name, such as `INVALID_ARGUMENT`.
    #[must_use]
    pub const fn code_name(&self) -> &'static str {
        code_name(self.code)
    }

    /// Whether a rule of the specification is among those that stand against the call.
    #[must_use]
    pub fn breaks(&self, rule: &str) -> bool {
        self.violations.iter().any(|violation| violation.rule.as_deref() == Some(rule))
    }
}

fn violations(details: &ErrorDetails) -> Vec<Violation> {
    let rules =
        details.precondition_failure().into_iter().flat_map(|it| &it.violations).map(|it| Violation {
            rule: it.r#type.strip_prefix("RULE_").map(str::to_owned),
            culprit: it.subject.clone(),
            message: it.description.clone(),
        });
    let fields = details.bad_request().into_iter().flat_map(|it| &it.field_violations).map(|it| Violation {
        rule: None,
        culprit: it.field.clone(),
        message: it.description.clone(),
    });
    rules.chain(fields).collect()
}

const fn code_name(code: Code) -> &'static str {
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::status::{Invalid, invalid, shutting_down};

    fn error_of(status: &Status) -> ClientError {
        ClientError::of(&Address::DEFAULT.parse().unwrap(), status)
    }

    #[test]
    fn a_refusal_names_every_field() {
        let error = error_of(&invalid(&[Invalid::new("a", "is empty"), Invalid::new("b", "is too long")]));
        let refused = error.refused().unwrap();
        assert_eq!((refused.code_name(), refused.reason.as_str()), ("INVALID_ARGUMENT", "INVALID_FIELD"));
        let fields: Vec<_> = refused.violations.iter().map(|it| it.culprit.as_str()).collect();
        assert_eq!(fields, ["a", "b"]);
        assert_eq!(error.to_string(), "INVALID_ARGUMENT INVALID_FIELD: a: is empty; b: is too long");
    }

    #[test]
    fn a_server_that_says_why_it_is_unavailable_is_reached() {
        assert_eq!(error_of(&shutting_down()).refused().unwrap().code_name(), "UNAVAILABLE");
        assert!(error_of(&Status::unavailable("connection refused")).refused().is_none());
    }
}
