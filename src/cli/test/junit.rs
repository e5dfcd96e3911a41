//! The reports as JUnit XML, which build servers show.

use std::io::Write as _;
use std::path::Path;

use anyhow::Context as _;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::report::{FileReport, Outcome, Reports};

/// Writes a file with one test case a conformance file.
pub(super) fn write(reports: &Reports, file: &Path) -> anyhow::Result<()> {
    let mut suite = TestSuite::new("conformance");
    suite.add_test_cases(reports.files.iter().map(test_case));
    let mut report = Report::new("dopusk");
    report.add_test_suite(suite);
    let mut out = Vec::new();
    report.serialize(&mut out)?;
    let mut xml =
        std::fs::File::create(file).with_context(|| format!("{} can't be written", file.display()))?;
    xml.write_all(&out)?;
    Ok(())
}

fn test_case(report: &FileReport) -> TestCase {
    let (status, answers) = match &report.outcome {
        Outcome::Ran(ran) if ran.differences.is_empty() => (TestCaseStatus::success(), ran.answers),
        Outcome::Ran(ran) => {
            let lines: Vec<String> = ran.differences.iter().map(ToString::to_string).collect();
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("{} differences", lines.len())).set_description(lines.join("\n"));
            (status, ran.answers)
        }
        Outcome::Unreadable(problem) => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message("the file can't be read").set_description(problem.clone());
            (status, 0)
        }
    };
    let mut case = TestCase::new(report.file.clone(), status);
    case.set_assertions(answers);
    case
}
