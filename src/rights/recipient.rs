//! Recipients of a ticket's news (rule 4.5).

use std::collections::BTreeSet;

use super::Target;
use crate::directory::{Directory, MemberFlags, UserIndex};
use crate::domain::{GroupKind, NewsEvent, SupportRole};

/// Who is to be told: active users, each once, by index. Being told doesn't imply that one may read.
#[must_use]
pub fn recipients(directory: &Directory, target: &Target<'_>, event: NewsEvent) -> BTreeSet<UserIndex> {
    let mut told = side(directory, target.author, GroupKind::Client, event);
    let staff = side(directory, target.responsible, GroupKind::Team, event);
    if staff.is_empty() {
        told.extend(directory.admins().filter(|user| {
            let user = directory.user(*user).and_then(|node| node.user());
            user.is_some_and(|user| user.active && user.support_role == SupportRole::Admin)
        }));
    }
    told.extend(staff);
    told
}

/// One side of a ticket: its person, and every member with the flag of each group of the kind that he is in.
fn side(
    directory: &Directory,
    person: Option<UserIndex>,
    kind: GroupKind,
    event: NewsEvent,
) -> BTreeSet<UserIndex> {
    let groups = person.and_then(|person| directory.user(person)).map_or(&[][..], |node| node.groups());
    let members = groups
        .iter()
        .filter_map(|group| directory.group(*group))
        .filter(|group| group.kind() == Some(kind))
        .flat_map(|group| group.members())
        .filter(|(_, flags)| is_told(*flags, event))
        .map(|(user, _)| *user);
    members.chain(person).filter(|user| directory.user(*user).is_some_and(|node| node.is_active())).collect()
}

const fn is_told(flags: MemberFlags, event: NewsEvent) -> bool {
    match event {
        NewsEvent::Created => flags.notify_new,
        NewsEvent::Updated => flags.notify_update,
    }
}
