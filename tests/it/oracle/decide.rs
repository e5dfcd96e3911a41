//! Sections 2, 3 and 4: who may do what; section 5: lists of it.

use std::collections::BTreeSet;

use dopusk::domain::{EntityType, Facts, Id, Model, Scope, ScopeSet, SupportRole};

use super::{Oracle, Rights};

/// The resource that is asked about.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Stored(Id),
    Inline(Facts),
}

/// May a user do an action on a resource?
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) user: Id,
    pub(crate) action: Id,
    pub(crate) entity_type: Id,
    pub(crate) resource: Asked,
}

/// The answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    Allow,
    /// 3.10: allowed, where the responsible is the subject.
    AllowOwn,
    Deny,
}

impl From<bool> for Answer {
    fn from(is_allowed: bool) -> Self {
        if is_allowed { Self::Allow } else { Self::Deny }
    }
}

/// 2.4: the question is the caller's error.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum CallerError {
    EntityType,
    Action,
    Stage,
    /// 5.2: there is nothing to list.
    NotListable,
    /// 5.2: no recipients in a crm type.
    NotSupport,
}

impl Oracle {
    /// The type, the action in it, and the stage of inline facts must be known, before all else (2.4).
    pub(crate) fn type_of(&self, query: &Query) -> Result<&EntityType, CallerError> {
        let entity_type = self.types.get(&query.entity_type).ok_or(CallerError::EntityType)?;
        if !entity_type.actions.contains(&query.action) {
            return Err(CallerError::Action);
        }
        match &query.resource {
            Asked::Inline(Facts { stage: Some(stage), .. }) if !entity_type.stages.contains(stage) => {
                Err(CallerError::Stage)
            }
            Asked::Inline(_) | Asked::Stored(_) => Ok(entity_type),
        }
    }

    /// The facts that a question is about; none for an unknown resource.
    pub(crate) fn facts<'a>(&'a self, query: &'a Query) -> Option<&'a Facts> {
        match &query.resource {
            Asked::Inline(facts) => Some(facts),
            Asked::Stored(id) => Some(&self.resources.get(&(query.entity_type.clone(), id.clone()))?.facts),
        }
    }

    /// Check.
    pub(crate) fn check(&self, query: &Query) -> Result<Answer, CallerError> {
        let entity_type = self.type_of(query)?;
        let rights = self.rights(&query.user);
        Ok(self.decide(rights.as_ref(), entity_type, &query.action, self.facts(query)))
    }

    /// Sections 2 to 4, for the rights of a user who may not exist on a resource that may not exist.
    pub(crate) fn decide(
        &self,
        rights: Option<&Rights>,
        entity_type: &EntityType,
        action: &Id,
        facts: Option<&Facts>,
    ) -> Answer {
        // 2.1
        let Some(rights) = rights.filter(|it| it.active) else { return Answer::Deny };
        // 2.2
        let Some(facts) = facts else { return Answer::Deny };
        // 2.3
        if rights.admin {
            return Answer::Allow;
        }
        match (entity_type.model, action.as_str()) {
            (Model::Crm, "add" | "import") => create(rights, entity_type, action, facts),
            (Model::Support, "add" | "import") => Answer::from(matches!(
                rights.support_role,
                SupportRole::Admin | SupportRole::Staff | SupportRole::Client
            )),
            (Model::Crm, _) => Answer::from(
                // 2.5
                self.reads(rights, entity_type, facts)
                    && (action.as_str() == "read" || self.is_open(rights, entity_type, action, facts)),
            ),
            (Model::Support, name) => {
                Answer::from(supports(rights, "read", facts) && supports(rights, name, facts))
            }
        }
    }

    /// 3.2 and 3.5, and 3.9 on top.
    fn reads(&self, rights: &Rights, entity_type: &EntityType, facts: &Facts) -> bool {
        let read = Id::parse("read").unwrap();
        let observes = facts.observers.contains(&rights.user) && rights.reads.contains(&entity_type.name);
        observes || self.is_open(rights, entity_type, &read, facts)
    }

