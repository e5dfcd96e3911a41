//! The fields of Cerbos' messages that a check needs, by their numbers on the wire.

use std::collections::{BTreeSet, HashMap};

use prost_types::value::Kind;
use prost_types::{ListValue, Value};

use crate::company::READ;
use crate::oracle::Oracle;
use crate::question::Question;

pub const PATH: &str = "/cerbos.svc.v1.CerbosService/CheckResources";

/// The effect of an allowed action.
pub const ALLOW: i32 = 1;

#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckResourcesRequest {
    #[prost(message, optional, tag = "3")]
    principal: Option<Principal>,
    #[prost(message, repeated, tag = "4")]
    resources: Vec<ResourceEntry>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Principal {
    #[prost(string, tag = "1")]
    id: String,
    #[prost(string, repeated, tag = "3")]
    roles: Vec<String>,
    #[prost(map = "string, message", tag = "4")]
    attr: HashMap<String, Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct ResourceEntry {
    #[prost(string, repeated, tag = "1")]
    actions: Vec<String>,
    #[prost(message, optional, tag = "2")]
    resource: Option<Resource>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Resource {
    #[prost(string, tag = "1")]
    kind: String,
    #[prost(string, tag = "3")]
    id: String,
    #[prost(map = "string, message", tag = "4")]
    attr: HashMap<String, Value>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct CheckResourcesResponse {
    #[prost(message, repeated, tag = "2")]
    pub results: Vec<ResultEntry>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub struct ResultEntry {
    #[prost(map = "string, int32", tag = "2")]
    pub actions: HashMap<String, i32>,
}

/// What a caller sends.
pub fn request(oracle: &Oracle<'_>, question: &Question<'_>) -> CheckResourcesRequest {
    let own = oracle.resource_departments(question.resource);
    let above = oracle.above(&own);
    let principal = Principal {
        id: question.user.to_owned(),
        roles: vec!["user".to_owned()],
        attr: HashMap::from([
            ("roles".to_owned(), texts(oracle.roles_of(question.user))),
            ("departments".to_owned(), texts(oracle.departments_of(question.user))),
        ]),
    };
    let facts = question.resource;
    let attr = HashMap::from([
        ("responsible".to_owned(), text(facts.responsible.as_deref().unwrap_or_default())),
        ("departments".to_owned(), texts(own)),
        ("above".to_owned(), texts(above)),
        ("stage".to_owned(), text(facts.stage.as_deref().unwrap_or_default())),
        ("open".to_owned(), Value { kind: Some(Kind::BoolValue(facts.open)) }),
    ]);
    let resource = Resource { kind: question.entity_type.to_owned(), id: question.id.to_owned(), attr };
    let entry = ResourceEntry { actions: vec![READ.to_owned()], resource: Some(resource) };
    CheckResourcesRequest { principal: Some(principal), resources: vec![entry] }
}

fn text(text: &str) -> Value {
    Value { kind: Some(Kind::StringValue(text.to_owned())) }
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Value {
    let values = texts.into_iter().collect::<BTreeSet<_>>().into_iter().map(text).collect();
    Value { kind: Some(Kind::ListValue(ListValue { values })) }
}
