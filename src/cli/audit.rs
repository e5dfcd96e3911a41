//! `dopusk audit`.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::output::{Format, Output, Printing, counted};
use super::verdict::Verdict;
use crate::journal::{Expected, Finding, Hash, Verified, verify};

/// Look into an audit log
#[derive(Debug, clap::Args)]
#[command(disable_help_subcommand = true)]
pub(super) struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Verify(Verify),
}

/// Read the files of an audit log without a server, and name every line that is missing, altered or in another place
///
/// Exits with 1 if there is any. That nothing was cut off at the end, or all of it written anew, is proved by what was
/// noted elsewhere: the hash of a line, or the revision of a write.
#[derive(Debug, clap::Args)]
#[command(
    after_help = r#"JSON: {"lines", "first", "last", "hash", "revision", "findings": [{"file", "line", "text"}]}
JSON Lines: a finding a line"#
)]
struct Verify {
    /// The files, in any order
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The hash that the line before the first one has, where earlier files are kept elsewhere
    #[arg(long, value_name = "HASH")]
    after: Option<Hash>,
    /// The hash of a line that must be there
    #[arg(long, value_name = "HASH")]
    contains: Option<Hash>,
    /// The token of a revision that the log must have come to, such as one that an answer carries
    #[arg(long, value_name = "TOKEN")]
    through: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

impl Audit {
    pub(super) fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        match self.command {
            Command::Verify(it) => it.run(output),
        }
    }
}

impl Verify {
    fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let Self { files, after, contains, through, printing } = self;
        let verified = verify(&files, &Expected { after, contains, through })?;
        match printing.output {
            Format::Json => output.json(&verified_json(&verified))?,
            Format::Jsonl => verified.findings.iter().try_for_each(|it| output.json(&finding_json(it)))?,
            Format::Table => {
                verified.findings.iter().try_for_each(|it| output.line(&finding_text(it)))?;
                output.line(&summary(files.len(), &verified))?;
            }
        }
        Ok(if verified.findings.is_empty() { Verdict::Yes } else { Verdict::No })
    }
}

fn summary(files: usize, verified: &Verified) -> String {
    let findings = verified.findings.len() as u64;
    let counts = [(files as u64, "file"), (verified.lines, "line"), (findings, "finding")];
    let [files, lines, findings] = counts.map(|(count, thing)| counted(count, thing));
    let revision = verified.revision.as_deref().unwrap_or("none");
    format!("{files}, {lines}, {findings}; up to revision {revision}; the last hash is {}", verified.hash)
}

fn finding_text(Finding { file, line, text }: &Finding) -> String {
    if *line == 0 {
        format!("{}: {text}", file.display())
    } else {
        format!("{}:{line}: {text}", file.display())
    }
}

fn verified_json(verified: &Verified) -> Value {
    let Verified { lines, first, last, hash, revision, findings } = verified;
    let findings: Vec<Value> = findings.iter().map(finding_json).collect();
    json!({
        "lines": lines,
        "first": first,
        "last": last,
        "hash": hash.to_string(),
        "revision": revision,
        "findings": findings,
    })
}

fn finding_json(Finding { file, line, text }: &Finding) -> Value {
    json!({ "file": file.display().to_string(), "line": line, "text": text })
}
