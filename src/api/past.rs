//! Which state a call is answered from: the newest, which costs nothing, or one of the past, which may have to be made.

use std::sync::Arc;

use super::aside::aside;
use super::load::Turn;
use super::{Context, convert, pb, status};
use crate::domain::Revision;
use crate::engine::{Consistency, Moment, Reading};
use status::{Invalid, invalid};
use tonic::Status;

/// The field of a token of a state of the past.
const AT_REVISION: &str = "consistency.at_revision";
/// The field of a time of the past.
const AT_TIME: &str = "consistency.at_time";

/// What a call asks of the state.
enum Wanted<'a> {
    /// One that is new enough.
    Now(Consistency<'a>),
    /// One of the past.
    Then(Then),
}

/// Which state of the past, apart from its request.
enum Then {
    Token(String),
    Time(prost_types::Timestamp),
}

impl Context {
    /// The state to answer from.
    pub(super) async fn at(&self, consistency: Option<&pb::Consistency>) -> Result<Reading, Status> {
        match wanted(consistency) {
            Wanted::Now(consistency) => {
                let reading = self.engine.at(consistency);
                reading.map_err(|error| status::token("consistency.at_least", &error))
            }
            // What is seldom asked for doesn't make every call's future larger.
            Wanted::Then(then) => Box::pin(self.then(then)).await,
        }
    }

    /// The turn of a heavy call, and the state to answer it from. A state of the past may have to be made, which no turn
    /// is held for.
    pub(super) async fn turn_at(
        &self,
        consistency: Option<&pb::Consistency>,
    ) -> Result<(Turn, Reading), Status> {
        if let Wanted::Then(then) = wanted(consistency) {
            let reading = Box::pin(self.then(then)).await?;
            return Ok((self.load.turn().await?, reading));
        }
        let turn = self.load.turn().await?;
        Ok((turn, self.at(consistency).await?))
    }

    /// The least revision that a kept state must have to be answered from in place of this one; none where only this
    /// one will do.
    pub(super) fn least(
        &self,
        consistency: Option<&pb::Consistency>,
        reading: &Reading,
    ) -> Result<Option<Revision>, Status> {
        match wanted(consistency) {
            Wanted::Now(Consistency::Fastest) => Ok(Some(Revision::ZERO)),
            Wanted::Now(Consistency::Newest) => Ok(Some(reading.snapshot().revision())),
            Wanted::Now(Consistency::AtLeast(token)) => {
                let revision = self.engine.revision_of(token);
                revision.map(Some).map_err(|error| status::token("consistency.at_least", &error))
            }
            Wanted::Then(_) => Ok(None),
        }
    }

    async fn then(&self, then: Then) -> Result<Reading, Status> {
        let (field, time_ms) = match &then {
            Then::Token(_) => (AT_REVISION, 0),
            Then::Time(time) => (AT_TIME, convert::time_ms(time).map_err(|wrong| no_time(AT_TIME, wrong))?),
        };
        let engine = Arc::clone(&self.engine);
        let finding = aside(move |_| {
            let moment = match &then {
                Then::Token(token) => Moment::Token(token),
                Then::Time(_) => Moment::Time(time_ms),
            };
            engine.moment_revision(moment)
        });
        let revision = finding.await?.map_err(|error| status::past(field, &error))?;
        if let Some(kept) = self.engine.kept_past(revision) {
            return Ok(Reading::from_inner(kept));
        }
        self.load.has_memory()?;
        // One state is made at a time: whoever waits for the same one finds it made.
        let turn = Arc::clone(&self.remaking).lock_owned().await;
        let engine = Arc::clone(&self.engine);
        let making = aside(move |is_wanted| {
            let _turn = turn;
            engine.past(revision, is_wanted)
        });
        Ok(Reading::from_inner(making.await?.map_err(|error| status::past(field, &error))?))
    }
}

fn wanted(consistency: Option<&pb::Consistency>) -> Wanted<'_> {
    use pb::consistency::Requirement;
    match consistency.and_then(|it| it.requirement.as_ref()) {
        Some(Requirement::AtLeast(token)) => Wanted::Now(Consistency::AtLeast(token)),
        Some(Requirement::Newest(true)) => Wanted::Now(Consistency::Newest),
        Some(Requirement::Newest(false)) | None => Wanted::Now(Consistency::Fastest),
        Some(Requirement::AtRevision(token)) => Wanted::Then(Then::Token(token.clone())),
        Some(Requirement::AtTime(time)) => Wanted::Then(Then::Time(*time)),
    }
}

/// A field that is no time.
pub(super) fn no_time(field: &str, wrong: &'static str) -> Status {
    invalid(&[Invalid::new(field, wrong)])
}
