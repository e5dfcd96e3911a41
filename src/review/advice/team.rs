//! Few people with rights by way of groups, and helpdesk groups that show nobody anything.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{About, Advice, AdviceKind, Thresholds};
use crate::domain::{
    BindingSubject, Id, Key, Kind, Model, Named, Object, Operation, Role, RoleBinding, SupportGroup,
};
use crate::review::crowd::Crowd;

pub(super) fn findings(crowd: &Crowd<'_>, thresholds: Thresholds) -> Vec<Advice> {
    let types = crowd.directory.catalog().iter().filter(|(_, node)| node.model() == Model::Crm);
    let names = types.map(|(_, node)| &node.entity_type().name);
    let small = names.filter_map(|name| small_team(crowd, name, thresholds));
    let groups = crowd.directory.objects_after(Kind::SupportGroup, None);
    let blind = groups.filter_map(|object| {
        let Object::SupportGroup(group) = object else { return None };
        without_viewer(crowd, &group)
    });
    small.chain(blind).collect()
}

/// A type on which few people have rights, some of them by bindings to more than themselves.
fn small_team(crowd: &Crowd<'_>, entity_type: &Id, thresholds: Thresholds) -> Option<Advice> {
    let places = (0..crowd.roles.len())
        .filter(|place| crowd.roles.get(*place).is_some_and(|role| gives_something(role, entity_type)));
    let places: Vec<usize> = places.collect();
    let people: BTreeSet<usize> = places.iter().flat_map(|place| crowd.holders(*place)).collect();
    if people.is_empty() || people.len() > thresholds.team_people_max {
        return None;
    }
    let (mut about, mut change) = (vec![About::EntityType(entity_type.clone())], Vec::new());
    for (place, role) in places.iter().filter_map(|place| Some((*place, crowd.roles.get(*place)?))) {
        let bindings = crowd.directory.bindings_of_role(&role.id);
        let by_group: Vec<&RoleBinding> = bindings.filter(|it| is_of_group(crowd, it)).collect();
        if by_group.is_empty() {
            continue;
        }
        about.extend(by_group.iter().filter_map(|it| crowd.binding(it)));
        change.extend(by_group.iter().map(|it| Operation::delete(Key::RoleBinding((*it).clone()))));
        let holders = crowd.people(crowd.holders(place));
        let ids = holders.iter().filter_map(|user| crowd.directory.user(*user)).map(|node| node.id().clone());
        let personal = ids.map(|id| RoleBinding { role: role.id.clone(), subject: BindingSubject::User(id) });
        change.extend(personal.map(|it| Operation::put(Object::RoleBinding(it))));
    }
    let people = crowd.people(people.into_iter().collect());
    let is_found = !change.is_empty();
    is_found.then(|| Advice::new(AdviceKind::SmallTeam, about).meeting(people).changing(change))
}

fn gives_something(role: &Arc<Role>, entity_type: &Id) -> bool {
    let mut grants = role.grants.iter().filter(|grant| grant.entity_type == *entity_type);
    grants.any(|grant| !grant.level.is_none() || grant.stages.iter().any(|(_, level)| !level.is_none()))
}

/// Whether a binding takes in somebody for whom roles decide other than by his own name (rule 3.4).
fn is_of_group(crowd: &Crowd<'_>, binding: &RoleBinding) -> bool {
    let own = match &binding.subject {
        BindingSubject::User(id) | BindingSubject::UserAndManagers(id) => {
            crowd.directory.find_user(id.as_str()).map(|(user, _)| user)
        }
        BindingSubject::Department(_)
        | BindingSubject::DepartmentTree(_)
        | BindingSubject::Workgroup { .. }
        | BindingSubject::Everyone => None,
    };
    crowd.taken_in(&binding.subject).iter().any(|user| Some(*user) != own)
}

fn without_viewer(crowd: &Crowd<'_>, group: &Arc<SupportGroup>) -> Option<Advice> {
    let is_active =
        |id: &Id| crowd.directory.find_user(id.as_str()).is_some_and(|(_, node)| node.is_active());
    if group.members.iter().any(|member| member.can_view && is_active(&member.user)) {
        return None;
    }
    let about = About::SupportGroup(Named { id: group.id.clone(), name: group.name.clone() });
    let change = vec![Operation::delete(Key::SupportGroup(group.id.clone()))];
    Some(Advice::new(AdviceKind::GroupWithoutViewer, vec![about]).changing(change))
}
