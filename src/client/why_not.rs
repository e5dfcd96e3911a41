//! The calls of `WhyNotService`: what would allow a denial, as callers take it.

use serde::Serialize;

use super::answer::{nonsense, object, ruling};
use super::question::named;
use super::{ANSWER_BYTES_MAX, Answered, Client, ClientError, Question, Ruling};
use crate::api::pb::why_not_service_client::WhyNotServiceClient;
use crate::api::{convert, pb};
use crate::domain::{Facts, Object};

/// A decision, and what would allow it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyNot {
    /// The decision.
    pub ruling: Ruling,
    /// What would allow it, the least opening first.
    pub proposals: Vec<Proposal>,
    /// How many changes were tried.
    pub tried: u32,
    /// Whether they were all that came into question.
    pub is_complete: bool,
    /// One sentence of what to change.
    pub short: String,
    /// The decision and every proposal, in lines.
    pub full: String,
}

/// A change that would allow what is denied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// What it does.
    pub steps: Vec<ProposedStep>,
    /// The objects that a write of it puts.
    pub objects: Vec<Object>,
    /// What the facts of the question would have to be.
    pub facts: Option<Facts>,
    /// The decision after it.
    pub ruling: Ruling,
    /// How many other decisions it allows.
    pub gained: u64,
    /// How many it takes away.
    pub lost: u64,
    /// Of how many users.
    pub users: u64,
}

/// A step of a proposal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ProposedStep {
    /// What it does, such as `join_group`.
    pub kind: String,
    /// The same in words.
    pub text: String,
}

impl Client {
    /// Decides one question and says what would allow it, in a language by its code, such as `en`.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn why_not(
        &self,
        question: &Question,
        language: &str,
    ) -> Result<Answered<WhyNot>, ClientError> {
        let request = pb::WhyNotRequest {
            subject: question.subject.clone(),
            action: question.action.clone(),
            entity_type: question.entity_type.clone(),
            resource: Some(named!(&question.target, pb::why_not_request::Resource)),
            consistency: self.freshness.to_wire(),
            language: language.to_owned(),
        };
        let service = WhyNotServiceClient::new(self.line.clone());
        let answer = service.max_decoding_message_size(ANSWER_BYTES_MAX).why_not(request).await;
        let answer = answer.map_err(|status| self.failure(&status))?.into_inner();
        let proposals: Result<Vec<Proposal>, ClientError> = answer.proposals.iter().map(proposal).collect();
        let value = WhyNot {
            ruling: ruling(answer.decision.as_ref())?,
            proposals: proposals?,
            tried: answer.tried,
            is_complete: answer.complete,
            short: answer.short,
            full: answer.full,
        };
        Ok(Answered { value, revision: answer.revision })
    }
}

fn proposal(it: &pb::Proposal) -> Result<Proposal, ClientError> {
    let step =
        |it: &pb::ProposedStep| ProposedStep { kind: convert::step_kind_name(it), text: it.text.clone() };
    let objects: Result<Vec<Object>, ClientError> = it.objects.iter().map(object).collect();
    let facts = it.facts.as_ref().map(|it| convert::told_facts(it, "facts")).transpose();
    Ok(Proposal {
        steps: it.steps.iter().map(step).collect(),
        objects: objects?,
        facts: facts.map_err(|faults| nonsense(&faults))?,
        ruling: ruling(it.decision.as_ref())?,
        gained: it.gained,
        lost: it.lost,
        users: it.users,
    })
}
