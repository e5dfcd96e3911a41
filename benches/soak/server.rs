//! The server as a child process, and what the system says of it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to end by itself.
const END_MAX: Duration = Duration::from_secs(30);
/// The milliseconds of each second in which it verifies: twenty times what is usual.
const VERIFY_MS_PER_SECOND: &str = "100";
/// Few enough that the log begins to forget within half an hour, and the store is to stop growing then.
const LOG_REVISIONS_MAX: &str = "20000";

/// Where everything is.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) binary: PathBuf,
}

impl Place {
    pub(crate) fn address(&self) -> String {
        format!("unix://{}", self.folder.join("socket").display())
    }

    /// The log of all lives.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The bytes of the store's files.
    pub(crate) fn store_bytes(&self) -> u64 {
        bytes_below(&self.folder.join("store"))
    }
}

fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let bytes = entries.map(|entry| match entry.metadata() {
        Ok(it) if it.is_dir() => bytes_below(&entry.path()),
        Ok(it) => it.len(),
        // It was replaced meanwhile.
        Err(_) => 0,
    });
    bytes.sum()
}

/// How a life ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ending {
    Terminated,
    Killed,
}

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) ready_after: Duration,
    /// Held open, so that it can go on writing.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts it and waits until it serves.
    pub(crate) fn start(place: &Place) -> Self {
        let started = Instant::now();
        let log = File::options().create(true).append(true).open(place.folder.join("log")).unwrap();
        let mut child = Command::new(&place.binary)
            .args(["serve", "--listen", "off", "--log", "info"])
            .args(["--verify-ms-per-second", VERIFY_MS_PER_SECOND, "--log-revisions-max", LOG_REVISIONS_MAX])
            .arg("--data")
            .arg(place.folder.join("store"))
            .arg("--socket")
            .arg(place.folder.join("socket"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on "), "it doesn't serve; it logged:\n{}", place.log());
        Self { child, ready_after: started.elapsed(), _output: output }
    }

    /// Its resident memory.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) << 10
    }

    /// The processor time that it has used.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap_or_default();
        // Behind the name in parentheses; 14 and 15 are user's and system's time, in steps of 10 ms.
        let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
        let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok());
        Duration::from_millis(10 * ticks.sum::<u64>())
    }

    /// Whether it has ended though nobody asked it to.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Ends it, and waits until it is gone; says whether it ended as it should.
    pub(crate) fn end(mut self, how: Ending) -> bool {
        match how {
            Ending::Killed => {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                true
            }
            Ending::Terminated => {
                let id = self.child.id().to_string();
                Command::new("kill").args(["-TERM", &id]).status().unwrap();
                let end = Instant::now() + END_MAX;
                while Instant::now() < end {
                    if let Some(status) = self.child.try_wait().unwrap() {
                        return status.success();
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
                false
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that was ended is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
