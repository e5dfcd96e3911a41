//! Who may do an action on a resource, page by page, and how each came by it.

use super::check::decide_on;
use super::list::with_target;
use super::question::find_listable_act;
use super::{Engine, Published, QuestionError, ResourceRef};
use crate::directory::{Directory, UserSet};
use crate::domain::Id;
use crate::rights::{Act, EffectiveRights, Target, Way, candidates, explain};

/// Who may do an action on a resource?
#[derive(Clone, Copy, Debug)]
pub struct SubjectsQuery<'a> {
    /// The action.
    pub action: &'a str,
    /// The name of the entity type.
    pub entity_type: &'a str,
    /// The resource.
    pub resource: ResourceRef<'a>,
    /// The id behind which the page begins; none begins with the first.
    pub after: Option<&'a str>,
    /// The most users of the page.
    pub count_max: usize,
}

/// One who may, and how he came by it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subject {
    /// The user.
    pub user: Id,
    /// The ways in which he may do the action; at least one.
    pub ways: Vec<Way>,
    /// The ways in which he sees the resource, where the action is another than `read` and the model is crm
    /// (rule 2.5).
    pub sight: Vec<Way>,
}

/// A candidate who may do the action.
struct Found<'a> {
    id: &'a Id,
    rights: &'a EffectiveRights,
    act: &'a Act<'a>,
    target: &'a Target<'a>,
}

/// Candidates are sorted where there are fewer than one in so many users, and otherwise met in walking through all:
/// sorting costs some comparisons of ids for each, walking a bit for each user.
const SPARSE: usize = 64;

impl Engine {
    /// The active users for whom Check says allow, in order of ids (rule 5.2).
    ///
    /// Costs a decision for each candidate up to the end of the page, however many users there are besides.
    ///
    /// # Errors
    /// The question is the caller's error.
    pub fn list_subjects(
        &self,
        published: &Published,
        query: &SubjectsQuery<'_>,
    ) -> Result<Vec<Id>, QuestionError> {
        self.each_subject(published, query, |found| found.id.clone())
    }

    /// The same with the ways in which each may; costs an explanation for each user of the page besides.
    ///
    /// # Errors
    /// The question is the caller's error.
    pub fn list_subjects_with_ways(
        &self,
        published: &Published,
        query: &SubjectsQuery<'_>,
    ) -> Result<Vec<Subject>, QuestionError> {
        self.each_subject(published, query, |found| {
            let explanation = explain(published.directory(), found.rights, found.act, found.target);
            Subject { user: found.id.clone(), ways: explanation.ways(), sight: explanation.sight_ways() }
        })
    }

    fn each_subject<T>(
        &self,
        published: &Published,
        query: &SubjectsQuery<'_>,
        answer: impl Fn(&Found<'_>) -> T,
    ) -> Result<Vec<T>, QuestionError> {
        let act = &find_listable_act(published, query.entity_type, query.action)?;
        with_target(published, (act.entity_type, act.node), query.resource, |target| {
            let Some(target) = target else { return Vec::new() };
            let directory = published.directory();
            let candidates = candidates(directory, act, target);
            let allowed = in_order(directory, &candidates, query.after).filter_map(|id| {
                let rights = &*self.rights(published, id.as_str())?;
                let decision = decide_on(published, rights, act, Some(target));
                decision.is_allow().then(|| answer(&Found { id, rights, act, target }))
            });
            allowed.take(query.count_max).collect()
        })
    }
}

/// The active ones among the candidates, in order of ids behind one.
fn in_order<'a>(
    directory: &'a Directory,
    users: &'a UserSet,
    after: Option<&'a str>,
) -> Box<dyn Iterator<Item = &'a Id> + 'a> {
    if users.len() < directory.user_count() / SPARSE {
        return Box::new(sorted(directory, users, after).into_iter());
    }
    let found = directory.users_after_where(after, |user| users.has(user));
    Box::new(found.filter(|(_, user)| user.active).map(|(_, user)| &user.id))
}

fn sorted<'a>(directory: &'a Directory, users: &UserSet, after: Option<&str>) -> Vec<&'a Id> {
    let nodes = users.iter().filter_map(|user| directory.user(user)).filter(|node| node.is_active());
    let ids = nodes.map(|node| node.id());
    let mut ids: Vec<&Id> = ids.filter(|id| after.is_none_or(|after| id.as_str() > after)).collect();
    ids.sort_unstable();
    ids
}
