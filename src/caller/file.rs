//! The file of callers: TOML, read whole, checked whole. What is wrong is named by its field, and no value that could
//! be a secret in the wrong place is repeated.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::call::{CALLS, Call};
use super::jwt::JwtEntry;
use super::permission::{Given, Permission};
use super::quota::{Quota, Rate};
use super::token::TokenHash;
use crate::domain::Id;

/// The file as it is written.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) jwt: Option<JwtEntry>,
    #[serde(default, rename = "caller")]
    pub(super) callers: Vec<Entry>,
}

/// A table `[[caller]]`.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    name: String,
    /// `sha256:` and the hash of a token; two while tokens are being changed.
    #[serde(default)]
    pub(super) tokens: Vec<String>,
    /// `dns:NAME` or `uri:NAME` of a client certificate.
    #[serde(default)]
    pub(super) certificates: Vec<String>,
    /// `sub` of a signed token.
    #[serde(default)]
    pub(super) subjects: Vec<String>,
    /// Numbers of users on the other side of the Unix socket.
    #[serde(default)]
    pub(super) uids: Vec<u32>,
    /// Numbers of groups on the other side of the Unix socket.
    #[serde(default)]
    pub(super) gids: Vec<u32>,
    calls: Option<HashSet<String>>,
    entity_types: Option<Vec<String>>,
    #[serde(default)]
    may_assert_facts: bool,
    #[serde(default)]
    may_write: bool,
    #[serde(default)]
    may_see_explanations: bool,
    calls_per_second_max: Option<NonZeroU32>,
    calls_burst_max: Option<NonZeroU32>,
    calls_at_once_max: Option<NonZeroU32>,
}

/// Why there is no roster.
#[derive(Debug, thiserror::Error)]
pub enum CallersError {
    /// A file can't be read.
    #[error("{} can't be read", file.display())]
    Io {
        /// The file.
        file: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not TOML of this form.
    #[error("line {line}: {message}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// A field is not what it must be.
    #[error("{field}: {message}")]
    Field {
        /// The field, such as `caller[1].tokens[0]`.
        field: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

impl CallersError {
    pub(super) fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Field { field: field.into(), message: message.into() }
    }
}

pub(super) fn read(file: &Path) -> Result<String, CallersError> {
    std::fs::read_to_string(file).map_err(|cause| CallersError::Io { file: file.to_owned(), cause })
}

impl File {
    pub(super) fn parse(text: &str) -> Result<Self, CallersError> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            CallersError::Syntax {
                line: before.matches('\n').count() + 1,
                message: unquoted(error.message()),
            }
        })?;
        if file.callers.is_empty() {
            return Err(CallersError::field("caller", "is missing; name at least one caller"));
        }
        Ok(file)
    }
}

/// A message without the values that it quotes: one could be a token in the wrong place.
fn unquoted(message: &str) -> String {
    message.split('"').step_by(2).collect::<Vec<_>>().join("\"…\"")
}

impl Entry {
    pub(super) fn name(&self, field: &str) -> Result<Id, CallersError> {
        Id::parse(&self.name).map_err(|error| CallersError::field(format!("{field}.name"), error.to_string()))
    }

    pub(super) fn hashes(&self, field: &str) -> Result<Vec<TokenHash>, CallersError> {
        let parsed = self.tokens.iter().enumerate().map(|(at, text)| {
            let wrong = || {
                let text =
                    "is not sha256: and 64 hexadecimal digits; `dopusk token` makes a token and prints it";
                CallersError::field(format!("{field}.tokens[{at}]"), text)
            };
            TokenHash::parse(text).ok_or_else(wrong)
        });
        parsed.collect()
    }

    pub(super) fn check_certificates(&self, field: &str) -> Result<(), CallersError> {
        let is_right = |text: &String| {
            text.strip_prefix("dns:").or_else(|| text.strip_prefix("uri:")).is_some_and(|it| !it.is_empty())
        };
        match self.certificates.iter().position(|text| !is_right(text)) {
            Some(at) => {
                let text = "is neither dns: nor uri: with a name of a certificate behind it";
                Err(CallersError::field(format!("{field}.certificates[{at}]"), text))
            }
            None => Ok(()),
        }
    }

    pub(super) fn has_evidence(&self) -> bool {
        let texts = [&self.tokens, &self.certificates, &self.subjects];
        texts.iter().any(|it| !it.is_empty()) || !self.uids.is_empty() || !self.gids.is_empty()
    }

    pub(super) fn quota(&self, field: &str) -> Result<Quota, CallersError> {
        let rate = match (self.calls_per_second_max, self.calls_burst_max) {
            (Some(rate), burst) => Some(Rate::new(rate, burst.unwrap_or(rate))),
            (None, None) => None,
            (None, Some(_)) => {
                let text = "has no calls_per_second_max beside it";
                return Err(CallersError::field(format!("{field}.calls_burst_max"), text));
            }
        };
        Ok(Quota { rate, at_once_max: self.calls_at_once_max })
    }

    pub(super) fn permission(&self, field: &str) -> Result<Permission, CallersError> {
        let permission = Permission::of(Given {
            calls: self.calls.as_ref(),
            entity_types: self.entity_types(field)?,
            may_assert_facts: self.may_assert_facts,
            may_write: self.may_write,
            may_see_explanations: self.may_see_explanations,
        });
        let field = format!("{field}.calls");
        let names = self.calls.iter().flatten();
        for name in names {
            let Some(call) = CALLS.iter().find(|call| call.name == name) else {
                let known = CALLS.iter().map(|call: &Call| call.name).collect::<Vec<_>>().join(", ");
                return Err(CallersError::field(field, format!("names {name:?}; the calls are {known}")));
            };
            if let Some(denial) = permission.contradiction(call) {
                return Err(CallersError::field(field, format!("names {name}, but that {denial}")));
            }
        }
        if self.calls.as_ref().is_some_and(HashSet::is_empty) {
            return Err(CallersError::field(field, "is empty; leave it out to permit every call"));
        }
        Ok(permission)
    }

    fn entity_types(&self, field: &str) -> Result<Option<HashSet<Id>>, CallersError> {
        let Some(names) = &self.entity_types else { return Ok(None) };
        if names.is_empty() {
            let text = "is empty; leave it out to permit every type";
            return Err(CallersError::field(format!("{field}.entity_types"), text));
        }
        let parsed = names.iter().enumerate().map(|(at, name)| {
            let wrong =
                |error| CallersError::field(format!("{field}.entity_types[{at}]"), format!("{error}"));
            Id::parse(name).map_err(wrong)
        });
        parsed.collect::<Result<_, _>>().map(Some)
    }
}
