//! The real binary as a child process, ended by its process id.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::tool::must;

/// How long a server may take to listen, recovery included, on a slow machine under load.
const START_MAX: Duration = Duration::from_mins(1);

/// A server in a process of its own. Killed, not stopped, when it goes out of scope.
pub(crate) struct Process {
    child: Child,
    log: NamedTempFile,
    heard: mpsc::Receiver<String>,
}

impl Process {
    /// Starts `dopusk serve` on a store, and waits for nothing.
    pub(crate) fn spawn(data: &Path) -> Self {
        Self::spawn_under(Command::new(env!("CARGO_BIN_EXE_dopusk")), data)
    }

    /// The same by a command that ends where the arguments of `dopusk` begin.
    pub(crate) fn spawn_under(mut command: Command, data: &Path) -> Self {
        let log = NamedTempFile::new().unwrap();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
        // A test machine can be as slow as it likes.
        command.env("DOPUSK_QUEUE_MS_MAX", "60000");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (said, heard) = mpsc::channel();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            // Whoever no longer listens needs no more lines.
            output.lines().map_while(Result::ok).for_each(|line| drop(said.send(line)));
        });
        Self { child, log, heard }
    }

    /// Waits until it says where it listens.
    pub(crate) fn url(&self) -> String {
        self.says("listening on ")
    }

    /// Waits until it prints a line that begins so, and gives the rest of it.
    pub(crate) fn says(&self, begin: &str) -> String {
        loop {
            let line = self.heard.recv_timeout(START_MAX).unwrap_or_else(|_| {
                panic!("it does not say {begin:?}:\n{}", fs::read_to_string(self.log.path()).unwrap())
            });
            if let Some(url) = line.strip_prefix(begin) {
                return url.to_owned();
            }
        }
    }

    /// SIGHUP.
    pub(crate) fn hang_up(&self) {
        must(Command::new("kill").args(["-HUP", &self.child.id().to_string()]));
    }

    /// SIGTERM.
    pub(crate) fn terminate(&self) {
        must(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
    }

    /// Waits until it has ended by itself.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let end = Instant::now() + START_MAX;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.log());
            std::thread::yield_now();
        }
    }

    /// SIGTERM, and waits until it has ended well.
    pub(crate) fn stop(mut self) {
        must(Command::new("kill").args(["-TERM", &self.child.id().to_string()]));
        assert!(self.child.wait().unwrap().success(), "{}", self.log());
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log.path()).unwrap()
    }

    /// Waits until it has logged something.
    pub(crate) fn waits_for_log(&self, text: &str) {
        let end = Instant::now() + START_MAX;
        while !self.log().contains(text) {
            assert!(Instant::now() < end, "it does not log {text:?}:\n{}", self.log());
            std::thread::yield_now();
        }
    }

    /// Its number among all processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it was started with, as every user of the machine can see.
    pub(crate) fn arguments(&self) -> String {
        fs::read_to_string(format!("/proc/{}/cmdline", self.child.id())).unwrap()
    }

    /// Its resident memory, in MiB.
    pub(crate) fn resident_mib(&self) -> u64 {
        self.status_mib("VmRSS:")
    }

    /// The most that it ever had.
    pub(crate) fn resident_mib_most(&self) -> u64 {
        self.status_mib("VmHWM:")
    }

    fn status_mib(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().trim_end_matches("kB").trim().parse::<u64>().unwrap() >> 10
    }

    /// kill -9, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        // One that has ended by itself can't be killed any more.
        drop(self.child.kill());
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
