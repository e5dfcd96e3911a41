//! The steps of a case through the oracle: cases and specification agree.

use dopusk::bundle::case::{CheckCase, Expect, Step, Target};
use dopusk::domain::{Id, Operation};

use crate::oracle::{Answer, Asked, Oracle, Query, Refused};

/// A case under way.
#[derive(Default)]
pub(super) struct Told {
    oracle: Oracle,
    pub(super) failures: Vec<String>,
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

impl Told {
    pub(super) fn step(&mut self, step: &Step) {
        match step {
            Step::Load(objects) => {
                self.write(&objects.iter().cloned().map(Operation::put).collect::<Vec<_>>());
            }
            Step::Write(operations) => self.write(operations),
            Step::Refuse { operations, rule } => self.refuse(operations, rule),
            Step::Checks(checks) => checks.iter().for_each(|check| self.check(check)),
            Step::Lists(lists) => {
                for list in lists {
                    let entity_type = &self.oracle.types[&id(&list.entity_type)];
                    let rights = self.oracle.rights(&id(&list.user));
                    let ids = self.oracle.list_visible(rights.as_ref(), entity_type, &id(&list.action));
                    self.compare(list, &ids, &list.ids.iter().map(|it| id(it)).collect());
                }
            }
            Step::Subjects(cases) => {
                for case in cases {
                    let resource = Asked::Stored(id(&case.id));
                    let users =
                        self.oracle.list_subjects(&id(&case.action), &id(&case.entity_type), &resource);
                    self.compare(case, &users.unwrap(), &case.users.iter().map(|it| id(it)).collect());
                }
            }
            Step::Recipients(cases) => {
                for case in cases {
                    let entity_type = id(&case.entity_type);
                    let ticket = self.oracle.resources.get(&(entity_type.clone(), id(&case.id)));
                    let told =
                        self.oracle.recipients(&entity_type, ticket.map(|it| &it.facts), case.event).unwrap();
                    let wanted = case.can_read.iter().map(|(user, can_read)| (id(user), *can_read));
                    self.compare(case, &told, &wanted.collect());
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
        if found != wanted {
            self.failures.push(format!("{about:?}: {found:?}, not {wanted:?}"));
        }
    }

    fn write(&mut self, operations: &[Operation]) {
        match self.oracle.write(operations) {
            Ok(end) => self.oracle = end,
            Err(refused) => self.failures.push(format!("{operations:?}: {refused:?}")),
        }
    }

    fn refuse(&mut self, operations: &[Operation], rule: &str) {
        let is_broken = match self.oracle.write(operations) {
            Ok(_) | Err(Refused::Precondition) => false,
            Err(Refused::Faults(rules)) => rules.contains(rule),
            // A stage that is still in use breaks both rules.
            Err(Refused::Rules(broken)) => {
                broken.iter().any(|it| it.rule == rule || (it.rule, rule) == ("1.5", "1.3"))
            }
        };
        self.compare(operations, &is_broken, &true);
    }

    fn check(&mut self, case: &CheckCase) {
        let resource = match &case.target {
            Target::Id(text) => Asked::Stored(id(text)),
            Target::Facts(facts) => Asked::Inline(facts.clone()),
        };
        let query = Query {
            user: id(&case.user),
            action: id(&case.action),
            entity_type: id(&case.entity_type),
            resource,
        };
        let found = match self.oracle.check(&query) {
            Ok(Answer::Allow) => Expect::Allow { obligation: None },
            Ok(Answer::AllowOwn) => Expect::Allow { obligation: Some("responsible_is_subject".to_owned()) },
            Ok(Answer::Deny) => Expect::Deny,
            Err(_) => Expect::Error("INVALID_ARGUMENT".to_owned()),
        };
        self.compare(case, &found, &case.expect);
    }
}
