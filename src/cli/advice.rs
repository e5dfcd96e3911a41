//! `dopusk advice`.

use super::arguments::{Language, Reading};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::client::{Advice as Found, AdviceQuery};
use crate::engine::AdviceKind;

/// Say what of roles, bindings and groups invites conflicts or is of no use, and what to do
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"advice", "revision"}
JSON Lines: a finding a line, {"kind", "rules", "about", "people_count", "people", "has_change", "found", "why",
"remedy", "effect"}"#)]
pub(super) struct Advice {
    /// Only of this kind; can be given more than once
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<Kind>,
    /// How many people with rights on a type are a small team at most
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    small_team: u32,
    /// A grant is broad that reaches more than so many in a hundred active users
    #[arg(long, value_name = "PERCENT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100))]
    broad: u32,
    /// How many people of each finding are named
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    people: u32,
    /// Count what the obvious change of each finding would turn
    #[arg(long)]
    effects: bool,
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
    /// A stage that nobody can read
    StageUnread,
    /// A department where some may read and none may update
    DepartmentWithoutUpdater,
    /// Somebody in several departments whose roles conflict
    DepartmentsConflict,
    /// A role for a department with those below it
    SubdepartmentsIncluded,
    /// A role for somebody and his managers
    ManagersIncluded,
    /// A department without a role over some that have roles
    DepartmentWithoutRoles,
    /// Few people with rights, by way of groups
    SmallTeam,
    /// A stage's entry that is equal to the element level
    EntryAsElement,
    /// An entry that counts for nobody
    EntryNeverCounts,
    /// A grant that reaches very many
    BroadGrant,
    /// A role that nobody holds
    RoleUnheld,
    /// A binding that adds nothing
    BindingIdle,
    /// A helpdesk group without can_view
    GroupWithoutViewer,
}

impl Kind {
    const fn meant(self) -> AdviceKind {
        match self {
            Self::StageUnread => AdviceKind::StageUnread,
            Self::DepartmentWithoutUpdater => AdviceKind::DepartmentWithoutUpdater,
            Self::DepartmentsConflict => AdviceKind::DepartmentsConflict,
            Self::SubdepartmentsIncluded => AdviceKind::SubdepartmentsIncluded,
            Self::ManagersIncluded => AdviceKind::ManagersIncluded,
            Self::DepartmentWithoutRoles => AdviceKind::DepartmentWithoutRoles,
            Self::SmallTeam => AdviceKind::SmallTeam,
            Self::EntryAsElement => AdviceKind::EntryAsElement,
            Self::EntryNeverCounts => AdviceKind::EntryNeverCounts,
            Self::BroadGrant => AdviceKind::BroadGrant,
            Self::RoleUnheld => AdviceKind::RoleUnheld,
            Self::BindingIdle => AdviceKind::BindingIdle,
            Self::GroupWithoutViewer => AdviceKind::GroupWithoutViewer,
        }
    }
}

impl Advice {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let query = AdviceQuery {
            kinds: self.kinds.into_iter().map(Kind::meant).collect(),
            team_people_max: self.small_team,
            broad_percent: self.broad,
            people_max: self.people,
            with_effects: self.effects,
        };
        let report = client.advice(query, self.language.code()).await?;
        match self.printing.output {
            Format::Json => output.json(&report)?,
            Format::Jsonl => report.advice.iter().try_for_each(|it| output.json(it))?,
            Format::Table if report.advice.is_empty() => output.note("there is none")?,
            Format::Table => {
                // Why and what to do is told once for all findings of a kind that stand together.
                let mut told = "";
                for found in &report.advice {
                    print(found, told, output)?;
                    told = &found.kind;
                }
            }
        }
        Ok(Verdict::Yes)
    }
}

fn print(found: &Found, told: &str, output: &mut Output) -> std::io::Result<()> {
    if found.kind != told {
        output.line(&format!("{} {}", found.why, found.remedy))?;
    }
    output.line(&format!("  {}", found.found))?;
    if let Some(effect) = &found.effect {
        output.line(&format!("    {}", effect.text))?;
    }
    if found.people.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = found.people.iter().map(ToString::to_string).collect();
    let rest = if found.people.len() as u64 == found.people_count { "" } else { ", …" };
    output.line(&format!("    {}{rest}", names.join(", ")))
}
