//! `dopusk test`.

mod junit;
mod local;
mod report;

use std::path::{Path, PathBuf};

use self::local::LocalServer;
use self::report::{FileReport, Outcome, Reports};
use super::output::{Output, Printing};
use super::verdict::{UsageError, Verdict};
use crate::bundle::case::Case;
use crate::client::case::run_case;
use crate::client::{Address, Client};

/// Run conformance cases, and tell every answer that differs; exits with 1 if any does
///
/// Each file runs against a server of its own, started for it with an empty store. Every way to ask is compared: checks
/// alone and in batches, lists whole, in pages and by checks, actions by checks, and the export after every write.
///
/// JSON: {"files", "steps", "answers", "differences": [{"file", "step", "question", "expected", "got", "reason"}],
/// "problems": [{"file", "problem"}]}; JSON Lines: a difference or problem a line
#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// Cases (.json), or directories of them
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Run against this server, whose store must be empty. One file only: what it writes stays there
    #[arg(long, value_name = "ADDRESS")]
    server: Option<Address>,
    /// Write the report as JUnit XML too
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    printing: Printing,
}

impl Test {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let files = case_files(&self.files)?;
        if self.server.is_some() && files.len() != 1 {
            let text = format!("{} files; with --server it is one, which needs an empty store", files.len());
            return Err(UsageError(text).into());
        }
        let mut reports = Reports::default();
        for file in files {
            let outcome = match Case::open(&file) {
                Ok(case) => Outcome::Ran(self.run_case(&case).await?),
                Err(error) => Outcome::Unreadable(error.to_string()),
            };
            reports.files.push(FileReport { file: file.to_string_lossy().into_owned(), outcome });
        }
        if let Some(junit) = &self.junit {
            junit::write(&reports, junit)?;
        }
        reports.print(self.printing.output, output)?;
        Ok(if reports.are_clean() { Verdict::Yes } else { Verdict::No })
    }

    async fn run_case(&self, case: &Case) -> anyhow::Result<crate::client::case::Report> {
        if let Some(address) = &self.server {
            return Ok(run_case(&Client::connect(address).await?, case).await);
        }
        let server = LocalServer::start().await?;
        let report = run_case(server.client(), case).await;
        server.stop().await;
        Ok(report)
    }
}

/// The files as they are given, and those in directories in bytewise order of their paths.
fn case_files(given: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in given {
        let before = files.len();
        if path.is_dir() {
            walk(path, &mut files)?;
            files.get_mut(before..).unwrap_or_default().sort();
        } else {
            files.push(path.clone());
        }
        if files.len() == before {
            return Err(UsageError(format!("there is no .json file in {}", path.display())).into());
        }
    }
    Ok(files)
}

/// How deep directories are looked into, so that a circle of links has an end.
const FOLDERS_DEEP_MAX: usize = 16;

fn walk(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in folder.read_dir()? {
            let path = entry?.path();
            if path.is_dir() && depth < FOLDERS_DEEP_MAX {
                folders.push((path, depth + 1));
            } else if path.extension().is_some_and(|it| it == "json") {
                files.push(path);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_looked_through_in_order() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        for name in ["c.json", "b/z.json", "a.json", "b/a.json", "notes.md"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let files = case_files(&[folder.path().to_owned()]).unwrap();
        let names: Vec<_> = files.iter().map(|it| it.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, ["a.json", "b/a.json", "b/z.json", "c.json"].map(Path::new));
    }

    #[test]
    fn a_directory_without_cases_is_the_callers_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(case_files(&[folder.path().to_owned()]).unwrap_err().is::<UsageError>());
    }
}
