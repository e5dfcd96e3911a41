//! A write is acknowledged when it is on disk: seen by `strace`, which is installed where it is absent.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use dopusk::api::pb;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use crate::process::Process;
use crate::tool::debian;

const CALLS: &str = "trace=write,pwrite64,writev,pwritev,pwritev2,fsync,fdatasync";

/// Seconds since 1970, as strace tells them.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64()
}

/// A call on a file that has ended.
#[derive(Debug)]
struct Call {
    name: String,
    /// The arguments, the file's path and what was written among them.
    arguments: String,
    began: f64,
    ended: f64,
}

impl Call {
    fn is_sync(&self) -> bool {
        matches!(self.name.as_str(), "fsync" | "fdatasync")
    }

    /// The path of the file, which stands in the first pair of angle brackets.
    fn path(&self) -> &str {
        self.arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path)
    }
}

/// The calls of a trace that ended well, in order of their ends. A call that others overtook stands in two lines.
fn calls(trace: &str) -> Vec<Call> {
    let mut open: HashMap<&str, (f64, &str, String)> = HashMap::new();
    let mut calls = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else { continue };
        let Some((time, rest)) = rest.trim_start().split_once(' ') else { continue };
        let Ok(time) = time.parse::<f64>() else { continue };
        if let Some(resumed) = rest.strip_prefix("<... ") {
            if let Some((began, name, arguments)) = open.remove(thread)
                && !resumed.contains("= -1")
            {
                calls.push(Call { name: name.to_owned(), arguments, began, ended: time });
            }
            continue;
        }
        let Some((name, arguments)) = rest.split_once('(') else { continue };
        if rest.ends_with("<unfinished ...>") {
            open.insert(thread, (time, name, arguments.to_owned()));
        } else if !rest.contains(") = -1") {
            let took = rest.rsplit_once('<').and_then(|(_, it)| it.trim_end_matches('>').parse::<f64>().ok());
            let (name, arguments) = (name.to_owned(), arguments.to_owned());
            calls.push(Call { name, arguments, began: time, ended: time + took.unwrap_or(0.0) });
        }
    }
    calls
}

/// Whether the file that took the words was synchronized behind that, before a time.
fn is_on_disk(calls: &[Call], data: &Path, words: &str, before: f64) -> bool {
    let data = data.to_str().unwrap();
    let taken =
        calls.iter().find(|it| !it.is_sync() && it.path().starts_with(data) && it.arguments.contains(words));
    let Some(taken) = taken else { return false };
    calls
        .iter()
        .any(|it| it.is_sync() && it.path() == taken.path() && it.began >= taken.ended && it.ended <= before)
}

async fn write(channel: &Channel, id: &str) {
    let user = pb::User { id: id.to_owned(), ..pb::User::default() };
    let object = pb::Object { object: Some(pb::object::Object::User(user)) };
    let operation = pb::Operation { operation: Some(pb::operation::Operation::Put(object)), precondition: 0 };
    let request = pb::WriteRequest { operations: vec![operation], ..pb::WriteRequest::default() };
    DirectoryServiceClient::new(channel.clone()).write(request).await.unwrap();
}

/// Waits until the trace has all of a server that was killed.
fn read_trace(path: &Path) -> String {
    let end = Instant::now() + Duration::from_secs(20);
    loop {
        let trace = fs::read_to_string(path).unwrap();
        if trace.contains("+++ killed by SIGKILL") {
            return trace;
        }
        assert!(Instant::now() < end, "the trace does not end");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_write_is_on_disk() {
    debian("strace", &["strace"]);
    let folder = TempDir::new().unwrap();
    let (data, trace) = (folder.path().join("store"), folder.path().join("trace"));
    let mut strace = Command::new("strace");
    // The tracer stands aside, so that the child is the server.
    strace.args(["-D", "-f", "-y", "-T", "-ttt", "-s", "100000", "-e", CALLS, "-o"]).arg(&trace);
    strace.arg(env!("CARGO_BIN_EXE_dopusk"));
    let mut process = Process::spawn_under(strace, &data);
    let channel = Endpoint::from_shared(process.url()).unwrap().connect().await.unwrap();
    let mut acknowledged = Vec::new();
    for at in 0..20 {
        let id = format!("durable-user-{at:04}");
        write(&channel, &id).await;
        acknowledged.push((id, now()));
    }
    process.kill();
    let calls = calls(&read_trace(&trace));
    for (id, at) in acknowledged {
        assert!(is_on_disk(&calls, &data, &id, at), "{id} was acknowledged before it was on disk");
    }
}

#[test]
fn a_trace_without_a_sync_behind_the_data_is_found() {
    let data = Path::new("/data");
    let line = |text: &str| calls(text);
    let taken = "7  10.0 pwrite64(3</data/db>, \"..user-1..\", 10, 0) = 10 <0.1>\n";
    let early = "7  9.0 fdatasync(3</data/db>) = 0 <0.1>\n";
    let other = "7  11.0 fsync(4</data/other>) = 0 <0.1>\n";
    let failed = "7  11.0 fsync(3</data/db>) = -1 EIO (Input/output error) <0.1>\n";
    let split = "7  11.0 fdatasync(3</data/db> <unfinished ...>\n8  11.1 write(1<pipe:[1]>, \"\", 0) = 0 <0.1>\n\
                 7  11.5 <... fdatasync resumed>) = 0 <0.5>\n";
    for wrong in
        [taken.to_owned(), format!("{early}{taken}"), format!("{taken}{other}"), format!("{taken}{failed}")]
    {
        assert!(!is_on_disk(&line(&wrong), data, "user-1", 20.0), "{wrong}");
    }
    let right = format!("{early}{taken}{split}");
    assert!(is_on_disk(&line(&right), data, "user-1", 20.0));
    assert!(!is_on_disk(&line(&right), data, "user-1", 11.4), "it must have ended");
    assert!(!is_on_disk(&line(&right), data, "user-2", 20.0));
}
