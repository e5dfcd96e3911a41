//! What a user may see: lists in any order, narrowed, counted, at one revision.

use std::sync::Arc;

use super::question::{find_listable_act, stage_in};
use super::{Engine, Published, QuestionError, check_id};
use crate::directory::{ActionIndex, Directory, StageIndex, TypeIndex, TypeNode, UserIndex};
use crate::domain::{FILTER_ITEMS_MAX, Id};
use crate::rights::{Act, EffectiveRights};
use crate::telemetry::phase;
use crate::visibility::{Filter, Listing, Part, Position, Tally, View};

/// Which resources may a user see, as texts.
#[derive(Clone, Copy, Debug)]
pub struct VisibleQuery<'a> {
    /// The id of the user.
    pub subject: &'a str,
    /// The action, one on existing resources.
    pub action: &'a str,
    /// The name of the entity type.
    pub entity_type: &'a str,
    /// What the list is narrowed to.
    pub filter: VisibleFilter<'a>,
}

/// What a list is narrowed to, as texts. An empty list narrows nothing; an empty text stands for what is absent.
#[derive(Clone, Copy, Debug, Default)]
pub struct VisibleFilter<'a> {
    /// Stages of the type.
    pub stages: &'a [String],
    /// Whether the open flag must be set, or must not.
    pub open: Option<bool>,
    /// The ids of responsibles.
    pub responsibles: &'a [String],
    /// The ids of authors.
    pub authors: &'a [String],
    /// The ids of departments, of which Dep(resource) has one (rule 3.2).
    pub departments: &'a [String],
    /// The ids of resources.
    pub ids: &'a [String],
}

/// How many resources are visible, in texts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VisibleCount {
    /// In all.
    pub total: u64,
    /// By stage in the type's order; none stands for resources without a stage.
    pub stages: Vec<(Option<Id>, u64)>,
    /// By responsible, in order of ids; none stands for resources without one.
    pub responsibles: Vec<(Option<Id>, u64)>,
}

/// A list of visible resources in the making, at one revision.
pub struct VisibleList {
    published: Arc<Published>,
    /// None where there is nothing to list.
    drawn: Option<Drawn>,
}

struct Drawn {
    rights: Arc<EffectiveRights>,
    entity_type: TypeIndex,
    action: ActionIndex,
    listing: Listing,
}

impl VisibleList {
    /// The state that the list is drawn from.
    #[must_use]
    pub fn published(&self) -> &Arc<Published> {
        &self.published
    }

    /// Gives the next ids, at most `count_max` and fewer only at the end; says how many there were.
    pub fn give_next(&mut self, count_max: usize, give: &mut dyn FnMut(&Id)) -> usize {
        let Some(drawn) = &mut self.drawn else { return 0 };
        let view = view(&self.published, &drawn.rights, (drawn.entity_type, drawn.action));
        view.map_or(0, |view| drawn.listing.give_next(view, count_max, give))
    }

    /// Where the list goes on.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.drawn.as_ref()?.listing.position()
    }

    /// How many there are on the whole list; certain if it was asked for.
    #[must_use]
    pub fn count(&self) -> Option<VisibleCount> {
        let Some(drawn) = &self.drawn else { return Some(VisibleCount::default()) };
        let directory = self.published.directory();
        let node = directory.catalog().get(drawn.entity_type)?;
        Some(named(directory, node, drawn.listing.tally()?))
    }
}

fn view<'a>(
    published: &'a Published,
    rights: &'a EffectiveRights,
    (entity_type, action): (TypeIndex, ActionIndex),
) -> Option<View<'a>> {
    let directory = published.directory();
    let node = directory.catalog().get(entity_type)?;
    let index = published.snapshot.resources(entity_type);
    Some(View { directory, rights, act: Act { entity_type, node, action }, index })
}

