//! Random writes: puts, deletes, moves; valid and rule-breaking operations in one batch.

use std::sync::Arc;

use dopusk::domain::{
    Department, EntityType, Grant, GroupKind, Id, Key, Object, Operation, Precondition, Resource, Role,
    SupportGroup, SupportGroupMember, SupportRole, User, Verb, Workgroup, WorkgroupMember, sorted_set,
};

use super::{Dice, id, item};
use crate::oracle::Oracle;

/// One to four operations, each on the world as those before leave it.
pub(crate) fn random_write(dice: &mut Dice, world: &Oracle) -> Vec<Operation> {
    let mut end = world.clone();
    let mut operations = Vec::new();
    for _ in 0..=dice.below(4) {
        let mut operation = operation(dice, &end);
        if dice.percent(6) {
            let all = [Precondition::MustExist, Precondition::MustNotExist];
            operation.precondition = all[dice.below(2)];
        }
        match &operation.verb {
            Verb::Put(object) => end.put(object),
            Verb::Delete(key) => end.delete(key),
        }
        operations.push(operation);
    }
    if dice.percent(20) {
        let at = dice.below(operations.len());
        operations.rotate_left(at);
    }
    operations
}

fn operation(dice: &mut Dice, world: &Oracle) -> Operation {
    let entity_types: Vec<Id> = world.types.keys().cloned().collect();
    let entity_type = dice.pick(&entity_types).cloned().unwrap_or(id("deal"));
    let number = dice.below(14);
    let numbered = |prefix: &str| id(&format!("{prefix}{number}"));
    let object = match dice.below(100) {
        0..16 => edited_user(dice, world),
        16..30 => edited_department(dice, world),
        30..38 => edited_group(dice, world),
        38..44 => edited_workgroup(dice, world),
        44..52 => edited_role(dice, world),
        52..56 => edited_type(dice, world),
        56..64 => Some(item::binding(dice, world)),
        64..70 => Some(item::role(dice, world, numbered("r"))),
        70..74 => Some(item::user(dice, world, numbered("u"))),
        74..76 => Some(item::support_group(dice, world, numbered("g"))),
        76..88 => {
            let resource = item::resource(dice, world, &entity_type, numbered(""));
            Some(broken_stage(dice, resource))
        }
        _ => return Operation::delete(some_key(dice, world)),
    };
    object.map_or_else(|| Operation::delete(Key::User(id("nobody"))), Operation::put)
}

/// An id of the list, or now and then of nothing.
fn reference<'a>(dice: &mut Dice, ids: impl Iterator<Item = &'a Id>) -> Id {
    let ids: Vec<&Id> = ids.collect();
    let picked = if dice.percent(4) { None } else { dice.pick(&ids).map(|id| Id::clone(id)) };
    picked.unwrap_or(id("missing"))
}

/// Any key there is, or one of nothing. Resources and bindings can be deleted freely, so they come more often.
fn some_key(dice: &mut Dice, world: &Oracle) -> Key {
    let keys: Vec<Key> = world.objects().iter().map(Object::key).collect();
    let bindings: Vec<Key> = world.bindings.iter().cloned().map(Key::RoleBinding).collect();
    let picked = match dice.below(100) {
        0..30 => dice.pick(&bindings),
        30..95 => dice.pick(&keys),
        _ => None,
    };
    picked.cloned().unwrap_or(Key::Department(id("missing")))
}

fn edited_user(dice: &mut Dice, world: &Oracle) -> Option<Object> {
    let users: Vec<&Arc<User>> = world.users.values().collect();
    let user = User::clone(dice.pick(&users)?);
    let edited = match dice.below(100) {
        0..60 => {
            let there = reference(dice, world.departments.keys());
            let mut departments = if dice.percent(40) { user.departments.clone() } else { vec![] };
            departments.push(there);
            User { departments: sorted_set(departments), ..user }
        }
        60..70 => User { departments: vec![], ..user },
        70..80 => User { active: !user.active, ..user },
        80..84 => User { admin: !user.admin, ..user },
        84..92 => User { name: format!("Renamed {}", dice.below(9)), ..user },
        _ => {
            let all = [SupportRole::None, SupportRole::Client, SupportRole::Staff, SupportRole::Demo];
            User { support_role: all[dice.below(4)], ..user }
        }
    };
    Some(Object::User(Arc::new(edited)))
}

