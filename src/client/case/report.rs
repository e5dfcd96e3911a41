//! What a run of a case has shown.

use std::fmt;

use serde::Serialize;

/// What a run of a case has shown.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The case's name.
    pub case: String,
    /// The steps that were taken.
    pub steps: usize,
    /// The answers that were compared.
    pub answers: usize,
    /// The answers that were not as they must be.
    pub differences: Vec<Difference>,
}

/// An answer that is not as it must be.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// The step, counted from 1; 0 is before the first.
    pub step: usize,
    /// What was asked.
    pub question: String,
    /// The answer that must come.
    pub expected: String,
    /// The answer that came.
    pub got: String,
    /// The reason that came with it, for checks.
    pub reason: Option<String>,
}

impl Report {
    pub(super) fn new(case: &str) -> Self {
        Self { case: case.to_owned(), steps: 0, answers: 0, differences: Vec::new() }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, question, expected, got, reason } = self;
        write!(f, "step {step}: {question}: expected {expected}, got {got}")?;
        reason.as_ref().map_or(Ok(()), |reason| write!(f, " ({reason})"))
    }
}
