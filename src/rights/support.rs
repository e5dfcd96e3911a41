//! The support model: helpdesk groups and support roles (section 4 of the specification).

use super::{Act, EffectiveRights, Target, meet};
use crate::directory::{ActionKind, Directory, UserIndex};
use crate::domain::{Decision, GroupKind, Reason, SupportRole};

/// Decides for an active user who is not a portal administrator (table 4.2).
pub(super) fn decide(
    directory: &Directory,
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: &Target<'_>,
) -> Decision {
    match rights.support_role() {
        SupportRole::Admin => Decision::allow(Reason::SupportAdmin),
        SupportRole::None => Decision::deny(Reason::SupportRoleClosed),
        SupportRole::Demo => demo(rights, act.kind(), target),
        SupportRole::Staff => {
            staff(act.kind(), || reaches(directory, rights, GroupKind::Team, target.responsible))
        }
        SupportRole::Client => {
            client(act.kind(), || reaches(directory, rights, GroupKind::Client, target.author))
        }
    }
}

fn staff(action: ActionKind, sees: impl Fn() -> bool) -> Decision {
    match action {
        ActionKind::Create => Decision::allow(Reason::SupportRole),
        ActionKind::Read | ActionKind::Update | ActionKind::ReadHidden | ActionKind::Other if sees() => {
            Decision::allow(Reason::Team)
        }
        ActionKind::Read => Decision::deny(Reason::OutOfReach),
        // 2.5 names the nearer cause, also where the role never deletes.
        ActionKind::Delete if sees() => Decision::deny(Reason::SupportRoleClosed),
        ActionKind::Update | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => {
            Decision::deny(Reason::NoSight)
        }
    }
}

fn client(action: ActionKind, sees: impl Fn() -> bool) -> Decision {
    match action {
        ActionKind::Create => Decision::allow(Reason::SupportRole),
        ActionKind::Read | ActionKind::Update | ActionKind::Other if sees() => {
            Decision::allow(Reason::Client)
        }
        ActionKind::Read => Decision::deny(Reason::OutOfReach),
        ActionKind::ReadHidden | ActionKind::Delete if sees() => Decision::deny(Reason::SupportRoleClosed),
        ActionKind::Update | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => {
            Decision::deny(Reason::NoSight)
        }
    }
}

fn demo(rights: &EffectiveRights, action: ActionKind, target: &Target<'_>) -> Decision {
    match action {
        ActionKind::Read => Decision::allow(Reason::Demo),
        ActionKind::Update if target.author == Some(rights.user()) => Decision::allow(Reason::Demo),
        ActionKind::Update => Decision::deny(Reason::OutOfReach),
        ActionKind::Create | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => {
            Decision::deny(Reason::SupportRoleClosed)
        }
    }
}

/// Whether somebody is in T(u) or C(u): the subject himself, or a member of a group that shows him (rule 4.1).
fn reaches(
    directory: &Directory,
    rights: &EffectiveRights,
    kind: GroupKind,
    somebody: Option<UserIndex>,
) -> bool {
    let Some(somebody) = somebody else { return false };
    somebody == rights.user()
        || directory.user(somebody).is_some_and(|node| meet(node.groups(), rights.viewed_groups(kind)))
}
