//! The real commands: a token is made, shown by a client, taken back by a signal, and seen nowhere.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::process::Process;
use crate::tool::{must, text};

fn dopusk() -> Command {
    Command::new(env!("CARGO_BIN_EXE_dopusk"))
}

/// Makes a token, and gives its entry in the file of callers.
fn make(folder: &Path, name: &str) -> String {
    let hash = must(dopusk().arg("token").arg(folder.join(name)));
    format!("[[caller]]\nname = {name:?}\ntokens = [{:?}]\nmay_write = true\n", hash.trim())
}

fn objects(url: &str, token: &Path) -> Output {
    let mut command = dopusk();
    command.args(["objects", "user", "--server", url, "--token-file"]).arg(token);
    command.output().unwrap()
}

#[test]
fn a_token_is_for_its_owner_alone_and_is_never_overwritten() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    make(folder.path(), "app");
    let file = folder.path().join("app");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let secret = fs::read_to_string(&file).unwrap();
    let again = dopusk().arg("token").arg(&file).output().unwrap();
    assert!(!again.status.success());
    assert!(!text(&again).contains(secret.trim()));
    assert_eq!(fs::read_to_string(&file).unwrap(), secret);
}

#[test]
fn a_secret_is_in_no_log_no_answer_and_no_arguments() {
    let folder = TempDir::new().unwrap();
    let (known, unknown) = (make(folder.path(), "app"), make(folder.path(), "other"));
    let callers = folder.path().join("callers.toml");
    fs::write(&callers, &known).unwrap();
    let mut command = dopusk();
    command.env("DOPUSK_CALLERS", &callers).env("DOPUSK_LOG", "trace");
    let process = Process::spawn_under(command, &folder.path().join("store"));
    let url = process.url();
    let (app, other) = (folder.path().join("app"), folder.path().join("other"));
    let let_in = objects(&url, &app);
    assert!(let_in.status.success(), "{}", text(&let_in));
    let refused = objects(&url, &other);
    assert_eq!(refused.status.code(), Some(4), "{}", text(&refused));
    assert!(text(&refused).contains("UNAUTHENTICATED CREDENTIALS_INVALID"), "{}", text(&refused));
    fs::write(&callers, format!("{known}tokens = [\"")).unwrap();
    process.hang_up();
    process.waits_for_log("what has changed can't be used");
    assert!(objects(&url, &app).status.success(), "what was in force stays so");
    fs::write(&callers, unknown).unwrap();
    process.hang_up();
    let end = Instant::now() + Duration::from_mins(1);
    while objects(&url, &app).status.success() {
        assert!(Instant::now() < end, "SIGHUP has the file read");
    }
    assert!(objects(&url, &other).status.success());
    let seen = [process.log(), process.arguments(), text(&let_in), text(&refused)].concat();
    assert!(seen.contains("an unknown caller was refused"), "{seen}");
    for token in [app, other] {
        let secret = fs::read_to_string(token).unwrap();
        assert!(!seen.contains(secret.trim()), "a secret was shown");
    }
}

#[test]
fn a_token_is_not_sent_where_it_can_be_read_on_the_way() {
    let folder = TempDir::new().unwrap();
    make(folder.path(), "app");
    let refused = objects("http://192.0.2.1:7717", &folder.path().join("app"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("is sent by https only"), "{}", text(&refused));
    let refused = objects("https://127.0.0.1:1", &folder.path().join("app"));
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused).contains("needs the authorities"), "{}", text(&refused));
}
