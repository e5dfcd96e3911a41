//! Conflicts between roles, as callers take them.

use std::fmt;

use serde::Serialize;

use super::way::{ReachedRole, reached_role};
use super::{ANSWER_BYTES_MAX, Client, ClientError, Line};
use crate::api::pb::review_service_client::ReviewServiceClient;
use crate::api::{convert, pb};
use crate::engine::ConflictKind;

/// Whose rights are reviewed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Whose {
    /// Everyone's.
    #[default]
    Company,
    /// A user's, by his id.
    User(String),
    /// Those of a department's members, by its id.
    Department(String),
    /// Those of the members of a department and of all below it.
    DepartmentTree(String),
}

/// Which conflicts are asked for; what is left empty narrows nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ConflictQuery {
    /// Whose.
    pub whose: Whose,
    /// Of these kinds.
    pub kinds: Vec<ConflictKind>,
    /// Of this entity type.
    pub entity_type: String,
    /// Of this action.
    pub action: String,
    /// On this stage; an empty one is that of resources without a stage.
    pub stage: Option<String>,
    /// Between exactly these roles.
    pub roles: Vec<String>,
    /// How many people of each are named; 0 is the server's default.
    pub people_max: u32,
    /// Only people behind this id are named.
    pub people_after: String,
}

/// Roles whose entries differ, and everybody whom they meet in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Conflict {
    /// The entity type.
    pub entity_type: String,
    /// The action.
    pub action: String,
    /// The stages; an empty one is that of resources without a stage.
    pub stages: Vec<String>,
    /// Whether it is so on every stage of the type, and without one.
    pub everywhere: bool,
    /// What becomes of the entries, such as `narrowing`.
    pub kind: String,
    /// The numbers of the rules that it goes by.
    pub rules: Vec<String>,
    /// Each role's entry.
    pub entries: Vec<ConflictEntry>,
    /// The scopes of those that count, united.
    pub united: Vec<String>,
    /// The scopes that are lost.
    pub lost: Vec<String>,
    /// The scopes that are won.
    pub won: Vec<String>,
    /// How many people it meets.
    pub people_count: u64,
    /// Some of them.
    pub people: Vec<ConflictPerson>,
    /// One sentence.
    pub short: String,
    /// All of it, in lines.
    pub full: String,
}

/// What one role says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConflictEntry {
    /// The role.
    pub role: Labelled,
    /// Whether the entry names the stage.
    pub detailed: bool,
    /// Its scopes.
    pub level: Vec<String>,
    /// Whether it counts.
    pub counts: bool,
    /// The ids of the roles whose entries hide it.
    pub hidden_by: Vec<String>,
}

/// Somebody whose roles conflict.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ConflictPerson {
    /// He.
    pub user: Labelled,
    /// How each of the roles reached him.
    pub roles: Vec<ReachedRole>,
}

/// An id with the name that people see.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Labelled {
    /// The id.
    pub id: String,
    /// The name; empty where there is none.
    pub name: String,
}

impl fmt::Display for Labelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.is_empty() { f.write_str(&self.id) } else { write!(f, "{} ({})", self.name, self.id) }
    }
}

impl Labelled {
    pub(super) fn of(wire: Option<&pb::Named>) -> Self {
        wire.map(|it| Self { id: it.id.clone(), name: it.name.clone() }).unwrap_or_default()
    }
}

/// The conflicts, as they come.
#[derive(Debug)]
pub struct Conflicts {
    client: Client,
    messages: tonic::Streaming<pb::ListConflictsResponse>,
    ready: std::vec::IntoIter<pb::Conflict>,
    /// How many there are in all.
    pub total: u64,
    /// The token of the revision.
    pub revision: String,
}

impl Client {
    /// Finds conflicts, the most harmful first; texts are in a language by its code, such as `en`.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn conflicts(&self, query: ConflictQuery, language: &str) -> Result<Conflicts, ClientError> {
        use pb::list_conflicts_request::Circle;
        let department = |id, include_subdepartments| pb::DepartmentSubject { id, include_subdepartments };
        let circle = match query.whose {
            Whose::Company => None,
            Whose::User(id) => Some(Circle::User(id)),
            Whose::Department(id) => Some(Circle::Department(department(id, false))),
            Whose::DepartmentTree(id) => Some(Circle::Department(department(id, true))),
        };
        let kinds = query.kinds.iter().map(|kind| convert::conflict_kind_to_wire(*kind).into());
        let filter = pb::ConflictFilter {
            kinds: kinds.collect(),
            entity_type: query.entity_type,
            action: query.action,
            stage: query.stage,
            roles: query.roles,
        };
        let request = pb::ListConflictsRequest {
            circle,
            consistency: self.freshness.to_wire(),
            language: language.to_owned(),
            filter: Some(filter),
            people_max: query.people_max,
            people_after: query.people_after,
            with_texts: true,
        };
        let answer = self.reviews().list_conflicts(request).await.map_err(|status| self.failure(&status))?;
        let (client, messages) = (self.clone(), answer.into_inner());
        let mut conflicts =
            Conflicts { client, messages, ready: Vec::new().into_iter(), total: 0, revision: String::new() };
        conflicts.read().await?;
        Ok(conflicts)
    }

    pub(super) fn reviews(&self) -> ReviewServiceClient<Line> {
        ReviewServiceClient::new(self.line.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }
}

impl Conflicts {
    /// The next one; none at the end.
    ///
    /// # Errors
    /// The server can't be reached any more or refuses.
    pub async fn next(&mut self) -> Result<Option<Conflict>, ClientError> {
        if self.ready.len() == 0 {
            self.read().await?;
        }
        self.ready.next().map(conflict).transpose()
    }

    async fn read(&mut self) -> Result<(), ClientError> {
        let message = self.messages.message().await.map_err(|status| self.client.failure(&status))?;
        if let Some(message) = message {
            self.total = message.total;
            self.revision = message.revision;
            self.ready = message.conflicts.into_iter();
        }
        Ok(())
    }
}

fn conflict(wire: pb::Conflict) -> Result<Conflict, ClientError> {
    Ok(Conflict {
        kind: convert::conflict_kind_name(&wire),
        united: scope_names(wire.united()),
        lost: scope_names(wire.lost()),
        won: scope_names(wire.won()),
        entries: wire.entries.iter().map(entry).collect(),
        people: wire.people.iter().map(person).collect::<Result<_, _>>()?,
        entity_type: wire.entity_type,
        action: wire.action,
        stages: wire.stages,
        everywhere: wire.everywhere,
        rules: wire.rules,
        people_count: wire.people_count,
        short: wire.short,
        full: wire.full,
    })
}

fn entry(wire: &pb::RoleEntry) -> ConflictEntry {
    ConflictEntry {
        role: Labelled::of(wire.role.as_ref()),
        detailed: wire.detailed,
        level: scope_names(wire.level()),
        counts: wire.counts,
        hidden_by: wire.hidden_by.clone(),
    }
}

fn person(wire: &pb::ConflictPerson) -> Result<ConflictPerson, ClientError> {
    let roles: Result<Vec<ReachedRole>, ClientError> = wire.roles.iter().map(reached_role).collect();
    Ok(ConflictPerson { user: Labelled::of(wire.user.as_ref()), roles: roles? })
}

fn scope_names(scopes: impl Iterator<Item = pb::Scope>) -> Vec<String> {
    scopes.map(convert::scope_name).collect()
}
