//! The size of files and functions, and how a file opens.

use super::code::{functions, test_parts, tokens};

/// A file has fewer lines than this, its tests left out.
const FILE_LINES_MAX: usize = 500;
/// A function has at most this many, all lines counted.
const FUNCTION_LINES_MAX: usize = 70;

pub(super) fn findings(path: &str, text: &str) -> Vec<String> {
    let tokens = tokens(text);
    let tests: usize =
        test_parts(&tokens).iter().map(|part| tokens[part.end - 1].line - tokens[part.start].line + 1).sum();
    let length = text.lines().count() - tests;
    let mut found = Vec::new();
    if length >= FILE_LINES_MAX {
        found.push(format!("{path}: {length} lines without tests; below {FILE_LINES_MAX} is the rule"));
    }
    for function in functions(&tokens).iter().filter(|function| function.length > FUNCTION_LINES_MAX) {
        let (line, name, length) = (function.line, function.name, function.length);
        found.push(format!(
            "{path}:{line}: `{name}` has {length} lines; at most {FUNCTION_LINES_MAX} is the rule"
        ));
    }
    found
}

pub(super) fn opening(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.starts_with("//!") {
        found.push(format!("{path}:1: opens without `//!`"));
    }
    if path == "mod.rs" || path.ends_with("/mod.rs") {
        found.push(format!("{path}: a module `foo` is `foo.rs` beside `foo/`"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    call();\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_71_lines_is_found() {
        assert!(findings("a.rs", &function(70)).is_empty());
        assert_eq!(findings("a.rs", &function(71)), ["a.rs:1: `long` has 71 lines; at most 70 is the rule"]);
    }

    #[test]
    fn a_long_function_is_found_in_tests_too() {
        let text = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", function(71));
        assert_eq!(findings("a.rs", &text), ["a.rs:3: `long` has 71 lines; at most 70 is the rule"]);
    }

    #[test]
    fn a_file_of_500_lines_is_found_and_its_tests_do_not_count() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    use a;\n".repeat(300));
        assert!(findings("a.rs", &format!("{}{tests}", "use a;\n".repeat(499))).is_empty());
        let found = findings("a.rs", &format!("{}{tests}", "use a;\n".repeat(500)));
        assert_eq!(found, ["a.rs: 500 lines without tests; below 500 is the rule"]);
    }

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_found() {
        assert!(opening("src/a.rs", "//! A.\n").is_empty());
        assert_eq!(opening("src/a.rs", "use b;\n"), ["src/a.rs:1: opens without `//!`"]);
    }

    #[test]
    fn a_mod_rs_is_found() {
        assert_eq!(
            opening("src/a/mod.rs", "//! A.\n"),
            ["src/a/mod.rs: a module `foo` is `foo.rs` beside `foo/`"]
        );
    }
}
