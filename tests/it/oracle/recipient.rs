//! Rule 4.5: who is told a ticket's news.

use std::collections::{BTreeMap, BTreeSet};

use dopusk::domain::{Facts, GroupKind, Id, Model, NewsEvent, SupportRole};

use super::{Answer, CallerError, Oracle};

impl Oracle {
    /// The recipients, and whether each may read the ticket. Facts are absent for an unknown ticket.
    pub(crate) fn recipients(
        &self,
        entity_type: &Id,
        facts: Option<&Facts>,
        event: NewsEvent,
    ) -> Result<BTreeMap<Id, bool>, CallerError> {
        let entity_type = self.types.get(entity_type).ok_or(CallerError::EntityType)?;
        if entity_type.model != Model::Support {
            return Err(CallerError::NotSupport);
        }
        let Some(facts) = facts else { return Ok(BTreeMap::new()) };
        let mut told = self.side(facts.author.as_ref(), GroupKind::Client, event);
        let staff = self.side(facts.responsible.as_ref(), GroupKind::Team, event);
        if staff.is_empty() {
            let admins = self.users.values().filter(|it| it.active && it.support_role == SupportRole::Admin);
            told.extend(admins.map(|it| it.id.clone()));
        }
        told.extend(staff);
        let read = Id::parse("read").unwrap();
        let can_read = |user: &Id| {
            self.decide(self.rights(user).as_ref(), entity_type, &read, Some(facts)) != Answer::Deny
        };
        Ok(told.iter().map(|user| (user.clone(), can_read(user))).collect())
    }

    /// One side of a ticket, inactive and unknown users left out.
    fn side(&self, person: Option<&Id>, kind: GroupKind, event: NewsEvent) -> BTreeSet<Id> {
        let Some(person) = person else { return BTreeSet::new() };
        let mut told = BTreeSet::from([person.clone()]);
        let groups = self.groups.values().filter(|group| group.kind == kind);
        for group in groups.filter(|group| group.members.iter().any(|member| member.user == *person)) {
            let flagged = group.members.iter().filter(|member| match event {
                NewsEvent::Created => member.notify_new,
                NewsEvent::Updated => member.notify_update,
            });
            told.extend(flagged.map(|member| member.user.clone()));
        }
        told.retain(|user| self.users.get(user).is_some_and(|it| it.active));
        told
    }
}
