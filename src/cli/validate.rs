//! `dopusk validate`.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Value, json};

use super::output::{Format, Output, Printing};
use super::source::{self, Sourced};
use super::verdict::Verdict;
use crate::bundle::Problem;
use crate::domain::{Key, Operation};
use crate::snapshot::{Refusal, Snapshot};

/// Read files without a server, and name everything that is wrong with them; exits with 1 if anything is
///
/// The objects of all files are judged together, as an import into an empty store would judge them.
///
/// JSON: {"files", "objects", "problems": [{"file", "line", "field", "message"}]}; JSON Lines: a problem a line
#[derive(Debug, clap::Args)]
pub(super) struct Validate {
    /// Bundles: .yaml, .json or .jsonl, each also with .gz
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    printing: Printing,
}

impl Validate {
    pub(super) fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let (objects, problems) = match source::read(&self.files) {
            Ok(sourced) => (sourced.len(), judge(&sourced)),
            Err(problems) => (0, problems.0),
        };
        match self.printing.output {
            Format::Json => {
                let problems: Vec<Value> = problems.iter().map(problem_json).collect();
                let files = self.files.len();
                output.json(&json!({ "files": files, "objects": objects, "problems": problems }))?;
            }
            Format::Jsonl => problems.iter().try_for_each(|it| output.json(&problem_json(it)))?,
            Format::Table => {
                problems.iter().try_for_each(|it| output.line(&it.to_string()))?;
                let (files, found) = (self.files.len(), problems.len());
                output.note(&format!("{files} files, {objects} objects, {found} problems"))?;
            }
        }
        Ok(if problems.is_empty() { Verdict::Yes } else { Verdict::No })
    }
}

/// What an import of these objects into an empty store would break, where it stands in the files.
fn judge(sourced: &[Sourced]) -> Vec<Problem> {
    let operations: Vec<Operation> = sourced.iter().map(|it| Operation::put(it.object.clone())).collect();
    let Err(refusal) = Snapshot::default().apply(&operations) else { return Vec::new() };
    match refusal {
        Refusal::Faults(faults) => {
            let problem = |(at, fault): (usize, crate::domain::Fault)| {
                let mut problem =
                    sourced.get(at)?.problem(format!("{} (rule {})", fault.message, fault.rule));
                problem.field = format!("{}.{}", problem.field, fault.field);
                Some(problem)
            };
            faults.into_iter().filter_map(problem).collect()
        }
        Refusal::Rules(violations) => {
            let by_key: HashMap<Key, &Sourced> = sourced.iter().map(|it| (it.object.key(), it)).collect();
            let problem = |it: &crate::directory::Violation| {
                let message = format!("{} (rule {})", it.message, it.rule);
                match by_key.get(&it.culprit) {
                    Some(sourced) => sourced.problem(message),
                    None => nowhere(format!("{}: {message}", it.culprit)),
                }
            };
            violations.iter().map(problem).collect()
        }
        Refusal::Precondition { .. } => vec![nowhere(refusal.to_string())],
    }
}

/// A problem with the files together.
fn nowhere(message: String) -> Problem {
    Problem { file: Arc::from("all files"), line: 0, field: String::new(), message }
}

fn problem_json(problem: &Problem) -> Value {
    let Problem { file, line, field, message } = problem;
    json!({ "file": &**file, "line": line, "field": field, "message": message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validated(files: &[(&str, &str)]) -> (Verdict, String) {
        let folder = tempfile::tempdir().unwrap();
        let write = |(name, text): &(&str, &str)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let files: Vec<PathBuf> = files.iter().map(write).collect();
        let (mut output, written) = Output::captured();
        let validate = Validate { files, printing: Printing { output: Format::Table } };
        let verdict = validate.run(&mut output).unwrap();
        (verdict, written.out().replace(&format!("{}/", folder.path().display()), ""))
    }

    #[test]
    fn files_that_fit_together_have_no_problems() {
        let users = ("users.yaml", "users:\n  - {id: u1, departments: [d1]}\n");
        let departments = ("departments.jsonl", "{\"departments\": {\"id\": \"d1\", \"heads\": [\"u1\"]}}\n");
        assert_eq!(validated(&[users, departments]), (Verdict::Yes, String::new()));
    }

    #[test]
    fn a_broken_rule_is_named_with_file_and_line() {
        let (verdict, out) =
            validated(&[("a.yaml", "departments:\n  - {id: d1}\n  - {id: d2, parent: d9}\n")]);
        assert_eq!(verdict, Verdict::No);
        assert_eq!(out, "a.yaml:3: departments[1]: parent: there is no department d9 (rule 1.1)\n");
    }

    #[test]
    fn the_problems_of_all_files_are_named_at_once() {
        let one = ("a.yaml", "users:\n  - {id: u1, colour: red}\n");
        let two = ("b.jsonl", "{\"users\": {}}\n{\"users\": {\"id\": \"u2\"}}\n{\"people\": {}}\n");
        let (verdict, out) = validated(&[one, two]);
        assert_eq!(verdict, Verdict::No);
        let places: Vec<&str> = out.lines().filter_map(|line| line.split(": ").next()).collect();
        assert_eq!(places, ["a.yaml:2", "b.jsonl:1", "b.jsonl:3"]);
    }

    #[test]
    fn a_key_in_two_files_is_a_problem() {
        let (_, out) = validated(&[("a.yaml", "users: [{id: u1}]\n"), ("b.yaml", "users: [{id: u1}]\n")]);
        assert!(out.starts_with("b.yaml:1: users[0]: the user u1 is in "), "{out}");
    }
}
