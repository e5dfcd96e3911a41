//! `WhyNotService`.

use std::sync::Arc;

use tonic::{Request, Response, Status};

use super::deadline::Deadline;
use super::slot::Slots;
use super::{Context, convert, pb, status};
use crate::engine::{Question, WhyNotError};

/// Answers `WhyNotService`.
#[derive(Clone)]
pub struct WhyNotApi {
    context: Context,
    slots: Slots,
}

impl WhyNotApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context, slots: Slots::default() }
    }
}

#[tonic::async_trait]
impl pb::why_not_service_server::WhyNotService for WhyNotApi {
    async fn why_not(
        &self,
        request: Request<pb::WhyNotRequest>,
    ) -> Result<Response<pb::WhyNotResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("WhyNot", &request, permit);
        permit.question(&request.get_ref().entity_type, &convert::resource_ref(request.get_ref())?)?;
        let deadline = Deadline::of(&request);
        let asked = request.get_ref().clone();
        let language = convert::language(&asked.language)?;
        let published = Arc::clone(&*self.context.at(asked.consistency.as_ref()).await?);
        let engine = self.context.engine.clone();
        let answer = self.slots.work(&self.context, deadline, move |is_wanted| {
            let question = question(&asked)?;
            let why_not =
                engine.why_not(&published, &question, is_wanted).map_err(|error| failure(&error))?;
            let token = published.token().to_owned();
            let decision = why_not.explained.explanation.decision;
            Ok((decision, pb::WhyNotResponse { revision: token, ..convert::why_not(&why_not, language) }))
        });
        let answer: Result<_, Status> = answer.await?;
        let (decision, answer) = answer?;
        log.decision(&question(request.get_ref())?, decision, &answer.revision);
        Ok(log.answer(answer))
    }
}

fn question(request: &pb::WhyNotRequest) -> Result<Question<'_>, Status> {
    Ok(Question {
        subject: &request.subject,
        action: &request.action,
        entity_type: &request.entity_type,
        resource: convert::resource_ref(request)?,
    })
}

fn failure(error: &WhyNotError) -> Status {
    match error {
        WhyNotError::Question(error) => status::question(error),
        // Whoever still reads this waited past his deadline, or until the server stopped.
        WhyNotError::Unwanted => status::deadline_exceeded(),
    }
}
