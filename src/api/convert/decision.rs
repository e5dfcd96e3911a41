//! Questions from the wire, decisions to it.

use crate::api::pb;
use crate::api::status::{INVALID_FIELD, Invalid, denial_reason, invalid, question_reason};
use crate::caller::Denial;
use crate::domain::{Decision, Effect, NewsEvent, Obligation, Reason};
use crate::engine::{InlineFacts, Question, QuestionError, ResourceRef};
use crate::text::Language;

/// The facts of a resource that isn't stored.
#[must_use]
pub fn facts(facts: &pb::Facts) -> InlineFacts<'_> {
    InlineFacts {
        author: text(&facts.author),
        responsible: text(&facts.responsible),
        departments: &facts.departments,
        stage: text(&facts.stage),
        open: facts.open,
        observers: &facts.observers,
    }
}

fn text(field: &str) -> Option<&str> {
    (!field.is_empty()).then_some(field)
}

macro_rules! resource_of {
    ($resource:expr, $kind:path) => {{
        use $kind as Resource;
        match $resource {
            Some(Resource::Id(id)) => Ok(ResourceRef::Stored(id)),
            Some(Resource::Facts(it)) => Ok(ResourceRef::Inline(facts(it))),
            None => Err(no_resource()),
        }
    }};
}

/// The fault of a question that names no resource.
fn no_resource() -> Invalid {
    Invalid::new("resource", "is missing; give `id` or `facts`")
}

/// A question of Check.
///
/// # Errors
/// It names no resource.
pub fn question(request: &pb::CheckRequest) -> Result<Question<'_>, tonic::Status> {
    let resource = resource_of!(&request.resource, pb::check_request::Resource);
    Ok(Question {
        subject: &request.subject,
        action: &request.action,
        entity_type: &request.entity_type,
        resource: resource.map_err(|fault| invalid(&[fault]))?,
    })
}

/// A question of Explain.
///
/// # Errors
/// It names no resource.
pub fn explained_question(request: &pb::ExplainRequest) -> Result<Question<'_>, tonic::Status> {
    let resource = resource_of!(&request.resource, pb::explain_request::Resource);
    Ok(Question {
        subject: &request.subject,
        action: &request.action,
        entity_type: &request.entity_type,
        resource: resource.map_err(|fault| invalid(&[fault]))?,
    })
}

/// The language of texts; English where none is named.
///
/// # Errors
/// There are no texts in it.
pub fn language(code: &str) -> Result<Language, tonic::Status> {
    let language = if code.is_empty() { Some(Language::default()) } else { Language::of_code(code) };
    let known = Language::EACH.map(|(_, code)| code).join(" or ");
    language.ok_or_else(|| invalid(&[Invalid::new("language", format!("is {code:?}; it is {known}"))]))
}

/// The resource of a request that names one.
pub trait NamesResource {
    /// The resource.
    ///
    /// # Errors
    /// The request names none.
    fn named(&self) -> Result<ResourceRef<'_>, Invalid>;
}

impl NamesResource for pb::BatchCheckItem {
    fn named(&self) -> Result<ResourceRef<'_>, Invalid> {
        resource_of!(&self.resource, pb::batch_check_item::Resource)
    }
}

impl NamesResource for pb::ListSubjectsRequest {
    fn named(&self) -> Result<ResourceRef<'_>, Invalid> {
        resource_of!(&self.resource, pb::list_subjects_request::Resource)
    }
}

impl NamesResource for pb::ListActionsRequest {
    fn named(&self) -> Result<ResourceRef<'_>, Invalid> {
        resource_of!(&self.resource, pb::list_actions_request::Resource)
    }
}

impl NamesResource for pb::ListRecipientsRequest {
    fn named(&self) -> Result<ResourceRef<'_>, Invalid> {
        resource_of!(&self.resource, pb::list_recipients_request::Resource)
    }
}

impl NamesResource for pb::WhyNotRequest {
    fn named(&self) -> Result<ResourceRef<'_>, Invalid> {
        resource_of!(&self.resource, pb::why_not_request::Resource)
    }
}

/// The resource of a request.
///
/// # Errors
/// The request names none.
pub fn resource_ref(request: &impl NamesResource) -> Result<ResourceRef<'_>, tonic::Status> {
    request.named().map_err(|fault| invalid(&[fault]))
}

/// The question of an item of a batch.
///
/// # Errors
/// It names no resource.
pub fn batch_question(item: &pb::BatchCheckItem) -> Result<Question<'_>, Invalid> {
    let resource = item.named()?;
    Ok(Question { subject: &item.subject, action: &item.action, entity_type: &item.entity_type, resource })
}

