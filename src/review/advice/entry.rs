//! Entries that say what inheriting would, that never count, that reach very many; and stages that nobody reads.

use std::sync::Arc;

use super::{About, Advice, AdviceKind, Thresholds, named};
use crate::directory::ActionKind;
use crate::domain::{Grant, Id, Object, Operation, Role};
use crate::review::crowd::{Columns, Crowd};
use crate::rights::Act;

pub(super) fn findings(crowd: &Crowd<'_>, thresholds: Thresholds) -> Vec<Advice> {
    let mut found: Vec<Advice> = crowd.roles.iter().flat_map(|role| as_element(role)).collect();
    for act in crowd.acts() {
        let columns = crowd.columns(&act);
        found.extend((0..crowd.roles.len()).filter_map(|place| never_counts(crowd, (&act, &columns), place)));
        if act.kind() == ActionKind::Read {
            found.extend(unread(crowd, &act, &columns));
        }
    }
    found.extend((0..crowd.roles.len()).filter_map(|place| broad(crowd, place, thresholds)));
    found
}

fn about(role: &Role, grant: &Grant, stages: Vec<Id>) -> About {
    let (entity_type, action) = (grant.entity_type.clone(), grant.action.clone());
    About::Grant { role: named(role), entity_type, action, stages }
}

/// Stages' entries that are equal to the element level.
fn as_element(role: &Arc<Role>) -> Vec<Advice> {
    let found = role.grants.iter().enumerate().filter_map(|(at, grant)| {
        let equal = grant.stages.iter().filter(|(_, level)| *level == grant.level);
        let stages: Vec<Id> = equal.map(|(stage, _)| stage.clone()).collect();
        if stages.is_empty() {
            return None;
        }
        let mut changed = Role::clone(role);
        if let Some(grant) = changed.grants.get_mut(at) {
            grant.stages.retain(|(_, level)| *level != grant.level);
        }
        let change = vec![Operation::put(Object::Role(changed.into()))];
        Some(Advice::new(AdviceKind::EntryAsElement, vec![about(role, grant, stages)]).changing(change))
    });
    found.collect()
}

/// The stages on which a role inherits and all who hold it have a detailed entry by another.
fn never_counts(crowd: &Crowd<'_>, (act, columns): (&Act<'_>, &Columns), place: usize) -> Option<Advice> {
    let holding: Vec<(&Vec<usize>, &Vec<usize>)> =
        crowd.sets.iter().filter(|(set, _)| set.contains(&place)).collect();
    if holding.is_empty() || !columns.says(place) {
        return None;
    }
    let hidden = columns.stages.iter().enumerate().filter(|(at, _)| {
        let own = columns.entry(place, *at);
        holding.iter().all(|(set, _)| columns.united(set, *at).is_detailed() && !own.is_detailed())
    });
    let names = hidden.filter_map(|(_, stage)| act.node.stage_name((*stage)?));
    let stages: Vec<Id> = names.cloned().collect();
    if stages.is_empty() {
        return None;
    }
    let role = named(crowd.roles.get(place)?);
    let (entity_type, action) = (act.node.entity_type().name.clone(), act.name());
    let about = vec![About::Grant { role, entity_type, action, stages }];
    let people = crowd.people(holding.iter().flat_map(|(_, people)| people.iter().copied()).collect());
    Some(Advice::new(AdviceKind::EntryNeverCounts, about).meeting(people))
}

/// The stages on which nobody's roles open anything to read; the whole type where it has none.
fn unread(crowd: &Crowd<'_>, act: &Act<'_>, columns: &Columns) -> Vec<Advice> {
    let entity_type = &act.node.entity_type().name;
    let is_meant = |at: &usize| *at > 0 || columns.stages.len() == 1;
    let is_read = |at: usize| crowd.sets.keys().any(|set| !columns.united(set, at).scopes().is_none());
    let unread = (0..columns.stages.len()).filter(is_meant).filter(|at| !is_read(*at));
    let found = unread.map(|at| {
        let stage = columns.stages.get(at).copied().flatten();
        let stage = stage.and_then(|stage| act.node.stage_name(stage)).cloned();
        let about = About::Stage { entity_type: entity_type.clone(), stage };
        Advice::new(AdviceKind::StageUnread, vec![about])
    });
    found.collect()
}

/// What a role grants, where more than a part of all users hold it.
fn broad(crowd: &Crowd<'_>, place: usize, thresholds: Thresholds) -> Option<Advice> {
    let role = crowd.roles.get(place)?;
    let active = crowd.directory.users_after(None).filter(|(_, user)| user.active).count();
    let holders = crowd.holders(place);
    if holders.len() * 100 <= active * thresholds.broad_percent {
        return None;
    }
    let gives = |grant: &&Grant| !grant.level.is_none() || grant.stages.iter().any(|(_, it)| !it.is_none());
    let (giving, rest): (Vec<&Grant>, Vec<&Grant>) = role.grants.iter().partition(gives);
    let grants: Vec<About> = giving.iter().map(|grant| about(role, grant, Vec::new())).collect();
    if grants.is_empty() {
        return None;
    }
    let without = Role { grants: rest.into_iter().cloned().collect(), ..Role::clone(role) };
    let change = vec![Operation::put(Object::Role(without.into()))];
    Some(Advice::new(AdviceKind::BroadGrant, grants).meeting(crowd.people(holders)).changing(change))
}
