//! The entity types, with the indices that rights and resources use for types, actions and stages.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

use crate::domain::{EntityType, Id, Model};

/// A type's place in the catalog; a name keeps its place as long as the process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord, Hash)]
pub struct TypeIndex(pub(crate) usize);

/// An action's place among the actions of its type, as the type now is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ActionIndex(pub(crate) usize);

/// A stage's place among all stages that its type ever had; a name keeps its place as long as the process runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub struct StageIndex(pub(crate) u16);

/// What the rules say of an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ActionKind {
    /// `read`: sight itself.
    Read,
    /// `add` and `import`: there is no resource yet.
    Create,
    /// `update`: in the helpdesk, replying, closing and editing.
    Update,
    /// `read_hidden`: in the helpdesk, hidden messages and the log.
    ReadHidden,
    /// `delete`.
    Delete,
    /// Any other.
    Other,
}

impl ActionKind {
    fn of(name: &Id) -> Self {
        match name.as_str() {
            "read" => Self::Read,
            "add" | "import" => Self::Create,
            "update" => Self::Update,
            "read_hidden" => Self::ReadHidden,
            "delete" => Self::Delete,
            _ => Self::Other,
        }
    }
}

/// An entity type with its indices.
#[derive(Clone)]
pub struct TypeNode {
    entity_type: Arc<EntityType>,
    kinds: Vec<ActionKind>,
    read: ActionIndex,
    /// Every stage that the type ever had; only grows.
    stages: Vec<Id>,
    exists: bool,
    /// Where the type's entries begin among those of all types.
    first_entry: usize,
}

impl TypeNode {
    /// The type.
    #[must_use]
    pub fn entity_type(&self) -> &Arc<EntityType> {
        &self.entity_type
    }

    /// The rights model.
    #[must_use]
    pub fn model(&self) -> Model {
        self.entity_type.model
    }

    /// The action of a name.
    #[must_use]
    pub fn action(&self, name: &str) -> Option<ActionIndex> {
        self.entity_type.actions.iter().position(|action| action.as_str() == name).map(ActionIndex)
    }

    /// The name of an action.
    #[must_use]
    pub fn action_name(&self, action: ActionIndex) -> Option<&Id> {
        self.entity_type.actions.get(action.0)
    }

    /// The action `read`, which every type has (rule 1.6).
    #[must_use]
    pub fn read(&self) -> ActionIndex {
        self.read
    }

    /// What the rules say of an action.
    #[must_use]
    pub fn kind(&self, action: ActionIndex) -> ActionKind {
        self.kinds.get(action.0).copied().unwrap_or(ActionKind::Other)
    }

    /// The place of an action's entry for a stage among the entries of all types.
    #[must_use]
    pub fn entry_place(&self, action: ActionIndex, stage: Option<StageIndex>) -> usize {
        let width = self.stages.len() + 1;
        self.first_entry + action.0 * width + stage.map_or(0, |stage| usize::from(stage.0) + 1)
    }

    /// The place behind the entries of every action, where it is noted whether any entry gives sight.
    #[must_use]
    pub fn sight_place(&self) -> usize {
        self.first_entry + self.kinds.len() * (self.stages.len() + 1)
    }

    /// The actions with their names, in the type's order.
    pub fn actions(&self) -> impl Iterator<Item = (ActionIndex, &Id)> {
        self.entity_type.actions.iter().enumerate().map(|(at, name)| (ActionIndex(at), name))
    }

    /// The stage of a name, if it is one of the type's stages now.
    #[must_use]
    pub fn stage(&self, name: &Id) -> Option<StageIndex> {
        if self.entity_type.stages.contains(name) { self.any_stage(name) } else { None }
    }

    /// The stage of a name, also of one that the type no longer has.
    #[must_use]
    pub fn any_stage(&self, name: &Id) -> Option<StageIndex> {
        let at = self.stages.iter().position(|stage| stage == name)?;
        u16::try_from(at).ok().map(StageIndex)
    }

    /// The name of a stage.
    #[must_use]
    pub fn stage_name(&self, stage: StageIndex) -> Option<&Id> {
        self.stages.get(usize::from(stage.0))
    }

