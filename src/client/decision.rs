//! The calls of `DecisionService`.

use tonic::transport::Channel;

use super::question::named;
use super::{ANSWER_BYTES_MAX, Client, ClientError, Question};
use crate::api::pb;
use crate::api::pb::decision_service_client::DecisionServiceClient;
use crate::bundle::case::Target;

/// Which resources may a user see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VisibleQuery {
    /// Who asks.
    pub subject: String,
    /// What he would do.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
}

/// Who may do an action on a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectsQuery {
    /// What would be done.
    pub action: String,
    /// The entity type.
    pub entity_type: String,
    /// The resource.
    pub target: Target,
}

/// A part of a list: how many at most, and behind what.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Window {
    /// The most items; 0 is what the call has without a bound.
    pub size: u32,
    /// Where the part before ended; empty at the start.
    pub after: String,
}

/// Resources that a user may see.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Visible {
    /// Their ids, in bytewise order.
    pub ids: Vec<String>,
    /// Goes on behind the last one; empty at the end.
    pub cursor: String,
    /// The token of their revision.
    pub revision: String,
}

impl Client {
    /// Decides one question.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn check(&self, question: &Question) -> Result<pb::CheckResponse, ClientError> {
        let request = pb::CheckRequest {
            subject: question.subject.clone(),
            action: question.action.clone(),
            entity_type: question.entity_type.clone(),
            resource: Some(named!(&question.target, pb::check_request::Resource)),
            consistency: self.freshness.to_wire(),
        };
        let answer = self.decisions().check(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))
    }

    /// Decides up to 1,000 questions at one revision.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn batch_check(&self, questions: &[Question]) -> Result<pb::BatchCheckResponse, ClientError> {
        let items = questions.iter().map(Question::to_item).collect();
        let request = pb::BatchCheckRequest { items, consistency: self.freshness.to_wire() };
        let answer = self.decisions().batch_check(request).await;
        let answer = answer.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))?;
        if answer.results.len() == questions.len() {
            return Ok(answer);
        }
        let text = format!("{} answers to {} questions", answer.results.len(), questions.len());
        Err(ClientError::Nonsense(text))
    }

    /// Lists the resources that a user may see; a window without a size takes all of them.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_visible(&self, query: &VisibleQuery, window: Window) -> Result<Visible, ClientError> {
        let request = pb::ListVisibleRequest {
            subject: query.subject.clone(),
            action: query.action.clone(),
            entity_type: query.entity_type.clone(),
            consistency: self.freshness.to_wire(),
            cursor: window.after,
            limit: window.size.into(),
        };
        let answer = self.decisions().list_visible(request).await.map_err(|status| self.failure(&status))?;
        let (mut chunks, mut visible) = (answer.into_inner(), Visible::default());
        while let Some(chunk) = chunks.message().await.map_err(|status| self.failure(&status))? {
            visible.ids.extend(chunk.ids);
            visible.cursor = chunk.cursor;
            visible.revision = chunk.revision;
        }
        Ok(visible)
    }

    /// Lists a page of the users who may do an action; a window without a size takes 1,000.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_subjects(
        &self,
        query: &SubjectsQuery,
        window: Window,
    ) -> Result<pb::ListSubjectsResponse, ClientError> {
        let request = pb::ListSubjectsRequest {
            action: query.action.clone(),
            entity_type: query.entity_type.clone(),
            resource: Some(named!(&query.target, pb::list_subjects_request::Resource)),
            consistency: self.freshness.to_wire(),
            page_size: window.size,
            page_token: window.after,
        };
        let answer = self.decisions().list_subjects(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))
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
    ) -> Result<pb::ListActionsResponse, ClientError> {
        let request = pb::ListActionsRequest {
            subject: subject.to_owned(),
            entity_type: entity_type.to_owned(),
            resource: Some(named!(target, pb::list_actions_request::Resource)),
            consistency: self.freshness.to_wire(),
        };
        let answer = self.decisions().list_actions(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))
    }

    /// Lists who is told a ticket's news.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn list_recipients(
        &self,
        entity_type: &str,
        target: &Target,
        event: pb::NewsEvent,
    ) -> Result<pb::ListRecipientsResponse, ClientError> {
        let request = pb::ListRecipientsRequest {
            entity_type: entity_type.to_owned(),
            resource: Some(named!(target, pb::list_recipients_request::Resource)),
            event: event.into(),
            consistency: self.freshness.to_wire(),
        };
        let answer = self.decisions().list_recipients(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| self.failure(&status))
    }

    fn decisions(&self) -> DecisionServiceClient<Channel> {
        DecisionServiceClient::new(self.channel.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }
}
