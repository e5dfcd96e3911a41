//! Random objects that fit a world.

use std::sync::Arc;

use dopusk::domain::{
    BindingSubject, Department, EntityType, Facts, Grant, GroupKind, Id, MemberRole, Model, Object, Resource,
    Role, RoleBinding, ScopeSet, SupportGroup, SupportGroupMember, SupportRole, User, Workgroup,
    WorkgroupMember, sorted_set,
};

use super::Dice;
use crate::oracle::Oracle;

pub(crate) fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn ids(texts: &[&str]) -> Vec<Id> {
    texts.iter().map(|text| id(text)).collect()
}

/// Types of both models, with stages and without.
pub(super) fn entity_types(dice: &mut Dice) -> Vec<Object> {
    let crm = ["read", "add", "update", "delete", "import", "export"];
    let support = ["update", "read", "add", "delete", "read_hidden", "merge"];
    let drawn = [
        ("deal", Model::Crm, &["NEW", "WON", "LOSE"][..], &crm[..]),
        ("сделка", Model::Crm, &["C1:NEW"], &crm[..=dice.below(6)]),
        ("contact", Model::Crm, &[], &["add", "read", "update"]),
        ("ticket", Model::Support, &[], &support),
        ("incident", Model::Support, &["OPEN", "DONE"], &support[..2 + dice.below(5)]),
    ];
    let types = drawn.into_iter().map(|(name, model, stages, actions)| EntityType {
        name: id(name),
        model,
        stages: ids(stages),
        actions: ids(actions),
    });
    types.map(|it| Object::EntityType(Arc::new(it))).collect()
}

/// How departments stand to one another.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Trees,
    Chain,
}

/// A department under one of those before it, or under the last one; without heads.
pub(super) fn department(dice: &mut Dice, world: &Oracle, at: usize, shape: Shape) -> Object {
    let before: Vec<Id> = world.departments.keys().cloned().collect();
    let parent = match dice.below(100) {
        _ if shape == Shape::Chain && at > 0 => Some(id(&format!("d{}", at - 1))),
        0..15 => None,
        15..40 => before.first().cloned(),
        _ => dice.pick(&before).cloned(),
    };
    let it =
        Department { id: id(&format!("d{at}")), name: format!("Department {at}"), parent, heads: vec![] };
    Object::Department(Arc::new(it))
}

/// A user of no, one or several departments; some are also in a department under one of theirs.
pub(super) fn user(dice: &mut Dice, world: &Oracle, id: Id) -> Object {
    let all: Vec<Id> = world.departments.keys().cloned().collect();
    let mut departments = dice.some(&all, 2);
    if dice.percent(30) {
        let above: Vec<Id> = departments.iter().flat_map(|it| world.above(it)).collect();
        departments.extend(dice.pick(&above).cloned());
    }
    let support_role = match dice.below(100) {
        0..25 => SupportRole::None,
        25..60 => SupportRole::Client,
        60..85 => SupportRole::Staff,
        85..92 => SupportRole::Demo,
        _ => SupportRole::Admin,
    };
    let it = User {
        name: format!("User {id}"),
        id,
        departments: sorted_set(departments),
        active: !dice.percent(12),
        admin: dice.percent(5),
        support_role,
    };
    Object::User(Arc::new(it))
}

/// Gives heads to departments: of their own, of others, inactive ones, the same for several.
pub(super) fn appoint_heads(dice: &mut Dice, world: &mut Oracle) {
    let users: Vec<Id> = world.users.keys().cloned().collect();
    let departments: Vec<Arc<Department>> = world.departments.values().cloned().collect();
    for department in departments {
        let mut heads = if dice.percent(40) { vec![] } else { dice.some(&users, 2) };
        let own = world.users.values().find(|user| user.departments.contains(&department.id));
        heads.extend(own.filter(|_| dice.percent(30)).map(|user| user.id.clone()));
        let it = Department { heads: sorted_set(heads), ..Department::clone(&department) };
        world.put(&Object::Department(Arc::new(it)));
    }
}

pub(super) fn member_role(dice: &mut Dice) -> MemberRole {
    let all = [MemberRole::Member, MemberRole::Moderator, MemberRole::Owner];
    all[dice.below(3)]
}

pub(super) fn workgroup(dice: &mut Dice, world: &Oracle, id: Id) -> Object {
    let users: Vec<Id> = world.users.keys().cloned().collect();
    let members = dice
        .some(&users, 5)
        .into_iter()
        .map(|user| WorkgroupMember { user, role: member_role(dice) })
        .collect();
    Object::Workgroup(Arc::new(Workgroup { name: format!("Workgroup {id}"), id, members }))
}

