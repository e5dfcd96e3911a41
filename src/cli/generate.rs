//! `dopusk generate`.

use super::output::Output;
use super::verdict::Verdict;
use crate::bundle::json_line;
use crate::company::{Company, Size};

/// How large a generated company is.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct CompanySize {
    /// Users who work there
    #[arg(long, value_name = "N", default_value_t = Size::default().employees)]
    employees: u64,
    /// Users who are clients of the helpdesk
    #[arg(long, value_name = "N", default_value_t = Size::default().clients)]
    clients: u64,
    /// Departments
    #[arg(long, value_name = "N", default_value_t = Size::default().departments)]
    departments: u64,
    /// Workgroups
    #[arg(long, value_name = "N", default_value_t = Size::default().workgroups)]
    workgroups: u64,
    /// Helpdesk groups
    #[arg(long, value_name = "N", default_value_t = Size::default().support_groups)]
    support_groups: u64,
    /// Roles
    #[arg(long, value_name = "N", default_value_t = Size::default().roles)]
    roles: u64,
    /// Role bindings
    #[arg(long, value_name = "N", default_value_t = Size::default().bindings)]
    bindings: u64,
    /// Resources: deals, leads, contacts and tickets
    #[arg(long, value_name = "N", default_value_t = Size::default().resources)]
    resources: u64,
    /// The same seed makes the same company on every machine
    #[arg(long, value_name = "N", default_value_t = Size::default().seed)]
    seed: u64,
}

impl CompanySize {
    pub(super) const fn size(self) -> Size {
        Size {
            employees: self.employees,
            clients: self.clients,
            departments: self.departments,
            workgroups: self.workgroups,
            support_groups: self.support_groups,
            roles: self.roles,
            bindings: self.bindings,
            resources: self.resources,
            seed: self.seed,
        }
    }
}

/// Print a generated company as a bundle in JSON Lines
#[derive(Debug, clap::Args)]
pub(super) struct Generate {
    #[command(flatten)]
    size: CompanySize,
    /// Print so many questions about the company in place of it, a JSON object a line
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "20000")]
    questions: Option<usize>,
}

impl Generate {
    pub(super) fn run(self, output: &mut Output) -> anyhow::Result<Verdict> {
        let company = Company::new(self.size.size());
        let out = output.out();
        if let Some(count) = self.questions {
            for question in company.questions(self.size.seed).take(count) {
                let line = serde_json::json!({
                    "user": question.subject.as_str(),
                    "action": question.action.as_str(),
                    "type": question.entity_type.as_str(),
                    "id": question.resource_id.as_str(),
                });
                writeln!(out, "{line}")?;
            }
        } else {
            for object in company.objects() {
                writeln!(out, "{}", json_line(&object))?;
            }
        }
        out.flush()?;
        Ok(Verdict::Yes)
    }
}
