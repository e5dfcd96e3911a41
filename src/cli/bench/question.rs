//! The calls of a load: made beforehand, so that making them is not measured.

use crate::api::pb;
use crate::company::{Company, Question};
use crate::domain::{BATCH_ITEMS_MAX, Id, Resource};

/// How many different calls of each kind are made; a load goes through them in turn.
const CHECKS: usize = 100_000;
const BATCHES: usize = 100;

/// The calls of a load.
pub(super) struct Calls {
    pub(super) stored: Vec<pb::CheckRequest>,
    pub(super) inline: Vec<pb::CheckRequest>,
    pub(super) batches: Vec<pb::BatchCheckRequest>,
}

impl Calls {
    /// Questions about a company.
    pub(super) fn new(company: &Company, seed: u64) -> Self {
        let questions: Vec<Question> = company.questions(seed).take(CHECKS).collect();
        let batches = questions.chunks(BATCH_ITEMS_MAX).take(BATCHES).map(|chunk| pb::BatchCheckRequest {
            items: chunk.iter().map(item).collect(),
            consistency: None,
        });
        Self {
            stored: questions.iter().map(|question| check(question, by_id(question))).collect(),
            inline: questions.iter().map(|question| check(question, by_facts(company, question))).collect(),
            batches: batches.collect(),
        }
    }
}

fn check(question: &Question, resource: pb::check_request::Resource) -> pb::CheckRequest {
    pb::CheckRequest {
        subject: question.subject.to_string(),
        action: question.action.to_string(),
        entity_type: question.entity_type.to_string(),
        resource: Some(resource),
        consistency: None,
    }
}

fn by_id(question: &Question) -> pb::check_request::Resource {
    pb::check_request::Resource::Id(question.resource_id.to_string())
}

fn by_facts(company: &Company, question: &Question) -> pb::check_request::Resource {
    let Resource { facts, .. } = company.resource(question.resource);
    let text = |id: &Option<Id>| id.as_ref().map(Id::to_string).unwrap_or_default();
    pb::check_request::Resource::Facts(pb::Facts {
        author: text(&facts.author),
        responsible: text(&facts.responsible),
        departments: facts.departments.iter().map(Id::to_string).collect(),
        stage: text(&facts.stage),
        open: facts.open,
        observers: facts.observers.iter().map(Id::to_string).collect(),
    })
}

fn item(question: &Question) -> pb::BatchCheckItem {
    pb::BatchCheckItem {
        subject: question.subject.to_string(),
        action: question.action.to_string(),
        entity_type: question.entity_type.to_string(),
        resource: Some(pb::batch_check_item::Resource::Id(question.resource_id.to_string())),
    }
}