/// A helpdesk group of either kind, of users whose support role fits (1.2).
pub(super) fn support_group(dice: &mut Dice, world: &Oracle, id: Id) -> Object {
    let kind = if dice.percent(50) { GroupKind::Team } else { GroupKind::Client };
    let fits = |user: &&Arc<User>| match kind {
        GroupKind::Team => matches!(user.support_role, SupportRole::Staff | SupportRole::Admin),
        GroupKind::Client => user.support_role == SupportRole::Client,
    };
    let users: Vec<Id> = world.users.values().filter(fits).map(|user| user.id.clone()).collect();
    let members = dice
        .some(&users, 5)
        .into_iter()
        .map(|user| SupportGroupMember {
            user,
            can_view: dice.percent(50),
            notify_new: dice.percent(50),
            notify_update: dice.percent(50),
        })
        .collect();
    Object::SupportGroup(Arc::new(SupportGroup { name: format!("Group {id}"), id, kind, members }))
}

/// A named level, or any set of scopes; the empty one often.
pub(super) fn level(dice: &mut Dice) -> ScopeSet {
    let names = ["none", "none", "self", "department", "subdepartments", "open", "all"];
    if dice.percent(30) {
        return ScopeSet::from_bits(u8::try_from(dice.below(32)).unwrap());
    }
    ScopeSet::from_level_name(names[dice.below(names.len())]).unwrap()
}

/// A role with up to one grant for each type and action; detailed entries often equal the element level.
pub(super) fn role(dice: &mut Dice, world: &Oracle, id: Id) -> Object {
    let places: Vec<(Id, Id)> = world
        .types
        .values()
        .flat_map(|it| it.actions.iter().map(|action| (it.name.clone(), action.clone())))
        .collect();
    let mut grants = Vec::new();
    for (entity_type, action) in dice.some(&places, 8) {
        let level = level(dice);
        let named = dice.some(&world.types[&entity_type].stages, 3);
        let mut stages: Vec<(Id, ScopeSet)> = named
            .into_iter()
            .map(|stage| (stage, if dice.percent(30) { level } else { self::level(dice) }))
            .collect();
        stages.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        grants.push(Grant { entity_type, action, level, stages });
    }
    Object::Role(Arc::new(Role { name: format!("Role {id}"), id, grants }))
}

/// A binding of any kind.
pub(super) fn binding(dice: &mut Dice, world: &Oracle) -> Object {
    let one = |dice: &mut Dice, ids: Vec<&Id>| dice.pick(&ids).map_or_else(|| id("none"), |id| Id::clone(id));
    let role = one(dice, world.roles.keys().collect());
    let user = one(dice, world.users.keys().collect());
    let department = one(dice, world.departments.keys().collect());
    let workgroup = one(dice, world.workgroups.keys().collect());
    let subject = match dice.below(100) {
        0..20 => BindingSubject::User(user),
        20..45 => BindingSubject::UserAndManagers(user),
        45..60 => BindingSubject::Department(department),
        60..78 => BindingSubject::DepartmentTree(department),
        78..94 => BindingSubject::Workgroup { workgroup, min_role: member_role(dice) },
        _ => BindingSubject::Everyone,
    };
    Object::RoleBinding(RoleBinding { role, subject })
}

/// A resource that may name users and departments that don't exist (1.4).
pub(super) fn resource(dice: &mut Dice, world: &Oracle, entity_type: &Id, id: Id) -> Object {
    let facts = facts(dice, world, entity_type);
    let sort_key = i64::try_from(dice.below(100)).unwrap() - 50;
    Object::Resource(Box::new(Resource { entity_type: entity_type.clone(), id, facts, sort_key }))
}

/// Facts of a resource of a type that exists.
pub(crate) fn facts(dice: &mut Dice, world: &Oracle, entity_type: &Id) -> Facts {
    let mut people: Vec<Id> = world.users.keys().cloned().collect();
    people.extend([id("stranger"), id("u99")]);
    let mut places: Vec<Id> = world.departments.keys().cloned().collect();
    places.extend([id("nowhere"), id("d99")]);
    let stages = world.types.get(entity_type).map(|it| it.stages.clone()).unwrap_or_default();
    Facts {
        author: Some(dice.percent(85)).filter(|is| *is).and_then(|_| dice.pick(&people).cloned()),
        responsible: Some(dice.percent(80)).filter(|is| *is).and_then(|_| dice.pick(&people).cloned()),
        departments: if dice.percent(25) { sorted_set(dice.some(&places, 3)) } else { vec![] },
        stage: Some(dice.percent(80)).filter(|is| *is).and_then(|_| dice.pick(&stages).cloned()),
        open: dice.percent(25),
        observers: if dice.percent(30) { sorted_set(dice.some(&people, 3)) } else { vec![] },
    }
}
