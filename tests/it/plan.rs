//! What a plan selects in a real database is what the list has: for everybody, every action on existing resources and
//! every type, in both forms of departments, in every state of every conformance case.
//!
//! The database has what traps a clause: NULL for what is absent or not so, rows of values that are NULL, and tables of
//! values with columns that are named as those of the resource.

mod postgresql;
mod sqlite;
mod state;

use dopusk::domain::Id;
use dopusk::sql::{Clause, Dialect, Item, Mapping, Source};
use serde_json::{Value, json};

use state::{Question, State};

const COLUMNS: [(&str, &str); 8] = [
    ("id", "resources.key"),
    ("stage", "resources.stage"),
    ("responsible", "resources.responsible"),
    ("author", "author"),
    ("open", "open"),
    ("departments", "resource_departments(resource,department)"),
    ("responsible_departments", "staff(person,department)"),
    ("observers", "resource_observers(resource,observer)"),
];

/// The tables. Those of values have columns that the clause must not take for the resource's.
const TABLES: [&str; 4] = [
    "CREATE TABLE resources (key text PRIMARY KEY, entity_type text NOT NULL, id text NOT NULL, stage text, \
     responsible text, author text, open boolean)",
    "CREATE TABLE resource_departments (resource text NOT NULL, department text, key text, stage text)",
    "CREATE TABLE resource_observers (resource text NOT NULL, observer text, key text, responsible text)",
    "CREATE TABLE staff (person text NOT NULL, department text, key text, responsible text)",
];

const DEPARTMENTS: &str = "resource_departments (resource, department)";
const OBSERVERS: &str = "resource_observers (resource, observer)";
const STAFF: &str = "staff (person, department)";

fn mapping() -> Mapping {
    let mut mapping = Mapping::default();
    for (item, source) in COLUMNS {
        mapping.put(Item::parse(item).unwrap(), Source::parse(source).unwrap()).unwrap();
    }
    mapping
}

/// A row: the table, its columns where not all have values, and the values: texts, flags and nulls.
struct Row {
    table: &'static str,
    values: Vec<Value>,
}

impl State {
    /// The state as rows.
    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for (at, resource) in self.resources.iter().enumerate() {
            let (key, facts) = (json!(at.to_string()), &resource.facts);
            // Not open is both false and NULL.
            let open = if at % 2 == 0 || facts.open { json!(facts.open) } else { Value::Null };
            let mut values = vec![key.clone(), text(&resource.entity_type), text(&resource.id)];
            let texts = [&facts.stage, &facts.responsible, &facts.author];
            values.extend(texts.map(|id| id.as_ref().map_or(Value::Null, text)));
            values.push(open);
            rows.push(Row { table: "resources", values });
            let row = |table, value| Row { table, values: vec![key.clone(), value] };
            rows.push(row(DEPARTMENTS, Value::Null));
            rows.extend(facts.departments.iter().map(|id| row(DEPARTMENTS, text(id))));
            rows.extend(facts.observers.iter().map(|id| row(OBSERVERS, text(id))));
        }
        let staff = self.staff.iter().map(|(user, department)| vec![text(user), text(department)]);
        rows.extend(staff.map(|values| Row { table: STAFF, values }));
        rows
    }
}

fn text(id: &Id) -> Value {
    json!(id.as_str())
}

impl Question {
    fn clause(&self, dialect: Dialect) -> Clause {
        Clause::write(&self.condition, dialect, &mapping()).unwrap()
    }
}

/// Compares what a database has selected with the lists, question by question.
fn assert_same(selected: &[Vec<String>]) {
    let questions = state::all().iter().flat_map(|state| state.questions.iter().map(move |it| (state, it)));
    let mut count = 0;
    for ((state, question), found) in questions.zip(selected) {
        let wanted: Vec<&str> = question.wanted.iter().map(Id::as_str).collect();
        assert_eq!(*found, wanted, "{}: {}: {:#?}", state.name, question.about, question.condition);
        count += 1;
    }
    assert_eq!(count, selected.len(), "an answer to each question");
    assert!(count > 500, "only {count} questions");
}
