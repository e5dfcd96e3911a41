//! Who is affected by a write: nobody is left out, and in the common cases nobody is named in vain.

use std::collections::BTreeSet;
use std::sync::Arc;

use dopusk::domain::{
    Affected, BindingSubject, Department, Grant, Id, Key, Model, Object, Operation, Role, RoleBinding,
    ScopeSet, SupportGroup, User, Workgroup,
};
use dopusk::snapshot::Outcome;
use proptest::prelude::*;

use super::Twins;
use crate::oracle::{Oracle, Rights};
use crate::world::{Dice, Size, random_world, random_write, seed};

/// Whoever has other effective rights after the write is named, or everyone is.
pub(super) fn assert_complete(before: &Oracle, after: &Oracle, outcome: &Outcome, operations: &[Operation]) {
    let Affected::Users(named) = &outcome.affected else { return };
    assert!(named.is_sorted_by(|a, b| a < b), "{named:?}");
    for user in changed(before, after) {
        assert!(named.contains(&user), "{user} is left out: {operations:#?}");
    }
}

/// Those whose effective rights differ.
fn changed(before: &Oracle, after: &Oracle) -> BTreeSet<Id> {
    let users: BTreeSet<&Id> = before.users.keys().chain(after.users.keys()).collect();
    users.into_iter().filter(|user| before.rights(user) != after.rights(user)).cloned().collect()
}

/// What a tight answer may name: those with other rights, and those who are named by right of the case.
fn assert_tight(outcome: &Outcome, before: &Oracle, after: &Oracle, allowed: &BTreeSet<Id>) {
    let Affected::Users(named) = &outcome.affected else { panic!("everyone is affected") };
    let mut allowed = allowed.clone();
    allowed.extend(changed(before, after));
    let vain: Vec<&Id> = named.iter().filter(|user| !allowed.contains(*user)).collect();
    assert!(vain.is_empty(), "named in vain: {vain:?}");
}

fn object(edited: Object) -> Vec<Operation> {
    vec![Operation::put(edited)]
}

/// Users who head nothing.
fn without_duties(oracle: &Oracle) -> Vec<Arc<User>> {
    let is_head = |id: &Id| oracle.departments.values().any(|it| it.heads.contains(id));
    oracle.users.values().filter(|user| !is_head(&user.id)).cloned().collect()
}

/// Members of a department and of all below it.
fn inside(oracle: &Oracle, department: &Id) -> BTreeSet<Id> {
    let mut tree = oracle.below(&BTreeSet::from([department.clone()]));
    tree.insert(department.clone());
    members(oracle, &tree)
}

fn members(oracle: &Oracle, departments: &BTreeSet<Id>) -> BTreeSet<Id> {
    let is_in = |user: &&Arc<User>| user.departments.iter().any(|id| departments.contains(id));
    oracle.users.values().filter(is_in).map(|user| user.id.clone()).collect()
}

/// Those who are managers, on one side alone, of people whose roles reach their managers.
fn managers_through(before: &Oracle, after: &Oracle, people: &BTreeSet<Id>) -> BTreeSet<Id> {
    let is_bound = |id: &&Id| {
        before.bindings.iter().any(|it| it.subject == BindingSubject::UserAndManagers((*id).clone()))
    };
    let on_one_side = |id: &Id| {
        let (old, new) = (before.managers(id), after.managers(id));
        old.symmetric_difference(&new).cloned().collect::<Vec<_>>()
    };
    people.iter().filter(is_bound).flat_map(on_one_side).collect()
}

