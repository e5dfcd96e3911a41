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
        permit.question(&request.get_ref().entity_type, &convert::resource_ref(request.get_ref())?)?;
        let deadline = Deadline::of(&request);
        let request = request.into_inner();
        let language = convert::language(&request.language)?;
        let published = Arc::clone(&*self.context.at(request.consistency.as_ref()).await?);
        let engine = self.context.engine.clone();
        let answer = self.slots.work(&self.context, deadline, move |is_wanted| {
            let question = Question {
                subject: &request.subject,
                action: &request.action,
                entity_type: &request.entity_type,
                resource: convert::resource_ref(&request)?,
            };
            let why_not =
                engine.why_not(&published, &question, is_wanted).map_err(|error| failure(&error))?;
            let token = published.token().to_owned();
            Ok(pb::WhyNotResponse { revision: token, ..convert::why_not(&why_not, language) })
        });
        answer.await?.map(Response::new)
    }
}

fn failure(error: &WhyNotError) -> Status {
    match error {
        WhyNotError::Question(error) => status::question(error),
        // Whoever still reads this waited past his deadline, or until the server stopped.
        WhyNotError::Unwanted => status::deadline_exceeded(),
    }
}
