//! The README's commands run, and answer as it says.
//!
//! A block of `console` is a terminal: lines after `$ ` are commands, those below are all that they print. `…` in what
//! is printed stands for a word that is different each time, such as a revision token. A block whose fence names a file
//! is that file. `dopusk watch` runs beside the commands that follow it, and `dopusk serve` takes the place of the demo.

use std::ffi::OsString;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::tool::{buf, python, root, text};

/// How long something that runs beside may take to say the next line.
const LINE_WAIT_MAX: Duration = Duration::from_secs(30);
/// Where the README's server listens; the tests' is somewhere else.
const ADDRESS: &str = "127.0.0.1:7717";

/// What a block of code has for a reader's terminal and folder.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    File { path: String, text: String },
    Command { line: String, printed: Vec<String> },
}

fn steps(readme: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = readme.lines();
    while let Some(line) = lines.next() {
        let Some(fence) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        match fence.split_once(' ') {
            None if fence == "console" => commands(&block, &mut steps),
            None => {}
            Some((_, path)) => {
                steps.push(Step::File { path: path.to_owned(), text: block.join("\n") + "\n" });
            }
        }
    }
    steps
}

fn commands(block: &[&str], steps: &mut Vec<Step>) {
    for line in block {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(line), _) => steps.push(Step::Command { line: line.to_owned(), printed: Vec::new() }),
            (None, Some(Step::Command { line: command, .. })) if command.ends_with('\\') => {
                *command += "\n";
                *command += line;
            }
            (None, Some(Step::Command { printed, .. })) => printed.push((*line).to_owned()),
            (None, None | Some(Step::File { .. })) => panic!("a console begins with a command, not {line:?}"),
        }
    }
}

/// Whether a printed line is as expected.
fn is_as(expected: &str, line: &str) -> bool {
    let Some((head, rest)) = expected.split_once('…') else { return expected == line };
    let Some(tail) = line.strip_prefix(head) else { return false };
    let word = tail.find(char::is_whitespace).unwrap_or(tail.len());
    (1..=word).any(|end| tail.get(end..).is_some_and(|tail| is_as(rest, tail)))
}

/// What a command has printed in place of what it should; none if it is the same.
fn difference(command: &str, expected: &[String], printed: &[String]) -> Option<String> {
    let is_same = expected.len() == printed.len()
        && expected.iter().zip(printed).all(|(expected, line)| is_as(expected, line));
    let (expected, printed) = (expected.join("\n"), printed.join("\n"));
    (!is_same).then(|| format!("$ {command}\n--- README\n{expected}\n--- printed\n{printed}\n"))
}

/// A command that goes on while others run; killed when it goes out of scope.
struct Beside {
    process: Child,
    lines: mpsc::Receiver<String>,
}

