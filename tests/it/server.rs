//! A real server on a free port of the loopback interface, ended when it goes out of scope.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tempfile::NamedTempFile;

/// How long a server may take to listen; a slow machine under load needs a second.
const START_MAX: Duration = Duration::from_secs(30);

/// A running `dopusk demo`.
pub(crate) struct Server {
    process: Child,
    /// `host:port`.
    pub(crate) address: String,
}

impl Server {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn demo() -> Self {
        let log = NamedTempFile::new().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_dopusk"))
            .args(["demo", "--listen", "127.0.0.1:0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log.reopen().unwrap())
            .spawn()
            .unwrap();
        let (said, heard) = mpsc::channel();
        let output = BufReader::new(process.stdout.take().unwrap());
        // Reads on to the end, so that a server that says more never waits for a reader.
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                said.send(line).ok();
            }
        });
        let mut server = Self { process, address: String::new() };
        while server.address.is_empty() {
            let line = heard.recv_timeout(START_MAX).unwrap_or_else(|_| {
                let log = fs::read_to_string(log.path()).unwrap();
                panic!("`dopusk demo` did not say where it listens:\n{log}")
            });
            server.address = line.strip_prefix("listening on http://").unwrap_or_default().to_owned();
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}
