//! Objects and change sets for the store's tests.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;

use crate::domain::{
    Affected, BindingSubject, Change, ChangeSet, Department, EntityType, Facts, Grant, GroupKind, Id, Key,
    MemberRole, Model, Note, Object, Resource, Revision, Role, RoleBinding, ScopeSet, SupportGroup,
    SupportGroupMember, SupportRole, User, Workgroup, WorkgroupMember, sorted_set,
};

use super::{LoadError, LoadSummary, Settings, Store};

pub(super) fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn ids(texts: &[&str]) -> Vec<Id> {
    sorted_set(texts.iter().map(|text| id(text)).collect())
}

/// A resource of a few fields.
pub(super) fn resource(text: &str, sort_key: i64) -> Object {
    let facts = Facts {
        author: Some(id("ann")),
        responsible: Some(id("bob")),
        departments: ids(&["d2", "d1"]),
        stage: Some(id("C1:NEW")),
        open: true,
        observers: ids(&["eve"]),
    };
    Object::Resource(Box::new(Resource { entity_type: id("ticket"), id: id(text), facts, sort_key }))
}

/// One object of each kind, in the order of keys, with every field filled.
pub(super) fn one_of_each_kind() -> Vec<Object> {
    let grant = Grant {
        entity_type: id("deal"),
        action: id("read"),
        level: ScopeSet::OWN,
        stages: vec![(id("LOST"), ScopeSet::NONE), (id("NEW"), ScopeSet::from_bits(0b1_0000))],
    };
    let workgroup = BindingSubject::Workgroup { workgroup: id("w"), min_role: MemberRole::Moderator };
    vec![
        Object::EntityType(Arc::new(EntityType {
            name: id("deal"),
            model: Model::Crm,
            stages: vec![id("NEW"), id("LOST")],
            actions: vec![id("read"), id("delete")],
        })),
        Object::Department(Arc::new(Department {
            id: id("d1"),
            name: "Продажи".into(),
            parent: Some(id("d0")),
            heads: ids(&["bob", "ann"]),
        })),
        Object::User(Arc::new(User {
            id: id("ann"),
            name: "Ann".into(),
            departments: ids(&["d1", "d2"]),
            active: true,
            admin: true,
            support_role: SupportRole::Demo,
        })),
        Object::Workgroup(Arc::new(Workgroup {
            id: id("w"),
            name: String::new(),
            members: vec![WorkgroupMember { user: id("ann"), role: MemberRole::Owner }],
        })),
        large_group("g", 2),
        Object::Role(Arc::new(Role { id: id("r"), name: "seller".into(), grants: vec![grant] })),
        Object::RoleBinding(RoleBinding { role: id("r"), subject: workgroup }),
        resource("t 1", -5),
    ]
}

/// A helpdesk group of so many members with ids of 128 bytes: ten thousand are more than a MiB.
pub(super) fn large_group(text: &str, members: usize) -> Object {
    let member = |number| SupportGroupMember {
        user: id(&format!("{number:0128}")),
        can_view: number % 2 == 0,
        notify_new: true,
        notify_update: false,
    };
    let members = (0..members).map(member).collect();
    Object::SupportGroup(Arc::new(SupportGroup {
        id: id(text),
        name: "Team".into(),
        kind: GroupKind::Team,
        members,
    }))
}

/// A change set that creates these objects.
pub(super) fn put(revision: u64, objects: &[Object]) -> ChangeSet {
    let created = |object: &Object| Change { key: object.key(), before: None, after: Some(object.clone()) };
    set(revision, objects.iter().map(created).collect())
}

/// A change set of these changes, committed a second after the one before it, with a request id of its revision.
pub(super) fn set(revision: u64, changes: Vec<Change>) -> ChangeSet {
    ChangeSet {
        revision: Revision::new(revision),
        committed_at_ms: i64::try_from(revision).unwrap() * 1_000,
        request_id: Some(id(&format!("request {revision}"))),
        note: Note {
            author: Some(id("ann")),
            comment: format!("по заявке {revision}"),
            caller: Some(id("portal")),
        },
        changes,
        affected: Affected::Users(ids(&["ann", "bob"])),
    }
}

/// Short ids that are often the beginning of one another.
pub(super) fn any_id() -> impl Strategy<Value = Id> {
    "[a-c !я]{1,4}".prop_map(|text| id(&text))
}

pub(super) fn any_key() -> impl Strategy<Value = Key> {
    any_object().prop_map(|object| object.key())
}

pub(super) fn any_object() -> impl Strategy<Value = Object> {
    prop_oneof![
        any_entity_type(),
        any_department(),
        any_user(),
        any_workgroup(),
        any_support_group(),
        any_role(),
        any_binding(),
        any_resource(),
        any_resource(),
    ]
}

pub(super) fn any_change_set() -> impl Strategy<Value = ChangeSet> {
    let change = (any_object(), any::<Option<bool>>()).prop_map(|(object, which)| Change {
        key: object.key(),
        before: (which != Some(false)).then(|| object.clone()),
        after: (which != Some(true)).then(|| object.clone()),
    });
    let affected = prop_oneof![
        Just(Affected::All),
        vec(any_id(), 0..3).prop_map(|users| Affected::Users(sorted_set(users)))
    ];
    let note = (proptest::option::of(any_id()), ".{0,8}", proptest::option::of(any_id()))
        .prop_map(|(author, comment, caller)| Note { author, comment, caller });
    let head = (any::<u64>(), any::<i64>(), proptest::option::of(any_id()), note);
    (head, vec(change, 0..4), affected).prop_map(
        |((revision, committed_at_ms, request_id, note), changes, affected)| ChangeSet {
            revision: Revision::new(revision),
            committed_at_ms,
            request_id,
            note,
            changes,
            affected,
        },
    )
}

