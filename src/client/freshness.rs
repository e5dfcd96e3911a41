//! Which state answers are made from, as one argument: how fresh it must be, or which one of the past it is.

use std::convert::Infallible;
use std::str::FromStr;

use crate::api::pb::consistency::Requirement;
use crate::api::{convert, pb};

/// Which state answers are made from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Freshness {
    /// Whatever is fastest.
    #[default]
    Fastest,
    /// As new as the newest acknowledged write.
    Newest,
    /// At least as new as this revision token.
    AtLeast(String),
    /// A state of the past.
    Past(Moment),
}

/// A state of the past.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Moment {
    /// That of a revision token.
    Revision(String),
    /// The newest one at a time in milliseconds since 1970-01-01 UTC.
    Time(i64),
}

impl FromStr for Moment {
    type Err = &'static str;

    /// A revision token, or else a time such as `2026-03-03` or `2026-03-03T09:30:00Z`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match super::revision_number(text) {
            Some(_) => Ok(Self::Revision(text.to_owned())),
            None => convert::parse_time(text).map(Self::Time),
        }
    }
}

impl Freshness {
    /// As the wire has it.
    #[must_use]
    pub fn to_wire(&self) -> Option<pb::Consistency> {
        let requirement = match self {
            Self::Fastest => return None,
            Self::Newest => Requirement::Newest(true),
            Self::AtLeast(token) => Requirement::AtLeast(token.clone()),
            Self::Past(Moment::Revision(token)) => Requirement::AtRevision(token.clone()),
            Self::Past(Moment::Time(time_ms)) => Requirement::AtTime(convert::timestamp(*time_ms)),
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
