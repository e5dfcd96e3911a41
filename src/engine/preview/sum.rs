//! The sums of a preview: by type and action, by what can be created, by department.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::{PreviewCreation, Teller};
use crate::difference::{Difference, UserTurn};
use crate::directory::DepartmentIndex;
use crate::domain::{Id, Named};
use crate::visibility::Turned;

/// Decisions of one action that are turned, over all users.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActSum {
    /// The type.
    pub entity_type: Id,
    /// The action.
    pub action: Id,
    /// How many decisions.
    pub turned: Turned,
    /// How many users gain some, and how many lose some.
    pub users: Turned,
}

/// How many users may create otherwise.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CreationSum {
    /// What, and how far.
    pub creation: PreviewCreation,
    /// How many users.
    pub users: u64,
}

/// The decisions of a department's people that are turned. Whoever is in several departments, before or after, is counted
/// in each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DepartmentSum {
    /// The department; none for those who are in none.
    pub department: Option<Named>,
    /// How many of its people have decisions that are turned.
    pub users: u64,
    /// How many decisions on existing resources.
    pub turned: Turned,
}

/// Puts those first who lose the most, and then those who gain the most.
pub(super) const fn harm(turned: Turned) -> (Reverse<u64>, Reverse<u64>) {
    (Reverse(turned.lost), Reverse(turned.gained))
}

impl Teller<'_> {
    pub(super) fn acts(&self, difference: &Difference) -> Vec<ActSum> {
        let mut sums: BTreeMap<(Id, Id), (Turned, Turned)> = BTreeMap::new();
        for act in difference.users.iter().flat_map(|user| &user.acts) {
            let Some(entity_type) = self.entity_type(act.entity_type) else { continue };
            let (turned, users) = sums.entry((entity_type, act.action.clone())).or_default();
            let one =
                Turned { gained: u64::from(act.turned.gained > 0), lost: u64::from(act.turned.lost > 0) };
            (*turned, *users) = (turned.with(act.turned), users.with(one));
        }
        let sum = |((entity_type, action), (turned, users))| ActSum { entity_type, action, turned, users };
        sums.into_iter().map(sum).collect()
    }

    pub(super) fn creations(&self, difference: &Difference) -> Vec<CreationSum> {
        let mut sums: BTreeMap<PreviewCreation, u64> = BTreeMap::new();
        let each = difference.users.iter().flat_map(|user| &user.creations);
        for creation in each.filter_map(|it| self.creation(it)) {
            *sums.entry(creation).or_default() += 1;
        }
        sums.into_iter().map(|(creation, users)| CreationSum { creation, users }).collect()
    }

    /// How many departments there are, and the first of them.
    pub(super) fn departments(&self, difference: &Difference) -> (u64, Vec<DepartmentSum>) {
        let mut sums: BTreeMap<Option<DepartmentIndex>, (u64, Turned)> = BTreeMap::new();
        for user in &difference.users {
            for department in self.departments_of(user) {
                let (users, turned) = sums.entry(department).or_default();
                (*users, *turned) = (*users + 1, turned.with(user.turned()));
            }
        }
        let count = sums.len() as u64;
        let named = |department: DepartmentIndex| self.directory.named_department(department);
        let mut sums: Vec<DepartmentSum> = sums
            .into_iter()
            .map(|(it, (users, turned))| DepartmentSum { department: it.and_then(named), users, turned })
            .collect();
        let id = |sum: &DepartmentSum| sum.department.as_ref().map(|it| it.id.clone());
        sums.sort_by_cached_key(|sum| (harm(sum.turned), Reverse(sum.users), id(sum)));
        sums.truncate(self.query.rows_max);
        (count, sums)
    }

    fn departments_of(&self, user: &UserTurn) -> BTreeSet<Option<DepartmentIndex>> {
        let sides = self.comparison.directories();
        let each = sides.iter().flat_map(|side| side.departments_of(Some(user.user)));
        let departments: BTreeSet<_> = each.copied().map(Some).collect();
        if departments.is_empty() { BTreeSet::from([None]) } else { departments }
    }
}
