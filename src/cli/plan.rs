//! `dopusk plan`.

use serde_json::{Value, json};

use super::arguments::Reading;
use super::output::{Format, Output, Printing};
use super::verdict::{UsageError, Verdict};
use crate::client::{PlanQuery, VisibleQuery};
use crate::domain::{Condition, Id};
use crate::engine::DepartmentForm;
use crate::sql::{Clause, Dialect, Item, Mapping, Parameter, Source};

/// Give a condition that selects what list lists, for a database of your own
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"kind", "condition", "sql": {"where", "parameters"}, "revision"}
JSON Lines: the same"#)]
pub(super) struct Plan {
    /// The id of the user
    subject: String,
    /// The action, other than add and import
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    /// How the departments of responsibles are told
    #[arg(long, value_name = "HOW", default_value = "resolved")]
    departments: Departments,
    /// Write it as SQL for this database too
    #[arg(long, value_name = "DATABASE")]
    sql: Option<Database>,
    /// Where the database has an item: id, stage, responsible, author, open, departments,
    /// responsible_departments or observers; the last three also as TABLE(KEY,VALUE)
    #[arg(long = "column", value_name = "ITEM=COLUMN", requires = "sql", value_parser = column)]
    columns: Vec<(Item, Source)>,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Departments {
    /// By lists of responsibles
    Resolved,
    /// By departments, where you keep who is in which
    Kept,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Database {
    /// PostgreSQL
    Postgresql,
    /// MySQL, MariaDB
    Mysql,
    /// SQLite
    Sqlite,
}

fn column(text: &str) -> Result<(Item, Source), String> {
    let (name, source) = text.split_once('=').ok_or("write ITEM=COLUMN, such as stage=deals.stage")?;
    let known = || Item::all().map(Item::name).collect::<Vec<_>>().join(", ");
    let item = Item::parse(name).ok_or_else(|| format!("{name} is no item; there are {}", known()))?;
    let source = Source::parse(source).map_err(|error| error.to_string())?;
    Ok((item, source))
}

impl Plan {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let sql = self.sql.map(|database| target(database, self.columns)).transpose()?;
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, .. } = self;
        let departments = match self.departments {
            Departments::Resolved => DepartmentForm::Resolved,
            Departments::Kept => DepartmentForm::Kept,
        };
        let visible = VisibleQuery { subject, action, entity_type, ..VisibleQuery::default() };
        let answer = client.plan_visible(&PlanQuery { visible, departments, sql }).await?;
        let (condition, clause) = (&answer.value.condition, &answer.value.clause);
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&json!({
                "kind": kind(condition),
                "condition": json_of(condition),
                "sql": clause.as_ref().map(json_of_clause),
                "revision": answer.revision,
            }))?,
            Format::Table => {
                let mut lines = lines(condition).into_iter().chain(clause.iter().flat_map(clause_lines));
                lines.try_for_each(|line| output.line(&line))?;
            }
        }
        Ok(Verdict::Yes)
    }
}

fn target(database: Database, columns: Vec<(Item, Source)>) -> Result<(Dialect, Mapping), UsageError> {
    let dialect = match database {
        Database::Postgresql => Dialect::PostgreSql,
        Database::Mysql => Dialect::MySql,
        Database::Sqlite => Dialect::Sqlite,
    };
    let mut mapping = Mapping::default();
    for (item, source) in columns {
        mapping.put(item, source).map_err(|error| UsageError(format!("--column: {error}")))?;
    }
    Ok((dialect, mapping))
}

fn kind(condition: &Condition) -> &'static str {
    match condition {
        Condition::All(parts) if parts.is_empty() => "always",
        Condition::Any(parts) if parts.is_empty() => "never",
        Condition::Open
        | Condition::Absent(_)
        | Condition::OneOf(..)
        | Condition::Any(_)
        | Condition::All(_) => "condition",
    }
}

/// The condition as a tree, a line a node.
fn lines(condition: &Condition) -> Vec<String> {
    let indented = |name: &str, parts: &[Condition]| {
        let inner = parts.iter().flat_map(lines).map(|line| format!("  {line}"));
        std::iter::once(name.to_owned()).chain(inner).collect()
    };
    match condition {
        Condition::All(parts) if parts.is_empty() => vec![kind(condition).to_owned()],
        Condition::Any(parts) if parts.is_empty() => vec![kind(condition).to_owned()],
        Condition::Any(parts) => indented("any of", parts),
        Condition::All(parts) => indented("all of", parts),
        Condition::Open => vec!["open".to_owned()],
        Condition::Absent(field) => vec![format!("{} absent", field.name())],
        Condition::OneOf(field, ids) => vec![format!("{}: {}", field.name(), joined(ids))],
    }
}

fn joined(ids: &[Id]) -> String {
    ids.iter().map(Id::as_str).collect::<Vec<_>>().join(", ")
}

fn clause_lines(clause: &Clause) -> Vec<String> {
    let parameters = (1..).zip(&clause.parameters).map(|(number, parameter)| match parameter {
        Parameter::Text(id) => format!("{number}: {id}"),
        Parameter::Texts(ids) => format!("{number}: [{}]", joined(ids)),
    });
    std::iter::once(format!("WHERE {}", clause.text)).chain(parameters).collect()
}

fn texts(ids: &[Id]) -> Vec<&str> {
    ids.iter().map(Id::as_str).collect()
}

fn json_of(condition: &Condition) -> Value {
    match condition {
        Condition::Open => json!({ "open": true }),
        Condition::Absent(field) => json!({ "absent": field.name() }),
        Condition::OneOf(field, ids) => json!({ "field": field.name(), "one_of": texts(ids) }),
        Condition::Any(parts) => json!({ "any": parts.iter().map(json_of).collect::<Vec<_>>() }),
        Condition::All(parts) => json!({ "all": parts.iter().map(json_of).collect::<Vec<_>>() }),
    }
}

fn json_of_clause(clause: &Clause) -> Value {
    let parameter = |it: &Parameter| match it {
        Parameter::Text(id) => json!(id.as_str()),
        Parameter::Texts(ids) => json!(texts(ids)),
    };
    let parameters: Vec<Value> = clause.parameters.iter().map(parameter).collect();
    json!({ "where": clause.text, "parameters": parameters })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Field;

    fn of(field: Field, ids: &[&str]) -> Condition {
        Condition::one_of(field, ids.iter().map(|id| Id::parse(id).unwrap()))
    }

    #[test]
    fn a_condition_is_a_tree_with_a_line_a_node() {
        let on = Condition::any([Condition::Absent(Field::Stage), of(Field::Stage, &["WON", "NEW"])]);
        let condition = Condition::any([Condition::Open, Condition::all([on, of(Field::Author, &["u1"])])]);
        let wanted =
            "any of\n  open\n  all of\n    author: u1\n    any of\n      stage absent\n      stage: NEW, WON";
        assert_eq!(lines(&condition).join("\n"), wanted);
        assert_eq!([&Condition::ALWAYS, &Condition::NEVER].map(lines), [["always"], ["never"]]);
    }

    #[test]
    fn a_column_is_an_item_and_where_it_is() {
        assert!(column("stage=deals.stage").is_ok() && column("observers=t(a,b)").is_ok());
        for wrong in ["stage", "owner=a", "stage=", "stage=a b", "stage=\"a\""] {
            assert!(column(wrong).is_err(), "{wrong}");
        }
        let twice = vec![column("stage=a").unwrap(), column("stage=b").unwrap()];
        let error = target(Database::Sqlite, twice).unwrap_err();
        assert_eq!(error.to_string(), "--column: stage is there twice");
    }
}
