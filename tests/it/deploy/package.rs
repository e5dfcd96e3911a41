//! The Debian package: made of this binary, judged by lintian, and really installed and started.
//!
//! That happens in a copy of the machine's file system that ends with the test. There the service manager doesn't run:
//! the script starts the service as the unit says, but no filter of system calls is set.

use std::process::Command;

use crate::tool::{as_root, cargo_deb, debian, must, root};

fn build() {
    debian("dpkg-shlibdeps", &["dpkg-dev"]);
    let folders = std::env::var_os("PATH").unwrap();
    let path = std::iter::once(cargo_deb().to_owned()).chain(std::env::split_paths(&folders));
    must(
        Command::new("bash")
            .arg(root().join("deploy/debian/build"))
            .arg(env!("CARGO_BIN_EXE_dopusk"))
            .env("PATH", std::env::join_paths(path).unwrap()),
    );
}

#[test]
fn the_package_is_sound_installed_started_asked_and_removed() {
    build();
    let package = root().join("target/deb/dopusk.deb");
    debian("lintian", &["lintian"]);
    debian("ip", &["iproute2"]);
    // It closes no report in Debian's own tracker, where it isn't.
    let lintian = ["--fail-on", "error,warning", "--suppress-tags", "initial-upload-closes-no-bugs"];
    must(Command::new("lintian").args(lintian).arg(&package));
    let folder = tempfile::tempdir().unwrap();
    let printed = must(
        as_root("unshare")
            .args(["--mount", "--pid", "--net", "--fork", "bash"])
            .arg(root().join("tests/it/deploy/package.sh"))
            .args([&package, &root().join("deploy/sample/company.yaml"), folder.path()]),
    );
    assert!(printed.ends_with("installed, started, asked, removed\n"), "{printed}");
}
