//! What a write would do, without doing it: it is tried on a copy of the newest state, and the copy is thrown away.
//!
//! Refused exactly as the write would be. Counts are exact; what is named of what is counted is as much as was asked
//! for, the worst first.

mod sum;
mod warning;

use super::{Engine, Published, WriteError};
use crate::difference::{Comparison, Creation, CreationTurn, Difference, Sample, UserTurn};
use crate::directory::{Directory, StageIndex, TypeIndex, UserIndex};
use crate::domain::{Id, Named, Revision, Write};
use crate::visibility::Turned;

pub use sum::{ActSum, CreationSum, DepartmentSum};
pub use warning::Warning;

/// A write to be tried, and how much is to be told of what it does.
#[derive(Clone, Debug)]
pub struct PreviewQuery {
    /// The write; its author is warned of removing himself.
    pub write: Write,
    /// The most users, departments and resources that are told of, of each.
    pub rows_max: usize,
    /// The most resources that are named of those gained and of those lost, for each user and action; and the most
    /// users for each changed resource and action.
    pub samples_max: usize,
}

/// What a write would do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preview {
    /// How many users have decisions that are turned.
    pub users: u64,
    /// How many decisions on existing resources are turned.
    pub turned: Turned,
    /// The same by type and action, all of them.
    pub acts: Vec<ActSum>,
    /// What can be created otherwise, by type, action and stage, all of them.
    pub creations: Vec<CreationSum>,
    /// How many departments have people whose decisions are turned.
    pub department_count: u64,
    /// Those, by how much their people lose and then gain.
    pub departments: Vec<DepartmentSum>,
    /// Those users, by how much they lose and then gain.
    pub rows: Vec<PreviewUser>,
    /// How many resources the write puts, changes or deletes.
    pub resource_count: u64,
    /// Those, in order of types and ids.
    pub resources: Vec<PreviewResource>,
    /// What the caller should think about.
    pub warnings: Vec<Warning>,
}

/// A user whose decisions are turned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviewUser {
    /// Who; with the name that he has after, or had before.
    pub user: Named,
    /// His decisions on existing resources that are turned.
    pub turned: Turned,
    /// The same by type and action.
    pub acts: Vec<PreviewAct>,
    /// What he may create otherwise.
    pub creations: Vec<PreviewCreation>,
}

/// One user's decisions of one action that are turned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviewAct {
    /// The type.
    pub entity_type: Id,
    /// The action.
    pub action: Id,
    /// How many.
    pub turned: Turned,
    /// Some of the resources gained, in order of ids.
    pub gained: Vec<Id>,
    /// Some of the resources lost, in order of ids.
    pub lost: Vec<Id>,
}

/// What somebody may create otherwise.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PreviewCreation {
    /// The type.
    pub entity_type: Id,
    /// The action.
    pub action: Id,
    /// The stage; none for a resource without one.
    pub stage: Option<Id>,
    /// How far before.
    pub before: Creation,
    /// How far after.
    pub after: Creation,
}

/// A resource that the write puts, changes or deletes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviewResource {
    /// The type.
    pub entity_type: Id,
    /// The id.
    pub id: Id,
    /// Who may do what with it.
    pub acts: Vec<PreviewResourceAct>,
}

/// Who may do an action on a changed resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PreviewResourceAct {
    /// The action.
    pub action: Id,
    /// How many may before and after.
    pub kept: u64,
    /// How many gain and lose it.
    pub turned: Turned,
    /// Some who keep it, in order of ids.
    pub keepers: Vec<Named>,
    /// Some who gain it, in order of ids.
    pub gainers: Vec<Named>,
    /// Some who lose it, in order of ids.
    pub losers: Vec<Named>,
}

/// Why there is no preview.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PreviewError {
    /// The write would be refused.
    #[error(transparent)]
    Refused(#[from] WriteError),
    /// It was told to stop.
    #[error("the preview was stopped")]
    Stopped,
}

