//! Single decisions with their grounds.

use super::check::in_question;
use super::list::with_target;
use super::question::find_act;
use super::{Engine, Published, Question, QuestionError, ResourceRef};
use crate::directory::Directory;
use crate::domain::{Decision, Id, Named, Reason};
use crate::rights::{Act, EffectiveRights, Explanation, Target, explain};

/// A question, and the decision on it with its grounds; everything by id and name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explained {
    /// Who asks; without a name where he doesn't exist.
    pub subject: Named,
    /// The action.
    pub action: Id,
    /// The entity type.
    pub entity_type: Id,
    /// The id of the resource; none where the question came with its facts.
    pub resource: Option<Id>,
    /// What the resource is judged by; none where there is no such resource.
    pub facts: Option<NamedFacts>,
    /// The decision, and what it was made from.
    pub explanation: Explanation,
}

/// What a resource is judged by. Whom the store knows nothing of is left out, and so is what the model doesn't look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedFacts {
    /// Who created it.
    pub author: Option<Named>,
    /// Who is responsible.
    pub responsible: Option<Named>,
    /// Dep(resource), by which departments' scopes are judged (rule 3.2).
    pub departments: Vec<Named>,
    /// Whether the departments are its own, and not its responsible's.
    pub has_departments: bool,
    /// The stage.
    pub stage: Option<Id>,
    /// Whether it is flagged open.
    pub open: bool,
}

impl Engine {
    /// Decides a question in a snapshot as [`Engine::check`] does, and says why.
    ///
    /// # Errors
    /// The question is the caller's error (rule 2.4), which comes before all else.
    pub fn explain(
        &self,
        published: &Published,
        question: &Question<'_>,
    ) -> Result<Explained, QuestionError> {
        let act = find_act(published, question.entity_type, question.action)?;
        let resource = match question.resource {
            ResourceRef::Stored(id) => {
                Some(Id::parse(id).map_err(|error| QuestionError::BadId { field: "id", error })?)
            }
            ResourceRef::Inline(_) => None,
        };
        let directory = published.directory();
        with_target(published, (act.entity_type, act.node), question.resource, |target| {
            let rights = self.rights(published, question.subject);
            let explanation = explain_on(directory, rights.as_deref(), &act, target);
            Ok(Explained {
                subject: named_subject(directory, question.subject)?,
                action: act.name(),
                entity_type: act.node.entity_type().name.clone(),
                resource,
                facts: target.map(|target| named_facts(directory, &act, target)),
                explanation,
            })
        })?
    }
}

pub(super) fn explain_on(
    directory: &Directory,
    rights: Option<&EffectiveRights>,
    act: &Act<'_>,
    target: Option<&Target<'_>>,
) -> Explanation {
    let Some(rights) = rights else { return Explanation::plain(Decision::deny(Reason::UnknownSubject)) };
    match in_question(rights, target) {
        Ok(target) => explain(directory, rights, act, target),
        Err(denial) => Explanation::plain(denial),
    }
}

fn named_subject(directory: &Directory, text: &str) -> Result<Named, QuestionError> {
    let known = directory.find_user(text).and_then(|(user, _)| directory.named_user(user));
    if let Some(known) = known {
        return Ok(known);
    }
    let id = Id::parse(text).map_err(|error| QuestionError::BadId { field: "subject", error })?;
    Ok(Named { id, name: String::new() })
}

fn named_facts(directory: &Directory, act: &Act<'_>, target: &Target<'_>) -> NamedFacts {
    let user = |user| directory.named_user(user);
    NamedFacts {
        author: target.author.and_then(user),
        responsible: target.responsible.and_then(user),
        departments: directory.named_departments(target.departments_in(directory)),
        has_departments: target.departments.is_some(),
        stage: target.stage.and_then(|stage| act.node.stage_name(stage)).cloned(),
        open: target.open,
    }
}
