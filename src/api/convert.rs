//! Between the wire and the domain, both ways; the fields that don't parse are all named.

mod advice;
mod conflict;
mod decision;
mod explain;
mod from_wire;
mod page_token;
mod plan;
mod preview;
mod time;
mod to_wire;
mod way;
mod why_not;

pub use advice::{advice, advice_kind_name, advice_kind_to_wire, advice_query};
pub use conflict::{
    circle, conflict, conflict_filter, conflict_kind_name, conflict_kind_to_wire, people_part, scope_name,
};
pub use decision::{
    ItemFault, batch_question, batch_result, decision, effect_of, explained_question, facts, language,
    news_event, obligation_name, question, reason_name, resource_ref,
};
pub use explain::{explanation, relation_name, support_role_name};
pub use from_wire::{key, kind, object, operation, told_facts};
pub use page_token::{page_token, parse_page_token};
pub use plan::{
    clause, department_form, parameters, plan, plan_kind_name, planned, sql_column_path, sql_target,
    sql_target_to_wire,
};
pub use preview::{creation_reach_name, preview, preview_warning_name};
pub use time::{parse_time, time_ms, time_text, timestamp};
pub use to_wire::{change_set, facts_to_wire, key_to_wire, kind_to_wire, object_to_wire, operation_to_wire};
pub use way::{member_role_name, subject, way_kind_name};
pub use why_not::{step_kind_name, why_not};
