//! `dopusk why-not`.

use serde::Serialize;
use serde_json::Value;

use super::arguments::{Language, Reading, Resource};
use super::key::object_json;
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::client::{self, ProposedStep, Question, facts_text};
use crate::domain::Effect;

/// Say what would allow a user an action that he may not do; exits with 1 if he may not
///
/// Each proposal was tried on a copy of the data and decided again, and says how many other decisions it changes.
/// Nothing is stored.
#[derive(Debug, clap::Args)]
#[command(
    after_help = r#"JSON: {"allowed", "reason", "proposals": [{"steps": [{"kind", "text"}], "put": [OBJECT], "facts", "gained", "lost", "users"}], "tried", "complete", "short", "revision"}
JSON Lines: the proposals; the objects of "put" are lines that dopusk put takes"#
)]
#[command(override_usage = "dopusk why-not [OPTIONS] <SUBJECT> <ACTION> <TYPE> <ID|--facts <FACTS>>")]
pub(super) struct WhyNot {
    /// The id of the user
    subject: String,
    /// The action, such as read
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    #[command(flatten)]
    resource: Resource,
    /// The language of the texts
    #[arg(long, default_value = "en")]
    language: Language,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer<'a> {
    allowed: bool,
    reason: &'a str,
    proposals: Vec<Proposal<'a>>,
    tried: u32,
    complete: bool,
    short: &'a str,
    revision: &'a str,
}

#[derive(Serialize)]
struct Proposal<'a> {
    steps: &'a [ProposedStep],
    put: Vec<Value>,
    facts: Option<String>,
    gained: u64,
    lost: u64,
    users: u64,
}

impl WhyNot {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, resource, language, printing, .. } = self;
        let question = Question { subject, action, entity_type, target: resource.target() };
        let answered = client.why_not(&question, language.code()).await?;
        let it = &answered.value;
        let mut proposals = it.proposals.iter().map(proposal);
        match printing.output {
            Format::Json => output.json(&Answer {
                allowed: it.ruling.is_allow(),
                reason: &it.ruling.reason,
                proposals: proposals.collect(),
                tried: it.tried,
                complete: it.is_complete,
                short: &it.short,
                revision: &answered.revision,
            })?,
            Format::Jsonl => proposals.try_for_each(|it| output.json(&it))?,
            Format::Table => output.line(&it.full)?,
        }
        Ok(match it.ruling.effect {
            Effect::Allow => Verdict::Yes,
            Effect::Deny => Verdict::No,
        })
    }
}

fn proposal(it: &client::Proposal) -> Proposal<'_> {
    Proposal {
        steps: &it.steps,
        put: it.objects.iter().map(object_json).collect(),
        facts: it.facts.as_ref().map(facts_text),
        gained: it.gained,
        lost: it.lost,
        users: it.users,
    }
}
