//! The subject whose lists are the hardest: half the company is below him, he sees five of eight stages, and observes.

use std::sync::Arc;

use super::people::department_id;
use super::resource::crm_type;
use super::role::CRM_TYPES;
use super::{Company, word};
use crate::domain::{
    BindingSubject, Grant, Id, Object, Role, RoleBinding, ScopeSet, SupportRole, User, sorted_set,
};

/// His id.
pub const HEAD: &str = "head";
/// How many of the first resources he observes, if they are deals.
const OBSERVED: u64 = 2_000;
/// How many of the stages of deals he sees.
const STAGES: usize = 5;

impl Company {
    /// The head of half the company, to be put in beside its objects: himself, his role, and what he observes.
    pub fn head(&self) -> impl Iterator<Item = Object> + '_ {
        let user = User {
            id: word(HEAD),
            name: "Head of half the company".to_owned(),
            departments: self.half(),
            active: true,
            admin: false,
            support_role: SupportRole::None,
        };
        let role = Role { id: word(HEAD), name: "Five of eight stages".to_owned(), grants: vec![grant()] };
        let binding = RoleBinding { role: word(HEAD), subject: BindingSubject::User(word(HEAD)) };
        let own = [Object::User(Arc::new(user)), Object::Role(Arc::new(role)), Object::RoleBinding(binding)];
        let deal = CRM_TYPES.first().map(|it| it.name);
        let observed = (0..OBSERVED.min(self.size.resources))
            .filter(move |index| crm_type(*index).map(|it| it.name) == deal)
            .map(|index| {
                let mut resource = self.resource(index);
                resource.facts.observers.push(word(HEAD));
                resource.facts.observers = sorted_set(resource.facts.observers);
                Object::Resource(Box::new(resource))
            });
        own.into_iter().chain(observed)
    }

    /// Departments that have about half of the company below them: the first root, and half of what is below the second.
    fn half(&self) -> Vec<Id> {
        let below_second = (0..self.size.departments).filter(|index| self.parent(*index) == Some(1));
        let half = below_second.enumerate().filter(|(at, _)| at % 2 == 0).map(|(_, index)| index);
        sorted_set([0].into_iter().chain(half).map(department_id).collect())
    }
}

fn grant() -> Grant {
    let stages = CRM_TYPES.first().map_or(&[][..], |it| it.stages);
    let level = |at| if at < STAGES { "subdepartments" } else { "none" };
    let entry =
        |(at, stage): (usize, &&str)| (word(stage), ScopeSet::from_level_name(level(at)).unwrap_or_default());
    let mut entries: Vec<(Id, ScopeSet)> = stages.iter().enumerate().map(entry).collect();
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    Grant { entity_type: word("deal"), action: word("read"), level: ScopeSet::NONE, stages: entries }
}
