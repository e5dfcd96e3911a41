//! What `deploy/` holds: read by the tools that know it, installed, started, and asked.
//!
//! There is no cluster and no engine for containers in these tests, so images are not built and pods don't run.

mod manifest;
mod monitor;
mod package;
mod service;

use std::path::Path;
use std::process::Command;

use crate::tool::{deploy_python, must, root, text};

/// A tool from among Python's packages, run at the root.
fn checker(name: &str) -> Command {
    let mut command = Command::new(deploy_python().with_file_name(name));
    command.current_dir(root());
    command
}

/// What the chart makes of values: findings of the linter, and manifests.
fn chart(values: &str) -> serde_json::Value {
    serde_json::from_str(&must(&mut render(values))).unwrap()
}

fn render(values: &str) -> Command {
    let mut command = checker("python");
    command.args(["tests/it/deploy/chart.py", "deploy/helm/dopusk", values]);
    command
}

/// The values that the chart has no default for.
const VALUES: &str = r#"{"tls": {"secret": "dopusk-tls"}, "callers": "caller = []"}"#;

fn write(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}

/// A command that must end badly, and say why.
fn is_refused(command: &mut Command, by: &str) {
    let output = command.output().unwrap();
    assert!(!output.status.success() && text(&output).contains(by), "{command:?}: {}", text(&output));
}
