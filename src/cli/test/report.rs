//! The reports of many cases, and how they are printed.

use serde_json::{Value, json};

use crate::cli::output::{Format, Output};
use crate::client::case::{Difference, Report};

/// The reports of all files.
#[derive(Clone, Debug, Default)]
pub(super) struct Reports {
    pub(super) files: Vec<FileReport>,
}

/// The report of a file.
#[derive(Clone, Debug)]
pub(super) struct FileReport {
    pub(super) file: String,
    pub(super) outcome: Outcome,
}

/// What came of a file.
#[derive(Clone, Debug)]
pub(super) enum Outcome {
    /// Its case was run.
    Ran(Report),
    /// It can't be read as a case; why.
    Unreadable(String),
}

impl Reports {
    pub(super) fn are_clean(&self) -> bool {
        self.problems().next().is_none() && self.differences().next().is_none()
    }

    pub(super) fn print(&self, format: Format, output: &mut Output) -> std::io::Result<()> {
        match format {
            Format::Json => output.json(&self.to_json()),
            Format::Jsonl => self.lines().try_for_each(|line| output.json(&line)),
            Format::Table => {
                for (file, problem) in self.problems() {
                    output.line(&format!("{file}: can't be read\n  {}", problem.replace('\n', "\n  ")))?;
                }
                for (file, difference) in self.differences() {
                    print_difference(file, difference, output)?;
                }
                output.line(&self.summary())
            }
        }
    }

    fn summary(&self) -> String {
        let [steps, answers] = self.sums();
        let (files, differences) = (self.files.len(), self.differences().count());
        let summary = format!("{files} files, {steps} steps, {answers} answers, {differences} differences");
        match self.problems().count() {
            0 => summary,
            count => format!("{summary}, {count} files can't be read"),
        }
    }

    fn sums(&self) -> [usize; 2] {
        let reports = || self.ran().map(|(_, report)| report);
        [reports().map(|it| it.steps).sum(), reports().map(|it| it.answers).sum()]
    }

    fn ran(&self) -> impl Iterator<Item = (&str, &Report)> {
        self.files.iter().filter_map(|it| match &it.outcome {
            Outcome::Ran(report) => Some((it.file.as_str(), report)),
            Outcome::Unreadable(_) => None,
        })
    }

    fn differences(&self) -> impl Iterator<Item = (&str, &Difference)> {
        self.ran().flat_map(|(file, report)| report.differences.iter().map(move |it| (file, it)))
    }

    fn problems(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().filter_map(|it| match &it.outcome {
            Outcome::Unreadable(problem) => Some((it.file.as_str(), problem.as_str())),
            Outcome::Ran(_) => None,
        })
    }

    fn to_json(&self) -> Value {
        let [steps, answers] = self.sums();
        let differences: Vec<Value> = self.differences().map(difference_json).collect();
        let problems: Vec<Value> = self.problems().map(problem_json).collect();
        json!({
            "files": self.files.len(),
            "steps": steps,
            "answers": answers,
            "differences": differences,
            "problems": problems,
        })
    }

    fn lines(&self) -> impl Iterator<Item = Value> {
        self.problems().map(problem_json).chain(self.differences().map(difference_json))
    }
}

fn print_difference(file: &str, difference: &Difference, output: &mut Output) -> std::io::Result<()> {
    let Difference { step, question, expected, got, reason } = difference;
    let reason = reason.as_ref().map(|it| format!(" ({it})")).unwrap_or_default();
    output.line(&format!("{file}: step {step}: {question}"))?;
    output.line(&format!("  expected {expected}"))?;
    output.line(&format!("  got      {got}{reason}"))
}

fn difference_json((file, difference): (&str, &Difference)) -> Value {
    let Difference { step, question, expected, got, reason } = difference;
    json!({
        "file": file, "step": step, "question": question, "expected": expected, "got": got, "reason": reason,
    })
}

fn problem_json((file, problem): (&str, &str)) -> Value {
    json!({ "file": file, "problem": problem })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports() -> Reports {
        let difference = Difference {
            step: 2,
            question: "check u1 read deal 42".to_owned(),
            expected: "allow".to_owned(),
            got: "deny".to_owned(),
            reason: Some("no_grant".to_owned()),
        };
        let report = Report { case: "c".to_owned(), steps: 3, answers: 9, differences: vec![difference] };
        let file = |name: &str, outcome| FileReport { file: name.to_owned(), outcome };
        let files = vec![
            file("a.json", Outcome::Ran(report)),
            file("b.json", Outcome::Unreadable("b.json:1: steps: is missing".to_owned())),
        ];
        Reports { files }
    }

    fn printed(format: Format) -> String {
        let (mut output, written) = Output::captured();
        reports().print(format, &mut output).unwrap();
        written.out()
    }

    #[test]
    fn a_difference_is_told_with_its_place_and_both_answers() {
        let expected = "b.json: can't be read
  b.json:1: steps: is missing
a.json: step 2: check u1 read deal 42
  expected allow
  got      deny (no_grant)
2 files, 3 steps, 9 answers, 1 differences, 1 files can't be read
";
        assert_eq!(printed(Format::Table), expected);
        assert!(!reports().are_clean() && Reports::default().are_clean());
    }

    #[test]
    fn json_has_the_same() {
        let json: Value = serde_json::from_str(&printed(Format::Json)).unwrap();
        assert_eq!(json["differences"][0]["reason"], "no_grant");
        assert_eq!((&json["files"], &json["answers"]), (&json!(2), &json!(9)));
        assert_eq!(printed(Format::Jsonl).lines().count(), 2);
    }
}
