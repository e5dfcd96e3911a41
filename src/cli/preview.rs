//! `dopusk preview`.

use std::path::PathBuf;

use anyhow::Context as _;

use super::arguments::{Connection, Language, id};
use super::output::{Format, Output, Printing, counted};
use super::verdict::{UsageError, Verdict};
use crate::bundle::Bundle;
use crate::client::{Client, PreviewQuery, Previewed, ResourceTurn, Turned, UserTurn};
use crate::domain::{Id, Key, Object, Operation, WRITE_OPERATIONS_MAX};

/// Say what a write would do, without doing it: who gains and who loses what; exits with 1 if there are warnings
#[derive(Debug, clap::Args)]
#[command(
    after_help = r#"JSON: {"warnings", "gained", "lost", "actions", "creations", "department_count", "departments", "user_count", "users",
"resource_count", "resources", "revision"}"#
)]
#[command(
    override_usage = "dopusk preview [OPTIONS] <FILE|--resource <TYPE> <ID> [--stage <STAGE>] [--responsible <USER>]>"
)]
pub(super) struct Preview {
    /// A bundle of at most 1,000 objects that would be put: .yaml, .json or .jsonl, each also with .gz
    #[arg(required_unless_present = "resource", conflicts_with = "resource")]
    file: Option<PathBuf>,
    /// One stored resource that would be changed
    #[arg(long, num_args = 2, value_names = ["TYPE", "ID"], value_parser = id)]
    resource: Option<Vec<Id>>,
    /// The stage that it would be moved to; "" is none
    #[arg(long, value_name = "STAGE", requires = "resource")]
    stage: Option<String>,
    /// Who would be responsible for it; "" is nobody
    #[arg(long, value_name = "USER", requires = "resource")]
    responsible: Option<String>,
    /// Who would do it; he is warned of removing himself
    #[arg(long, value_name = "USER", default_value = "", hide_default_value = true)]
    author: String,
    /// The most users, departments and resources that are listed, of each
    #[arg(long, value_name = "COUNT", default_value_t = 10)]
    rows: u32,
    /// The most ids that are named of each number
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    samples: u32,
    /// The language of the warnings
    #[arg(long, default_value = "en")]
    language: Language,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    connection: Connection,
}

impl Preview {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.connection.open().await?;
        let operations = self.operations(&client).await?;
        let (rows_max, samples_max) = (self.rows, self.samples);
        let query =
            PreviewQuery { author: self.author, rows_max, samples_max, language: self.language.code() };
        let previewed = client.preview(&operations, query).await?;
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&previewed)?,
            Format::Table => print(&previewed, output)?,
        }
        Ok(if previewed.warnings.is_empty() { Verdict::Yes } else { Verdict::No })
    }

    async fn operations(&self, client: &Client) -> anyhow::Result<Vec<Operation>> {
        if let Some([entity_type, id]) = self.resource.as_deref() {
            return self.changed(client, entity_type, id).await.map(|operation| vec![operation]);
        }
        let file = self.file.as_deref().context("a file is required")?;
        let operations: Vec<Operation> = Bundle::open(file)?.into_objects().map(Operation::put).collect();
        if operations.len() > WRITE_OPERATIONS_MAX {
            let text = format!("{} objects; one write has at most {WRITE_OPERATIONS_MAX}", operations.len());
            return Err(UsageError(text).into());
        }
        Ok(operations)
    }

    async fn changed(&self, client: &Client, entity_type: &Id, id: &Id) -> anyhow::Result<Operation> {
        let key = Key::Resource { entity_type: entity_type.clone(), id: id.clone() };
        let Object::Resource(mut resource) = client.get(&key).await? else {
            anyhow::bail!("the server answered with something else than {key}");
        };
        let parse = |text: &str| if text.is_empty() { Ok(None) } else { Id::parse(text).map(Some) };
        let wrong = |name: &str, error| UsageError(format!("--{name}: {error}"));
        if let Some(stage) = &self.stage {
            resource.facts.stage = parse(stage).map_err(|error| wrong("stage", error))?;
        }
        if let Some(user) = &self.responsible {
            resource.facts.responsible = parse(user).map_err(|error| wrong("responsible", error))?;
        }
        Ok(Operation::put(Object::Resource(resource)))
    }
}

