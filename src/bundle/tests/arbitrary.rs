//! Arbitrary objects for property tests: every field, every default, and texts that notations trip over.

use std::sync::Arc;

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

use crate::domain::{
    BindingSubject, Department, EntityType, Facts, Grant, GroupKind, Id, MemberRole, Model, Object, Resource,
    Role, RoleBinding, ScopeSet, SupportGroup, SupportGroupMember, SupportRole, User, Workgroup,
    WorkgroupMember,
};

/// Texts that a careless printer or reader would take for something else.
const TRAPS: [&str; 30] = [
    "42",
    "-1",
    "1e3",
    "0x1F",
    "0o7",
    "1_000",
    "12:30:45",
    "2024-01-01",
    ".5",
    ".inf",
    "NaN",
    "null",
    "~",
    "true",
    "No",
    "yes",
    "off",
    "y",
    "- a",
    "a: b",
    "a #b",
    "&a",
    "*a",
    "!t",
    "{a}",
    "[a",
    "'",
    "\"\\",
    " a ",
    "C1:NEW",
];

fn id() -> impl Strategy<Value = Id> {
    let text = prop_oneof![
        3 => "[a-z][a-z0-9_.-]{0,8}",
        2 => proptest::sample::select(&TRAPS[..]).prop_map(str::to_owned),
        1 => "[^\\p{Cc}]{1,12}",
    ];
    text.prop_map(|text| Id::parse(&text).unwrap())
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[A-Z][a-z]{1,8} [A-Z][a-z]{1,8}",
        ".{0,80}",
        "[\\u{0}-\\u{a0}\\u{2028}\\u{feff}\\u{ffff}]{0,8}",
        proptest::sample::select(&TRAPS[..]).prop_map(str::to_owned),
    ]
}

fn ids() -> impl Strategy<Value = Vec<Id>> {
    btree_set(id(), 0..4).prop_map(|ids| ids.into_iter().collect())
}

fn level() -> impl Strategy<Value = ScopeSet> {
    (0..32_u8).prop_map(ScopeSet::from_bits)
}

fn entity_type() -> impl Strategy<Value = Object> {
    let model = proptest::sample::select(vec![Model::Crm, Model::Support]);
    (id(), model, ids(), btree_set(id(), 0..4)).prop_map(|(name, model, stages, mut actions)| {
        actions.insert(Id::parse("read").unwrap());
        let actions = actions.into_iter().rev().collect();
        Object::EntityType(Arc::new(EntityType { name, model, stages, actions }))
    })
}

fn department() -> impl Strategy<Value = Object> {
    (id(), name(), proptest::option::of(id()), ids()).prop_map(|(id, name, parent, heads)| {
        Object::Department(Arc::new(Department { id, name, parent, heads }))
    })
}

fn user() -> impl Strategy<Value = Object> {
    let roles = vec![
        SupportRole::None,
        SupportRole::Client,
        SupportRole::Staff,
        SupportRole::Demo,
        SupportRole::Admin,
    ];
    (id(), name(), ids(), any::<bool>(), any::<bool>(), proptest::sample::select(roles)).prop_map(
        |(id, name, departments, active, admin, support_role)| {
            Object::User(Arc::new(User { id, name, departments, active, admin, support_role }))
        },
    )
}

fn member_role() -> impl Strategy<Value = MemberRole> {
    proptest::sample::select(vec![MemberRole::Member, MemberRole::Moderator, MemberRole::Owner])
}

fn workgroup() -> impl Strategy<Value = Object> {
    let members = btree_set(id(), 0..6).prop_flat_map(|users| {
        users
            .into_iter()
            .map(|user| member_role().prop_map(move |role| WorkgroupMember { user: user.clone(), role }))
            .collect::<Vec<_>>()
    });
    (id(), name(), members)
        .prop_map(|(id, name, members)| Object::Workgroup(Arc::new(Workgroup { id, name, members })))
}

fn support_group() -> impl Strategy<Value = Object> {
    let member = |user: Id| {
        any::<(bool, bool, bool)>().prop_map(move |(can_view, notify_new, notify_update)| {
            SupportGroupMember { user: user.clone(), can_view, notify_new, notify_update }
        })
    };
    let members =
        btree_set(id(), 0..6).prop_flat_map(move |users| users.into_iter().map(member).collect::<Vec<_>>());
    let kind = proptest::sample::select(vec![GroupKind::Client, GroupKind::Team]);
    (id(), name(), kind, members).prop_map(|(id, name, kind, members)| {
        Object::SupportGroup(Arc::new(SupportGroup { id, name, kind, members }))
    })
}

fn role() -> impl Strategy<Value = Object> {
    let grant = (id(), id(), level(), proptest::collection::btree_map(id(), level(), 0..4));
    (id(), name(), vec(grant, 0..5)).prop_map(|(id, name, grants)| {
        let mut seen = std::collections::BTreeSet::new();
        let grants = grants
            .into_iter()
            .filter(|(entity_type, action, ..)| seen.insert((entity_type.clone(), action.clone())))
            .map(|(entity_type, action, level, stages)| Grant {
                entity_type,
                action,
                level,
                stages: stages.into_iter().collect(),
            })
            .collect();
        Object::Role(Arc::new(Role { id, name, grants }))
    })
}

/// A role binding.
fn binding() -> impl Strategy<Value = RoleBinding> {
    let subject = prop_oneof![
        id().prop_map(BindingSubject::User),
        id().prop_map(BindingSubject::UserAndManagers),
        id().prop_map(BindingSubject::Department),
        id().prop_map(BindingSubject::DepartmentTree),
        (id(), member_role())
            .prop_map(|(workgroup, min_role)| BindingSubject::Workgroup { workgroup, min_role }),
        Just(BindingSubject::Everyone),
    ];
    (id(), subject).prop_map(|(role, subject)| RoleBinding { role, subject })
}

fn resource() -> impl Strategy<Value = Object> {
    let optional = || proptest::option::of(id());
    let facts = (optional(), optional(), ids(), optional(), any::<bool>(), ids()).prop_map(
        |(author, responsible, departments, stage, open, observers)| Facts {
            author,
            responsible,
            departments,
            stage,
            open,
            observers,
        },
    );
    let sort_key = prop_oneof![Just(0), any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    (id(), id(), facts, sort_key).prop_map(|(entity_type, id, facts, sort_key)| {
        Object::Resource(Box::new(Resource { entity_type, id, facts, sort_key }))
    })
}

/// Objects of all kinds, the kinds together in one order, no key twice.
pub(super) fn objects() -> impl Strategy<Value = Vec<Object>> {
    let object = prop_oneof![
        entity_type(),
        department(),
        user(),
        workgroup(),
        support_group(),
        role(),
        binding().prop_map(Object::RoleBinding),
        resource(),
    ];
    vec(object, 0..24).prop_map(|mut objects| {
        objects.sort_by_key(Object::key);
        objects.dedup_by_key(|object| object.key());
        objects
    })
}
