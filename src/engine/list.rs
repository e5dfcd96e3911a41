//! Lists about one resource: what a user may do with it, and who is told of it.

use super::check::decide_on;
use super::question::{InlineTarget, find_act, find_type};
use super::{Engine, InlineFacts, Published, QuestionError, ResourceRef, check_id};
use crate::directory::{ActionKind, TypeIndex, TypeNode};
use crate::domain::{Id, Model, NewsEvent, Recipient};
use crate::rights::{Act, Target, recipients};

impl Engine {
    /// The actions, other than `add` and `import`, that Check allows, in the type's order (rule 5.2).
    ///
    /// # Errors
    /// The question is the caller's error.
    pub fn list_actions(
        &self,
        published: &Published,
        (subject, entity_type, resource): (&str, &str, ResourceRef<'_>),
    ) -> Result<Vec<Id>, QuestionError> {
        let (index, node) = find_type(published, entity_type)?;
        let rights = self.rights(published, subject);
        if rights.is_none() {
            check_id("subject", subject)?;
        }
        with_target(published, (index, node), resource, |target| {
            let Some(rights) = rights else { return Vec::new() };
            let existing = node.actions().filter(|(action, _)| node.kind(*action) != ActionKind::Create);
            let allowed = existing.filter(|(action, _)| {
                let act = Act { entity_type: index, node, action: *action };
                decide_on(published, &rights, &act, target).is_allow()
            });
            allowed.map(|(_, name)| name.clone()).collect()
        })
    }

    /// Who is to be told the news of a ticket, in order of ids, and whether each may read it (rule 4.5).
    ///
    /// # Errors
    /// The question is the caller's error.
    pub fn list_recipients(
        &self,
        published: &Published,
        (entity_type, resource): (&str, ResourceRef<'_>),
        event: NewsEvent,
    ) -> Result<Vec<Recipient>, QuestionError> {
        let act = find_act(published, entity_type, "read")?;
        if act.node.model() != Model::Support {
            return Err(QuestionError::NotSupport { entity_type: act.node.entity_type().name.clone() });
        }
        with_target(published, (act.entity_type, act.node), resource, |target| {
            let Some(target) = target else { return Vec::new() };
            let directory = published.directory();
            let told = recipients(directory, target, event);
            let users =
                told.into_iter().filter_map(|user| directory.user(user)).map(|node| node.id().clone());
            let mut told: Vec<Recipient> = users
                .map(|user| {
                    let rights = self.rights(published, user.as_str());
                    let can_read =
                        rights.is_some_and(|it| decide_on(published, &it, &act, Some(target)).is_allow());
                    Recipient { user, can_read }
                })
                .collect();
            told.sort_unstable_by(|a, b| a.user.cmp(&b.user));
            told
        })
    }
}

/// Resolves a resource and hands it on; none where an id is unknown.
pub(super) fn with_target<T>(
    published: &Published,
    (index, node): (TypeIndex, &TypeNode),
    resource: ResourceRef<'_>,
    then: impl FnOnce(Option<&Target<'_>>) -> T,
) -> Result<T, QuestionError> {
    match resource {
        ResourceRef::Stored(id) => {
            let row = published.snapshot.resources(index).get(id);
            if row.is_none() {
                check_id("id", id)?;
            }
            Ok(then(row.map(|row| row.target()).as_ref()))
        }
        ResourceRef::Inline(facts) => {
            let facts: InlineFacts<'_> = facts;
            let inline = InlineTarget::resolve(published.directory(), node, &facts)?;
            Ok(then(Some(&inline.target())))
        }
    }
}
