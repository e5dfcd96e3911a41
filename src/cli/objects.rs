//! `dopusk objects`.

use serde_json::Value;

use super::arguments::Reading;
use super::key::{KindName, object_json};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::bundle::{Encoding, Printer};
use crate::client::Selection;
use crate::domain::Object;

/// List the objects of a kind; filters are joined by and
///
/// JSON: a bundle; JSON Lines: a bundle, a line each
#[derive(Debug, clap::Args)]
pub(super) struct Objects {
    /// The kind of object
    kind: KindName,
    /// Users of this department; departments right below it; resources that name it
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    department: String,
    /// Users who are members of this workgroup
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    workgroup: String,
    /// Users who are members of this helpdesk group
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    support_group: String,
    /// Role bindings of this role; users whom it reaches
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    role: String,
    /// Role bindings and groups that name this user; roles that reach him; departments that he heads; resources
    /// that he is responsible for
    #[arg(long, value_name = "ID", default_value = "", hide_default_value = true)]
    user: String,
    /// Resources of this entity type, which they need; roles with a grant on it
    #[arg(long = "type", value_name = "NAME", default_value = "", hide_default_value = true)]
    entity_type: String,
    /// The most objects; 0 is all of them
    #[arg(long, value_name = "COUNT", default_value_t = 0)]
    limit: usize,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl Objects {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let selection = Selection {
            kind: self.kind.into(),
            department: self.department,
            workgroup: self.workgroup,
            support_group: self.support_group,
            role: self.role,
            user: self.user,
            entity_type: self.entity_type,
        };
        let objects = client.list_objects(&selection, self.limit).await?;
        match self.printing.output {
            Format::Json => print(Encoding::Json, &objects, output)?,
            Format::Jsonl => print(Encoding::Lines, &objects, output)?,
            Format::Table => print_table(&objects, output)?,
        }
        Ok(Verdict::Yes)
    }
}

fn print(encoding: Encoding, objects: &[Object], output: &mut Output) -> anyhow::Result<()> {
    let mut printer = Printer::new(encoding, output.out());
    for object in objects {
        printer.put(object)?;
    }
    printer.finish()?;
    Ok(())
}

/// A column for each field that any of the objects has, in the order of their first appearance.
fn print_table(objects: &[Object], output: &mut Output) -> std::io::Result<()> {
    let fields = |object: &Object| match object_json(object) {
        Value::Object(line) => line.into_iter().next().map(|(_, item)| item).unwrap_or_default(),
        other => other,
    };
    let items: Vec<Value> = objects.iter().map(fields).collect();
    let mut names: Vec<&str> = Vec::new();
    for name in items.iter().filter_map(Value::as_object).flat_map(|item| item.keys()) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return output.note("there are none");
    }
    let row = |item: &Value| names.iter().map(|name| cell(item.get(name))).collect();
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    output.table(&names, &rows)
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
        }
        Some(Value::Array(items)) if items.len() > 1 => format!("{} of them", items.len()),
        Some(other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_))) => {
            other.to_string()
        }
    }
}
