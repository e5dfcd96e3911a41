//! What all roles together open for an action on a stage, worked out once and kept while the organisation stays.
//!
//! A memory and not a source: what is kept follows from the directory alone, and goes with the first change of it. It is
//! shared by the copies of a directory that differ in nothing but ids that were named since.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::{Directory, UserSet};
use crate::domain::ScopeSet;

/// What roles open for one action on one stage, over all users.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Openness {
    /// Those to whom everything is opened.
    pub everything: UserSet,
    /// Those to whom what is flagged open is opened.
    pub flagged: UserSet,
    /// Every scope of any role's entry.
    pub scopes: ScopeSet,
    /// Whether any role lets an observer see what he observes (rule 3.9).
    pub lets_observe: bool,
}

/// The most places that are kept: of 14,000 users, 4 KiB each. Others are worked out each time.
const PLACES_MAX: usize = 4_096;

/// What was worked out, by the place of its entry among those of all types.
#[derive(Default)]
pub(super) struct Kept(RwLock<BTreeMap<usize, Arc<Openness>>>);

impl Directory {
    /// What roles open at an entry's place: as it is kept, or as it is worked out now.
    pub fn openness(&self, place: usize, work_out: impl FnOnce() -> Openness) -> Arc<Openness> {
        let kept = self.kept.0.read().unwrap_or_else(PoisonError::into_inner).get(&place).cloned();
        if let Some(kept) = kept {
            return kept;
        }
        let fresh = Arc::new(work_out());
        let mut places = self.kept.0.write().unwrap_or_else(PoisonError::into_inner);
        if places.len() < PLACES_MAX {
            places.insert(place, Arc::clone(&fresh));
        }
        fresh
    }

    /// Forgets what was worked out. Whatever changes what somebody holds has to say so.
    pub(super) fn forget_openness(&mut self) {
        self.kept = Arc::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Id, Key};

    fn worked_out(directory: &Directory, scopes: ScopeSet) -> Openness {
        let nobody = UserSet::new(directory);
        Openness { everything: nobody.clone(), flagged: nobody, scopes, lets_observe: false }
    }

    #[test]
    fn what_is_kept_stays_when_an_id_is_named_and_goes_with_a_change_of_the_organisation() {
        let mut directory = Directory::default();
        let scopes_of =
            |directory: &Directory, scopes| directory.openness(7, || worked_out(directory, scopes)).scopes;
        assert_eq!(scopes_of(&directory, ScopeSet::OWN), ScopeSet::OWN);
        directory.intern_user(&Id::parse("stranger").unwrap());
        assert_eq!(scopes_of(&directory, ScopeSet::NONE), ScopeSet::OWN);
        let before = directory.clone();
        directory.delete(&Key::Role(Id::parse("r").unwrap()));
        assert_eq!(scopes_of(&directory, ScopeSet::NONE), ScopeSet::NONE);
        assert_eq!(scopes_of(&before, ScopeSet::NONE), ScopeSet::OWN, "a copy keeps its own");
    }
}
