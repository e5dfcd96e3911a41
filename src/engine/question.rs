//! Questions as callers put them, and their resolution to indices.

use super::{Published, check_id};
use crate::directory::{ActionKind, DepartmentIndex, Directory, StageIndex, TypeNode, UserIndex};
use crate::domain::{FILTER_ITEMS_MAX, Id, IdError, Model};
use crate::rights::{Act, Target};

/// The facts of a resource that isn't stored, as texts.
#[derive(Clone, Copy, Debug, Default)]
pub struct InlineFacts<'a> {
    /// Who created it.
    pub author: Option<&'a str>,
    /// Who is responsible.
    pub responsible: Option<&'a str>,
    /// The departments that it belongs to itself.
    pub departments: &'a [String],
    /// The stage.
    pub stage: Option<&'a str>,
    /// Whether it is flagged open.
    pub open: bool,
    /// The observers.
    pub observers: &'a [String],
}

/// How a question names its resource.
#[derive(Clone, Copy, Debug)]
pub enum ResourceRef<'a> {
    /// By its id.
    Stored(&'a str),
    /// By its facts.
    Inline(InlineFacts<'a>),
}

/// May a user do an action on a resource?
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The id of the user.
    pub subject: &'a str,
    /// The action.
    pub action: &'a str,
    /// The name of the entity type.
    pub entity_type: &'a str,
    /// The resource.
    pub resource: ResourceRef<'a>,
}

/// Why a question is the caller's error (rule 2.4); no decision is made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    /// There is no such entity type.
    #[error("there is no entity type {name:?}; the types are {known}")]
    UnknownEntityType {
        /// The name asked for.
        name: String,
        /// The names that exist.
        known: String,
    },
    /// The type has no such action.
    #[error("{entity_type} has no action {name:?}; its actions are {known}")]
    UnknownAction {
        /// The type.
        entity_type: Id,
        /// The action asked for.
        name: String,
        /// Its actions.
        known: String,
    },
    /// The type has no such stage.
    #[error("{entity_type} has no stage {name:?}; its stages are {known}")]
    UnknownStage {
        /// The field that it was given in.
        field: &'static str,
        /// The type.
        entity_type: Id,
        /// The stage given.
        name: String,
        /// Its stages.
        known: String,
    },
    /// A list is narrowed to too many items.
    #[error("names {count} items; a filter may name {FILTER_ITEMS_MAX}")]
    FilterTooLong {
        /// The field.
        field: &'static str,
        /// How many it names.
        count: usize,
    },
    /// Not an id.
    #[error("{error}")]
    BadId {
        /// The field that it was given in.
        field: &'static str,
        /// What is wrong with it.
        error: IdError,
    },
    /// There is no list for an action that creates.
    #[error("{action} has no existing resource to list; ask Check for it (rule 5.2)")]
    NotListable {
        /// The action.
        action: Id,
    },
    /// There are no recipients in a type of this model.
    #[error("{entity_type} follows the crm model; recipients are those of tickets (rule 5.2)")]
    NotSupport {
        /// The type.
        entity_type: Id,
    },
}

impl QuestionError {
    /// The field of the request that is at fault.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnknownEntityType { .. } | Self::NotSupport { .. } => "entity_type",
            Self::UnknownAction { .. } | Self::NotListable { .. } => "action",
            Self::UnknownStage { field, .. }
            | Self::FilterTooLong { field, .. }
            | Self::BadId { field, .. } => field,
        }
    }
}

/// The type of a name.
pub(super) fn find_type<'a>(
    published: &'a Published,
    name: &str,
) -> Result<(crate::directory::TypeIndex, &'a TypeNode), QuestionError> {
    let catalog = published.directory().catalog();
    catalog.find(name).ok_or_else(|| QuestionError::UnknownEntityType {
        name: name.to_owned(),
        known: join(catalog.iter().map(|(_, node)| &node.entity_type().name)),
    })
}