fn holders(oracle: &Oracle, role: &Id) -> BTreeSet<Id> {
    let holds = |user: &&Id| oracle.roles_of(user).iter().any(|it| it.id == *role);
    oracle.users.keys().filter(holds).cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_moved_employee_affects_himself_and_managers_who_hold_roles_through_him(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size { resources: 0, ..Size::SMALL });
        for user in without_duties(&twins.oracle) {
            let places: Vec<Id> = twins.oracle.departments.keys().cloned().collect();
            let mut departments = dice.some(&places, 2);
            departments.sort_unstable();
            let moved = Object::User(Arc::new(User { departments, ..User::clone(&user) }));
            let (before, outcome) = twins.write(&object(moved)).unwrap();
            let mut allowed = BTreeSet::from([user.id.clone()]);
            allowed.extend(managers_through(&before, &twins.oracle, &allowed));
            let Affected::Users(named) = &outcome.affected else { panic!("everyone is affected") };
            prop_assert!(named.iter().all(|it| allowed.contains(it)), "{named:?} beyond {allowed:?}");
            assert_complete(&before, &twins.oracle, &outcome, &[]);
        }
    }

    #[test]
    fn a_new_name_affects_nobody(seed in seed()) {
        let mut twins = Twins::random(&mut Dice::new(seed), Size { resources: 0, ..Size::SMALL });
        for renamed in twins.oracle.objects().into_iter().filter_map(renamed) {
            let (_, outcome) = twins.write(&object(renamed)).unwrap();
            prop_assert_eq!(outcome.affected, Affected::Users(vec![]));
        }
    }

    #[test]
    fn a_resource_affects_nobody(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size::SMALL);
        for resource in twins.oracle.resources.values().cloned().collect::<Vec<_>>() {
            let key = Key::Resource { entity_type: resource.entity_type.clone(), id: resource.id.clone() };
            let mut edited = resource;
            edited.facts = crate::world::facts(dice, &twins.oracle, &edited.entity_type);
            for operation in [Operation::put(Object::Resource(Box::new(edited))), Operation::delete(key)] {
                let (_, outcome) = twins.write(&[operation]).unwrap();
                prop_assert_eq!(outcome.affected, Affected::Users(vec![]));
            }
        }
    }

    #[test]
    fn a_roles_grants_affect_exactly_its_holders(seed in seed()) {
        let mut twins = Twins::random(&mut Dice::new(seed), Size { resources: 0, ..Size::SMALL });
        for role in twins.oracle.roles.values().cloned().collect::<Vec<_>>() {
            let is_for_everyone = twins
                .oracle
                .bindings
                .contains(&RoleBinding { role: role.id.clone(), subject: BindingSubject::Everyone });
            let Some(grants) = regranted(&role) else { continue };
            let edited = Object::Role(Arc::new(Role { grants, ..Role::clone(&role) }));
            let (before, outcome) = twins.write(&object(edited)).unwrap();
            if is_for_everyone {
                prop_assert_eq!(outcome.affected, Affected::All);
            } else {
                let holders = holders(&before, &role.id);
                prop_assert_eq!(outcome.affected, Affected::Users(holders.into_iter().collect()));
            }
        }
    }

    #[test]
    fn a_moved_department_affects_those_inside_and_those_above_it_on_one_side(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size { resources: 0, departments: 12, ..Size::SMALL });
        for department in twins.oracle.departments.values().cloned().collect::<Vec<_>>() {
            let places: Vec<Id> = twins.oracle.departments.keys().cloned().collect();
            let parent = dice.pick(&places).cloned();
            let moved = Object::Department(Arc::new(Department { parent, ..Department::clone(&department) }));
            let Some((before, outcome)) = twins.write(&object(moved)) else { continue };
            if before == twins.oracle {
                prop_assert_eq!(outcome.affected, Affected::Users(vec![]));
                continue;
            }
            let (old, new) = (before.above(&department.id), twins.oracle.above(&department.id));
            let one_sided: BTreeSet<Id> = old.symmetric_difference(&new).cloned().collect();
            let mut allowed = inside(&before, &department.id);
            allowed.extend(members(&before, &one_sided));
            allowed.extend(managers_through(&before, &twins.oracle, &inside(&before, &department.id)));
            assert_tight(&outcome, &before, &twins.oracle, &allowed);
            assert_complete(&before, &twins.oracle, &outcome, &[]);
        }
    }

    #[test]
    fn on_the_whole_few_are_named_in_vain(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let mut twins = Twins::random(dice, Size { resources: 0, ..Size::SMALL });
        let (mut named, mut right) = (0, 0);
        for _ in 0..60 {
            let operations = random_write(dice, &twins.oracle);
            let Some((before, outcome)) = twins.write(&operations) else { continue };
            if let Affected::Users(users) = &outcome.affected {
                named += users.len();
                right += changed(&before, &twins.oracle).len();
            }
        }
        prop_assert!(named <= 4 * right + 40, "{named} were named, {right} have other rights");
    }
}

/// The object under another name, where it has one.
fn renamed(object: Object) -> Option<Object> {
    let name = "Another name".to_owned();
    match object {
        Object::Department(it) => {
            Some(Object::Department(Arc::new(Department { name, ..Department::clone(&it) })))
        }
        Object::User(it) => Some(Object::User(Arc::new(User { name, ..User::clone(&it) }))),
        Object::Workgroup(it) => {
            Some(Object::Workgroup(Arc::new(Workgroup { name, ..Workgroup::clone(&it) })))
        }
        Object::SupportGroup(it) => {
            Some(Object::SupportGroup(Arc::new(SupportGroup { name, ..SupportGroup::clone(&it) })))
        }
        Object::Role(it) => Some(Object::Role(Arc::new(Role { name, ..Role::clone(&it) }))),
        Object::EntityType(_) | Object::RoleBinding(_) | Object::Resource(_) => None,
    }
}

/// The grants with the first one's level changed.
fn regranted(role: &Role) -> Option<Vec<Grant>> {
    let mut grants = role.grants.clone();
    let first = grants.first_mut()?;
    let all = ScopeSet::from_level_name("all")?;
    first.level = if first.level == all { ScopeSet::NONE } else { all };
    Some(grants)
}

#[test]
fn different_rights_are_told_apart() {
    let objects = random_world(&mut Dice::new(1), Size::SMALL);
    let oracle = Oracle::of(&objects);
    let rights: Vec<Rights> = oracle.users.keys().filter_map(|user| oracle.rights(user)).collect();
    let entries: BTreeSet<String> = rights.iter().map(|it| format!("{:?}", it.entries)).collect();
    assert!(entries.len() > 3, "users of a world differ in their rights");
    assert!(oracle.types.values().any(|it| it.model == Model::Support));
}
