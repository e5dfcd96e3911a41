//! Checks: one by one, in batches, and as lists of actions.

use super::Run;
use super::answer::{Answer, Failed, Show as _, meets};
use super::report::Difference;
use crate::bundle::case::{CheckCase, Target};
use crate::client::{Question, Ruling};
use crate::domain::BATCH_ITEMS_MAX;

/// Actions that have no existing resource.
const CREATIONS: [&str; 2] = ["add", "import"];

/// Whose actions on what.
type Seat<'a> = (&'a str, &'a str, &'a Target);

impl Run {
    pub(super) async fn checks(&mut self, cases: &[CheckCase]) {
        let questions: Vec<Question> = cases.iter().map(question).collect();
        let mut answers = Vec::with_capacity(cases.len());
        for (case, question) in cases.iter().zip(&questions) {
            let answer = self.client.check(question).await;
            let answer = answer.map(|it| it.value).map_err(|error| Failed::of(&error));
            self.report.answers += 1;
            if !meets(&answer, &case.expect) {
                self.differ_in_decision(&format!("check {question}"), case.expect.show(), &answer);
            }
            answers.push(answer);
        }
        self.compare_explained(&questions, &answers).await;
        self.compare_batch(&questions, &answers).await;
        for seat in seats(&questions) {
            self.compare_actions(seat).await;
        }
    }

    /// What is explained is what is decided.
    async fn compare_explained(&mut self, questions: &[Question], answers: &[Answer<Ruling>]) {
        for (question, single) in questions.iter().zip(answers) {
            let told = self.client.explain(question, "").await;
            let told = told.map(|it| it.value.ruling).map_err(|error| Failed::of(&error));
            if told != *single {
                let expected = format!("as by check, {}", in_words(single));
                self.differ_in_decision(&format!("explain {question}"), expected, &told);
            }
        }
    }

    async fn compare_batch(&mut self, questions: &[Question], answers: &[Answer<Ruling>]) {
        match self.rulings(questions).await {
            Ok(rulings) => {
                for ((question, single), in_batch) in questions.iter().zip(answers).zip(&rulings) {
                    self.report.answers += 1;
                    if single != in_batch {
                        let expected = format!("as alone, {}", in_words(single));
                        self.differ_in_decision(&format!("check {question} in a batch"), expected, in_batch);
                    }
                }
            }
            Err(failed) => {
                self.differ("check in a batch", format!("{} answers", questions.len()), failed.show());
            }
        }
    }

    /// The actions that are listed are those for which Check says allow.
    async fn compare_actions(&mut self, (subject, entity_type, target): Seat<'_>) {
        let actions = match self.stored.entity_type(entity_type) {
            Some(it) => it.actions.iter().map(ToString::to_string).collect(),
            None => vec!["read".to_owned()],
        };
        let actions = actions.into_iter().filter(|it| !CREATIONS.contains(&it.as_str()));
        let questions: Vec<Question> = actions
            .map(|action| Question {
                subject: subject.to_owned(),
                action,
                entity_type: entity_type.to_owned(),
                target: target.clone(),
            })
            .collect();
        let allowed = match self.rulings(&questions).await {
            Ok(rulings) => allowed(questions.iter().map(|it| it.action.as_str()), rulings),
            Err(failed) => Err(failed),
        };
        let listed = self.client.list_actions(subject, entity_type, target).await;
        let listed = listed.map(|it| it.names).map_err(|error| Failed::of(&error));
        self.compare(&format!("actions {subject} {entity_type} {target} against checks"), &allowed, &listed);
    }

    /// The answers to any number of questions, asked in batches.
    pub(super) async fn rulings(&self, questions: &[Question]) -> Answer<Vec<Answer<Ruling>>> {
        let mut rulings = Vec::with_capacity(questions.len());
        for batch in questions.chunks(BATCH_ITEMS_MAX) {
            let answer = self.client.batch_check(batch).await.map_err(|error| Failed::of(&error))?;
            rulings.extend(answer.into_iter().map(|it| it.map_err(Failed::from)));
        }
        Ok(rulings)
    }

    fn differ_in_decision(&mut self, question: &str, expected: String, got: &Answer<Ruling>) {
        let reason = got.as_ref().ok().map(|ruling| ruling.reason.clone());
        let (step, question, got) = (self.step, question.to_owned(), got.show());
        self.report.differences.push(Difference { step, question, expected, got, reason });
    }
}

/// Those of some names that are allowed, or the error if there is one.
pub(super) fn allowed<'a>(
    names: impl Iterator<Item = &'a str>,
    rulings: Vec<Answer<Ruling>>,
) -> Answer<Vec<String>> {
    let mut allowed = Vec::new();
    for (name, ruling) in names.zip(rulings) {
        if ruling?.is_allow() {
            allowed.push(name.to_owned());
        }
    }
    Ok(allowed)
}

fn in_words(answer: &Answer<Ruling>) -> String {
    match answer {
        Ok(ruling) => format!("{} ({})", ruling.show(), ruling.reason),
        Err(failed) => failed.show(),
    }
}

fn question(case: &CheckCase) -> Question {
    Question {
        subject: case.user.clone(),
        action: case.action.clone(),
        entity_type: case.entity_type.clone(),
        target: case.target.clone(),
    }
}

/// Each subject, type and resource that is asked about, once.
fn seats(questions: &[Question]) -> Vec<Seat<'_>> {
    let mut seats = Vec::new();
    for question in questions {
        let seat = (question.subject.as_str(), question.entity_type.as_str(), &question.target);
        if !seats.contains(&seat) {
            seats.push(seat);
        }
    }
    seats
}
