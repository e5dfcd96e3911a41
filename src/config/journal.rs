//! Settings of the logs of decisions and writes.

use std::ops::RangeInclusive;
use std::path::PathBuf;

use serde::Deserialize;

use super::{ConfigError, Partial, within};

/// The part of calls that is logged; none is no log.
const PERCENT: RangeInclusive<u64> = 1..=100;
/// 1 MiB to 64 GiB.
const FILE_MIB: RangeInclusive<u64> = 1..=65_536;
/// The one that is written, to a thousand.
const FILES: RangeInclusive<u64> = 1..=1_000;

/// Which decisions are logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Filter {
    /// All, and lists
    #[default]
    All,
    /// Denials alone
    Denials,
}

/// What can be left out of the lines of decisions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Masked {
    /// The user who was asked about
    Subject,
    /// The id of the resource
    Resource,
    /// The facts that the caller has said
    Facts,
}

/// How decisions are logged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DecisionLog {
    /// The file.
    pub file: PathBuf,
    /// The part of all calls, in percent.
    pub percent: u64,
    /// What of that.
    pub filter: Filter,
    /// What is left out.
    pub mask: Vec<Masked>,
    /// How large the file may become.
    pub file_bytes_max: u64,
    /// The most files that are kept.
    pub files_max: u64,
}

/// How writes are logged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AuditLog {
    /// The file.
    pub file: PathBuf,
    /// How large it may become.
    pub file_bytes_max: u64,
}

impl Partial {
    /// How writes are logged, if they are.
    pub(super) fn audit_log(&self) -> Result<Option<AuditLog>, ConfigError> {
        let mib = within("audit_log_mib_max", self.audit_log_mib_max, 100, &FILE_MIB)?;
        Ok(self.audit_log.clone().map(|file| AuditLog { file, file_bytes_max: mib << 20 }))
    }

    /// How decisions are logged, if they are.
    pub(super) fn decision_log(&self) -> Result<Option<DecisionLog>, ConfigError> {
        let percent = within("decision_log_percent", self.decision_log_percent, 100, &PERCENT)?;
        let mib = within("decision_log_mib_max", self.decision_log_mib_max, 100, &FILE_MIB)?;
        let files_max = within("decision_log_files_max", self.decision_log_files_max, 10, &FILES)?;
        Ok(self.decision_log.clone().map(|file| DecisionLog {
            file,
            percent,
            filter: self.decision_log_filter.unwrap_or_default(),
            mask: self.decision_log_mask.clone().unwrap_or_default(),
            file_bytes_max: mib << 20,
            files_max,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_logged_where_a_file_is_named() {
        assert_eq!(Partial::default().decision_log().unwrap(), None);
        let text =
            "decision_log = 'd'\ndecision_log_mask = ['subject', 'facts']\ndecision_log_filter = 'denials'";
        let log = toml::from_str::<Partial>(text).unwrap().decision_log().unwrap().unwrap();
        let mask = vec![Masked::Subject, Masked::Facts];
        let (file, filter, file_bytes_max) = (PathBuf::from("d"), Filter::Denials, 100 << 20);
        let wanted = DecisionLog { file, percent: 100, filter, mask, file_bytes_max, files_max: 10 };
        assert_eq!(log, wanted);
        assert!(toml::from_str::<Partial>("decision_log_mask = ['caller']").is_err());
    }

    #[test]
    fn a_log_of_nothing_is_refused() {
        let partial = Partial { decision_log_percent: Some(0), ..Partial::default() };
        let error = partial.complete().unwrap_err().to_string();
        assert_eq!(error, "decision_log_percent is 0; it is 1 to 100");
    }
}
