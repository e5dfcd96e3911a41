//! The support model: helpdesk groups and support roles (section 4 of the specification).

use super::{EffectiveRights, Relation, Relations};
use crate::directory::ActionKind;
use crate::domain::{Decision, Reason, SupportRole};

/// Decides for an active user who is not a portal administrator (table 4.2).
pub(super) fn judge(rights: &EffectiveRights, action: ActionKind, relations: &impl Relations) -> Decision {
    match rights.support_role() {
        SupportRole::Admin => Decision::allow(Reason::SupportAdmin),
        SupportRole::None => Decision::deny(Reason::SupportRoleClosed),
        SupportRole::Demo => demo(action, || relations.has(Relation::Author)),
        SupportRole::Staff => staff(action, || relations.has(Relation::Team)),
        SupportRole::Client => client(action, || relations.has(Relation::Client)),
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

fn demo(action: ActionKind, filed: impl Fn() -> bool) -> Decision {
    match action {
        ActionKind::Read => Decision::allow(Reason::Demo),
        ActionKind::Update if filed() => Decision::allow(Reason::Demo),
        ActionKind::Update => Decision::deny(Reason::OutOfReach),
        ActionKind::Create | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => {
            Decision::deny(Reason::SupportRoleClosed)
        }
    }
}
