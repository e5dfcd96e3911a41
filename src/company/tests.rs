//! The company from outside: its objects fit one another, and are the same everywhere.

use std::collections::{HashMap, HashSet};

use super::{Company, Size};
use crate::bundle::json_line;
use crate::domain::{BindingSubject, GroupKind, Id, Key, Kind, Object, SupportRole, item_faults};

const SMALL: Size = Size {
    employees: 400,
    clients: 60,
    departments: 40,
    workgroups: 6,
    support_groups: 12,
    roles: 15,
    bindings: 120,
    resources: 2_000,
    seed: 7,
};

const TINY: Size = Size { employees: 1, departments: 1, roles: 1, bindings: 9, resources: 40, ..EMPTY };

const EMPTY: Size = Size {
    employees: 0,
    clients: 0,
    departments: 0,
    workgroups: 0,
    support_groups: 0,
    roles: 0,
    bindings: 0,
    resources: 0,
    seed: 1,
};

fn count(objects: &[Object], is_meant: impl Fn(&Object) -> bool) -> usize {
    objects.iter().filter(|object| is_meant(object)).count()
}

/// The keys that an object refers to and that must exist.
fn references(object: &Object) -> Vec<Key> {
    let users = |ids: &[Id]| ids.iter().cloned().map(Key::User).collect::<Vec<_>>();
    match object {
        Object::EntityType(_) => vec![],
        Object::Department(it) => {
            [users(&it.heads), it.parent.iter().cloned().map(Key::Department).collect()].concat()
        }
        Object::User(it) => it.departments.iter().cloned().map(Key::Department).collect(),
        Object::Workgroup(it) => it.members.iter().map(|member| Key::User(member.user.clone())).collect(),
        Object::SupportGroup(it) => it.members.iter().map(|member| Key::User(member.user.clone())).collect(),
        Object::Role(it) => {
            it.grants.iter().map(|grant| Key::EntityType(grant.entity_type.clone())).collect()
        }
        Object::RoleBinding(it) => {
            let role = Key::Role(it.role.clone());
            match it.subject.clone() {
                BindingSubject::User(id) | BindingSubject::UserAndManagers(id) => vec![role, Key::User(id)],
                BindingSubject::Department(id) | BindingSubject::DepartmentTree(id) => {
                    vec![role, Key::Department(id)]
                }
                BindingSubject::Workgroup { workgroup, .. } => vec![role, Key::Workgroup(workgroup)],
                BindingSubject::Everyone => vec![role],
            }
        }
        Object::Resource(it) => {
            let people = it.facts.author.iter().chain(&it.facts.responsible).chain(&it.facts.observers);
            let departments = it.facts.departments.iter().cloned().map(Key::Department);
            let entity_type = Key::EntityType(it.entity_type.clone());
            people.cloned().map(Key::User).chain(departments).chain([entity_type]).collect()
        }
    }
}

#[test]
fn objects_fit_one_another() {
    for size in [SMALL, TINY, EMPTY, Size { resources: 1_000, ..Size::default() }] {
        let objects: Vec<_> = Company::new(size).objects().collect();
        let keys: HashSet<_> = objects.iter().map(Object::key).collect();
        assert_eq!(keys.len(), objects.len(), "no key stands twice");
        for object in &objects {
            assert_eq!(item_faults(object), [], "{object:?}");
            for key in references(object) {
                assert!(keys.contains(&key), "{object:?} refers to {key}");
            }
        }
    }
}

#[test]
fn helpdesk_groups_hold_whom_they_may() {
    let objects: Vec<_> = Company::new(SMALL).objects().collect();
    let roles: HashMap<_, _> = objects
        .iter()
        .filter_map(
            |object| if let Object::User(it) = object { Some((&it.id, it.support_role)) } else { None },
        )
        .collect();
    for object in &objects {
        let Object::SupportGroup(group) = object else { continue };
        for member in &group.members {
            let role = roles[&member.user];
            match group.kind {
                GroupKind::Team => assert!(matches!(role, SupportRole::Staff | SupportRole::Admin)),
                GroupKind::Client => assert_eq!(role, SupportRole::Client),
            }
        }
    }
}

#[test]
fn stages_are_those_of_the_type() {
    let objects: Vec<_> = Company::new(SMALL).objects().collect();
    let stages: HashMap<_, _> = objects
        .iter()
        .filter_map(
            |object| if let Object::EntityType(it) = object { Some((&it.name, &it.stages)) } else { None },
        )
        .collect();
    for object in &objects {
        if let Object::Resource(it) = object {
            assert!(it.facts.stage.iter().all(|stage| stages[&it.entity_type].contains(stage)));
        }
        if let Object::Role(it) = object {
            for grant in &it.grants {
                assert!(grant.stages.iter().all(|(stage, _)| stages[&grant.entity_type].contains(stage)));
            }
        }
    }
}

#[test]
fn departments_are_trees_of_five_levels() {
    for departments in [1, 3, 4, 500, 20_000] {
        let company = Company::new(Size { departments, ..SMALL });
        let depth = |department| {
            std::iter::successors(Some(department), |it| {
                company.parent(*it).inspect(|parent| assert!(parent < it))
            })
            .count()
        };
        assert!((0..departments).map(depth).max().unwrap() <= 5);
    }
    let company = Company::new(Size::default());
    assert_eq!(std::iter::successors(Some(499), |it| company.parent(*it)).count(), 5);
}

#[test]
fn who_is_at_home_where_can_be_told_both_ways() {
    for size in [SMALL, TINY, Size { employees: 3, ..SMALL }, Size { departments: 2, employees: 7, ..SMALL }]
    {
        let company = Company::new(size);
        let mut seen = HashSet::new();
        for department in 0..size.departments {
            for place in 0..company.members(department) {
                let member = company.member(department, place);
                assert_eq!(company.home(member), Some(department));
                assert!(seen.insert(member));
            }
        }
        assert_eq!(u64::try_from(seen.len()).unwrap(), size.employees);
    }
}

#[test]
fn the_default_has_the_sizes_it_names() {
    let company = Company::new(Size { resources: 0, ..Size::default() });
    let objects: Vec<_> = company.objects().collect();
    let of = |kind| count(&objects, |object| object.key().kind() == kind);
    assert_eq!(
        Kind::EACH.map(of),
        [5, 500, 14_000, 60, 300, 30, 1_450, 0],
        "types, departments, users, workgroups, groups, roles, bindings, resources"
    );
    let managers = count(
        &objects,
        |object| matches!(object, Object::RoleBinding(it) if matches!(it.subject, BindingSubject::UserAndManagers(_))),
    );
    assert_eq!(managers, 50);
}

#[test]
fn a_seed_makes_the_same_bytes_everywhere() {
    let sum = |size| {
        let mut hasher = crc32fast::Hasher::new();
        Company::new(size).objects().for_each(|object| hasher.update(json_line(&object).as_bytes()));
        hasher.finalize()
    };
    assert_eq!(sum(SMALL), 392_901_659);
    assert_ne!(sum(SMALL), sum(Size { seed: 8, ..SMALL }));
}

#[test]
fn questions_are_about_what_there_is() {
    let company = Company::new(SMALL);
    for question in company.questions(3).take(2_000) {
        let index: u64 = question.resource_id.as_str().parse().unwrap();
        assert!(index < SMALL.resources);
        assert_eq!(company.resource(index).entity_type, question.entity_type);
    }
    assert!(company.questions(3).take(9).eq(company.questions(3).take(9)));
    assert_eq!(Company::new(EMPTY).questions(3).count(), 0);
}
