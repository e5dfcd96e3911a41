//! The company's everyday life: people move, roles and groups are edited, deals change; each write is read back, and
//! those that were acknowledged are there after every restart.

use std::collections::VecDeque;
use std::sync::Arc;

use dopusk::client::Freshness;
use dopusk::domain::{Department, Id, Key, Object, Operation, Resource, Role, ScopeSet, SupportGroup, User};
use tokio::sync::Mutex;

use crate::life::Link;
use crate::load::{Load, Written};

/// The last writes that are kept, to be looked for after a restart.
const KEPT_MAX: usize = 200;

/// The last writes, each of an object of its own.
#[derive(Default)]
pub(crate) struct Drift {
    written: Mutex<VecDeque<(Key, Option<Object>)>>,
}

fn id(letter: &str, below: u64) -> Id {
    Id::parse(&format!("{letter}{}", rand::random_range(0..below))).unwrap()
}

impl Drift {
    /// Changes something somewhere, and reads it back.
    pub(crate) async fn step(&self, load: &Load) {
        let mut written = self.written.lock().await;
        let link = load.lives.link().await;
        let Some((key, after)) = draw(load, &link).await else { return };
        let operation = match &after {
            Some(object) => Operation::put(object.clone()),
            None => Operation::delete(key.clone()),
        };
        if load.write("writes of the company", &[operation]).await == Written::Refused {
            return;
        }
        written.retain(|(other, _)| *other != key);
        written.push_back((key, after));
        if written.len() > KEPT_MAX {
            written.pop_front();
        }
        if let Some((key, after)) = written.back() {
            let link = load.lives.link().await;
            compare(load, &link, key, after.as_ref()).await;
        }
    }

    /// Looks whether the last writes are there.
    pub(crate) async fn verify(&self, load: &Load) {
        let written = self.written.lock().await;
        let link = load.lives.link().await;
        for (key, after) in written.iter() {
            compare(load, &link, key, after.as_ref()).await;
        }
    }
}

async fn get(load: &Load, link: &Link, key: &Key) -> Option<Option<Object>> {
    let client = link.client.reading(Freshness::Newest);
    let found = async {
        match client.get(key).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.refused().is_some_and(|it| it.code_name() == "NOT_FOUND") => Ok(None),
            Err(error) => Err(error),
        }
    };
    load.call("objects read", link, found).await
}

async fn compare(load: &Load, link: &Link, key: &Key, expected: Option<&Object>) {
    if let Some(found) = get(load, link, key).await
        && found.as_ref() != expected
    {
        load.tally.fault(&format!("{key} is {found:?} and was written as {expected:?}, life {}", link.life));
    }
}

/// What is changed next, and to what.
async fn draw(load: &Load, link: &Link) -> Option<(Key, Option<Object>)> {
    let key = match rand::random_range(0..100) {
        0..50 => return Some(resource(load)),
        50..75 => Key::User(id("u", 10_000)),
        75..83 => Key::Role(id("r", 30)),
        83..91 => Key::SupportGroup(id("g", 300)),
        _ => Key::Department(id("d", 500)),
    };
    let object = get(load, link, &key).await??;
    Some((key, Some(edited(object))))
}

/// A resource of the company with other facts, one of its own, or none.
fn resource(load: &Load) -> (Key, Option<Object>) {
    let mut it = load.company.resource(rand::random_range(0..load.resources));
    match rand::random_range(0..10) {
        0..4 => it.facts.responsible = Some(id("u", 10_000)),
        4..6 => it.facts.open = !it.facts.open,
        6..8 => it.facts.observers = vec![id("u", 10_000)],
        8 => it.sort_key += rand::random_range(-1_000..1_000),
        _ => it.id = id("soak-", 500),
    }
    let is_deleted = it.id.as_str().starts_with("soak-") && rand::random_range(0..2) == 0;
    let object = Object::Resource(Box::new(Resource::clone(&it)));
    (object.key(), (!is_deleted).then_some(object))
}

fn edited(object: Object) -> Object {
    match object {
        Object::User(it) => {
            Object::User(Arc::new(User { departments: vec![id("d", 500)], ..User::clone(&it) }))
        }
        Object::Role(it) => {
            let mut role = Role::clone(&it);
            let at = rand::random_range(0..role.grants.len().max(1));
            if let Some(grant) = role.grants.get_mut(at) {
                grant.level = if grant.level == ScopeSet::NONE { ScopeSet::OWN } else { ScopeSet::NONE };
            }
            Object::Role(Arc::new(role))
        }
        Object::SupportGroup(it) => {
            let mut group = SupportGroup::clone(&it);
            let at = rand::random_range(0..group.members.len().max(1));
            if let Some(member) = group.members.get_mut(at) {
                member.can_view = !member.can_view;
            }
            Object::SupportGroup(Arc::new(group))
        }
        Object::Department(it) => {
            let heads = vec![id("u", 10_000)];
            Object::Department(Arc::new(Department { heads, ..Department::clone(&it) }))
        }
        Object::EntityType(_) | Object::Workgroup(_) | Object::RoleBinding(_) | Object::Resource(_) => object,
    }
}
