//! Conflicts between roles, with everything by id and name, and how each role reached whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Published, ReachedRole};
use crate::directory::{Directory, UserIndex, UserSet};
use crate::domain::{FINDING_PEOPLE_DEFAULT, Id, IdError, Key, Named, ScopeSet};
use crate::review::{Conflict, ConflictKind, conflicts};
use crate::rights::Entry;

/// Whose rights are reviewed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Circle<'a> {
    /// One user's.
    User(&'a str),
    /// Those of a department's direct members.
    Department(&'a str),
    /// Those of the members of a department and of all below it.
    DepartmentTree(&'a str),
    /// Everyone's.
    Company,
}

/// Which conflicts are asked for; what is left open narrows nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConflictFilter {
    /// Of these kinds; none is all of them.
    pub kinds: Vec<ConflictKind>,
    /// Of this entity type.
    pub entity_type: Option<Id>,
    /// Of this action.
    pub action: Option<Id>,
    /// On this stage; `Some(None)` is that of resources without one.
    pub stage: Option<Option<Id>>,
    /// Between exactly these roles, sorted; none is any.
    pub roles: Vec<Id>,
}

impl ConflictFilter {
    fn admits(&self, conflict: &Conflict) -> bool {
        let is = |wanted: &Option<Id>, own: &Id| wanted.as_ref().is_none_or(|wanted| wanted == own);
        (self.kinds.is_empty() || self.kinds.contains(&conflict.kind))
            && is(&self.entity_type, &conflict.entity_type)
            && is(&self.action, &conflict.action)
            && self.stage.as_ref().is_none_or(|stage| conflict.stages.contains(stage))
            && (self.roles.is_empty() || self.roles.iter().eq(conflict.entries.iter().map(|(it, _)| &it.id)))
    }
}

/// Which people of a finding are named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PeoplePart {
    /// Only those behind this id.
    pub after: Option<Id>,
    /// At most so many.
    pub count_max: usize,
}

impl Default for PeoplePart {
    fn default() -> Self {
        Self { after: None, count_max: FINDING_PEOPLE_DEFAULT }
    }
}

impl PeoplePart {
    /// The part of people who stand in order of ids.
    pub(super) fn of<'a>(&self, directory: &Directory, people: &'a [UserIndex]) -> &'a [UserIndex] {
        let is_before = |user: &UserIndex| {
            let id = directory.user(*user).map(|node| node.id());
            self.after.as_ref().is_some_and(|after| id.is_some_and(|id| id <= after))
        };
        let from = people.partition_point(is_before);
        let to = people.len().min(from.saturating_add(self.count_max));
        people.get(from..to).unwrap_or_default()
    }
}

/// Why there is nothing to review.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CircleError {
    /// Not an id.
    #[error("{error}")]
    BadId {
        /// The field that it was given in.
        field: &'static str,
        /// What is wrong with it.
        error: IdError,
    },
    /// There is no such user or department.
    #[error("there is no {0}")]
    Unknown(Key),
}

/// A conflict in which everything has its name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NamedConflict {
    /// The entity type.
    pub entity_type: Id,
    /// The action.
    pub action: Id,
    /// The stages, in the type's order; none is that of resources without a stage, and comes first.
    pub stages: Vec<Option<Id>>,
    /// Whether it is so on every stage and without one.
    pub is_everywhere: bool,
    /// What becomes of the entries.
    pub kind: ConflictKind,
    /// The numbers of the rules that it goes by.
    pub rules: Vec<&'static str>,
    /// The entries, in order of the roles' ids; at least two.
    pub entries: Vec<ConflictEntry>,
    /// Those that count, united.
    pub united: Entry,
    /// What hidden entries would open beyond what counts.
    pub lost: ScopeSet,
    /// What counts opens beyond the hidden entries; where none is hidden, beyond the narrowest of those that count.
    pub won: ScopeSet,
    /// How many people it meets.
    pub people_count: usize,
    /// The part of them that was asked for, in order of ids.
    pub people: Vec<ConflictPerson>,
}

/// What one role says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictEntry {
    /// The role.
    pub role: Named,
    /// Its entry.
    pub entry: Entry,
    /// Whether it counts; otherwise the detailed ones hide it.
    pub counts: bool,
}

/// Somebody whose roles conflict.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConflictPerson {
    /// He.
    pub user: Named,
    /// How each of the roles reached him.
    pub roles: Vec<Arc<ReachedRole>>,
}

