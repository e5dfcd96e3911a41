//! What a support role goes by: the ticket's side that it looks from, and the groups that show it.

use super::super::Act;
use super::super::relation::Facts;
use crate::directory::{ActionKind, UserIndex};
use crate::domain::{GroupKind, Named, SupportRole};

/// The support role, and what it goes by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SupportGrounds {
    /// The role.
    pub role: SupportRole,
    /// The ticket's side that the role looks from; none where it doesn't matter.
    pub side: Option<Side>,
}

/// A ticket's side, as one sees it who looks from there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// Team: that of the responsible. Client: that of the author.
    pub kind: GroupKind,
    /// The responsible or author, if there is one who is known.
    pub somebody: Option<Named>,
    /// Whether that is the subject himself.
    pub is_himself: bool,
    /// The groups of the kind that both are in.
    pub groups: Vec<GroupRow>,
}

/// A group that the subject shares with somebody.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupRow {
    /// The group.
    pub group: Named,
    /// Whether his own row has the flag.
    pub can_view: bool,
}

pub(super) fn support_grounds(act: &Act<'_>, facts: &Facts<'_>) -> SupportGrounds {
    let role = facts.rights.support_role();
    let is_existing = act.kind() != ActionKind::Create;
    let side = match role {
        SupportRole::Staff if is_existing => Some(side(GroupKind::Team, facts.target.responsible, facts)),
        SupportRole::Client if is_existing => Some(side(GroupKind::Client, facts.target.author, facts)),
        // Its groups don't matter to one who looks at everything; being the author does (rule 4.2).
        SupportRole::Demo if act.kind() == ActionKind::Update => {
            Some(Side { groups: Vec::new(), ..side(GroupKind::Client, facts.target.author, facts) })
        }
        SupportRole::Staff
        | SupportRole::Client
        | SupportRole::Demo
        | SupportRole::Admin
        | SupportRole::None => None,
    };
    SupportGrounds { role, side }
}

fn side(kind: GroupKind, somebody: Option<UserIndex>, facts: &Facts<'_>) -> Side {
    let (directory, user) = (facts.directory, facts.rights.user());
    let theirs = somebody.and_then(|it| directory.user(it)).map_or(&[][..], |node| node.groups());
    let rows = theirs.iter().filter_map(|index| {
        let group = directory.group(*index).filter(|group| group.kind() == Some(kind))?;
        let flags = group.flags_of(user)?;
        Some(GroupRow { group: directory.named_group(*index)?, can_view: flags.can_view })
    });
    let is_himself = somebody == Some(user);
    Side {
        kind,
        somebody: somebody.and_then(|it| directory.named_user(it)),
        is_himself,
        groups: if is_himself { Vec::new() } else { rows.collect() },
    }
}
