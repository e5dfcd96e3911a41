//! Random organisations with nasty shapes, and random writes on them.
//!
//! Everything follows from a seed, so that a failure is had again from the number that it prints. Worlds are valid;
//! writes need not be: they name what is gone, close circles, put clients into team groups, and mix that with what
//! is fine.

mod dice;
mod item;
mod write;

use std::sync::Arc;

use dopusk::domain::{Id, Object, Operation, SupportRole, User};

use crate::oracle::Oracle;

pub(crate) use dice::{Dice, seed};
pub(crate) use item::{facts, id};
pub(crate) use write::random_write;

/// How many of what a world has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) departments: usize,
    pub(crate) users: usize,
    pub(crate) roles: usize,
    pub(crate) bindings: usize,
    /// Workgroups, and helpdesk groups.
    pub(crate) groups: usize,
    /// Of each entity type.
    pub(crate) resources: usize,
}

impl Size {
    pub(crate) const SMALL: Self =
        Self { departments: 8, users: 10, roles: 6, bindings: 12, groups: 4, resources: 10 };
    /// Enough resources that a short list is sorted instead of marked.
    pub(crate) const MANY_RESOURCES: Self =
        Self { departments: 12, users: 24, roles: 6, bindings: 10, groups: 6, resources: 400 };
}

/// A valid world.
pub(crate) fn random_world(dice: &mut Dice, size: Size) -> Vec<Object> {
    let mut world = Oracle::default();
    for object in item::entity_types(dice) {
        world.put(&object);
    }
    let shape = if dice.percent(30) { item::Shape::Chain } else { item::Shape::Trees };
    for at in 0..size.departments {
        world.put(&item::department(dice, &world, at, shape));
    }
    for at in 0..size.users {
        let user = item::user(dice, &world, id(&format!("u{at}")));
        world.put(&user);
    }
    item::appoint_heads(dice, &mut world);
    for at in 0..size.groups {
        world.put(&item::workgroup(dice, &world, id(&format!("w{at}"))));
        world.put(&item::support_group(dice, &world, id(&format!("g{at}"))));
    }
    for at in 0..size.roles {
        world.put(&item::role(dice, &world, id(&format!("r{at}"))));
    }
    for _ in 0..size.bindings {
        world.put(&item::binding(dice, &world));
    }
    let types: Vec<Id> = world.types.keys().cloned().collect();
    for entity_type in types {
        for at in 0..size.resources {
            let resource = item::resource(dice, &world, &entity_type, id(&at.to_string()));
            world.put(&resource);
        }
    }
    world.objects()
}

/// The puts that make a world.
pub(crate) fn puts(objects: &[Object]) -> Vec<Operation> {
    objects.iter().cloned().map(Operation::put).collect()
}

/// A portal administrator.
pub(crate) fn root(name: &str) -> Object {
    Object::User(Arc::new(User {
        id: id(name),
        name: String::new(),
        departments: vec![],
        active: true,
        admin: true,
        support_role: SupportRole::None,
    }))
}
