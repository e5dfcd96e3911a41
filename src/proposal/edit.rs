//! Objects with one thing changed: roles, helpdesk groups.

use super::Field;
use crate::domain::{Grant, Id, Role, Scope, ScopeSet, SupportGroup, SupportGroupMember};

/// The type and action of a grant.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) entity_type: &'a Id,
    pub(super) action: &'a Id,
}

impl Place<'_> {
    fn is_of(self, grant: &Grant) -> bool {
        grant.entity_type == *self.entity_type && grant.action == *self.action
    }

    fn grant(self, level: ScopeSet) -> Grant {
        let (entity_type, action) = (self.entity_type.clone(), self.action.clone());
        Grant { entity_type, action, level, stages: Vec::new() }
    }
}

/// A role of one grant, with a scope for the element and for a stage of its own.
pub(super) fn role_of(place: Place<'_>, stage: Option<&Id>, scope: Scope) -> Role {
    let level = ScopeSet::from_iter([scope]);
    let stages = stage.map(|stage| (stage.clone(), level)).into_iter().collect();
    let grants = vec![Grant { stages, ..place.grant(level) }];
    Role { id: Id::LEAST, name: String::new(), grants }
}

/// The role with another level in a field of its grant, which it may not have had.
pub(super) fn with_level(role: &Role, place: Place<'_>, field: &Field, level: ScopeSet) -> Role {
    let mut role = role.clone();
    if !role.grants.iter().any(|grant| place.is_of(grant)) {
        role.grants.push(place.grant(ScopeSet::NONE));
    }
    for grant in role.grants.iter_mut().filter(|grant| place.is_of(grant)) {
        match field {
            Field::Element => grant.level = level,
            Field::Stage(stage) | Field::NewStage(stage) => {
                grant.stages.retain(|(name, _)| name != stage);
                grant.stages.push((stage.clone(), level));
                grant.stages.sort_unstable_by(|one, other| one.0.cmp(&other.0));
            }
        }
    }
    role
}

/// A level with a scope more; beside all, no other says anything.
pub(super) fn with_scope(level: ScopeSet, scope: Scope) -> ScopeSet {
    let more = ScopeSet::from_iter([scope]);
    if scope == Scope::All { more } else { level.union(more) }
}

/// The role whose grant inherits on a stage.
pub(super) fn without_entry(role: &Role, place: Place<'_>, stage: &Id) -> Role {
    let mut role = role.clone();
    for grant in role.grants.iter_mut().filter(|grant| place.is_of(grant)) {
        grant.stages.retain(|(name, _)| name != stage);
    }
    role
}

/// The group in which a user has `can_view`, whether or not he was in it.
pub(super) fn with_viewer(group: &SupportGroup, user: &Id) -> SupportGroup {
    let mut group = group.clone();
    match group.members.iter_mut().find(|member| member.user == *user) {
        Some(member) => member.can_view = true,
        None => group.members.push(SupportGroupMember {
            user: user.clone(),
            can_view: true,
            notify_new: false,
            notify_update: false,
        }),
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Id {
        Id::parse(text).unwrap()
    }

    #[test]
    fn an_entry_of_a_stage_leaves_the_element_level_as_it_is_and_can_be_taken_out_again() {
        let (entity_type, action, stage) = (id("deal"), id("read"), id("NEW"));
        let place = Place { entity_type: &entity_type, action: &action };
        let own = role_of(place, None, Scope::Own);
        let open = ScopeSet::from_iter([Scope::Open]);
        let role = with_level(&own, place, &Field::NewStage(stage.clone()), open);
        let role = with_level(&role, place, &Field::Stage(stage.clone()), ScopeSet::NONE);
        assert_eq!(role.grants[0].level, ScopeSet::OWN);
        assert_eq!(role.grants[0].stages, [(stage.clone(), ScopeSet::NONE)]);
        assert_eq!(without_entry(&role, place, &stage), own);
    }

    #[test]
    fn a_role_without_the_grant_gets_it() {
        let (entity_type, read, update) = (id("deal"), id("read"), id("update"));
        let role = role_of(Place { entity_type: &entity_type, action: &read }, None, Scope::Own);
        let place = Place { entity_type: &entity_type, action: &update };
        let role = with_level(&role, place, &Field::Element, ScopeSet::OWN);
        let levels: Vec<ScopeSet> = role.grants.iter().map(|grant| grant.level).collect();
        assert_eq!(levels, [ScopeSet::OWN, ScopeSet::OWN]);
    }

    #[test]
    fn all_stands_alone() {
        assert_eq!(with_scope(ScopeSet::OWN, Scope::All), ScopeSet::from_iter([Scope::All]));
        assert_eq!(with_scope(ScopeSet::OWN, Scope::Open), ScopeSet::from_iter([Scope::Own, Scope::Open]));
    }
}
