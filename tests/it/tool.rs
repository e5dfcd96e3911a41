//! Outside tools that the tests run: buf from npm, Python with packages, cargo-deb, and what Debian has.
//!
//! All but the last are installed below the build folder when they are absent or of another version, Debian's packages
//! by apt; a tool that can't be had fails the test with the command that would bring it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

const BUF_VERSION: &str = "1.75.0";
const CARGO_DEB_VERSION: &str = "3.8.0";

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The path of buf.
pub(crate) fn buf() -> &'static Path {
    static BUF: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = build_folder().join("buf");
        let program = folder.join("node_modules/.bin/buf");
        let version = Command::new(&program).arg("--version").output();
        if !version.is_ok_and(|output| text(&output).trim() == BUF_VERSION) {
            let package = format!("@bufbuild/buf@{BUF_VERSION}");
            must(Command::new("npm").args(["install", "--no-fund", "--prefix"]).arg(&folder).arg(package));
        }
        program
    });
    &BUF
}

/// The path of a Python that has the packages of `examples/python/requirements.txt`.
pub(crate) fn python() -> &'static Path {
    static PYTHON: LazyLock<PathBuf> =
        LazyLock::new(|| python_with("python", "examples/python/requirements.txt"));
    &PYTHON
}

/// The path of a Python beside which stand what checks `deploy/`.
pub(crate) fn deploy_python() -> &'static Path {
    static PYTHON: LazyLock<PathBuf> =
        LazyLock::new(|| python_with("deploy-python", "tests/it/deploy/requirements.txt"));
    &PYTHON
}

fn python_with(name: &str, requirements: &str) -> PathBuf {
    let folder = build_folder().join(name);
    let program = folder.join("bin/python");
    let pip = Command::new(&program).args(["-m", "pip", "--version"]).output();
    if !pip.is_ok_and(|output| output.status.success()) {
        must(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    }
    let wanted = root().join(requirements);
    must(Command::new(&program).args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(wanted));
    program
}

/// The folder of `cargo-deb`.
pub(crate) fn cargo_deb() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = build_folder().join("cargo-deb");
        let version = Command::new(folder.join("bin/cargo-deb")).arg("--version").output();
        if !version.is_ok_and(|output| text(&output).trim() == CARGO_DEB_VERSION) {
            let package = format!("cargo-deb@{CARGO_DEB_VERSION}");
            must(Command::new("cargo").args(["install", "--locked", &package, "--root"]).arg(&folder));
        }
        folder.join("bin")
    });
    &FOLDER
}

/// Installs Debian packages where what they bring is absent.
pub(crate) fn debian(brought: &str, packages: &[&str]) {
    let path = std::env::var_os("PATH").unwrap();
    let mut folders = std::env::split_paths(&path).chain(["/usr/sbin".into()]);
    if !folders.any(|folder| folder.join(brought).exists()) {
        must(as_root("apt-get").args(["install", "--yes", "--no-install-recommends"]).args(packages));
    }
}

/// A command that root runs.
pub(crate) fn as_root(program: &str) -> Command {
    if must(Command::new("id").arg("-u")).trim() == "0" {
        return Command::new(program);
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    command
}

/// The folder of PostgreSQL's programs: that of Debian's newest version, or where `initdb` is in the path.
pub(crate) fn postgresql() -> &'static Path {
    static POSTGRESQL: LazyLock<PathBuf> = LazyLock::new(|| {
        if let Some(found) = installed_postgresql() {
            return found;
        }
        debian("initdb", &["postgresql", "postgresql-client"]);
        installed_postgresql().expect("apt has brought initdb, postgres and psql")
    });
    &POSTGRESQL
}

fn installed_postgresql() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    let version = |folder: &PathBuf| folder.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    folders.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let has_all =
        |folder: &PathBuf| ["initdb", "postgres", "psql"].iter().all(|it| folder.join(it).is_file());
    folders.into_iter().find(has_all)
}

/// The standard output of a command that must end well.
pub(crate) fn must(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("this must run: {command:?}: {error}"));
    assert!(output.status.success(), "this must end well: {command:?}\n{}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// All that a command has printed.
pub(crate) fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat()
}

/// The folder that cargo builds in.
fn build_folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}
