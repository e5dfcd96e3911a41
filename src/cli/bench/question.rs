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
        let drawn: Vec<Drawn> = company.questions(seed).take(CHECKS).map(|it| drawn(company, &it)).collect();
        let seers = Seers {
            entity_type: "deal".to_owned(),
            all: ADMINISTRATOR.to_owned(),
            narrow: narrow.to_owned(),
            between: HEAD.to_owned(),
        };
        Self::of(&drawn, &seers)
    }

    /// These questions, and the lists of some who see more and less.
    pub(super) fn of(drawn: &[Drawn], seers: &Seers) -> Self {
        use pb::check_request::Resource;
        Self {
            stored: drawn.iter().map(|it| it.check(Resource::Id(it.id.clone()))).collect(),
            inline: drawn.iter().map(|it| it.check(Resource::Facts(it.facts.clone()))).collect(),
            batches: batches(drawn, BATCH_ITEMS_MAX),
            small_batches: batches(drawn, SMALL_BATCH_ITEMS),
            widest: seers.list(&seers.all),
            between: newest_first(seers.list(&seers.between)),
            pages_all: pages(&seers.list(&seers.all)),
            pages_narrow: pages(&seers.list(&seers.narrow)),
            pages_between: pages(&seers.list(&seers.between)),
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

fn batches(drawn: &[Drawn], items: usize) -> Vec<pb::BatchCheckRequest> {
    let batches = drawn.chunks(items).take(BATCHES);
    batches
        .map(|chunk| pb::BatchCheckRequest {
            items: chunk.iter().map(Drawn::item).collect(),
            consistency: None,
        })
        .collect()
}

/// A question to be asked: of a stored resource, or by its facts.
pub(super) struct Drawn {
    pub(super) subject: String,
    pub(super) action: String,
    pub(super) entity_type: String,
    pub(super) id: String,
    pub(super) facts: pb::Facts,
}

impl Drawn {
    fn check(&self, resource: pb::check_request::Resource) -> pb::CheckRequest {
        pb::CheckRequest {
            subject: self.subject.clone(),
            action: self.action.clone(),
            entity_type: self.entity_type.clone(),
            resource: Some(resource),
            consistency: None,
        }
    }

    fn item(&self) -> pb::BatchCheckItem {
        pb::BatchCheckItem {
            subject: self.subject.clone(),
            action: self.action.clone(),
            entity_type: self.entity_type.clone(),
            resource: Some(pb::batch_check_item::Resource::Id(self.id.clone())),
        }
    }
}

/// Those whose lists are taken.
pub(super) struct Seers {
    pub(super) entity_type: String,
    /// Who sees the most.
    pub(super) all: String,
    /// Who sees the fewest.
    pub(super) narrow: String,
    /// Who is in between.
    pub(super) between: String,
}

impl Seers {
    /// The resources that a subject may read, by id.
    fn list(&self, subject: &str) -> pb::ListVisibleRequest {
        pb::ListVisibleRequest {
            subject: subject.to_owned(),
            action: "read".to_owned(),
            entity_type: self.entity_type.clone(),
            ..pb::ListVisibleRequest::default()
        }
    }
}

fn newest_first(request: pb::ListVisibleRequest) -> pb::ListVisibleRequest {
    pb::ListVisibleRequest { order: pb::ListOrder::SortKey.into(), descending: true, ..request }
}

/// The first page of a list in both orders.
fn pages(list: &pb::ListVisibleRequest) -> Vec<pb::ListVisibleRequest> {
    let page = pb::ListVisibleRequest { page_size: PAGE, with_total: true, ..list.clone() };
    vec![newest_first(page.clone()), page]
}

fn drawn(company: &Company, question: &Question) -> Drawn {
    let Resource { facts, .. } = company.resource(question.resource);
    let text = |id: &Option<Id>| id.as_ref().map(Id::to_string).unwrap_or_default();
    Drawn {
        subject: question.subject.to_string(),
        action: question.action.to_string(),
        entity_type: question.entity_type.to_string(),
        id: question.resource_id.to_string(),
        facts: pb::Facts {
            author: text(&facts.author),
            responsible: text(&facts.responsible),
            departments: facts.departments.iter().map(Id::to_string).collect(),
            stage: text(&facts.stage),
            open: facts.open,
            observers: facts.observers.iter().map(Id::to_string).collect(),
        },
    }
}
