//! Lists of visible resources, and how many there are.

use super::{Client, ClientError};
use crate::api::pb;

/// Which resources may a user see.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VisibleQuery {
    /// Who asks.
    pub subject: String,
    /// What he would do.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
    /// What the list is narrowed to.
    pub filter: VisibleFilter,
    /// What it is ordered by.
    pub order: VisibleOrder,
    /// Whether the order is turned round.
    pub descending: bool,
}

/// What a list is narrowed to. An empty list narrows nothing; an empty text stands for what is absent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VisibleFilter {
    /// Stages.
    pub stages: Vec<String>,
    /// Responsibles.
    pub responsibles: Vec<String>,
    /// Authors.
    pub authors: Vec<String>,
    /// Departments that the resource belongs to.
    pub departments: Vec<String>,
    /// Ids.
    pub ids: Vec<String>,
    /// Whether the open flag must be set, or must not.
    pub open: Option<bool>,
}

/// What a list is ordered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, clap::ValueEnum)]
pub enum VisibleOrder {
    /// The id, bytewise
    #[default]
    Id,
    /// The sort key, and the id among equal ones
    SortKey,
}

/// A part of a list of visible resources.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VisiblePart {
    /// The most ids; 0 is all of them.
    pub size: u64,
    /// Where the part before ended; empty at the start.
    pub cursor: String,
    /// Whether it is to be of the same state as the part before.
    pub is_same_snapshot: bool,
    /// Whether the total of the whole list is asked for.
    pub with_total: bool,
}

/// What is counted beside the total.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Facet {
    /// The counts by stage
    Stage,
    /// The counts by responsible
    Responsible,
}

/// An answer with a part of a list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Visible {
    /// The ids, in the order asked for.
    pub ids: Vec<String>,
    /// Goes on behind the last one; empty at the end.
    pub cursor: String,
    /// The token of the revision.
    pub revision: String,
    /// How many there are on the whole list, if asked for.
    pub total: Option<u64>,
    /// Whether another state was answered from than the part before was.
    pub is_other_snapshot: bool,
}

/// How many there are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VisibleCount {
    /// In all.
    pub total: u64,
    /// By stage, if asked for; the empty text stands for none.
    pub stages: Vec<(String, u64)>,
    /// By responsible, if asked for; the empty text stands for none.
    pub responsibles: Vec<(String, u64)>,
    /// The token of the revision.
    pub revision: String,
}

impl VisibleFilter {
    fn to_wire(&self) -> pb::VisibleFilter {
        pb::VisibleFilter {
            stages: self.stages.clone(),
            responsibles: self.responsibles.clone(),
            authors: self.authors.clone(),
            departments: self.departments.clone(),
            ids: self.ids.clone(),
            open: self.open,
        }
    }
}

impl VisibleQuery {
    fn to_wire(&self, part: VisiblePart) -> pb::ListVisibleRequest {
        let order = match self.order {
            VisibleOrder::Id => pb::ListOrder::Id,
            VisibleOrder::SortKey => pb::ListOrder::SortKey,
        };
        let snapshot = if part.is_same_snapshot { pb::PageSnapshot::Same } else { pb::PageSnapshot::Newest };
        pb::ListVisibleRequest {
            subject: self.subject.clone(),
            action: self.action.clone(),
            entity_type: self.entity_type.clone(),
            filter: Some(self.filter.to_wire()),
            order: order.into(),
            descending: self.descending,
            cursor: part.cursor,
            page_size: part.size,
            with_total: part.with_total,
            snapshot: snapshot.into(),
            ..pb::ListVisibleRequest::default()
        }
    }
}

impl Client {
    /// Lists the resources that a user may see; a part without a size takes all of them.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_visible(
        &self,
        query: &VisibleQuery,
        part: VisiblePart,
    ) -> Result<Visible, ClientError> {
        let request = pb::ListVisibleRequest { consistency: self.freshness.to_wire(), ..query.to_wire(part) };
        let answer = self.decisions().list_visible(request).await.map_err(|status| self.failure(&status))?;
        let (mut chunks, mut visible) = (answer.into_inner(), Visible::default());
        while let Some(chunk) = chunks.message().await.map_err(|status| self.failure(&status))? {
            visible.ids.extend(chunk.ids);
            visible.cursor = chunk.cursor;
            visible.revision = chunk.revision;
            visible.total = visible.total.or(chunk.total);
            visible.is_other_snapshot |= chunk.is_other_snapshot;
        }
        Ok(visible)
    }

    /// Counts the resources that a user may see.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn count_visible(
        &self,
        query: &VisibleQuery,
        facets: &[Facet],
    ) -> Result<VisibleCount, ClientError> {
        let facet = |facet: &Facet| match facet {
            Facet::Stage => pb::Facet::Stage.into(),
            Facet::Responsible => pb::Facet::Responsible.into(),
        };
        let request = pb::CountVisibleRequest {
            subject: query.subject.clone(),
            action: query.action.clone(),
            entity_type: query.entity_type.clone(),
            consistency: self.freshness.to_wire(),
            filter: Some(query.filter.to_wire()),
            facets: facets.iter().map(facet).collect(),
        };
        let answer = self.decisions().count_visible(request).await.map_err(|status| self.failure(&status))?;
        let answer = answer.into_inner();
        let counts =
            |counts: Vec<pb::FacetCount>| counts.into_iter().map(|it| (it.value, it.count)).collect();
        Ok(VisibleCount {
            total: answer.total,
            stages: counts(answer.stages),
            responsibles: counts(answer.responsibles),
            revision: answer.revision,
        })
    }
}
