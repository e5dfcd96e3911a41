//! What is logged, changed while a server runs.

use std::process::Command;

use tempfile::TempDir;

use crate::process::Process;

const AGAIN: &str = "the settings were read again for what is logged";
const CREDENTIALS: &str = "callers and certificates were read again";

/// A server with a file of settings.
struct Site {
    server: Process,
    folder: TempDir,
}

impl Site {
    fn start(settings: &str, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("dopusk.toml"), settings).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.env("DOPUSK_CONFIG", folder.path().join("dopusk.toml")).envs(variables.iter().copied());
        let server = Process::spawn_under(command, &folder.path().join("store"));
        server.url();
        Self { server, folder }
    }

    fn change(&self, settings: &str) {
        std::fs::write(self.folder.path().join("dopusk.toml"), settings).unwrap();
        self.server.hang_up();
    }
}

#[test]
fn the_level_changes_at_sighup_without_a_restart() {
    let site = Site::start("log = 'error'", &[]);
    assert_eq!(site.server.log(), "");
    site.change("log = 'info'");
    site.server.waits_for_log(AGAIN);
    site.server.waits_for_log(CREDENTIALS);
    site.change("log = 'dopusk=loud'");
    site.server.waits_for_log("what was logged is logged on");
    assert_eq!(site.server.log().matches(AGAIN).count(), 1, "{}", site.server.log());
    site.change("log = 'info,h2=error'");
    site.server.waits_for_log("info,h2=error");
}

#[test]
fn what_the_environment_says_stands_over_the_file() {
    let site = Site::start("", &[("DOPUSK_LOG", "info")]);
    site.change("log = 'error'");
    site.server.waits_for_log(AGAIN);
}
