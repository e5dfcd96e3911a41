//! `dopusk conflicts`.

use serde_json::json;

use super::arguments::{Language, Reading};
use super::output::{Format, Output, Printing, counted};
use super::verdict::Verdict;
use crate::client::{ConflictQuery, Conflicts as Found, Whose};
use crate::engine::ConflictKind;

/// How many findings are shown to people who don't say how many.
const SHOWN: u64 = 20;

/// Find where the entries of people's roles differ, and what becomes of it; access lost comes first
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"conflicts", "total", "revision"}
JSON Lines: a conflict a line, {"entity_type", "action", "stages", "everywhere", "kind", "rules", "entries", "united", "lost", "won",
"people_count", "people", "short", "full"}"#)]
pub(super) struct Conflicts {
    /// Only this user's
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// Only those of the members of this department
    #[arg(long, value_name = "DEPARTMENT", conflicts_with = "user")]
    department: Option<String>,
    /// Also those of the members of all departments below it
    #[arg(long, requires = "department")]
    include_subdepartments: bool,
    /// Only of this kind; can be given more than once
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<Kind>,
    /// Only of this entity type
    #[arg(long = "type", value_name = "TYPE", default_value = "", hide_default_value = true)]
    entity_type: String,
    /// Only of this action
    #[arg(long, value_name = "ACTION", default_value = "", hide_default_value = true)]
    action: String,
    /// Only on this stage; "" is that of resources without a stage
    #[arg(long, value_name = "STAGE")]
    stage: Option<String>,
    /// Only between this role and the others that are given so, and no more
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
    /// How many people of each conflict are named
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    people: u32,
    /// Only people behind this id are named
    #[arg(long, value_name = "USER", default_value = "", hide_default_value = true)]
    people_after: String,
    /// The most conflicts; 0 is all of them [default: 20 for people, all for programs]
    #[arg(long, value_name = "COUNT")]
    limit: Option<u64>,
    /// The language of the texts
    #[arg(long, default_value = "en")]
    language: Language,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Kind {
    /// A detailed entry hides an inherited one: access is lost
    Narrowing,
    /// The same: some access is lost and other is won
    Exchange,
    /// The same: access is won
    Widening,
    /// Those that count differ, and the wider wins
    WiderWins,
    /// Nothing is changed by it
    Idle,
}

impl Kind {
    const fn meant(self) -> ConflictKind {
        match self {
            Self::Narrowing => ConflictKind::Narrowing,
            Self::Exchange => ConflictKind::Exchange,
            Self::Widening => ConflictKind::Widening,
            Self::WiderWins => ConflictKind::WiderWins,
            Self::Idle => ConflictKind::Idle,
        }
    }
}

impl Conflicts {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let whose = match (self.user, self.department) {
            (Some(user), _) => Whose::User(user),
            (None, Some(department)) if self.include_subdepartments => Whose::DepartmentTree(department),
            (None, Some(department)) => Whose::Department(department),
            (None, None) => Whose::Company,
        };
        let query = ConflictQuery {
            whose,
            kinds: self.kinds.into_iter().map(Kind::meant).collect(),
            entity_type: self.entity_type,
            action: self.action,
            stage: self.stage,
            roles: self.roles,
            people_max: self.people,
            people_after: self.people_after,
        };
        let found = client.conflicts(query, self.language.code()).await?;
        let format = self.printing.output;
        let shown = if format == Format::Table { SHOWN } else { 0 };
        let limit = match self.limit.unwrap_or(shown) {
            0 => u64::MAX,
            limit => limit,
        };
        print(found, (format, limit), output).await?;
        Ok(Verdict::Yes)
    }
}

async fn print(mut found: Found, (format, limit): (Format, u64), output: &mut Output) -> anyhow::Result<()> {
    let (mut all, mut count) = (Vec::new(), 0);
    while count < limit
        && let Some(conflict) = found.next().await?
    {
        count += 1;
        match format {
            Format::Table => output.line(&conflict.full)?,
            Format::Jsonl => output.json(&conflict)?,
            Format::Json => all.push(conflict),
        }
    }
    match format {
        Format::Json => {
            let value = json!({ "conflicts": all, "total": found.total, "revision": found.revision });
            output.json(&value)?;
        }
        Format::Table if count < found.total => {
            output.note(&format!("{count} of {}; --limit 0 shows all", counted(found.total, "conflict")))?;
        }
        Format::Table if count == 0 => output.note("there are none")?,
        Format::Table | Format::Jsonl => {}
    }
    Ok(())
}
