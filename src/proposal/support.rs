//! Drafts for tickets: the groups of the ticket's side, another support role, another responsible (section 4).

use super::edit::with_viewer;
use super::{Case, Draft, Draw, Step};
use crate::directory::ActionKind;
use crate::domain::{GroupKind, Key, Named, Object, SupportRole};
use crate::rights::{Side, SupportGrounds};

pub(super) fn draw(case: &Case<'_>, grounds: &SupportGrounds, drafts: &mut Draw) {
    let is_existing = case.act.kind() != ActionKind::Create;
    if grounds.role == SupportRole::Staff && is_existing {
        drafts.add(case.assigned());
    }
    // The groups of the author's side don't matter to demo.
    let side = grounds.side.as_ref().filter(|_| grounds.role != SupportRole::Demo);
    let (mut flags, mut places) = (Vec::new(), Vec::new());
    for draft in side.into_iter().flat_map(|side| viewers(case, side)) {
        let is_flag = matches!(draft.steps.first(), Some(Step::View(_)));
        if is_flag { flags.push(draft) } else { places.push(draft) }
    }
    drafts.add(flags);
    drafts.add(places);
    let roles = [SupportRole::Client, SupportRole::Staff, SupportRole::Demo, SupportRole::Admin];
    let others = roles.into_iter().filter(|role| *role != grounds.role);
    drafts.add(
        others.filter_map(|role| case.with_user(Step::SetSupportRole(role), |user| user.support_role = role)),
    );
}

/// The subject as a viewer of each group that the other one of the side is in.
fn viewers(case: &Case<'_>, side: &Side) -> Vec<Draft> {
    let somebody = match side.kind {
        GroupKind::Team => case.target.responsible,
        GroupKind::Client => case.target.author,
    };
    let Some(subject) = case.subject() else { return Vec::new() };
    let node = somebody.and_then(|user| case.directory.user(user));
    let groups = node.map_or(&[][..], |node| node.groups());
    let drafts = groups.iter().filter_map(|index| {
        let node = case.directory.group(*index).filter(|group| group.kind() == Some(side.kind))?;
        let named: Named = case.directory.named_group(*index)?;
        let Some(Object::SupportGroup(group)) = case.directory.get(&Key::SupportGroup(named.id.clone()))
        else {
            return None;
        };
        let step = match node.flags_of(case.rights.user()) {
            Some(flags) if flags.can_view => return None,
            Some(_) => Step::View(named),
            None => Step::JoinGroup(named),
        };
        Some(Draft::put(step, Object::SupportGroup(with_viewer(&group, &subject.id).into())))
    });
    drafts.collect()
}
