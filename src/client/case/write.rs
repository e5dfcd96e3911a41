//! Loads and writes that must succeed, and writes that must be refused and change nothing.

use std::collections::BTreeMap;

use super::answer::{Answer, Failed};
use super::{Next, Run};
use crate::client::ClientError;
use crate::domain::{Key, Object, Operation, Verb};

/// How many keys that differ are named.
const KEYS_NAMED_MAX: usize = 5;

impl Run {
    pub(super) async fn load(&mut self, objects: &[Object]) -> Next {
        let done = self.client.load(objects.to_vec()).await;
        let operations: Vec<Operation> = objects.iter().cloned().map(Operation::put).collect();
        self.settle(&format!("load of {} objects", objects.len()), &operations, done).await
    }

    pub(super) async fn write(&mut self, operations: &[Operation]) -> Next {
        let done = self.client.write(operations).await;
        self.settle(&format!("write of {} operations", operations.len()), operations, done).await
    }

    /// What must have been done: the export has everything that was written, and nothing else has changed.
    async fn settle(
        &mut self,
        question: &str,
        operations: &[Operation],
        done: Result<String, ClientError>,
    ) -> Next {
        self.report.answers += 1;
        let token = match done {
            Ok(token) => token,
            Err(error) => {
                self.differ(question, "done".to_owned(), in_words(&error));
                return Next::End;
            }
        };
        let stored = match self.export().await {
            Ok(stored) => stored,
            Err(failed) => return self.lost(question, failed),
        };
        if !operations.is_empty() {
            self.compare(&format!("{question}: the revision"), &Ok(token), &Ok(stored.revision.clone()));
        }
        let mut expected = self.stored.objects.clone();
        carry_out(operations, &mut expected);
        let differing = differing(&expected, &stored.objects);
        self.compare(&format!("{question}: objects that differ"), &Ok(Vec::new()), &Ok(differing));
        self.stored = stored;
        Next::Step
    }

    pub(super) async fn refuse(&mut self, operations: &[Operation], rule: &str) -> Next {
        let question = format!("write of {} operations", operations.len());
        let done = self.client.write(operations).await;
        self.report.answers += 1;
        if !done.as_ref().is_err_and(|error| error.refused().is_some_and(|refused| refused.breaks(rule))) {
            let got = done.as_ref().map_or_else(in_words, |_| "done".to_owned());
            self.differ(&question, format!("refused by rule {rule}"), got);
        }
        let stored = match self.export().await {
            Ok(stored) => stored,
            Err(failed) => return self.lost(&question, failed),
        };
        let before = Ok(self.stored.revision.clone());
        self.compare(&format!("{question}: the revision"), &before, &Ok(stored.revision.clone()));
        let differing = differing(&self.stored.objects, &stored.objects);
        self.compare(&format!("{question}: objects that differ"), &Ok(Vec::new()), &Ok(differing));
        self.stored = stored;
        Next::Step
    }

    fn lost(&mut self, question: &str, failed: Failed) -> Next {
        let got: Answer<Vec<String>> = Err(failed);
        self.compare(&format!("{question}: export"), &Ok(Vec::new()), &got);
        Next::End
    }
}

fn carry_out(operations: &[Operation], objects: &mut BTreeMap<Key, Object>) {
    for operation in operations {
        match &operation.verb {
            Verb::Put(object) => drop(objects.insert(object.key(), object.clone())),
            Verb::Delete(key) => drop(objects.remove(key)),
        }
    }
}

fn differing(expected: &BTreeMap<Key, Object>, got: &BTreeMap<Key, Object>) -> Vec<String> {
    let keys = expected.keys().chain(got.keys().filter(|key| !expected.contains_key(*key)));
    let differing = keys.filter(|key| expected.get(*key) != got.get(*key));
    differing.take(KEYS_NAMED_MAX).map(Key::to_string).collect()
}

fn in_words(error: &ClientError) -> String {
    let Some(refused) = error.refused() else { return error.to_string() };
    let rules = refused.violations.iter().map(|it| match &it.rule {
        Some(rule) => format!("rule {rule}: {}: {}", it.culprit, it.message),
        None => format!("{}: {}", it.culprit, it.message),
    });
    let rules: Vec<String> = rules.collect();
    format!("{} {} [{}]", refused.code_name(), refused.reason, rules.join("; "))
}
