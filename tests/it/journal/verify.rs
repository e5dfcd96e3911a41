//! `dopusk audit verify` finds whatever is not as it was written, and says what it can't know.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dopusk::journal::{Expected, Finding, verify};
use tempfile::TempDir;

use super::audit::{file, host, put, verified, write_users};
use super::lines;
use crate::host::Host;
use crate::tool::text;

/// A log of writes of users, in one file.
async fn log(folder: &Path, writes: u32) -> (PathBuf, String) {
    let path = folder.join("audit");
    let host = host(path.clone()).await;
    let token = write_users(&host, 0..writes).await;
    host.stop().await;
    (path, token)
}

/// The findings in a log whose lines were changed.
fn found(path: &Path, change: impl FnOnce(&mut Vec<String>)) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    let changed = path.with_extension("changed");
    fs::write(&changed, lines.join("\n") + "\n").unwrap();
    texts(&verified(&[changed]).findings)
}

fn texts(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|it| format!("{}: {}", it.line, it.text)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_is_missing_altered_or_moved_is_found_and_named() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(folder.path(), 6).await;
    assert_eq!(found(&path, |_| {}), [""; 0]);
    let altered = "was altered: its hash is not that of what it says";
    for at in 0..7 {
        let number = at + 1;
        let change = |lines: &mut Vec<String>| lines[at] = lines[at].replace("\"time\":\"2", "\"time\":\"3");
        assert_eq!(found(&path, change), [format!("{number}: {altered}")], "line {number}");
    }
    let removed = found(&path, |lines| drop(lines.remove(3)));
    assert_eq!(removed[0], "4: is line 5; line 4 is missing");
    assert_eq!(removed[1], "4: is of revision 4; that behind 2 is missing");
    let several = found(&path, |lines| drop(lines.drain(2..5)));
    assert_eq!(several[0], "3: is line 6; what was from line 3 to 5 is missing");
    let swapped = found(&path, |lines| lines.swap(2, 3));
    assert!(swapped.iter().any(|text| text == "4: is line 3 behind line 4"), "{swapped:?}");
    let twice = found(&path, |lines| lines.insert(3, lines[2].clone()));
    assert!(twice.contains(&"4: is line 3 behind line 3".to_owned()), "{twice:?}");
    let first = found(&path, |lines| drop(lines.remove(0)));
    assert_eq!(first, ["1: is line 2; those before it are missing"]);
    let foreign = found(&path, |lines| lines[2] = "hello".to_owned());
    assert_eq!(foreign[0], "3: is no line of an audit log");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_was_sealed_anew_no_longer_fits_the_next() {
    let folder = TempDir::new().unwrap();
    let (path, _) = log(folder.path(), 3).await;
    let other = folder.path().join("other");
    fs::create_dir(&other).unwrap();
    let (forged, _) = log(&other, 3).await;
    let forged: Vec<String> = fs::read_to_string(forged).unwrap().lines().map(str::to_owned).collect();
    let told = found(&path, |lines| lines[2] = forged[2].clone());
    assert!(told.iter().any(|text| text.contains("4: doesn't follow line 3 as that is now")), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_cut_off_at_the_end_is_found_by_what_was_noted() {
    let folder = TempDir::new().unwrap();
    let (path, token) = log(folder.path(), 4).await;
    let hash = lines(&path).pop().unwrap()["hash"].as_str().unwrap().parse().unwrap();
    let files = [path.clone()];
    let by_token = Expected { through: Some(token.clone()), ..Expected::default() };
    let by_hash = Expected { contains: Some(hash), ..Expected::default() };
    for expected in [&by_token, &by_hash] {
        assert!(verify(&files, expected).unwrap().findings.is_empty());
    }
    let text = fs::read_to_string(&path).unwrap();
    let cut: String = text.split_inclusive('\n').take(4).collect();
    fs::write(&path, cut).unwrap();
    assert!(verified(&files).findings.is_empty(), "the chain alone doesn't know of it");
    let by_token = texts(&verify(&files, &by_token).unwrap().findings);
    assert_eq!(by_token, [format!("0: the log hasn't come to revision {token}")]);
    let by_hash = texts(&verify(&files, &by_hash).unwrap().findings);
    assert_eq!(by_hash, [format!("0: the log has no line with the hash {hash}")]);
    fs::write(&path, "").unwrap();
    assert_eq!(texts(&verified(&files).findings), ["0: has no lines"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_in_any_order_and_a_missing_one_is_found() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let host = Host::start_with(|settings| settings.audit_log = Some(file(path.clone(), 1))).await;
    let token = write_users(&host, 0..4).await;
    host.stop().await;
    let rotated = |number: u32| folder.path().join(format!("audit.{number:06}"));
    let files = [path, rotated(2), rotated(4), rotated(1), rotated(3)];
    let whole = verified(&files);
    assert!(whole.findings.is_empty(), "{whole:?}");
    assert_eq!((whole.lines, whole.revision), (5, Some(token)));
    let missing = verified(&[files[0].clone(), files[1].clone(), files[3].clone(), files[4].clone()]);
    assert_eq!(missing.findings[0].text, "is line 5; line 4 is missing");
    let late = [files[2].clone(), files[0].clone()];
    assert_eq!(verified(&late).findings[0].text, "is line 4; those before it are missing");
    let before = lines(&files[4])[0]["hash"].as_str().unwrap().parse().unwrap();
    let expected = Expected { after: Some(before), ..Expected::default() };
    assert!(verify(&late, &expected).unwrap().findings.is_empty());
    let wrong = verify(&files, &expected).unwrap().findings;
    assert_eq!(wrong[0].text, "doesn't follow the line that was named");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_tells_by_its_exit_code() {
    let folder = TempDir::new().unwrap();
    let (path, token) = log(folder.path(), 2).await;
    let command = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dopusk"));
        command.args(["audit", "verify"]).arg(&path).args(more).output().unwrap()
    };
    let whole = command(&["--through", &token]);
    assert!(whole.status.success(), "{}", text(&whole));
    let told = text(&whole);
    assert!(told.starts_with(&format!("1 file, 3 lines, 0 findings; up to revision {token}; ")), "{told}");
    let line = fs::read_to_string(&path).unwrap().replacen("\"u0\"", "\"u9\"", 1);
    fs::write(&path, line).unwrap();
    let altered = command(&[]);
    assert_eq!(altered.status.code(), Some(1));
    assert!(text(&altered).contains(&format!("{}:2: was altered", path.display())), "{}", text(&altered));
    assert_eq!(command(&["--contains", "short"]).status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_set_back_is_found() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("audit");
    let host = host(path.clone()).await;
    write_users(&host, 0..2).await;
    let (settings, data) = host.stop_and_keep_data().await;
    let copy = folder.path().join("copy");
    let store = settings.engine.data.clone();
    let copied = Command::new("cp").arg("-a").arg(&store).arg(&copy).status().unwrap();
    assert!(copied.success());
    let host = Host::open(data, settings.clone()).await;
    host.write(&put("users: [{id: root, admin: true}]")).await.unwrap();
    let (_, data) = host.stop_and_keep_data().await;
    fs::remove_dir_all(&store).unwrap();
    fs::rename(&copy, &store).unwrap();
    let host = Host::open(data, settings).await;
    write_users(&host, 2..3).await;
    host.stop().await;
    let told = texts(&verified(&[path]).findings);
    assert!(told[0].contains("the store goes on from revision 2, and the log was at 3"), "{told:?}");
}
