//! `dopusk count`.

use serde_json::{Map, Value, json};

use super::arguments::{Narrowing, Reading};
use super::output::{Format, Output, Printing};
use super::verdict::Verdict;
use crate::client::{Facet, VisibleQuery};

/// Count the resources on which a user may do an action
#[derive(Debug, clap::Args)]
#[command(after_help = r#"JSON: {"total", "stages", "responsibles", "revision"}"#)]
pub(super) struct Count {
    /// The id of the user
    subject: String,
    /// The action, other than add and import
    action: String,
    /// The entity type
    #[arg(value_name = "TYPE")]
    entity_type: String,
    #[command(flatten)]
    narrowing: Narrowing,
    /// Count by this too; can be given more than once
    #[arg(long = "by", value_name = "FACET")]
    facets: Vec<Facet>,
    #[command(flatten)]
    printing: Printing,
    #[command(flatten)]
    reading: Reading,
}

impl Count {
    pub(super) async fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let client = self.reading.open().await?;
        let Self { subject, action, entity_type, .. } = self;
        let filter = self.narrowing.filter();
        let query = VisibleQuery { subject, action, entity_type, filter, ..VisibleQuery::default() };
        let count = client.count_visible(&query, &self.facets).await?;
        match self.printing.output {
            Format::Json | Format::Jsonl => output.json(&json!({
                "total": count.total,
                "stages": counts_json(&count.stages),
                "responsibles": counts_json(&count.responsibles),
                "revision": count.revision,
            }))?,
            Format::Table => {
                output.line(&count.total.to_string())?;
                for (name, counts) in [("stage", &count.stages), ("responsible", &count.responsibles)] {
                    if !counts.is_empty() {
                        let rows: Vec<Vec<String>> = counts
                            .iter()
                            .map(|(value, count)| vec![or_dash(value), count.to_string()])
                            .collect();
                        output.table(&[name, "count"], &rows)?;
                    }
                }
            }
        }
        Ok(Verdict::Yes)
    }
}

fn or_dash(value: &str) -> String {
    if value.is_empty() { "-".to_owned() } else { value.to_owned() }
}

fn counts_json(counts: &[(String, u64)]) -> Value {
    let counts: Map<String, Value> =
        counts.iter().map(|(value, count)| (value.clone(), json!(count))).collect();
    Value::Object(counts)
}