impl Beside {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let (said, lines) = mpsc::channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        Self { process, lines }
    }

    /// Its next line; none when it has ended.
    fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(LINE_WAIT_MAX) {
            Ok(line) => Some(line),
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("it says nothing more and doesn't end"),
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

/// A reader's terminals: a folder of his own, a server, and what else runs beside.
struct Reader {
    path: OsString,
    server: Option<Beside>,
    address: String,
    watching: Vec<(String, Vec<String>, Vec<String>, Beside)>,
    differences: Vec<String>,
    /// The last to go: servers have their files in it.
    folder: TempDir,
}

impl Reader {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        symlink(root().join("examples"), folder.path().join("examples")).unwrap();
        let programs = [Path::new(env!("CARGO_BIN_EXE_dopusk")), buf(), python()];
        let folders = programs.map(|program| program.parent().unwrap().to_owned());
        let inherited = std::env::var_os("PATH").unwrap();
        let path =
            std::env::join_paths(folders.into_iter().chain(std::env::split_paths(&inherited))).unwrap();
        let (server, address) = (None, String::new());
        let mut reader =
            Self { folder, path, server, address, watching: Vec::new(), differences: Vec::new() };
        reader.serve("dopusk demo");
        reader
    }

    /// A command in his terminal, where all that it prints comes out of one end.
    fn shell(&self, line: &str) -> Command {
        let mut command = Command::new("bash");
        command.arg("-c").arg(format!("exec 2>&1\n{}", line.replace(ADDRESS, &self.address)));
        command.current_dir(self.folder.path()).env("PATH", &self.path).env("TMPDIR", self.folder.path());
        command.env("DOPUSK_SERVER", format!("http://{}", self.address));
        command
    }

    fn follow(&mut self, step: Step) {
        match step {
            Step::File { path, text } => {
                let path = self.folder.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Step::Command { line, printed } if line.starts_with("dopusk serve") => {
                let said = self.serve(&line);
                self.differences.extend(difference(&line, &printed, &said));
            }
            Step::Command { line, printed } if line.starts_with("dopusk watch") => {
                let beside = Beside::start(&mut self.shell(&format!("exec {line}")));
                let begun = beside.line().into_iter().collect();
                self.watching.push((line, printed, begun, beside));
            }
            Step::Command { line, printed } => {
                let output = self.shell(&line).stdin(Stdio::null()).output().unwrap();
                let said: Vec<String> = text(&output).lines().map(ToOwned::to_owned).collect();
                self.differences.extend(difference(&line, &printed, &said));
            }
        }
    }

    /// Starts a server in place of the one before; tells what it says, as if it listened where the README's does.
    fn serve(&mut self, line: &str) -> Vec<String> {
        self.server = None;
        let beside = Beside::start(&mut self.shell(&format!("exec {line} --listen 127.0.0.1:0")));
        let mut said = Vec::new();
        loop {
            let line = beside.line().unwrap_or_else(|| panic!("{line} ended: {said:?}"));
            if let Some(address) = line.strip_prefix("listening on http://") {
                address.clone_into(&mut self.address);
                said.push(line.replace(address, ADDRESS));
                self.server = Some(beside);
                return said;
            }
            said.push(line);
        }
    }

    /// What was not as the README says, from all terminals.
    fn end(mut self) -> Vec<String> {
        for (line, printed, mut said, beside) in self.watching {
            while let Some(line) = beside.line() {
                said.push(line);
            }
            self.differences.extend(difference(&line, &printed, &said));
        }
        self.differences
    }
}

fn differences(readme: &str) -> Vec<String> {
    let mut reader = Reader::new();
    for step in steps(readme) {
        reader.follow(step);
    }
    reader.end()
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

#[test]
fn every_command_answers_as_the_readme_says() {
    let readme = readme();
    let count = steps(&readme).len();
    assert!(count > 30, "{count} steps are not all that the README has");
    let found = differences(&readme);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn another_answer_is_found() {
    let readme = "```console\n$ dopusk watch --limit 1\nwatching; …\n$ dopusk health\nserving well\n\
        $ dopusk delete user paula\nno such\n$ dopusk serve --data store --log warn\nlistening\n```\n";
    let found = differences(readme);
    let commands: Vec<&str> = found.iter().filter_map(|it| it.lines().next()).collect();
    assert_eq!(
        commands,
        [
            "$ dopusk health",
            "$ dopusk delete user paula",
            "$ dopusk serve --data store --log warn",
            "$ dopusk watch --limit 1"
        ]
    );
    assert_eq!(found[0], "$ dopusk health\n--- README\nserving well\n--- printed\nserving\n");
}

#[test]
fn a_block_is_a_terminal_a_file_or_nothing() {
    let readme = "text\n```sh\nmake\n```\n```yaml a/b.yaml\nusers: []\n```\n```console\n$ one \\\n  two\nthree\n$ four\n```\n";
    let command = |line: &str, printed: &[&str]| Step::Command {
        line: line.to_owned(),
        printed: printed.iter().map(ToString::to_string).collect(),
    };
    let file = Step::File { path: "a/b.yaml".to_owned(), text: "users: []\n".to_owned() };
    assert_eq!(steps(readme), [file, command("one \\\n  two", &["three"]), command("four", &[])]);
}

#[test]
fn dots_stand_for_one_word() {
    assert!(is_as("revision …", "revision 1f.2") && is_as("…: …!", "a: b!"));
    assert!(!is_as("revision …", "revision ") && !is_as("revision …", "revision a b") && !is_as("…a", "b"));
}

#[test]
fn every_setting_of_serve_is_in_the_readme() {
    let (readme, help) =
        (readme(), Command::new(env!("CARGO_BIN_EXE_dopusk")).args(["serve", "--help"]).output());
    let help = text(&help.unwrap());
    let flags: Vec<&str> = help.split_whitespace().filter(|word| word.starts_with("--")).collect();
    assert!(flags.len() > 10, "{flags:?}");
    for flag in flags.into_iter().filter(|flag| !["--config", "--help"].contains(flag)) {
        let key = flag.trim_start_matches('-').replace('-', "_");
        let row = format!("| `{flag}` | `DOPUSK_{}` | `{key}` |", key.to_uppercase());
        assert!(readme.contains(&row), "no row {row}");
    }
}
