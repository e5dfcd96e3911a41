//! Servers as child processes: started, waited for, measured, stopped by their process id.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// A running server.
pub(super) struct Process {
    child: Child,
    address: String,
    socket: PathBuf,
    /// Held open, so that the server can go on writing.
    _output: BufReader<ChildStdout>,
    /// From its start until it served.
    pub(super) ready_after: Duration,
}

impl Process {
    /// Starts this program with arguments and waits until it says where it listens.
    pub(super) fn start(arguments: &[&str], socket: &Path) -> Result<Self> {
        Self::start_by(Command::new(program()?), arguments, socket)
    }

    /// The same on the first half of the processors, where there are two and `taskset` is there.
    pub(super) fn start_pinned(arguments: &[&str], socket: &Path) -> Result<Self> {
        let Some((first, _)) = halves() else { return Self::start(arguments, socket) };
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", &first]).arg(program()?);
        Self::start_by(command, arguments, socket)
    }

    /// Puts this process on the other half; says whether it could.
    pub(super) fn pin_this() -> Result<bool> {
        let Some((_, second)) = halves() else { return Ok(false) };
        let id = std::process::id().to_string();
        let mut command = Command::new("taskset");
        command.args(["--all-tasks", "--cpu-list", "--pid", &second, &id]).stdout(Stdio::null());
        Ok(command.status().context("taskset")?.success())
    }

    fn start_by(mut command: Command, arguments: &[&str], socket: &Path) -> Result<Self> {
        let started = Instant::now();
        let mut child = command
            .args(arguments)
            .args(["--listen", "127.0.0.1:0", "--socket"])
            .arg(socket)
            .stdout(Stdio::piped())
            .spawn()
            .context("the server can't be started")?;
        let Some(output) = child.stdout.take() else { bail!("the server has no output") };
        let mut output = BufReader::new(output);
        let mut line = String::new();
        while output.read_line(&mut line)? > 0 {
            if let Some(address) =
                line.trim_end().strip_prefix("listening on ").filter(|it| it.starts_with("http"))
            {
                let (address, ready_after) = (address.to_owned(), started.elapsed());
                return Ok(Self { child, address, socket: socket.to_owned(), _output: output, ready_after });
            }
            line.clear();
        }
        bail!("the server ended before it served: {}", child.wait()?)
    }

    /// Where it listens, as a client writes it.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// The Unix socket that it listens on.
    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The processor time that it has used, user and system. Read from `/proc`, in steps of 10 ms.
    pub(super) fn cpu(&self) -> Result<Duration> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; the fields behind it don't. 14 and 15 are utime and stime.
        let fields = stat.rsplit_once(')').map(|(_, fields)| fields).context("the fields of stat")?;
        let ticks: u64 =
            fields.split_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Its resident memory, in bytes.
    pub(super) fn resident_bytes(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the resident memory")?;
        let kib: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
        Ok(kib * 1024)
    }

    /// Asks it to stop, and waits; kills it after 30 seconds.
    pub(super) fn stop(mut self) -> Result<()> {
        let id = self.child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().context("kill")?;
        let end = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait()?.is_none() {
            if Instant::now() > end {
                self.child.kill()?;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

fn program() -> Result<PathBuf> {
    std::env::current_exe().context("this program's own path")
}

/// The processors in two halves, as `taskset` takes them; none where there is one processor, or no `taskset`.
fn halves() -> Option<(String, String)> {
    let has_taskset = Command::new("taskset").arg("--version").stdout(Stdio::null()).status().is_ok();
    let count = std::fs::read_to_string("/proc/cpuinfo").ok()?.matches("processor\t:").count();
    let half = count / 2;
    (has_taskset && half > 0).then(|| (format!("0-{}", half - 1), format!("{half}-{}", count - 1)))
}

impl Drop for Process {
    fn drop(&mut self) {
        // A server that was stopped is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
