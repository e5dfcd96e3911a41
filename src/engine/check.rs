//! Single decisions.

use super::question::{InlineTarget, find_act};
use super::{Engine, InlineFacts, Published, Question, QuestionError, ResourceRef, check_id};
use crate::domain::{Decision, Reason};
use crate::rights::{Act, EffectiveRights, Target, decide};
use crate::visibility::{ResourceIndex, ResourceRow};

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
                self.decide_stored(published, question.subject, &act, (id, row))
            }
            ResourceRef::Inline(facts) => self.decide_inline(published, question.subject, &act, &facts),
        }
    }

    /// Decides many questions in a snapshot; each answer is that of [`Engine::check`].
    ///
    /// Stored resources are looked up together before anything is decided, which is where the time of a single
    /// question goes when there are many resources.
    pub fn check_each(
        &self,
        published: &Published,
        questions: &[Question<'_>],
    ) -> Vec<Result<Decision, QuestionError>> {
        let snapshot = published.snapshot();
        let acts: Vec<_> =
            questions.iter().map(|it| find_act(published, it.entity_type, it.action)).collect();
        let stored = questions.iter().zip(&acts).map(|(question, act)| match (act, question.resource) {
            (Ok(act), ResourceRef::Stored(id)) => (snapshot.resources(act.entity_type), id),
            (_, ResourceRef::Inline(_)) | (Err(_), _) => (snapshot.no_resources(), ""),
        });
        let rows = ResourceIndex::get_each(stored);
        let each = questions.iter().zip(acts).zip(rows);
        each.map(|((question, act), row)| match question.resource {
            ResourceRef::Stored(id) => self.decide_stored(published, question.subject, &act?, (id, row)),
            ResourceRef::Inline(facts) => self.decide_inline(published, question.subject, &act?, &facts),
        })
        .collect()
    }

    fn decide_stored(
        &self,
        published: &Published,
        subject: &str,
        act: &Act<'_>,
        (id, row): (&str, Option<&ResourceRow>),
    ) -> Result<Decision, QuestionError> {
        if row.is_none() {
            check_id("id", id)?;
        }
        self.decide(published, subject, act, row.map(ResourceRow::target).as_ref())
    }

    fn decide_inline(
        &self,
        published: &Published,
        subject: &str,
        act: &Act<'_>,
        facts: &InlineFacts<'_>,
    ) -> Result<Decision, QuestionError> {
        let inline = InlineTarget::resolve(published.directory(), act.node, facts)?;
        self.decide(published, subject, act, Some(&inline.target()))
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