/// The action of a name in the type of a name.
pub(super) fn find_act<'a>(
    published: &'a Published,
    entity_type: &str,
    action: &str,
) -> Result<Act<'a>, QuestionError> {
    let (index, node) = find_type(published, entity_type)?;
    match node.action(action) {
        Some(action) => Ok(Act { entity_type: index, node, action }),
        None => Err(QuestionError::UnknownAction {
            entity_type: node.entity_type().name.clone(),
            name: action.to_owned(),
            known: join(&node.entity_type().actions),
        }),
    }
}

/// The same for an action on existing resources (rule 5.2).
pub(super) fn find_listable_act<'a>(
    published: &'a Published,
    entity_type: &str,
    action: &str,
) -> Result<Act<'a>, QuestionError> {
    let act = find_act(published, entity_type, action)?;
    if act.kind() == ActionKind::Create {
        let name = act.node.actions().find(|(index, _)| *index == act.action).map(|(_, name)| name.clone());
        return Err(name.map_or_else(
            || QuestionError::UnknownEntityType { name: entity_type.to_owned(), known: String::new() },
            |action| QuestionError::NotListable { action },
        ));
    }
    Ok(act)
}

fn join<'a>(names: impl IntoIterator<Item = &'a Id>) -> String {
    names.into_iter().map(Id::as_str).collect::<Vec<_>>().join(", ")
}

/// Inline facts in indices.
pub(super) struct InlineTarget {
    author: Option<UserIndex>,
    responsible: Option<UserIndex>,
    /// None where none are named; known ones only, where some are.
    departments: Option<Vec<DepartmentIndex>>,
    stage: Option<StageIndex>,
    open: bool,
    observers: Vec<UserIndex>,
}

impl InlineTarget {
    pub(super) fn resolve(
        directory: &Directory,
        node: &TypeNode,
        facts: &InlineFacts<'_>,
    ) -> Result<Self, QuestionError> {
        // What the model doesn't look at is checked and not looked up.
        let needs = |model| if node.model() == model { Look::Up } else { Look::Over };
        let mut observers = Vec::new();
        for observer in facts.observers {
            observers.extend(person(directory, "facts.observers", Some(observer), needs(Model::Crm))?);
        }
        observers.sort_unstable();
        Ok(Self {
            author: person(directory, "facts.author", facts.author, needs(Model::Support))?,
            responsible: person(directory, "facts.responsible", facts.responsible, Look::Up)?,
            departments: departments(directory, facts.departments)?,
            stage: facts.stage.map(|name| stage_in("facts.stage", node, name)).transpose()?,
            open: facts.open,
            observers,
        })
    }

    pub(super) fn target(&self) -> Target<'_> {
        Target {
            author: self.author,
            responsible: self.responsible,
            departments: self.departments.as_deref(),
            stage: self.stage,
            open: self.open,
            observers: &self.observers,
        }
    }
}

/// What is to be done with an id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Look {
    /// It is looked up.
    Up,
    /// It is only checked for being one.
    Over,
}

fn person(
    directory: &Directory,
    field: &'static str,
    id: Option<&str>,
    look: Look,
) -> Result<Option<UserIndex>, QuestionError> {
    let Some(id) = id else { return Ok(None) };
    let found = if look == Look::Up { directory.find_user(id) } else { None };
    if let Some((index, _)) = found {
        return Ok(Some(index));
    }
    check_id(field, id)?;
    Ok(Some(UserIndex::STRANGER))
}

fn departments(directory: &Directory, ids: &[String]) -> Result<Option<Vec<DepartmentIndex>>, QuestionError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let mut known = Vec::with_capacity(ids.len());
    for id in ids {
        match directory.find_department(id) {
            Some(index) => known.push(index),
            None => check_id("facts.departments", id)?,
        }
    }
    known.sort_unstable();
    Ok(Some(known))
}

/// The stage of a name that a field gives.
pub(super) fn stage_in(
    field: &'static str,
    node: &TypeNode,
    name: &str,
) -> Result<StageIndex, QuestionError> {
    let found = Id::parse(name).ok().and_then(|id| node.stage(&id));
    found.ok_or_else(|| QuestionError::UnknownStage {
        field,
        entity_type: node.entity_type().name.clone(),
        name: name.to_owned(),
        known: join(&node.entity_type().stages),
    })
}