fn named(directory: &Directory, node: &TypeNode, tally: &Tally) -> VisibleCount {
    let order = |stage: &Option<StageIndex>| stage.map(|stage| node.stages().position(|it| it == stage));
    let mut stages: Vec<_> = tally.stages.iter().collect();
    stages.sort_unstable_by_key(|(stage, _)| order(stage));
    let stage_id = |stage: StageIndex| node.stage_name(stage).cloned();
    let user_id = |user: UserIndex| directory.user(user).map(|node| node.id().clone());
    let mut responsibles: Vec<_> =
        tally.responsibles.iter().map(|(user, count)| (user.and_then(user_id), *count)).collect();
    responsibles.sort_unstable();
    VisibleCount {
        total: tally.total,
        stages: stages.into_iter().map(|(stage, count)| (stage.and_then(stage_id), *count)).collect(),
        responsibles,
    }
}

impl Engine {
    /// Starts a list of resources for which Check says allow (rule 5.1).
    ///
    /// Counting costs a step for each person in the subject's reach; a step for each resource where the filter names
    /// authors, departments or ids.
    ///
    /// # Errors
    /// The question is the caller's error.
    pub fn list_visible(
        &self,
        published: Arc<Published>,
        query: &VisibleQuery<'_>,
        part: Part,
    ) -> Result<VisibleList, QuestionError> {
        let act = find_listable_act(&published, query.entity_type, query.action)?;
        let filter = resolve(published.directory(), act.node, &query.filter)?;
        let Some(rights) = self.rights(&published, query.subject) else {
            check_id("subject", query.subject)?;
            return Ok(VisibleList { published, drawn: None });
        };
        let (entity_type, action) = (act.entity_type, act.action);
        let _phase = phase("draw the list");
        let drawn =
            view(&published, &rights, (entity_type, action)).map(|view| Listing::new(view, filter, part));
        let drawn = drawn.map(|listing| Drawn { rights, entity_type, action, listing });
        Ok(VisibleList { published, drawn })
    }
}

fn resolve(
    directory: &Directory,
    node: &TypeNode,
    filter: &VisibleFilter<'_>,
) -> Result<Filter, QuestionError> {
    let stages = some(filter.stages, "filter.stages", |name| {
        if name.is_empty() { Ok(None) } else { stage_in("filter.stages", node, name).map(Some) }
    })?;
    let ids = some(filter.ids, "filter.ids", |id| {
        Id::parse(id).map_err(|error| QuestionError::BadId { field: "filter.ids", error })
    })?;
    let departments = some(filter.departments, "filter.departments", |id| {
        let found = directory.find_department(id);
        found.map_or_else(|| check_id("filter.departments", id).map(|()| None), |it| Ok(Some(it)))
    })?;
    Ok(Filter {
        stages,
        open: filter.open,
        responsibles: people(directory, filter.responsibles, "filter.responsibles")?,
        authors: people(directory, filter.authors, "filter.authors")?,
        departments: departments.map(|found| found.into_iter().flatten().collect()),
        ids,
    })
}

fn people(
    directory: &Directory,
    ids: &[String],
    field: &'static str,
) -> Result<Option<Vec<Option<UserIndex>>>, QuestionError> {
    some(ids, field, |id| match directory.find_user(id) {
        _ if id.is_empty() => Ok(None),
        Some((user, _)) => Ok(Some(user)),
        None => check_id(field, id).map(|()| Some(UserIndex::STRANGER)),
    })
}

/// The sorted set of what is named; none where nothing is.
fn some<T: Ord>(
    texts: &[String],
    field: &'static str,
    parse: impl Fn(&str) -> Result<T, QuestionError>,
) -> Result<Option<Vec<T>>, QuestionError> {
    if texts.is_empty() {
        return Ok(None);
    }
    if texts.len() > FILTER_ITEMS_MAX {
        return Err(QuestionError::FilterTooLong { field, count: texts.len() });
    }
    let mut items: Vec<T> = texts.iter().map(|text| parse(text)).collect::<Result<_, _>>()?;
    items.sort_unstable();
    items.dedup();
    Ok(Some(items))
}