fn print(previewed: &Previewed, output: &mut Output) -> std::io::Result<()> {
    for warning in &previewed.warnings {
        output.line(&format!("warning: {}", warning.text))?;
    }
    let Turned { gained, lost } = previewed.turned;
    let users = counted(previewed.user_count, "user");
    let (gained, lost) = (counted(gained, "decision"), counted(lost, "decision"));
    output.line(&format!("{users}: {gained} gained, {lost} lost; revision {}", previewed.revision))?;
    print_actions(previewed, output)?;
    print_creations(previewed, output)?;
    print_departments(previewed, output)?;
    print_users(&previewed.users, previewed.user_count, output)?;
    for resource in &previewed.resources {
        print_resource(resource, output)?;
    }
    note_rest("resource", previewed.resource_count, previewed.resources.len(), output)
}

fn section(names: &[&str], rows: &[Vec<String>], output: &mut Output) -> std::io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    output.line("")?;
    output.table(names, rows)
}

fn note_rest(thing: &str, count: u64, shown: usize, output: &mut Output) -> std::io::Result<()> {
    if count <= shown as u64 {
        return Ok(());
    }
    output.note(&format!("{shown} of {}; --rows shows more", counted(count, thing)))
}

fn print_actions(previewed: &Previewed, output: &mut Output) -> std::io::Result<()> {
    let rows = previewed.actions.iter().map(|it| {
        let numbers = [it.turned.gained, it.users.gained, it.turned.lost, it.users.lost];
        let names = [it.entity_type.clone(), it.action.clone()];
        names.into_iter().chain(numbers.map(|number| number.to_string())).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    section(&["type", "action", "gained", "by users", "lost", "by users"], &rows, output)
}

fn print_creations(previewed: &Previewed, output: &mut Output) -> std::io::Result<()> {
    let rows = previewed.creations.iter().map(|it| {
        let creation = &it.creation;
        let texts = [&creation.entity_type, &creation.action, &creation.stage];
        let ways = [creation.before.to_owned(), creation.after.to_owned(), it.users.to_string()];
        texts.into_iter().cloned().chain(ways).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    section(&["type", "action", "stage", "creates before", "after", "users"], &rows, output)
}

fn print_departments(previewed: &Previewed, output: &mut Output) -> std::io::Result<()> {
    let rows = previewed.departments.iter().map(|it| {
        let numbers = [it.users, it.turned.gained, it.turned.lost].map(|number| number.to_string());
        [it.id.clone(), it.name.clone()].into_iter().chain(numbers).collect()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    section(&["department", "name", "users", "gained", "lost"], &rows, output)?;
    note_rest("department", previewed.department_count, rows.len(), output)
}

fn print_users(users: &[UserTurn], count: u64, output: &mut Output) -> std::io::Result<()> {
    let each = users.iter().flat_map(|user| user.actions.iter().map(move |act| (user, act)));
    let rows = each.map(|(user, act)| {
        let gained = numbered(act.turned.gained, &act.gained_samples);
        let lost = numbered(act.turned.lost, &act.lost_samples);
        vec![user.id.clone(), user.name.clone(), act.entity_type.clone(), act.action.clone(), gained, lost]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    section(&["user", "name", "type", "action", "gained", "lost"], &rows, output)?;
    note_rest("user", count, users.len(), output)
}

fn print_resource(resource: &ResourceTurn, output: &mut Output) -> std::io::Result<()> {
    let rows = resource.actions.iter().map(|it| {
        vec![
            format!("{} {}", resource.entity_type, resource.id),
            it.action.clone(),
            numbered(it.kept, &it.keepers),
            numbered(it.turned.gained, &it.gainers),
            numbered(it.turned.lost, &it.losers),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    section(&["resource", "action", "keep", "gain", "lose"], &rows, output)
}

/// A number, and some of what it counts.
fn numbered(count: u64, some: &[String]) -> String {
    if some.is_empty() {
        return count.to_string();
    }
    let more = if count > some.len() as u64 { " …" } else { "" };
    format!("{count}: {}{more}", some.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_names_some_of_what_it_counts_and_says_that_there_are_more() {
        let some = ["a".to_owned(), "b".to_owned()];
        assert_eq!([numbered(2, &some), numbered(3, &some), numbered(4, &[])], ["2: a b", "3: a b …", "4"]);
    }
}
