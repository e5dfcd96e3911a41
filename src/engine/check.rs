//! Single decisions.

use super::question::{InlineTarget, find_act};
use super::{Engine, Published, Question, QuestionError, ResourceRef, check_id};
use crate::domain::{Decision, Reason};
use crate::rights::{Act, EffectiveRights, Target, decide};

impl Engine {
    /// Decides a question in a snapshot.
    ///
    /// Costs a few look-ups by hash where the user's rights are kept; their compilation, some microseconds, where
    /// they are not. Nothing is allocated for a stored resource.
    ///
    /// # Errors
    /// The question is the caller's error (rule 2.4), which comes before all else.
    pub fn check(&self, published: &Published, question: &Question<'_>) -> Result<Decision, QuestionError> {
        let act = find_act(published, question.entity_type, question.action)?;
        match question.resource {
            ResourceRef::Stored(id) => {
                let row = published.snapshot.resources(act.entity_type).get(id);
                if row.is_none() {
                    check_id("id", id)?;
                }
                self.decide(published, question.subject, &act, row.map(|row| row.target()).as_ref())
            }
            ResourceRef::Inline(facts) => {
                let inline = InlineTarget::resolve(published.directory(), act.node, &facts)?;
                self.decide(published, question.subject, &act, Some(&inline.target()))
            }
        }
    }

    fn decide(
        &self,
        published: &Published,
        subject: &str,
        act: &Act<'_>,
        target: Option<&Target<'_>>,
    ) -> Result<Decision, QuestionError> {
        let Some(rights) = self.rights(published, subject) else {
            check_id("subject", subject)?;
            return Ok(Decision::deny(Reason::UnknownSubject));
        };
        Ok(decide_on(published, &rights, act, target))
    }
}

/// Decides for a user who exists, on a resource that may not.
pub(super) fn decide_on(
    published: &Published,
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: Option<&Target<'_>>,
) -> Decision {
    match (rights.blanket(), target) {
        (Some(denial), _) if !denial.is_allow() => denial,
        (_, None) => Decision::deny(Reason::UnknownResource),
        (_, Some(target)) => decide(published.directory(), rights, act, target),
    }
}
