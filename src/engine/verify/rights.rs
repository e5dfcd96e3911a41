//! Cached rights, held against rights that are compiled anew.

use super::super::Shared;
use super::{Circle, Fault, Step};
use crate::directory::UserIndex;
use crate::rights::EffectiveRights;

/// Users who are looked up in one go: compiling takes some microseconds for each who is found.
const USERS_AT_ONCE: u32 = 32;

/// The next user.
#[derive(Default)]
pub(super) struct Rights(u32);

impl Circle for Rights {
    fn step(&mut self, shared: &Shared) -> Step {
        let published = shared.published.load_full();
        let (directory, revision) = (published.directory(), published.snapshot.revision());
        let end = self.0.saturating_add(USERS_AT_ONCE).min(directory.user_slots());
        let mut step = Step { is_round: end == directory.user_slots(), ..Step::default() };
        for user in (self.0..end).map(UserIndex) {
            let Some(node) = directory.user(user) else { continue };
            // INVARIANT: what is found after the snapshot was taken is right at its revision (`Cache`).
            let Some(kept) = shared.cache.peek(node.id().as_str(), revision) else { continue };
            step.verified += 1;
            let differences = match EffectiveRights::compile(directory, user) {
                Some(fresh) if fresh == *kept => continue,
                Some(fresh) => fresh.differences(&kept).join(", "),
                None => "there is no such user".to_owned(),
            };
            shared.cache.forget(node.id().as_str(), &kept);
            let what = format!("cached rights of user {} at revision {revision}: {differences}", node.id());
            step.faults.push(Fault { what, mend: None });
        }
        self.0 = if step.is_round { 0 } else { end };
        step
    }
}