/// The answer to one question of a batch: a decision, or its own error.
#[must_use]
pub fn batch_result(at: usize, answer: Result<Decision, ItemFault>) -> pb::BatchCheckResult {
    use pb::batch_check_result::Result as Answer;
    let answer = match answer {
        Ok(it) => Answer::Decision(decision(it)),
        Err(fault) => {
            let (code, reason, field, message) = match fault {
                ItemFault::Invalid(fault) => (INVALID, INVALID_FIELD, fault.field, fault.message),
                ItemFault::Question(fault) => {
                    (INVALID, question_reason(&fault), fault.field().to_owned(), fault.to_string())
                }
                ItemFault::Denied { field, denial } => {
                    ("PERMISSION_DENIED", denial_reason(denial), field.to_owned(), denial.to_string())
                }
            };
            Answer::Error(pb::ItemError {
                code: code.to_owned(),
                reason: reason.to_owned(),
                field: format!("items[{at}].{field}"),
                message,
            })
        }
    };
    pb::BatchCheckResult { result: Some(answer) }
}

/// What is wrong with an item of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ItemFault {
    /// It doesn't parse.
    Invalid(Invalid),
    /// Its question is the caller's error.
    Question(QuestionError),
    /// The caller may not ask it.
    Denied {
        /// The field at fault.
        field: &'static str,
        /// Why not.
        denial: Denial,
    },
}

const INVALID: &str = "INVALID_ARGUMENT";

/// A decision.
#[must_use]
pub fn decision(decision: Decision) -> pb::Decision {
    let effect = match decision.effect {
        Effect::Allow => pb::Effect::Allow,
        Effect::Deny => pb::Effect::Deny,
    };
    let obligations = decision.obligation.into_iter().map(|it| match it {
        Obligation::ResponsibleIsSubject => pb::Obligation::ResponsibleIsSubject.into(),
    });
    pb::Decision {
        effect: effect.into(),
        reason: reason(decision.reason).into(),
        obligations: obligations.collect(),
    }
}

/// Allow or deny, from the wire; anything but a clear allow is a deny.
#[must_use]
pub fn effect_of(decision: &pb::Decision) -> Effect {
    match decision.effect() {
        pb::Effect::Allow => Effect::Allow,
        pb::Effect::Deny | pb::Effect::Unspecified => Effect::Deny,
    }
}

/// The name of a decision's reason, without the prefix.
#[must_use]
pub fn reason_name(decision: &pb::Decision) -> String {
    decision.reason().as_str_name().trim_start_matches("REASON_").to_lowercase()
}

/// The name of a decision's obligation, without the prefix.
#[must_use]
pub fn obligation_name(decision: &pb::Decision) -> Option<String> {
    let name = decision.obligations().next()?.as_str_name();
    Some(name.trim_start_matches("OBLIGATION_").to_lowercase())
}

fn reason(reason: Reason) -> pb::Reason {
    match reason {
        Reason::UnknownSubject => pb::Reason::UnknownSubject,
        Reason::InactiveSubject => pb::Reason::InactiveSubject,
        Reason::UnknownResource => pb::Reason::UnknownResource,
        Reason::PortalAdmin => pb::Reason::PortalAdmin,
        Reason::NoSight => pb::Reason::NoSight,
        Reason::NoGrant => pb::Reason::NoGrant,
        Reason::DetailedEntry => pb::Reason::DetailedEntry,
        Reason::InheritedEntry => pb::Reason::InheritedEntry,
        Reason::DetailedEntryClosed => pb::Reason::DetailedEntryClosed,
        Reason::InheritedEntryClosed => pb::Reason::InheritedEntryClosed,
        Reason::Observer => pb::Reason::Observer,
        Reason::ResponsibleIsAnother => pb::Reason::ResponsibleIsAnother,
        Reason::SupportAdmin => pb::Reason::SupportAdmin,
        Reason::Team => pb::Reason::Team,
        Reason::Client => pb::Reason::Client,
        Reason::Demo => pb::Reason::Demo,
        Reason::SupportRole => pb::Reason::SupportRole,
        Reason::SupportRoleClosed => pb::Reason::SupportRoleClosed,
        Reason::OutOfReach => pb::Reason::OutOfReach,
    }
}

/// The event of a ticket's news.
///
/// # Errors
/// None is given.
pub fn news_event(event: pb::NewsEvent) -> Result<NewsEvent, tonic::Status> {
    match event {
        pb::NewsEvent::Created => Ok(NewsEvent::Created),
        pb::NewsEvent::Updated => Ok(NewsEvent::Updated),
        pb::NewsEvent::Unspecified => {
            Err(invalid(&[Invalid::new("event", "is missing; give created or updated")]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_has_the_same_names_on_the_wire_and_in_the_log() {
        for reason in Reason::EACH {
            let given =
                Decision { obligation: Some(Obligation::ResponsibleIsSubject), ..Decision::deny(reason) };
            let wire = decision(given);
            assert_eq!(reason_name(&wire), reason.name());
            assert_eq!(obligation_name(&wire).as_deref(), Some(Obligation::ResponsibleIsSubject.name()));
        }
    }
}
