//! The steps of a case over gRPC.

use dopusk::api::pb::{check_request, list_recipients_request, list_subjects_request};
use dopusk::api::{convert, pb};
use dopusk::bundle::case::{CheckCase, Expect, ListCase, RecipientsCase, Step, SubjectsCase, Target};
use dopusk::domain::{Effect, Facts, Id, NewsEvent, Operation};
use tonic::{Code, Status};

use crate::host::{Host, culprits};

/// A case under way.
pub(super) struct Run<'a> {
    host: &'a Host,
    pub(super) failures: Vec<String>,
    /// How many answers were compared.
    pub(super) answers: usize,
}

impl<'a> Run<'a> {
    pub(super) fn new(host: &'a Host) -> Self {
        Self { host, failures: Vec::new(), answers: 0 }
    }

    pub(super) async fn step(&mut self, step: &Step) {
        match step {
            Step::Load(objects) => {
                let loaded = self.host.import(objects).await;
                self.compare("load", &loaded.map(drop).map_err(|status| text(&status)), &Ok(()));
            }
            Step::Write(operations) => {
                let written = self.host.write(operations).await;
                self.compare("write", &written.map(drop).map_err(|status| text(&status)), &Ok(()));
            }
            Step::Refuse { operations, rule } => self.refuse(operations, rule).await,
            Step::Checks(checks) => {
                for check in checks {
                    let found = self.check(check).await;
                    self.compare(check, &found, &check.expect);
                }
            }
            Step::Lists(lists) => {
                for list in lists {
                    let found = self.list(list).await;
                    self.compare(list, &found, &list.ids);
                }
            }
            Step::Subjects(cases) => {
                for case in cases {
                    let found = self.subjects(case).await;
                    self.compare(case, &found, &case.users);
                }
            }
            Step::Recipients(cases) => {
                for case in cases {
                    let found = self.recipients(case).await;
                    self.compare(case, &found.0, &case.users);
                    self.compare(case, &sorted(found.1), &sorted(case.can_read.clone()));
                }
            }
        }
    }

    fn compare<T: PartialEq + std::fmt::Debug>(
        &mut self,
        about: impl std::fmt::Debug,
        found: &T,
        wanted: &T,
    ) {
        self.answers += 1;
        if found != wanted {
            self.failures.push(format!("{about:?}: {found:?}, not {wanted:?}"));
        }
    }

    /// It is refused by that rule, and all is as before.
    async fn refuse(&mut self, operations: &[Operation], rule: &str) {
        let before = self.host.export().await;
        let found = match self.host.write(operations).await {
            Ok(_) => "taken".to_owned(),
            Err(status) if status.code() == Code::FailedPrecondition => {
                let rules = culprits(&status).into_iter().map(|(rule, _)| rule);
                rules.filter(|it| *it == format!("RULE_{rule}")).next().unwrap_or_else(|| text(&status))
            }
            Err(status) => text(&status),
        };
        self.compare(operations, &found, &format!("RULE_{rule}"));
        self.compare("nothing is changed", &(self.host.export().await == before || found == "taken"), &true);
    }

    async fn check(&self, case: &CheckCase) -> Expect {
        let resource = match &case.target {
            Target::Id(id) => check_request::Resource::Id(id.clone()),
            Target::Facts(facts) => check_request::Resource::Facts(wire(facts)),
        };
        let request = pb::CheckRequest {
            subject: case.user.clone(),
            action: case.action.clone(),
            entity_type: case.entity_type.clone(),
            resource: Some(resource),
            consistency: None,
        };
        match self.host.decisions().check(request).await {
            Ok(answer) => {
                let decision = answer.into_inner().decision.unwrap();
                match convert::effect_of(&decision) {
                    Effect::Allow => Expect::Allow { obligation: convert::obligation_name(&decision) },
                    Effect::Deny => Expect::Deny,
                }
            }
            Err(status) if status.code() == Code::InvalidArgument => {
                Expect::Error("INVALID_ARGUMENT".to_owned())
            }
            Err(status) => Expect::Error(text(&status)),
        }
    }

    async fn list(&self, case: &ListCase) -> Vec<String> {
        let request = pb::ListVisibleRequest {
            subject: case.user.clone(),
            action: case.action.clone(),
            entity_type: case.entity_type.clone(),
            ..pb::ListVisibleRequest::default()
        };
        self.host.list(request).await.unwrap_or_else(|status| vec![text(&status)])
    }

    async fn subjects(&self, case: &SubjectsCase) -> Vec<String> {
        let request = pb::ListSubjectsRequest {
            action: case.action.clone(),
            entity_type: case.entity_type.clone(),
            resource: Some(list_subjects_request::Resource::Id(case.id.clone())),
            ..pb::ListSubjectsRequest::default()
        };
        match self.host.decisions().list_subjects(request).await {
            Ok(answer) => answer.into_inner().users,
            Err(status) => vec![text(&status)],
        }
    }

    async fn recipients(&self, case: &RecipientsCase) -> (Vec<String>, Vec<(String, bool)>) {
        let event = match case.event {
            NewsEvent::Created => pb::NewsEvent::Created,
            NewsEvent::Updated => pb::NewsEvent::Updated,
        };
        let request = pb::ListRecipientsRequest {
            entity_type: case.entity_type.clone(),
            resource: Some(list_recipients_request::Resource::Id(case.id.clone())),
            event: event.into(),
            consistency: None,
        };
        match self.host.decisions().list_recipients(request).await {
            Ok(answer) => {
                let told = answer.into_inner().recipients;
                let users = told.iter().map(|it| it.user.clone()).collect();
                (users, told.into_iter().map(|it| (it.user, it.can_read)).collect())
            }
            Err(status) => (vec![text(&status)], Vec::new()),
        }
    }
}

fn text(status: &Status) -> String {
    format!("{:?}: {}", status.code(), status.message())
}

fn sorted(mut pairs: Vec<(String, bool)>) -> Vec<(String, bool)> {
    pairs.sort();
    pairs
}

fn wire(facts: &Facts) -> pb::Facts {
    let text = |id: &Option<Id>| id.as_ref().map(Id::to_string).unwrap_or_default();
    pb::Facts {
        author: text(&facts.author),
        responsible: text(&facts.responsible),
        departments: facts.departments.iter().map(Id::to_string).collect(),
        stage: text(&facts.stage),
        open: facts.open,
        observers: facts.observers.iter().map(Id::to_string).collect(),
    }
}