fn edited_department(dice: &mut Dice, world: &Oracle) -> Option<Object> {
    let departments: Vec<&Arc<Department>> = world.departments.values().collect();
    let department = Department::clone(dice.pick(&departments)?);
    let edited = match dice.below(100) {
        0..40 => Department { parent: Some(reference(dice, world.departments.keys())), ..department },
        40..50 => Department { parent: None, ..department },
        50..85 => {
            let heads = (0..dice.below(3)).map(|_| reference(dice, world.users.keys())).collect();
            Department { heads: sorted_set(heads), ..department }
        }
        85..90 => Department { name: format!("Renamed {}", dice.below(9)), ..department },
        _ => {
            let parent = Some(reference(dice, world.departments.keys()));
            Department { id: id(&format!("d{}", dice.below(14))), parent, name: String::new(), heads: vec![] }
        }
    };
    Some(Object::Department(Arc::new(edited)))
}

fn edited_group(dice: &mut Dice, world: &Oracle) -> Option<Object> {
    let groups: Vec<&Arc<SupportGroup>> = world.groups.values().collect();
    let mut group = SupportGroup::clone(dice.pick(&groups)?);
    let at = dice.below(group.members.len());
    match (dice.below(100), group.members.get_mut(at)) {
        (0..35, Some(member)) => member.can_view = !member.can_view,
        (35..50, Some(member)) => member.notify_new = !member.notify_new,
        (50..60, Some(_)) => drop(group.members.remove(at)),
        (60..65, _) => {
            group.kind = if group.kind == GroupKind::Team { GroupKind::Client } else { GroupKind::Team };
        }
        _ => {
            let user = reference(dice, world.users.keys());
            let (can_view, notify_new, notify_update) =
                (dice.percent(60), dice.percent(50), dice.percent(50));
            if dice.percent(95) {
                group.members.retain(|member| member.user != user);
            }
            group.members.push(SupportGroupMember { user, can_view, notify_new, notify_update });
        }
    }
    Some(Object::SupportGroup(Arc::new(group)))
}

fn edited_workgroup(dice: &mut Dice, world: &Oracle) -> Option<Object> {
    let groups: Vec<&Arc<Workgroup>> = world.workgroups.values().collect();
    let mut group = Workgroup::clone(dice.pick(&groups)?);
    let at = dice.below(group.members.len());
    match (dice.below(100), group.members.get_mut(at)) {
        (0..40, Some(member)) => member.role = item::member_role(dice),
        (40..60, Some(_)) => drop(group.members.remove(at)),
        _ => {
            let user = reference(dice, world.users.keys());
            group.members.push(WorkgroupMember { user, role: item::member_role(dice) });
        }
    }
    Some(Object::Workgroup(Arc::new(group)))
}

fn edited_role(dice: &mut Dice, world: &Oracle) -> Option<Object> {
    let roles: Vec<&Arc<Role>> = world.roles.values().collect();
    let mut role = Role::clone(dice.pick(&roles)?);
    let at = dice.below(role.grants.len());
    match (dice.below(100), role.grants.get_mut(at)) {
        (0..40, Some(grant)) => grant.level = item::level(dice),
        (40..60, Some(grant)) => drop(grant.stages.pop()),
        (60..70, Some(_)) => drop(role.grants.remove(at)),
        (70..75, Some(grant)) => {
            let twice = Grant::clone(grant);
            role.grants.push(twice);
        }
        (75..82, Some(grant)) => grant.action = id("fly"),
        _ => role.name = format!("Renamed {}", dice.below(9)),
    }
    Some(Object::Role(Arc::new(role)))
}

/// Takes stages and actions away and gives them back; now and then forgets `read`.
fn edited_type(dice: &mut Dice, world: &Oracle) -> Option<Object> {
    let types: Vec<&Arc<EntityType>> = world.types.values().collect();
    let mut it = EntityType::clone(dice.pick(&types)?);
    match dice.below(6) {
        0 => drop(it.stages.pop()),
        1 => it.stages.insert(0, id(&format!("S{}", dice.below(4)))),
        2 => drop(it.actions.pop()),
        3 => it.actions.push(id(["transfer", "import", "delete"][dice.below(3)])),
        4 => it.stages.reverse(),
        _ => it.name = id("lead"),
    }
    Some(Object::EntityType(Arc::new(it)))
}

fn broken_stage(dice: &mut Dice, object: Object) -> Object {
    let Object::Resource(mut it) = object else { return object };
    match dice.below(40) {
        0 => it.facts.stage = Some(id("NOPE")),
        1 => it = Box::new(Resource { entity_type: id("lead"), ..*it }),
        _ => {}
    }
    Object::Resource(it)
}
