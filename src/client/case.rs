//! Running a conformance case against a server: each expected answer compared, and the calls with each other.
//!
//! Whatever one call answers is asked in every other way too: checks one by one and in a batch, lists whole and in
//! pages and by checks of everything stored, actions by checks of each. After every write everything stored is
//! compared with what the write should have made of it. The server must be empty at the start, and nobody else may
//! write to it.

mod answer;
mod check;
mod list;
mod report;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use self::answer::{Answer, Failed, Show};
use super::Client;
use crate::bundle::case::{Case, Step};
use crate::domain::{EntityType, Id, Key, Object};

pub use report::{Difference, Report};

/// Runs a case. What goes wrong on the way is a difference like any other; behind a load or write that fails, the
/// steps are left out.
pub async fn run_case(client: &Client, case: &Case) -> Report {
    let report = Report::new(&case.name);
    let mut run = Run { client: client.clone(), step: 0, stored: Stored::default(), report };
    if run.begin().await == Next::End {
        return run.report;
    }
    for step in &case.steps {
        run.step += 1;
        run.report.steps += 1;
        if run.take(step).await == Next::End {
            break;
        }
    }
    run.report
}

/// Whether there is any use in going on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Next {
    Step,
    End,
}

/// What the server has stored, as its export tells.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Stored {
    revision: String,
    objects: BTreeMap<Key, Object>,
}

struct Run {
    client: Client,
    /// Counted from 1.
    step: usize,
    stored: Stored,
    report: Report,
}

impl Run {
    async fn begin(&mut self) -> Next {
        match self.export().await {
            Ok(stored) => {
                self.compare("export at the start", &Ok(Vec::new()), &Ok(stored.keys()));
                self.stored = stored;
                if self.stored.objects.is_empty() { Next::Step } else { Next::End }
            }
            Err(failed) => {
                self.compare("export at the start", &Ok(Vec::new()), &Err(failed));
                Next::End
            }
        }
    }

    async fn take(&mut self, step: &Step) -> Next {
        match step {
            Step::Load(objects) => return self.load(objects).await,
            Step::Write(operations) => return self.write(operations).await,
            Step::Refuse { operations, rule } => return self.refuse(operations, rule).await,
            Step::Checks(cases) => self.checks(cases).await,
            Step::Lists(cases) => {
                for case in cases {
                    self.list(case).await;
                }
            }
            Step::Subjects(cases) => {
                for case in cases {
                    self.subjects(case).await;
                }
            }
            Step::Recipients(cases) => {
                for case in cases {
                    self.recipients(case).await;
                }
            }
        }
        Next::Step
    }

    async fn export(&self) -> Answer<Stored> {
        let everything = self.client.everything().await.map_err(|error| Failed::of(&error))?;
        let objects = everything.objects.into_iter().map(|object| (object.key(), object));
        Ok(Stored { revision: everything.revision, objects: objects.collect() })
    }

    /// Counts an answer, and notes it if it is not the one that must come.
    fn compare<T: PartialEq + Show>(&mut self, question: &str, expected: &Answer<T>, got: &Answer<T>) {
        self.report.answers += 1;
        if expected != got {
            self.differ(question, expected.show(), got.show());
        }
    }

    fn differ(&mut self, question: &str, expected: String, got: String) {
        let question = question.to_owned();
        self.report.differences.push(Difference { step: self.step, question, expected, got, reason: None });
    }
}

impl Stored {
    fn keys(&self) -> Vec<String> {
        self.objects.keys().map(Key::to_string).collect()
    }

    fn entity_type(&self, name: &str) -> Option<&EntityType> {
        match self.objects.get(&Key::EntityType(Id::parse(name).ok()?)) {
            Some(Object::EntityType(it)) => Some(it),
            Some(_) | None => None,
        }
    }

    fn users(&self) -> Vec<String> {
        let users = self.objects.values().filter_map(|object| match object {
            Object::User(it) => Some(it.id.to_string()),
            Object::EntityType(_)
            | Object::Department(_)
            | Object::Workgroup(_)
            | Object::SupportGroup(_)
            | Object::Role(_)
            | Object::RoleBinding(_)
            | Object::Resource(_) => None,
        });
        users.collect()
    }

    fn resources(&self, entity_type: &str) -> Vec<String> {
        let resources = self.objects.values().filter_map(|object| match object {
            Object::Resource(it) if it.entity_type.as_str() == entity_type => Some(it.id.to_string()),
            Object::EntityType(_)
            | Object::Department(_)
            | Object::User(_)
            | Object::Workgroup(_)
            | Object::SupportGroup(_)
            | Object::Role(_)
            | Object::RoleBinding(_)
            | Object::Resource(_) => None,
        });
        resources.collect()
    }
}