    /// 3.2: whether the scopes that count open the resource.
    fn is_open(&self, rights: &Rights, entity_type: &EntityType, action: &Id, facts: &Facts) -> bool {
        let scopes = scopes(rights, entity_type, action, facts.stage.as_ref());
        let belongs: BTreeSet<Id> = if facts.departments.is_empty() {
            facts.responsible.iter().flat_map(|it| self.departments_of(it)).collect()
        } else {
            facts.departments.iter().cloned().collect()
        };
        scopes.scopes().any(|scope| match scope {
            Scope::Own => facts.responsible.as_ref() == Some(&rights.user),
            Scope::Department => !belongs.is_disjoint(&rights.departments),
            Scope::Subdepartments => !belongs.is_disjoint(&rights.below),
            Scope::Open => facts.open,
            Scope::All => true,
        })
    }

    /// 5.2: exactly the active users for whom Check says allow; nobody for an unknown resource.
    pub(crate) fn list_subjects(
        &self,
        action: &Id,
        entity_type: &Id,
        resource: &Asked,
    ) -> Result<Vec<Id>, CallerError> {
        let query = |user: &Id| Query {
            user: user.clone(),
            action: action.clone(),
            entity_type: entity_type.clone(),
            resource: resource.clone(),
        };
        self.type_of(&query(action))?;
        if matches!(action.as_str(), "add" | "import") {
            return Err(CallerError::NotListable);
        }
        let allowed = self.users.keys().filter(|user| self.check(&query(user)) != Ok(Answer::Deny));
        Ok(allowed.cloned().collect())
    }

    /// 5.2: the allowed actions other than `add` and `import`.
    pub(crate) fn list_actions(
        &self,
        user: &Id,
        entity_type: &Id,
        resource: &Asked,
    ) -> Result<Vec<Id>, CallerError> {
        let actions = self.types.get(entity_type).ok_or(CallerError::EntityType)?.actions.clone();
        let mut allowed = Vec::new();
        for action in actions {
            let (user, entity_type) = (user.clone(), entity_type.clone());
            let query = Query { user, action, entity_type, resource: resource.clone() };
            let is_allowed = self.check(&query)? != Answer::Deny;
            if is_allowed && !matches!(query.action.as_str(), "add" | "import") {
                allowed.push(query.action);
            }
        }
        Ok(allowed)
    }

    /// 5.1: exactly the resources for which Check says allow.
    pub(crate) fn list_visible(&self, rights: Option<&Rights>, of: &EntityType, action: &Id) -> Vec<Id> {
        let allowed = self
            .resources_of(&of.name)
            .filter(|it| self.decide(rights, of, action, Some(&it.facts)) != Answer::Deny);
        allowed.map(|it| it.id.clone()).collect()
    }
}

fn scopes(rights: &Rights, entity_type: &EntityType, action: &Id, stage: Option<&Id>) -> ScopeSet {
    let place = (entity_type.name.clone(), action.clone(), stage.cloned());
    rights.entries.get(&place).map_or(ScopeSet::NONE, |entry| entry.scopes)
}

/// 3.10
fn create(rights: &Rights, entity_type: &EntityType, action: &Id, facts: &Facts) -> Answer {
    let scopes = scopes(rights, entity_type, action, facts.stage.as_ref());
    if scopes == ScopeSet::NONE {
        return Answer::Deny;
    }
    if scopes != ScopeSet::OWN {
        return Answer::Allow;
    }
    match &facts.responsible {
        Some(other) if *other != rights.user => Answer::Deny,
        Some(_) | None => Answer::AllowOwn,
    }
}

/// The table of 4.2 for the actions on existing tickets.
fn supports(rights: &Rights, action: &str, facts: &Facts) -> bool {
    let staff_reads = facts.responsible.as_ref().is_some_and(|it| rights.team.contains(it));
    let client_reads = facts.author.as_ref().is_some_and(|it| rights.clients.contains(it));
    let is_author = facts.author.as_ref() == Some(&rights.user);
    match (rights.support_role, action) {
        (SupportRole::Admin, _) | (SupportRole::Demo, "read") => true,
        (SupportRole::Demo, "update") => is_author,
        (SupportRole::Staff, "delete")
        | (SupportRole::Client, "delete" | "read_hidden")
        | (SupportRole::Demo | SupportRole::None, _) => false,
        (SupportRole::Staff, _) => staff_reads,
        (SupportRole::Client, _) => client_reads,
    }
}
