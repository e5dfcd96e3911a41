//! Bindings that invite conflicts or add nothing, and roles that nobody holds.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Advice, AdviceKind, named};
use crate::directory::{Directory, Taken, UserIndex, UserSet};
use crate::domain::{BindingSubject, Key, Object, Operation, Role, RoleBinding};
use crate::review::crowd::Crowd;

pub(super) fn findings(crowd: &Crowd<'_>) -> Vec<Advice> {
    let roles = crowd.roles.iter().enumerate();
    roles.flat_map(|(place, role)| of_role(crowd, place, role)).collect()
}

fn of_role(crowd: &Crowd<'_>, place: usize, role: &Arc<Role>) -> Vec<Advice> {
    let bindings: Vec<&RoleBinding> = crowd.directory.bindings_of_role(&role.id).collect();
    if crowd.holders(place).is_empty() {
        return vec![unheld(crowd, role, &bindings)];
    }
    let taken: Vec<Arc<[UserIndex]>> = bindings.iter().map(|it| crowd.taken_in(&it.subject)).collect();
    let mut ways: BTreeMap<UserIndex, usize> = BTreeMap::new();
    for user in taken.iter().flat_map(|people| people.iter()) {
        *ways.entry(*user).or_default() += 1;
    }
    let idle = bindings
        .iter()
        .zip(&taken)
        .filter(|(_, people)| people.iter().all(|user| ways.get(user).is_some_and(|count| *count > 1)));
    let idle = idle.filter_map(|(binding, people)| {
        let about = vec![crowd.binding(binding)?];
        let change = vec![Operation::delete(Key::RoleBinding((*binding).clone()))];
        Some(Advice::new(AdviceKind::BindingIdle, about).meeting(Arc::clone(people)).changing(change))
    });
    let wide = bindings.iter().filter_map(|binding| wide(crowd, binding));
    idle.chain(wide).collect()
}

fn unheld(crowd: &Crowd<'_>, role: &Role, bindings: &[&RoleBinding]) -> Advice {
    let about = std::iter::once(super::About::Role(named(role)));
    let about = about.chain(bindings.iter().filter_map(|it| crowd.binding(it))).collect();
    let keys = bindings.iter().map(|it| Key::RoleBinding((*it).clone()));
    let change = keys.chain([Key::Role(role.id.clone())]).map(Operation::delete).collect();
    Advice::new(AdviceKind::RoleUnheld, about).changing(change)
}

/// A binding that takes in people beyond the one whom it names: with subdepartments, or with managers.
fn wide(crowd: &Crowd<'_>, binding: &RoleBinding) -> Option<Advice> {
    let (kind, narrow) = match &binding.subject {
        BindingSubject::DepartmentTree(id) => {
            let department = crowd.directory.find_department(id.as_str())?;
            crowd.directory.children(department).first()?;
            (AdviceKind::SubdepartmentsIncluded, BindingSubject::Department(id.clone()))
        }
        BindingSubject::UserAndManagers(id) => {
            (AdviceKind::ManagersIncluded, BindingSubject::User(id.clone()))
        }
        BindingSubject::User(_)
        | BindingSubject::Department(_)
        | BindingSubject::Workgroup { .. }
        | BindingSubject::Everyone => return None,
    };
    let direct = crowd.taken_in(&narrow);
    let all = crowd.taken_in(&binding.subject);
    let people: Arc<[UserIndex]> = all.iter().copied().filter(|user| !direct.contains(user)).collect();
    if kind == AdviceKind::ManagersIncluded && people.is_empty() {
        return None;
    }
    let narrower = RoleBinding { role: binding.role.clone(), subject: narrow };
    let change = vec![
        Operation::delete(Key::RoleBinding(binding.clone())),
        Operation::put(Object::RoleBinding(narrower)),
    ];
    Some(Advice::new(kind, vec![crowd.binding(binding)?]).meeting(people).changing(change))
}

impl Crowd<'_> {
    /// Whom a binding takes in, of those for whom roles decide.
    pub(super) fn taken_in(&self, subject: &BindingSubject) -> Arc<[UserIndex]> {
        let directory: &Directory = self.directory;
        let mut users = UserSet::new(directory);
        match directory.extend_with_holders(&mut users, subject) {
            Taken::Named => self.among(&users),
            Taken::Everyone => self.users.clone().into(),
        }
    }
}
