//! How fresh answers must be, as one argument: `fastest`, `newest` or a revision token.

use std::convert::Infallible;
use std::str::FromStr;

use crate::api::pb;
use crate::api::pb::consistency::Requirement;

/// How fresh answers must be.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Freshness {
    /// Whatever is fastest.
    #[default]
    Fastest,
    /// As new as the newest acknowledged write.
    Newest,
    /// At least as new as this revision token.
    AtLeast(String),
}

impl Freshness {
    /// As the wire has it.
    #[must_use]
    pub fn to_wire(&self) -> Option<pb::Consistency> {
        let requirement = match self {
            Self::Fastest => return None,
            Self::Newest => Requirement::Newest(true),
            Self::AtLeast(token) => Requirement::AtLeast(token.clone()),
        };
        Some(pb::Consistency { requirement: Some(requirement) })
    }
}

impl FromStr for Freshness {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "fastest" => Self::Fastest,
            "newest" => Self::Newest,
            token => Self::AtLeast(token.to_owned()),
        })
    }
}
