//! `dopusk check`.

use serde::Serialize;

use super::arguments::{Reading, Resource};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::api::convert::{effect_of, obligation_name, reason_name};
use crate::client::Question;
use crate::domain::Effect;

/// Say whether a user may do an action on a resource; exits with 1 if not
///
/// JSON: {"allowed", "reason", "obligation", "revision"}
#[derive(Debug, clap::Args)]
pub(super) struct Check {
    /// The id of the user
    subject: String,
    /// The action, such as read
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    #[command(flatten)]
    resource: Resource,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

#[derive(Serialize)]
struct Answer {
    allowed: bool,
    reason: String,
    obligation: Option<String>,
    revision: String,
}

impl Check {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, resource, .. } = self;
        let question = Question { subject, action, entity_type, target: resource.target() };
        let response = client.check(&question).await?;
        let decision = response.decision.unwrap_or_default();
        let effect = effect_of(&decision);
        let answer = Answer {
            allowed: effect == Effect::Allow,
            reason: reason_name(&decision),
            obligation: obligation_name(&decision),
            revision: response.revision,
        };
        answer.print(self.printing.output, output)?;
        Ok(match effect {
            Effect::Allow => Verdict::Yes,
            Effect::Deny => Verdict::No,
        })
    }
}

impl Answer {
    fn print(&self, format: Format, output: &mut Output) -> std::io::Result<()> {
        match format {
            Format::Json | Format::Jsonl => output.json(self),
            Format::Table => {
                let word = if self.allowed { "allowed" } else { "denied" };
                let duty = self.obligation.as_ref().map(|it| format!(", with the obligation {it}"));
                output.line(&format!("{word}: {}{}", self.reason, duty.unwrap_or_default()))
            }
        }
    }
}
