//! Guards over the text of the project: size, arrows between modules, wording, and documents that must agree.
//!
//! Each guard is a function from text to findings, shown on a bad snippet to be able to fail, and run here over the
//! whole tree. A finding names file, line and what is wrong.

mod arrows;
mod code;
mod paper;
mod shape;
mod wording;

use std::fs;
use std::path::Path;

/// Not the project's own text: what is built, what is written for it by tools, and the licence.
const SKIPPED: [&str; 11] = [
    ".git",
    "target",
    "data",
    "Cargo.lock",
    "LICENSE",
    "benches/peers/target",
    "benches/peers/Cargo.lock",
    "fuzz/artifacts",
    "fuzz/corpus",
    "fuzz/target",
    "fuzz/Cargo.lock",
];

/// A text file of the project.
struct File {
    /// Relative to the root, with `/`.
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }

    fn is_rust_of_the_crate(&self) -> bool {
        self.is_rust() && self.path.starts_with("src/")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file of the project, in order of their paths.
fn files() -> Vec<File> {
    let mut found = Vec::new();
    collect(root(), &mut found);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

fn collect(folder: &Path, found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let full = entry.unwrap().path();
        let path = full.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        if full.is_dir() {
            collect(&full, found);
        } else if let Ok(text) = fs::read_to_string(&full) {
            found.push(File { path, text });
        }
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn assert_none(findings: &[String]) {
    assert!(findings.is_empty(), "\n{}\n", findings.join("\n"));
}

fn over(choose: impl Fn(&File) -> bool, check: impl Fn(&str, &str) -> Vec<String>) {
    let chosen: Vec<File> = files().into_iter().filter(choose).collect();
    assert!(!chosen.is_empty(), "no file was looked at");
    assert_none(&chosen.iter().flat_map(|file| check(&file.path, &file.text)).collect::<Vec<_>>());
}

#[test]
fn files_and_functions_are_short() {
    over(File::is_rust, shape::findings);
}

#[test]
fn every_source_file_says_what_it_is() {
    over(File::is_rust, shape::opening);
}

#[test]
fn arrows_between_modules_point_down() {
    over(File::is_rust_of_the_crate, arrows::findings);
}

#[test]
fn no_file_has_a_forbidden_word() {
    over(|_| true, wording::findings);
}

#[test]
fn both_readmes_have_the_same_outline_and_the_same_code() {
    assert_none(&paper::readme_findings(&read("README.md"), &read("README.ru.md")));
}

#[test]
fn every_direct_dependency_has_its_reason() {
    assert_none(&paper::dependency_findings(&read("Cargo.toml"), &read("deny.toml")));
}
