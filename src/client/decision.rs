//! The calls of `DecisionService`.

use super::answer::{item, recipient, ruling};
use super::explanation::explanation;
use super::question::named;
use super::way::{Subject, subject};
use super::{
    ANSWER_BYTES_MAX, Answered, Client, ClientError, ItemError, Line, Listed, Question, Ruling, Told,
};
use crate::api::pb;
use crate::api::pb::decision_service_client::DecisionServiceClient;
use crate::bundle::case::Target;
use crate::domain::{NewsEvent, Recipient};

/// Who may do an action on a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectsQuery {
    /// What would be done.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
    /// The resource.
    pub target: Target,
    /// What is to be said of each.
    pub wanted: Wanted,
}

/// What is said of those who may.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// Their ids alone.
    Names,
    /// How each came by it, too.
    Ways,
}

/// A page of those who may.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectsPage {
    /// Their ids.
    pub listed: Listed,
    /// The same with their ways, where they were wanted.
    pub subjects: Vec<Subject>,
}

/// A part of a list: how many at most, and behind what.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// The most items; 0 is what the call has without a bound.
    pub size: u32,
    /// Where the part before ended; empty at the start.
    pub after: String,
}

impl Client {
    /// Decides one question.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn check(&self, question: &Question) -> Result<Answered<Ruling>, ClientError> {
        let request = pb::CheckRequest {
            subject: question.subject.clone(),
            action: question.action.clone(),
            entity_type: question.entity_type.clone(),
            resource: Some(named!(&question.target, pb::check_request::Resource)),
            consistency: self.freshness.to_wire(),
        };
        let answer = self.decisions().check(request).await.map_err(|status| self.failure(&status))?;
        let answer = answer.into_inner();
        Ok(Answered { value: ruling(answer.decision.as_ref())?, revision: answer.revision })
    }

    /// Decides one question and says why, in a language by its code, such as `en`.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn explain(&self, question: &Question, language: &str) -> Result<Answered<Told>, ClientError> {
        let request = pb::ExplainRequest {
            subject: question.subject.clone(),
            action: question.action.clone(),
            entity_type: question.entity_type.clone(),
            resource: Some(named!(&question.target, pb::explain_request::Resource)),
            consistency: self.freshness.to_wire(),
            language: language.to_owned(),
        };
        let answer = self.decisions().explain(request).await.map_err(|status| self.failure(&status))?;
        let answer = answer.into_inner();
        let explanation = explanation(answer.explanation.as_ref())?;
        let ruling = ruling(answer.decision.as_ref())?;
        let value = Told { ruling, explanation, short: answer.short, full: answer.full };
        Ok(Answered { value, revision: answer.revision })
    }

    /// Decides up to 1,000 questions at one revision; a question that is an error fails alone.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn batch_check(
        &self,
        questions: &[Question],
    ) -> Result<Vec<Result<Ruling, ItemError>>, ClientError> {
        let items = questions.iter().map(Question::to_item).collect();
        let request = pb::BatchCheckRequest { items, consistency: self.freshness.to_wire() };
        let answer = self.decisions().batch_check(request).await;
        let answer = answer.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))?;
        if answer.results.len() == questions.len() {
            return answer.results.iter().map(item).collect();
        }
        let text = format!("{} answers to {} questions", answer.results.len(), questions.len());
        Err(ClientError::Nonsense(text))
    }

    /// Lists a page of the users who may do an action; a window without a size takes 1,000.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_subjects(
        &self,
        query: &SubjectsQuery,
        window: Window,
    ) -> Result<SubjectsPage, ClientError> {
        let request = pb::ListSubjectsRequest {
            action: query.action.clone(),
            entity_type: query.entity_type.clone(),
            resource: Some(named!(&query.target, pb::list_subjects_request::Resource)),
            consistency: self.freshness.to_wire(),
            page_size: window.size,
            page_token: window.after,
            with_ways: query.wanted == Wanted::Ways,
        };
        let answer = self.decisions().list_subjects(request).await.map_err(|status| self.failure(&status))?;
        let page = answer.into_inner();
        let subjects: Result<Vec<Subject>, ClientError> = page.subjects.iter().map(subject).collect();
        let (names, next, revision) = (page.users, page.next_page_token, page.revision);
        Ok(SubjectsPage { listed: Listed { names, next, revision }, subjects: subjects? })
    }

    /// Lists what a user may do on a resource.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_actions(
        &self,
        subject: &str,
        entity_type: &str,
        target: &Target,
    ) -> Result<Listed, ClientError> {
        let request = pb::ListActionsRequest {
            subject: subject.to_owned(),
            entity_type: entity_type.to_owned(),
            resource: Some(named!(target, pb::list_actions_request::Resource)),
            consistency: self.freshness.to_wire(),
        };
        let answer = self.decisions().list_actions(request).await.map_err(|status| self.failure(&status))?;
        let answer = answer.into_inner();
        Ok(Listed { names: answer.actions, next: String::new(), revision: answer.revision })
    }

    /// Lists who is told a ticket's news.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_recipients(
        &self,
        entity_type: &str,
        target: &Target,
        event: NewsEvent,
    ) -> Result<Answered<Vec<Recipient>>, ClientError> {
        let event = match event {
            NewsEvent::Created => pb::NewsEvent::Created,
            NewsEvent::Updated => pb::NewsEvent::Updated,
        };
        let request = pb::ListRecipientsRequest {
            entity_type: entity_type.to_owned(),
            resource: Some(named!(target, pb::list_recipients_request::Resource)),
            event: event.into(),
            consistency: self.freshness.to_wire(),
        };
        let answer =
            self.decisions().list_recipients(request).await.map_err(|status| self.failure(&status))?;
        let answer = answer.into_inner();
        let recipients: Result<Vec<Recipient>, ClientError> =
            answer.recipients.iter().map(recipient).collect();
        Ok(Answered { value: recipients?, revision: answer.revision })
    }

    pub(super) fn decisions(&self) -> DecisionServiceClient<Line> {
        DecisionServiceClient::new(self.line.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }
}
