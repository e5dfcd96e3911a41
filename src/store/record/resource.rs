//! The record of a resource.

use crate::domain::{Facts, Id, Resource, sorted_set};

use super::{RecordError, id_if_any, ids, text, texts};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct ResourceRecord {
    #[prost(string, optional, tag = "1")]
    author: Option<String>,
    #[prost(string, optional, tag = "2")]
    responsible: Option<String>,
    #[prost(string, repeated, tag = "3")]
    departments: Vec<String>,
    #[prost(string, optional, tag = "4")]
    stage: Option<String>,
    #[prost(bool, tag = "5")]
    open: bool,
    #[prost(string, repeated, tag = "6")]
    observers: Vec<String>,
    #[prost(sint64, tag = "7")]
    sort_key: i64,
}

impl From<&Resource> for ResourceRecord {
    fn from(it: &Resource) -> Self {
        let facts = &it.facts;
        Self {
            author: text(facts.author.as_ref()),
            responsible: text(facts.responsible.as_ref()),
            departments: texts(&facts.departments),
            stage: text(facts.stage.as_ref()),
            open: facts.open,
            observers: texts(&facts.observers),
            sort_key: it.sort_key,
        }
    }
}

impl ResourceRecord {
    pub(super) fn into_resource(self, entity_type: Id, id: Id) -> Result<Resource, RecordError> {
        let facts = Facts {
            author: id_if_any("author", self.author.as_deref())?,
            responsible: id_if_any("responsible", self.responsible.as_deref())?,
            departments: sorted_set(ids("departments", &self.departments)?),
            stage: id_if_any("stage", self.stage.as_deref())?,
            open: self.open,
            observers: sorted_set(ids("observers", &self.observers)?),
        };
        Ok(Resource { entity_type, id, facts, sort_key: self.sort_key })
    }
}
