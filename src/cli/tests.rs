//! The arguments from outside: what is taken, what is refused, and what the help says.

use std::fmt::Write as _;
use std::path::Path;

use clap::{CommandFactory as _, Parser as _};

use super::Arguments;

/// The golden file is written anew where this is set.
const REGENERATE: &str = "DOPUSK_GOLDEN_WRITE";
/// The help is wrapped at so many columns.
const HELP_COLUMNS: usize = 100;

fn exit_code(words: &[&str]) -> i32 {
    let arguments = Arguments::try_parse_from(std::iter::once(&"dopusk").chain(words));
    arguments.err().map_or(0, |error| error.exit_code())
}

#[test]
fn the_arguments_fit_one_another() {
    Arguments::command().debug_assert();
}

#[test]
fn a_wrong_command_exits_with_2() {
    let wrong: [&[&str]; 28] = [
        &[],
        &["fly"],
        &["check", "u1", "read", "deal"],
        &["check", "u1", "read", "deal", "42", "--facts", "stage=NEW"],
        &["check", "u1", "read", "deal", "--facts", "owner=u1"],
        &["check", "u1", "read", "deal", "42", "--output", "xml"],
        &["check", "u1", "read", "deal", "42", "--server", "ftp://h:1"],
        &["explain", "u1", "read", "deal", "42", "--language", "de"],
        &["conflicts", "--user", "u1", "--department", "d1"],
        &["conflicts", "--include-subdepartments"],
        &["advice", "--broad", "101"],
        &["list", "u1", "read", "deal", "--page-size", "-1"],
        &["plan", "u1", "read", "deal", "--departments", "all"],
        &["plan", "u1", "read", "deal", "--column", "stage=stage"],
        &["plan", "u1", "read", "deal", "--sql", "sqlite", "--column", "stage=a;b"],
        &["recipients", "ticket", "7"],
        &["recipients", "ticket", "7", "--event", "closed"],
        &["get", "person", "u1"],
        &["get", "resource", "deal", "42", "43"],
        &["check", "u1", "read", "deal", "42", "--at", "yesterday"],
        &["check", "u1", "read", "deal", "42", "--at", "2026-03-03", "--consistency", "newest"],
        &["history", "user"],
        &["history", "--since", "03.03.2026"],
        &["put", "file", "--author", ""],
        &["import"],
        &["restore", "file"],
        &["serve", "--listen", "everywhere"],
        &["test"],
    ];
    for words in wrong {
        assert_eq!(exit_code(words), 2, "{words:?}");
    }
}

#[test]
fn a_right_command_is_taken() {
    let right: [&[&str]; 16] = [
        &["--help"],
        &["--version"],
        &["check", "u1", "read", "deal", "42", "--consistency", "newest"],
        &["check", "u1", "read", "deal", "--facts", "responsible=u2,stage=NEW,open=true,departments=d1+d2"],
        &["explain", "u1", "read", "deal", "--facts", "stage=NEW", "--language", "ru"],
        &[
            "conflicts",
            "--department",
            "d1",
            "--include-subdepartments",
            "--kind",
            "narrowing",
            "--stage",
            "",
        ],
        &["advice", "--kind", "role-unheld", "--kind", "broad-grant", "--broad", "30", "--language", "ru"],
        &["why-not", "u1", "read", "deal", "42", "--output", "json"],
        &["subjects", "read", "deal", "42", "--ways", "--output", "jsonl"],
        &["list", "u1", "read", "deal", "--page-size", "3", "--server", "unix:///run/dopusk.sock"],
        &[
            "plan",
            "u1",
            "read",
            "deal",
            "--sql",
            "mysql",
            "--column",
            "stage=stage",
            "--column",
            "observers=t(a,b)",
        ],
        &["get", "resource", "deal", "42"],
        &["objects", "users", "--department", "d1"],
        &["import", "a.yaml", "b.jsonl.gz", "--chunked"],
        &["serve", "--socket", "s", "--listen", "off"],
        &["test", "conformance", "--output", "json", "--junit", "report.xml"],
    ];
    for words in right {
        assert_eq!(exit_code(words), 0, "{words:?}");
    }
}

#[test]
fn every_setting_of_serve_has_its_environment_variable() {
    let command = Arguments::command();
    let serve = command.find_subcommand("serve").unwrap();
    for argument in serve.get_arguments() {
        let name = argument.get_long().unwrap().replace('-', "_").to_uppercase();
        let variable = argument.get_env().unwrap_or_else(|| panic!("{name} has no variable"));
        assert_eq!(variable.to_str().unwrap(), format!("DOPUSK_{name}"));
    }
}

#[test]
fn the_help_is_as_it_was_agreed() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/help.txt");
    let help = help();
    if std::env::var_os(REGENERATE).is_some() {
        std::fs::write(&golden, &help).unwrap();
    }
    let agreed = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(agreed == help, "the help has changed; set {REGENERATE}=1 and look at the difference");
}

/// The help of the command and of every subcommand.
fn help() -> String {
    let mut command = Arguments::command().term_width(HELP_COLUMNS);
    command.build();
    let mut help = format!("$ dopusk --help\n{}", command.clone().render_long_help());
    for subcommand in command.get_subcommands() {
        let rendered = subcommand.clone().render_long_help();
        write!(help, "\n$ dopusk {} --help\n{rendered}", subcommand.get_name()).unwrap();
        for inner in subcommand.get_subcommands() {
            let (name, rendered) = (inner.get_name(), inner.clone().render_long_help());
            write!(help, "\n$ dopusk {} {name} --help\n{rendered}", subcommand.get_name()).unwrap();
        }
    }
    help.lines().flat_map(|line| [line.trim_end(), "\n"]).collect()
}
