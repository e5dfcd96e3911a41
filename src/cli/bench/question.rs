//! The calls of a load: made beforehand, so that making them is not measured.

use super::round::Case;
use crate::api::pb;
use crate::company::{Company, HEAD, Question};
use crate::domain::{BATCH_ITEMS_MAX, Id, Resource};

/// How many different calls of each kind are made; a load goes through them in turn.
const CHECKS: usize = 100_000;
const BATCHES: usize = 100;
/// The questions of a small batch: what a page of a list needs.
const SMALL_BATCH_ITEMS: usize = 100;
/// The ids of a page.
const PAGE: u64 = 50;
/// A portal administrator of every company.
const ADMINISTRATOR: &str = "u0";

/// The calls of a load.
pub(super) struct Calls {
    pub(super) stored: Vec<pb::CheckRequest>,
    pub(super) inline: Vec<pb::CheckRequest>,
    pub(super) batches: Vec<pb::BatchCheckRequest>,
    pub(super) small_batches: Vec<pb::BatchCheckRequest>,
    pub(super) widest: pb::ListVisibleRequest,
    pub(super) between: pb::ListVisibleRequest,
    pages_all: Vec<pb::ListVisibleRequest>,
    pages_narrow: Vec<pb::ListVisibleRequest>,
    pages_between: Vec<pb::ListVisibleRequest>,
}

impl Calls {
    /// Questions about a company, and pages of one who sees little among them.
    pub(super) fn new(company: &Company, seed: u64, narrow: &str) -> Self {
        let questions: Vec<Question> = company.questions(seed).take(CHECKS).collect();
        Self {
            stored: questions.iter().map(|question| check(question, by_id(question))).collect(),
            inline: questions.iter().map(|question| check(question, by_facts(company, question))).collect(),
            batches: batches(&questions, BATCH_ITEMS_MAX),
            small_batches: batches(&questions, SMALL_BATCH_ITEMS),
            widest: list(ADMINISTRATOR),
            between: newest_first(list(HEAD)),
            pages_all: pages(ADMINISTRATOR),
            pages_narrow: pages(narrow),
            pages_between: pages(HEAD),
        }
    }

    /// The pages of a case; none of a case without pages.
    pub(super) fn pages(&self, case: Case) -> &[pb::ListVisibleRequest] {
        match case {
            Case::PageAll => &self.pages_all,
            Case::PageNarrow => &self.pages_narrow,
            Case::PageBetween => &self.pages_between,
            Case::Stored | Case::Inline | Case::Batch | Case::List | Case::ListBetween => &[],
        }
    }
}

fn batches(questions: &[Question], items: usize) -> Vec<pb::BatchCheckRequest> {
    let batches = questions.chunks(items).take(BATCHES);
    batches
        .map(|chunk| pb::BatchCheckRequest { items: chunk.iter().map(item).collect(), consistency: None })
        .collect()
}

/// The deals that a subject may read, by id.
fn list(subject: &str) -> pb::ListVisibleRequest {
    pb::ListVisibleRequest {
        subject: subject.to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        ..pb::ListVisibleRequest::default()
    }
}

fn newest_first(request: pb::ListVisibleRequest) -> pb::ListVisibleRequest {
    pb::ListVisibleRequest { order: pb::ListOrder::SortKey.into(), descending: true, ..request }
}

/// The first page in both orders.
fn pages(subject: &str) -> Vec<pb::ListVisibleRequest> {
    let page = pb::ListVisibleRequest { page_size: PAGE, with_total: true, ..list(subject) };
    vec![newest_first(page.clone()), page]
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
