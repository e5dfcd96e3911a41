//! A store that can't be written: the server says so and does not start, and the store is left as it was.

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::volume::Volume;
use super::{Ledger, connect};
use crate::process::Process;
use crate::tool::must;

/// A store with some users, whose server was killed.
async fn filled(data: &Path) -> Ledger {
    let mut server = Process::spawn(data);
    let mut ledger = Ledger::default();
    ledger.write_well(&connect(&server).await, 20).await;
    server.kill();
    ledger
}

fn assert_not_started(mut server: Process, data: &Path, why: &str) {
    let before = std::fs::read(data.join("sled/db")).unwrap();
    let status = server.end();
    let log = server.log();
    assert_eq!(status.code(), Some(1), "{log}");
    assert!(log.contains(why) && !log.contains("panicked"), "{log}");
    assert!(std::fs::read(data.join("sled/db")).unwrap() == before);
    tell!("not started: {}", log.trim());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_file_system_is_named_and_left_alone() {
    let mut volume = Volume::of_mib(32);
    let data = volume.path().join("store");
    let mut ledger = filled(&data).await;
    volume.freeze("store");
    assert_not_started(Process::spawn(&data), &data, "Read-only file system");
    volume.thaw("store");
    ledger.assert_kept(&connect(&Process::spawn(&data)).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_without_permission_is_named_and_left_alone() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("store");
    let mut ledger = filled(&data).await;
    must(Command::new("chmod").args(["-R", "a-w"]).arg(&data));
    let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
    if must(Command::new("id").arg("-u")).trim() == "0" {
        // Root may write everything, unless it may not what root may.
        command = Command::new("setpriv");
        command.args(["--bounding-set", "-dac_override,-dac_read_search", env!("CARGO_BIN_EXE_dopusk")]);
    }
    assert_not_started(Process::spawn_under(command, &data), &data, "Permission denied");
    must(Command::new("chmod").args(["-R", "u+w"]).arg(&data));
    ledger.assert_kept(&connect(&Process::spawn(&data)).await).await;
}