impl Engine {
    /// What a write would do to the state that is published; asks between users whether to go on.
    ///
    /// Costs what [`Comparison::difference`] does, and a walk over their reach for the users that are told of.
    ///
    /// # Errors
    /// The write would be refused, or nobody waits any more.
    pub fn preview(
        &self,
        published: &Published,
        query: &PreviewQuery,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Preview, PreviewError> {
        let before = published.snapshot();
        check_revision(&query.write, before.revision())?;
        let outcome = before.apply(&query.write.operations).map_err(WriteError::from)?;
        let comparison = Comparison::new(before, &outcome);
        let difference = comparison.difference(go_on).ok_or(PreviewError::Stopped)?;
        let teller = Teller { directory: outcome.snapshot.directory(), comparison: &comparison, query };
        let warnings = warning::warnings(before, &outcome, &difference, query.write.note.author.as_ref());
        teller.tell(&difference, warnings, go_on).ok_or(PreviewError::Stopped)
    }
}

fn check_revision(write: &Write, newest: Revision) -> Result<(), WriteError> {
    match write.expected.filter(|expected| *expected != newest) {
        Some(expected) => Err(WriteError::Conflict { expected, newest }),
        None => Ok(()),
    }
}

/// Puts a difference in ids and names.
struct Teller<'a> {
    /// The one after; it still knows every index of the one before.
    directory: &'a Directory,
    comparison: &'a Comparison<'a>,
    query: &'a PreviewQuery,
}

impl Teller<'_> {
    fn tell(
        &self,
        difference: &Difference,
        warnings: Vec<Warning>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Preview> {
        let mut worst: Vec<&UserTurn> = difference.users.iter().collect();
        worst.sort_by_cached_key(|user| {
            (sum::harm(user.turned()), self.directory.named_user(user.user).map(|it| it.id))
        });
        let mut rows = Vec::new();
        for user in worst.into_iter().take(self.query.rows_max) {
            if !go_on() {
                return None;
            }
            rows.extend(self.user(user));
        }
        let (department_count, departments) = self.departments(difference);
        Some(Preview {
            users: difference.users.len() as u64,
            turned: difference.turned(),
            acts: self.acts(difference),
            creations: self.creations(difference),
            department_count,
            departments,
            rows,
            resource_count: difference.resources.len() as u64,
            resources: self.resources(difference),
            warnings,
        })
    }

    fn user(&self, user: &UserTurn) -> Option<PreviewUser> {
        let samples = self.comparison.samples(user, self.query.samples_max);
        let acts = user.acts.iter().zip(samples).filter_map(|(act, sample)| {
            let Sample { gained, lost } = sample;
            let entity_type = self.entity_type(act.entity_type)?;
            Some(PreviewAct { entity_type, action: act.action.clone(), turned: act.turned, gained, lost })
        });
        let mut acts: Vec<PreviewAct> = acts.collect();
        acts.sort_unstable_by(|a, b| (&a.entity_type, &a.action).cmp(&(&b.entity_type, &b.action)));
        let creations = user.creations.iter().filter_map(|it| self.creation(it)).collect();
        Some(PreviewUser { user: self.named(user.user)?, turned: user.turned(), acts, creations })
    }

    fn creation(&self, it: &CreationTurn) -> Option<PreviewCreation> {
        Some(PreviewCreation {
            entity_type: self.entity_type(it.entity_type)?,
            action: it.action.clone(),
            stage: it.stage.and_then(|stage| self.stage(it.entity_type, stage)),
            before: it.before,
            after: it.after,
        })
    }

    fn resources(&self, difference: &Difference) -> Vec<PreviewResource> {
        let resources = difference.resources.iter().take(self.query.rows_max).filter_map(|it| {
            let acts = it.acts.iter().map(|act| PreviewResourceAct {
                action: act.action.clone(),
                kept: act.kept,
                turned: act.turned,
                keepers: self.some(&act.keepers),
                gainers: self.some(&act.gainers),
                losers: self.some(&act.losers),
            });
            let entity_type = self.entity_type(it.entity_type)?;
            Some(PreviewResource { entity_type, id: it.id.clone(), acts: acts.collect() })
        });
        resources.collect()
    }

    fn some(&self, users: &[UserIndex]) -> Vec<Named> {
        let users = users.iter().take(self.query.samples_max);
        let mut named: Vec<Named> = users.filter_map(|user| self.named(*user)).collect();
        named.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        named
    }

    fn named(&self, user: UserIndex) -> Option<Named> {
        let [before, after] = self.comparison.directories().map(|side| side.named_user(user));
        after.filter(|it| !it.name.is_empty()).or(before).or_else(|| self.directory.named_user(user))
    }

    fn entity_type(&self, index: TypeIndex) -> Option<Id> {
        self.directory.catalog().any(index).map(|node| node.entity_type().name.clone())
    }

    fn stage(&self, entity_type: TypeIndex, stage: StageIndex) -> Option<Id> {
        self.directory.catalog().any(entity_type)?.stage_name(stage).cloned()
    }
}
