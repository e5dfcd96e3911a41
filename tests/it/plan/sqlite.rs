//! In SQLite, by Python's module.

use std::io::Write as _;
use std::process::{Command, Stdio};

use dopusk::domain::{Condition, Field, Id};
use dopusk::sql::{Clause, Dialect, Item, Mapping, Parameter, Source};
use serde_json::{Value, json};

use super::state::{self, Question};
use super::{TABLES, assert_same};

/// A script for `sqlite.py`.
#[derive(Default)]
struct Script(String);

impl Script {
    fn add(&mut self, sql: &str, parameters: &[Value], selects: Selects) {
        let step = json!({ "sql": sql, "parameters": parameters, "selects": selects == Selects::Rows });
        self.0 += &step.to_string();
        self.0 += "\n";
    }

    fn ask(&mut self, question: &Question) {
        let clause = question.clause(Dialect::Sqlite);
        let mut parameters: Vec<Value> = clause.parameters.iter().map(value).collect();
        parameters.push(json!(question.entity_type.as_str()));
        let sql = format!("SELECT id FROM resources WHERE ({}) AND entity_type = ?", clause.text);
        self.add(&sql, &parameters, Selects::Rows);
    }

    /// Runs it, and gives what each selection has, or what SQLite says against it.
    fn run(&self) -> Result<Vec<Vec<String>>, String> {
        let mut python = Command::new("python3");
        python.arg("-c").arg(include_str!("sqlite.py")).env("PYTHONUTF8", "1");
        python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = python.spawn().unwrap_or_else(|error| panic!("this must run: {python:?}: {error}"));
        let (mut input, script) = (child.stdin.take().unwrap(), self.0.clone());
        // It stops reading at the first error.
        let writing = std::thread::spawn(move || input.write_all(script.as_bytes()));
        let output = child.wait_with_output().unwrap();
        drop(writing.join().unwrap());
        if !output.status.success() {
            return Err(String::from_utf8(output.stderr).unwrap());
        }
        let lines = String::from_utf8(output.stdout).unwrap();
        Ok(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Selects {
    Rows,
    Nothing,
}

fn value(parameter: &Parameter) -> Value {
    match parameter {
        Parameter::Text(id) => json!(id.as_str()),
        Parameter::Texts(_) => panic!("SQLite has no arrays"),
    }
}

/// A plan of one field that is in a column of this declaration, on a row with this value.
fn selected(
    column: &str,
    row: &str,
    ids: impl IntoIterator<Item = String>,
) -> Result<Vec<Vec<String>>, String> {
    let condition = Condition::one_of(Field::Stage, ids.into_iter().map(|id| Id::parse(&id).unwrap()));
    let mut mapping = Mapping::default();
    mapping.put(Item::Field(Field::Stage), Source::parse("stage").unwrap()).unwrap();
    let clause = Clause::write(&condition, Dialect::Sqlite, &mapping).unwrap();
    let mut script = Script::default();
    script.add(&format!("CREATE TABLE deals ({column})"), &[], Selects::Nothing);
    script.add("INSERT INTO deals VALUES (?)", &[json!(row)], Selects::Nothing);
    let parameters: Vec<Value> = clause.parameters.iter().map(value).collect();
    script.add(&format!("SELECT 'row' FROM deals WHERE {}", clause.text), &parameters, Selects::Rows);
    script.run()
}

#[test]
fn sqlite_selects_what_the_list_has() {
    let mut script = Script::default();
    for table in TABLES {
        script.add(table, &[], Selects::Nothing);
    }
    for state in state::all() {
        for table in ["resources", "resource_departments", "resource_observers", "staff"] {
            script.add(&format!("DELETE FROM {table}"), &[], Selects::Nothing);
        }
        for row in state.rows() {
            let places = vec!["?"; row.values.len()].join(", ");
            let sql = format!("INSERT INTO {} VALUES ({places})", row.table);
            script.add(&sql, &row.values, Selects::Nothing);
        }
        state.questions.iter().for_each(|question| script.ask(question));
    }
    assert_same(&script.run().unwrap());
}

#[test]
fn sqlite_compares_bytewise_whatever_the_column_says() {
    let ids = || ["new".to_owned()];
    assert_eq!(selected("stage TEXT COLLATE NOCASE", "new", ids()), Ok(vec![vec!["row".to_owned()]]));
    assert_eq!(selected("stage TEXT COLLATE NOCASE", "NEW", ids()), Ok(vec![vec![]]));
    assert_eq!(selected("stage TEXT COLLATE RTRIM", "new ", ids()), Ok(vec![vec![]]));
}

#[test]
fn a_column_that_sqlite_does_not_have_is_an_error_and_no_text() {
    let error = selected("other TEXT", "stage", ["stage".to_owned()]).unwrap_err();
    assert!(error.contains("no such column: stage"), "{error}");
}

#[test]
fn sqlite_takes_as_many_parameters_as_we_give_it() {
    let ids = (0..Dialect::Sqlite.parameters_max()).map(|it| it.to_string());
    assert_eq!(selected("stage TEXT", "32765", ids), Ok(vec![vec!["row".to_owned()]]));
}