/// Conflicts of one state, most harmful first, named as they are taken.
pub struct Conflicts {
    published: Arc<Published>,
    found: std::vec::IntoIter<Conflict>,
    part: PeoplePart,
    /// How roles reached those who were named before: people come in many findings.
    reached: BTreeMap<UserIndex, Vec<Arc<ReachedRole>>>,
}

/// The most people whose ways are remembered while conflicts are named.
const REACHED_KEPT_MAX: usize = 16_384;

impl Published {
    /// The conflicts of a circle that a filter admits.
    ///
    /// Costs what [`conflicts`] says; naming one costs a look at how roles reach each person that is named.
    ///
    /// # Errors
    /// There is no such user or department.
    pub fn conflicts(
        self: &Arc<Self>,
        circle: Circle<'_>,
        filter: &ConflictFilter,
        part: PeoplePart,
    ) -> Result<Conflicts, CircleError> {
        let directory = self.directory();
        let is_inside = circle.members(directory)?;
        let users = directory.users_after_where(None, is_inside).map(|(user, _)| user);
        let mut found = conflicts(directory, users);
        found.retain(|conflict| filter.admits(conflict));
        let published = Arc::clone(self);
        Ok(Conflicts { published, found: found.into_iter(), part, reached: BTreeMap::new() })
    }
}

impl Circle<'_> {
    /// Whether somebody belongs to it.
    fn members(self, directory: &Directory) -> Result<Box<dyn Fn(UserIndex) -> bool>, CircleError> {
        let id = |field, text| Id::parse(text).map_err(|error| CircleError::BadId { field, error });
        let department = |field, text| {
            let id = id(field, text)?;
            let index = directory.find_department(text);
            let key = Key::Department(id);
            index.filter(|_| directory.contains(&key)).ok_or(CircleError::Unknown(key))
        };
        let mut inside = UserSet::new(directory);
        match self {
            Self::Company => return Ok(Box::new(|_| true)),
            Self::User(text) => {
                let key = Key::User(id("user", text)?);
                let found = directory.find_user(text).filter(|_| directory.contains(&key));
                inside.insert(found.ok_or(CircleError::Unknown(key))?.0);
            }
            Self::Department(text) => inside.extend(directory.members(department("department.id", text)?)),
            Self::DepartmentTree(text) => {
                inside.extend(directory.members_of_tree(department("department.id", text)?));
            }
        }
        Ok(Box::new(move |user| inside.has(user)))
    }
}

impl Conflicts {
    /// The state that they are of.
    #[must_use]
    pub fn published(&self) -> &Arc<Published> {
        &self.published
    }

    fn person(&mut self, user: UserIndex, conflict: &Conflict) -> Option<ConflictPerson> {
        let published = Arc::clone(&self.published);
        let directory = published.directory();
        if self.reached.len() >= REACHED_KEPT_MAX {
            self.reached.clear();
        }
        let reached = self
            .reached
            .entry(user)
            .or_insert_with(|| directory.reached_roles(user).into_iter().map(Arc::new).collect());
        let is_meant =
            |it: &&Arc<ReachedRole>| conflict.entries.iter().any(|(role, _)| role.id == it.role.id);
        let roles = reached.iter().filter(is_meant).cloned().collect();
        Some(ConflictPerson { user: directory.named_user(user)?, roles })
    }
}

impl Iterator for Conflicts {
    type Item = NamedConflict;

    fn next(&mut self) -> Option<NamedConflict> {
        let conflict = self.found.next()?;
        let people = self.part.of(self.published.directory(), &conflict.people).to_vec();
        let people = people.into_iter().filter_map(|user| self.person(user, &conflict)).collect();
        let entries = conflict.entries.iter().map(|(role, entry)| ConflictEntry {
            role: Named { id: role.id.clone(), name: role.name.clone() },
            entry: *entry,
            counts: conflict.counts(*entry),
        });
        Some(NamedConflict {
            entries: entries.collect(),
            rules: conflict.rules(),
            people_count: conflict.people.len(),
            people,
            kind: conflict.kind,
            united: conflict.united,
            lost: conflict.lost,
            won: conflict.won,
            entity_type: conflict.entity_type,
            action: conflict.action,
            stages: conflict.stages,
            is_everywhere: conflict.is_everywhere,
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.found.size_hint()
    }
}

impl ExactSizeIterator for Conflicts {}
