//! In PostgreSQL: a server of the test's own, in a temporary folder, on a Unix socket.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use dopusk::domain::{Condition, Field, Id};
use dopusk::sql::{Clause, Dialect, Parameter};
use serde_json::Value;
use tempfile::TempDir;

use super::state::{self, Question};
use super::{TABLES, assert_same, mapping};
use crate::tool::{must, postgresql};

/// How long the server may take to listen; a slow machine under load needs some seconds.
const START_MAX: Duration = Duration::from_mins(1);

/// A server; stopped by its process id when it goes out of scope.
struct Server {
    process: Child,
    /// The data, and the socket.
    folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        if is_root() {
            must(Command::new("chown").arg("postgres").arg(folder.path()));
        }
        let mut initdb = program("initdb");
        initdb.args([
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
            "-D",
        ]);
        must(initdb.arg(&data).current_dir(folder.path()));
        let mut server = program("postgres");
        server.arg("-D").arg(&data).arg("-k").arg(folder.path()).current_dir(folder.path());
        for setting in ["listen_addresses=", "fsync=off", "logging_collector=off", "lc_messages=C"] {
            server.args(["-c", setting]);
        }
        let mut process = server.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let (said, heard) = mpsc::channel();
        let log = BufReader::new(process.stderr.take().unwrap());
        // Whoever no longer listens needs no more lines; the server is read to its end.
        std::thread::spawn(move || log.lines().map_while(Result::ok).for_each(|line| drop(said.send(line))));
        let server = Self { process, folder };
        loop {
            let line = heard.recv_timeout(START_MAX).expect("the server says that it listens");
            if line.contains("ready to accept connections") {
                return server;
            }
        }
    }

    /// Runs a script, and gives the lines that it prints.
    fn run(&self, script: &str) -> Vec<String> {
        let file = self.folder.path().join("script.sql");
        fs::write(&file, script).unwrap();
        let mut psql = Command::new(postgresql().join("psql"));
        psql.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--set=ON_ERROR_STOP=1"]);
        psql.arg("--host").arg(self.folder.path()).args([
            "--username=postgres",
            "--dbname=postgres",
            "--file",
        ]);
        let printed = must(psql.arg(&file).env("PGCLIENTENCODING", "UTF8"));
        printed.lines().map(ToOwned::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // SIGINT is PostgreSQL's fast shutdown; a killed server would leave its processes behind for a moment.
        let stop = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        if !stop.is_ok_and(|status| status.success()) {
            self.process.kill().ok();
        }
        self.process.wait().ok();
    }
}

fn is_root() -> bool {
    must(Command::new("id").arg("-u")).trim() == "0"
}

/// A program of the server, which refuses to run as root.
fn program(name: &str) -> Command {
    let path = postgresql().join(name);
    if !is_root() {
        return Command::new(path);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(path);
    command
}

/// A text in SQL.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

fn array(ids: &[Id]) -> String {
    let ids: Vec<String> = ids.iter().map(|id| quoted(id.as_str())).collect();
    format!("ARRAY[{}]", ids.join(", "))
}

/// A selection by a clause, with its parameters bound, as one request; prints a line of JSON.
fn select(script: &mut String, clause: &Clause, entity_type: &Id) {
    let mut values: Vec<String> = Vec::new();
    for parameter in &clause.parameters {
        match parameter {
            Parameter::Texts(ids) => values.push(array(ids)),
            Parameter::Text(_) => panic!("PostgreSQL takes arrays"),
        }
    }
    values.push(quoted(entity_type.as_str()));
    let (text, at, values) = (&clause.text, values.len(), values.join(", "));
    writeln!(
        script,
        "PREPARE selection AS SELECT coalesce(json_agg(id ORDER BY id COLLATE \"C\"), '[]') \
         FROM resources WHERE ({text}) AND entity_type = ${at} \\;\nEXECUTE selection({values}) \\;\nDEALLOCATE selection;"
    )
    .unwrap();
}

fn ask(script: &mut String, question: &Question) {
    select(script, &question.clause(Dialect::PostgreSql), &question.entity_type);
}

#[test]
fn postgresql_selects_what_the_list_has() {
    let mut script = TABLES.map(|table| format!("{table};\n")).concat();
    for state in state::all() {
        // Deleted rows would be looked at by each selection until they are swept up.
        script += "BEGIN; TRUNCATE resources, resource_departments, resource_observers, staff;\n";
        for row in state.rows() {
            let values: Vec<String> = row.values.iter().map(literal).collect();
            writeln!(script, "INSERT INTO {} VALUES ({});", row.table, values.join(", ")).unwrap();
        }
        state.questions.iter().for_each(|question| ask(&mut script, question));
        script += "COMMIT;\n";
    }
    let printed = Server::start().run(&script);
    let selected: Vec<Vec<String>> = printed.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_same(&selected);
}

#[test]
fn postgresql_takes_a_list_longer_than_it_takes_parameters() {
    let count = Dialect::PostgreSql.parameters_max() + 1;
    let ids = (0..=count).map(|it| Id::parse(&it.to_string()).unwrap());
    let condition = Condition::one_of(Field::Responsible, ids);
    let clause = Clause::write(&condition, Dialect::PostgreSql, &mapping()).unwrap();
    let mut script = TABLES.map(|table| format!("{table};\n")).concat();
    let row = format!("INSERT INTO resources VALUES ('k', 't', 'found', NULL, '{count}', NULL, NULL);\n");
    script += &row;
    select(&mut script, &clause, &Id::parse("t").unwrap());
    assert_eq!(Server::start().run(&script), [r#"["found"]"#]);
}
