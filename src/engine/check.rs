//! Single decisions.

use super::question::{InlineTarget, find_act};
use super::{Engine, Published, Question, QuestionError, ResourceRef, check_id};
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
        let row = match question.resource {
            ResourceRef::Stored(id) => published.snapshot.resources(act.entity_type).get(id),
            ResourceRef::Inline(_) => None,
        };
        let rights = self.rights(published, question.subject);
        let decision = answer(published, question, &act, (row, rights.as_deref()))?;
        if let Some(sheet) = &published.sheet {
            sheet.count(&act, decision);
        }
        Ok(decision)
    }

    /// Decides many questions in a snapshot; each answer is that of [`Engine::check`].
    ///
    /// Resources are looked up together, then rights, before anything is decided: waiting for memory is where the time
    /// of a single question goes when there are many resources, and so the processor waits for many reads at once.
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
        self.count_lookups(published, questions.len());
        let rights: Vec<_> =
            questions.iter().map(|question| self.uncounted_rights(published, question.subject)).collect();
        let each = questions.iter().zip(&acts).zip(rows.into_iter().zip(&rights));
        let decisions: Vec<_> = each
            .map(|((question, act), (row, rights))| match act {
                Ok(act) => answer(published, question, act, (row, rights.as_deref())),
                Err(error) => Err(error.clone()),
            })
            .collect();
        if let Some(sheet) = &published.sheet {
            let made = acts.iter().zip(&decisions);
            sheet.count_each(made.filter_map(|it| Some((it.0.as_ref().ok()?, *it.1.as_ref().ok()?))));
        }
        decisions
    }
}

/// The answer to a question, from the row of a stored resource and the subject's rights, where there are such.
pub(super) fn answer(
    published: &Published,
    question: &Question<'_>,
    act: &Act<'_>,
    (row, rights): (Option<&ResourceRow>, Option<&EffectiveRights>),
) -> Result<Decision, QuestionError> {
    let inline;
    let target = match question.resource {
        ResourceRef::Stored(id) => {
            if row.is_none() {
                check_id("id", id)?;
            }
            row.map(ResourceRow::target)
        }
        ResourceRef::Inline(facts) => {
            inline = InlineTarget::resolve(published.directory(), act.node, &facts)?;
            Some(inline.target())
        }
    };
    let Some(rights) = rights else {
        check_id("subject", question.subject)?;
        return Ok(Decision::deny(Reason::UnknownSubject));
    };
    Ok(decide_on(published, rights, act, target.as_ref()))
}

/// Decides for a user who exists, on a resource that may not.
pub(super) fn decide_on(
    published: &Published,
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: Option<&Target<'_>>,
) -> Decision {
    match in_question(rights, target) {
        Ok(target) => decide(published.directory(), rights, act, target),
        Err(denial) => denial,
    }
}

/// The resource, where there is something to judge: a user who is let in, and a resource (rules 2.1, 2.2).
pub(super) fn in_question<'a, 'b>(
    rights: &EffectiveRights,
    target: Option<&'a Target<'b>>,
) -> Result<&'a Target<'b>, Decision> {
    match (rights.blanket(), target) {
        (Some(denial), _) if !denial.is_allow() => Err(denial),
        (_, None) => Err(Decision::deny(Reason::UnknownResource)),
        (_, Some(target)) => Ok(target),
    }
}
