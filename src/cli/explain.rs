//! `dopusk explain`.

use serde::Serialize;

use super::arguments::{Language, Reading, Resource};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::client::{Explanation, Question};
use crate::domain::Effect;

/// Say whether a user may do an action on a resource, and why; exits with 1 if not
#[derive(Debug, clap::Args)]
#[command(
    after_help = r#"JSON: {"allowed", "reason", "obligation", "rules", "subject", "facts", "asked", "crm": {"roles", "sight", "action"}, "support": {"role", "side"}, "ways", "short", "full", "revision"}"#
)]
#[command(override_usage = "dopusk explain [OPTIONS] <SUBJECT> <ACTION> <TYPE> <ID|--facts <FACTS>>")]
pub(super) struct Explain {
    /// The id of the user
    subject: String,
    /// The action, such as read
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    #[command(flatten)]
    resource: Resource,
    /// The language of the explanation
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
    obligation: Option<&'a str>,
    #[serde(flatten)]
    explanation: &'a Explanation,
    short: &'a str,
    full: &'a str,
    revision: &'a str,
}

impl Explain {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, resource, language, printing, .. } = self;
        let question = Question { subject, action, entity_type, target: resource.target() };
        let answered = client.explain(&question, language.code()).await?;
        let (told, ruling) = (&answered.value, &answered.value.ruling);
        match printing.output {
            Format::Json | Format::Jsonl => output.json(&Answer {
                allowed: ruling.is_allow(),
                reason: &ruling.reason,
                obligation: ruling.obligation.as_deref(),
                explanation: &told.explanation,
                short: &told.short,
                full: &told.full,
                revision: &answered.revision,
            })?,
            Format::Table => output.line(&told.full)?,
        }
        Ok(match ruling.effect {
            Effect::Allow => Verdict::Yes,
            Effect::Deny => Verdict::No,
        })
    }
}
