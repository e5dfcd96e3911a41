//! Who may have other people in his reach after a change than before, though his own rights are the same.

use std::collections::BTreeSet;

use super::{DepartmentIndex, Directory, UserIndex};
use crate::domain::{Change, Id, Key};

/// Those in whose departments, or below them, somebody appears or disappears by the changes (rule 3.11).
///
/// With those whose rights are [`affected`](super::affected) they are all whose decisions on unchanged resources a
/// change can turn: who is shown by a helpdesk group is part of its viewers' rights.
#[must_use]
pub fn onlookers(before: &Directory, after: &Directory, changes: &[Change]) -> BTreeSet<UserIndex> {
    let mut users = BTreeSet::new();
    let moved: Vec<&Id> = changes.iter().filter_map(|change| moved_user(before, after, change)).collect();
    for side in [before, after] {
        let departments: BTreeSet<DepartmentIndex> =
            moved.iter().flat_map(|id| places(side, id)).flat_map(|own| side.chain(*own)).collect();
        users.extend(departments.into_iter().flat_map(|department| side.members(department)));
    }
    users
}

/// The user of a change, where his departments change.
fn moved_user<'a>(before: &Directory, after: &Directory, change: &'a Change) -> Option<&'a Id> {
    match &change.key {
        Key::User(id) => (places(before, id) != places(after, id)).then_some(id),
        Key::EntityType(_)
        | Key::Department(_)
        | Key::Workgroup(_)
        | Key::SupportGroup(_)
        | Key::Role(_)
        | Key::RoleBinding(_)
        | Key::Resource { .. } => None,
    }
}

fn places<'a>(directory: &'a Directory, user: &Id) -> &'a [DepartmentIndex] {
    directory.departments_of(directory.find_user(user.as_str()).map(|(user, _)| user))
}