    /// The stages that the type once had and no longer has.
    pub fn gone_stages(&self) -> impl Iterator<Item = (StageIndex, &Id)> {
        let gone = self.stages.iter().filter(|stage| !self.entity_type.stages.contains(stage));
        gone.filter_map(|name| Some((self.any_stage(name)?, name)))
    }

    /// The index of every stage that the type ever had.
    pub fn all_stages(&self) -> impl Iterator<Item = StageIndex> + use<> {
        (0..self.stages.len()).filter_map(|at| u16::try_from(at).ok()).map(StageIndex)
    }

    /// The index of every stage that the type has now, in its order.
    pub fn stages(&self) -> impl Iterator<Item = StageIndex> {
        self.entity_type.stages.iter().filter_map(|stage| self.any_stage(stage))
    }
}

/// Every entity type.
#[derive(Clone, Default)]
pub struct Catalog {
    types: Vec<TypeNode>,
    by_name: HashMap<Id, TypeIndex, RandomState>,
}

impl Catalog {
    /// The type of a name, if it exists.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(TypeIndex, &TypeNode)> {
        let index = *self.by_name.get(name)?;
        self.types.get(index.0).filter(|node| node.exists).map(|node| (index, node))
    }

    /// The index of a name, also of a type that no longer exists.
    #[must_use]
    pub fn index_of(&self, name: &Id) -> Option<TypeIndex> {
        self.by_name.get(name).copied()
    }

    /// The type at an index, if it exists.
    #[must_use]
    pub fn get(&self, index: TypeIndex) -> Option<&TypeNode> {
        self.types.get(index.0).filter(|node| node.exists)
    }

    /// The type at an index, also one that no longer exists.
    #[must_use]
    pub fn any(&self, index: TypeIndex) -> Option<&TypeNode> {
        self.types.get(index.0)
    }

    /// The types that exist.
    pub fn iter(&self) -> impl Iterator<Item = (TypeIndex, &TypeNode)> {
        self.types.iter().enumerate().filter(|(_, node)| node.exists).map(|(at, node)| (TypeIndex(at), node))
    }

    /// The types that exist, in order of names.
    #[must_use]
    pub fn sorted(&self) -> Vec<(TypeIndex, &TypeNode)> {
        let mut types: Vec<_> = self.iter().collect();
        types.sort_unstable_by(|a, b| a.1.entity_type.name.cmp(&b.1.entity_type.name));
        types
    }

    pub(super) fn put(&mut self, entity_type: Arc<EntityType>) {
        let kinds: Vec<ActionKind> = entity_type.actions.iter().map(ActionKind::of).collect();
        let read =
            ActionIndex(kinds.iter().position(|kind| *kind == ActionKind::Read).unwrap_or(kinds.len()));
        let known = self.by_name.get(&entity_type.name).and_then(|index| self.types.get_mut(index.0));
        let mut stages = known.map(|node| std::mem::take(&mut node.stages)).unwrap_or_default();
        for stage in &entity_type.stages {
            if !stages.contains(stage) {
                stages.push(stage.clone());
            }
        }
        let name = entity_type.name.clone();
        let node = TypeNode { entity_type, kinds, read, stages, exists: true, first_entry: 0 };
        if let Some(place) = self.by_name.get(&name).and_then(|index| self.types.get_mut(index.0)) {
            *place = node;
        } else {
            self.by_name.insert(name, TypeIndex(self.types.len()));
            self.types.push(node);
        }
        self.lay_out();
    }

    /// How many entries there are for all types.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.types.last().map_or(0, |node| node.sight_place() + 1)
    }

    /// Gives each type its places, one type behind the other.
    fn lay_out(&mut self) {
        let mut next = 0;
        for node in &mut self.types {
            node.first_entry = next;
            next = node.sight_place() + 1;
        }
    }

    pub(super) fn delete(&mut self, name: &Id) {
        if let Some(node) = self.by_name.get(name).and_then(|index| self.types.get_mut(index.0)) {
            node.exists = false;
        }
    }
}
