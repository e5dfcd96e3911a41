//! Departments without roles over some that have them, those whose roles conflict, and those where nobody may update.

use std::collections::{BTreeMap, BTreeSet};

use super::{About, Advice, AdviceKind};
use crate::directory::{ActionKind, DepartmentIndex, UserIndex};
use crate::domain::{BindingSubject, Id, Kind, Object};
use crate::review::crowd::{Columns, Crowd};

pub(super) fn findings(crowd: &Crowd<'_>) -> Vec<Advice> {
    let each = crowd.directory.objects_after(Kind::Department, None);
    let departments: Vec<DepartmentIndex> = each
        .filter_map(|object| {
            let Object::Department(it) = object else { return None };
            crowd.directory.find_department(it.id.as_str())
        })
        .collect();
    let mut found: Vec<Advice> = departments.iter().filter_map(|it| without_roles(crowd, *it)).collect();
    found.extend(conflicting(crowd));
    found.extend(without_updater(crowd));
    found
}

/// The roles that come to the members of a department by it, or by one above it.
fn roles_of(crowd: &Crowd<'_>, department: DepartmentIndex) -> BTreeSet<usize> {
    let directory = crowd.directory;
    let id = |it| directory.department_id(it).cloned();
    let own = id(department).map(BindingSubject::Department);
    let trees = directory.chain(department).filter_map(id).map(BindingSubject::DepartmentTree);
    let bound = own.into_iter().chain(trees).flat_map(|subject| directory.bound_roles(&subject).to_vec());
    let place = |role: Id| crowd.roles.binary_search_by(|it| it.id.cmp(&role)).ok();
    bound.filter_map(place).collect()
}

fn has_own_roles(crowd: &Crowd<'_>, department: DepartmentIndex) -> bool {
    let Some(id) = crowd.directory.department_id(department) else { return false };
    [BindingSubject::Department(id.clone()), BindingSubject::DepartmentTree(id.clone())]
        .iter()
        .any(|subject| !crowd.directory.bound_roles(subject).is_empty())
}

fn without_roles(crowd: &Crowd<'_>, department: DepartmentIndex) -> Option<Advice> {
    let children = crowd.directory.children(department).iter().copied();
    let having: Vec<DepartmentIndex> = children.filter(|child| has_own_roles(crowd, *child)).collect();
    if having.is_empty() || !roles_of(crowd, department).is_empty() {
        return None;
    }
    let about = std::iter::once(department).chain(having);
    let about = about.filter_map(|it| crowd.directory.named_department(it)).map(About::Department).collect();
    Some(Advice::new(AdviceKind::DepartmentWithoutRoles, about))
}

/// People whose departments bring roles, each of which the other department doesn't bring, that differ.
fn conflicting(crowd: &Crowd<'_>) -> Vec<Advice> {
    let columns: Vec<Columns> = crowd.acts().map(|act| crowd.columns(&act)).collect();
    let mut by_departments: BTreeMap<&[DepartmentIndex], Vec<UserIndex>> = BTreeMap::new();
    for user in &crowd.users {
        let own = crowd.directory.departments_of(Some(*user));
        if own.len() > 1 {
            by_departments.entry(own).or_default().push(*user);
        }
    }
    let mut brought: BTreeMap<DepartmentIndex, BTreeSet<usize>> = BTreeMap::new();
    let found = by_departments.into_iter().filter_map(|(departments, people)| {
        for department in departments {
            brought.entry(*department).or_insert_with(|| roles_of(crowd, *department));
        }
        let mut clashing: (BTreeSet<DepartmentIndex>, BTreeSet<usize>) = Default::default();
        for (at, one) in departments.iter().enumerate() {
            for other in departments.iter().skip(at + 1) {
                let (Some(own), Some(others)) = (brought.get(one), brought.get(other)) else { continue };
                let differing = differing(&columns, own, others);
                if !differing.is_empty() {
                    clashing.0.extend([*one, *other]);
                    clashing.1.extend(differing);
                }
            }
        }
        let (departments, roles) = clashing;
        if departments.is_empty() {
            return None;
        }
        let departments = departments.into_iter().filter_map(|it| crowd.directory.named_department(it));
        let roles = roles.into_iter().filter_map(|place| crowd.role(place));
        let about = departments.map(About::Department).chain(roles).collect();
        Some(Advice::new(AdviceKind::DepartmentsConflict, about).meeting(people.into()))
    });
    found.collect()
}

/// The roles of two departments that are not both's and differ.
fn differing(columns: &[Columns], one: &BTreeSet<usize>, other: &BTreeSet<usize>) -> Vec<usize> {
    let pairs = one.difference(other).flat_map(|own| other.difference(one).map(move |it| (*own, *it)));
    let differing = pairs.filter(|(own, other)| columns.iter().any(|it| it.differ(*own, *other)));
    differing.flat_map(|(own, other)| [own, other]).collect()
}

/// Departments with members who may read something of a type, and none who may update any of it.
fn without_updater(crowd: &Crowd<'_>) -> Vec<Advice> {
    let mut found: BTreeMap<DepartmentIndex, (Vec<About>, BTreeSet<UserIndex>)> = BTreeMap::new();
    for act in crowd.acts().filter(|act| act.kind() == ActionKind::Update) {
        let mut readers = seats(crowd, &crowd.columns(&act.sight()));
        let with_updater = seats(crowd, &crowd.columns(&act));
        readers.retain(|department, _| !with_updater.contains_key(department));
        for (department, people) in readers {
            let (about, all) = found.entry(department).or_default();
            about.push(About::EntityType(act.node.entity_type().name.clone()));
            all.extend(people);
        }
    }
    let found = found.into_iter().filter_map(|(department, (types, people))| {
        let department = About::Department(crowd.directory.named_department(department)?);
        let about = std::iter::once(department).chain(types).collect();
        let people = crowd.users.iter().copied().filter(|user| people.contains(user)).collect();
        Some(Advice::new(AdviceKind::DepartmentWithoutUpdater, about).meeting(people))
    });
    found.collect()
}

/// Whose roles open anything at all for an action, by department.
fn seats(crowd: &Crowd<'_>, columns: &Columns) -> BTreeMap<DepartmentIndex, Vec<UserIndex>> {
    let mut seats: BTreeMap<DepartmentIndex, Vec<UserIndex>> = BTreeMap::new();
    let open = crowd.sets.iter().filter(|(set, _)| columns.opens(set));
    for user in open.flat_map(|(_, people)| people).filter_map(|at| crowd.users.get(*at)) {
        for department in crowd.directory.departments_of(Some(*user)) {
            seats.entry(*department).or_default().push(*user);
        }
    }
    seats
}