fn any_set() -> impl Strategy<Value = Vec<Id>> {
    vec(any_id(), 0..4).prop_map(sorted_set)
}

fn any_level() -> impl Strategy<Value = ScopeSet> {
    any::<u8>().prop_map(ScopeSet::from_bits)
}

fn any_member_role() -> impl Strategy<Value = MemberRole> {
    prop_oneof![Just(MemberRole::Member), Just(MemberRole::Moderator), Just(MemberRole::Owner)]
}

fn any_entity_type() -> impl Strategy<Value = Object> {
    let model = prop_oneof![Just(Model::Crm), Just(Model::Support)];
    (any_id(), model, vec(any_id(), 0..3), vec(any_id(), 0..3)).prop_map(|(name, model, stages, actions)| {
        Object::EntityType(Arc::new(EntityType { name, model, stages, actions }))
    })
}

fn any_department() -> impl Strategy<Value = Object> {
    (any_id(), ".{0,8}", proptest::option::of(any_id()), any_set()).prop_map(|(id, name, parent, heads)| {
        Object::Department(Arc::new(Department { id, name, parent, heads }))
    })
}

fn any_user() -> impl Strategy<Value = Object> {
    let support_role =
        prop_oneof![Just(SupportRole::None), Just(SupportRole::Staff), Just(SupportRole::Admin)];
    (any_id(), ".{0,8}", any_set(), any::<bool>(), support_role).prop_map(
        |(id, name, departments, active, support_role)| {
            Object::User(Arc::new(User { id, name, departments, active, admin: !active, support_role }))
        },
    )
}

fn any_workgroup() -> impl Strategy<Value = Object> {
    let member = (any_id(), any_member_role()).prop_map(|(user, role)| WorkgroupMember { user, role });
    (any_id(), vec(member, 0..3))
        .prop_map(|(id, members)| Object::Workgroup(Arc::new(Workgroup { id, name: "w".into(), members })))
}

/// Sometimes one that takes several parts.
fn any_support_group() -> impl Strategy<Value = Object> {
    (any_id(), prop_oneof![9 => 0_usize..3, 1 => 40_usize..200])
        .prop_map(|(id, members)| large_group(id.as_str(), members))
}

fn any_role() -> impl Strategy<Value = Object> {
    let stages = proptest::collection::btree_map(any_id(), any_level(), 0..3);
    let grant = (any_id(), any_id(), any_level(), stages).prop_map(|(entity_type, action, level, stages)| {
        Grant { entity_type, action, level, stages: stages.into_iter().collect() }
    });
    (any_id(), vec(grant, 0..3))
        .prop_map(|(id, grants)| Object::Role(Arc::new(Role { id, name: "r".into(), grants })))
}

fn any_binding() -> impl Strategy<Value = Object> {
    let subject = prop_oneof![
        any_id().prop_map(BindingSubject::User),
        any_id().prop_map(BindingSubject::UserAndManagers),
        any_id().prop_map(BindingSubject::Department),
        any_id().prop_map(BindingSubject::DepartmentTree),
        (any_id(), any_member_role())
            .prop_map(|(workgroup, min_role)| BindingSubject::Workgroup { workgroup, min_role }),
        Just(BindingSubject::Everyone),
    ];
    (any_id(), subject).prop_map(|(role, subject)| Object::RoleBinding(RoleBinding { role, subject }))
}

fn any_resource() -> impl Strategy<Value = Object> {
    let optional = || proptest::option::of(any_id());
    let facts = (optional(), optional(), any_set(), optional(), any::<bool>(), any_set()).prop_map(
        |(author, responsible, departments, stage, open, observers)| Facts {
            author,
            responsible,
            departments,
            stage,
            open,
            observers,
        },
    );
    (any_id(), any_id(), facts, any::<i64>()).prop_map(|(entity_type, id, facts, sort_key)| {
        Object::Resource(Box::new(Resource { entity_type, id, facts, sort_key }))
    })
}

/// A store in a directory, with little memory.
pub(super) fn open(path: &Path) -> Store {
    Store::open(path, &settings()).unwrap()
}

pub(super) fn settings() -> Settings {
    Settings { cache_bytes: 8 << 20, ..Settings::default() }
}

/// Every object of a store.
pub(super) fn load(store: &Store) -> Result<Vec<Object>, LoadError> {
    let mut objects = Vec::new();
    let summary = store.load(&mut |mut some| {
        objects.append(&mut some);
        ControlFlow::Continue(())
    })?;
    assert_eq!(summary, LoadSummary { revision: store.revision(), objects: objects.len() as u64 });
    Ok(objects)
}

/// Commits one set.
pub(super) fn commit(store: &Store, set: ChangeSet) {
    store.commit(&[Arc::new(set)]).unwrap();
}

/// Commits so many empty sets, one by one.
pub(super) fn commit_empty(store: &Store, count: u64) {
    for _ in 0..count {
        commit(store, set(store.revision().next().get(), Vec::new()));
    }
}
