//! What a write would do, as callers take it.

use serde::Serialize;

use super::{ANSWER_BYTES_MAX, Client, ClientError, Line};
use crate::api::pb::preview_service_client::PreviewServiceClient;
use crate::api::{convert, pb};
use crate::domain::Operation;

/// How much is to be told of what a write would do.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PreviewQuery {
    /// The id of the user who would do it; empty if he is not to be warned.
    pub author: String,
    /// The most users, departments and resources, of each; 0 is the server's default.
    pub rows_max: u32,
    /// The most ids of a sample; 0 is the server's default.
    pub samples_max: u32,
    /// The code of the warnings' language.
    pub language: &'static str,
}

/// What a write would do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Previewed {
    /// What to think about.
    pub warnings: Vec<PreviewWarning>,
    /// How many decisions on existing resources.
    #[serde(flatten)]
    pub turned: Turned,
    /// By type and action.
    pub actions: Vec<ActionSum>,
    /// What can be created otherwise.
    pub creations: Vec<CreationSum>,
    /// How many departments have people who gain or lose something.
    pub department_count: u64,
    /// Those that are listed.
    pub departments: Vec<DepartmentSum>,
    /// How many users gain or lose something.
    pub user_count: u64,
    /// Those that are listed.
    pub users: Vec<UserTurn>,
    /// How many resources the write puts, changes or deletes.
    pub resource_count: u64,
    /// Those that are listed.
    pub resources: Vec<ResourceTurn>,
    /// The token of the revision that it was tried on.
    pub revision: String,
}

/// How many are gained and lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Turned {
    /// Gained.
    pub gained: u64,
    /// Lost.
    pub lost: u64,
}

/// A consequence that is easily overlooked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PreviewWarning {
    /// Its kind, such as `last_reader`.
    pub kind: &'static str,
    /// The same in words.
    pub text: String,
}

/// Decisions of one action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ActionSum {
    /// The entity type.
    pub entity_type: String,
    /// The action.
    pub action: String,
    /// How many decisions.
    #[serde(flatten)]
    pub turned: Turned,
    /// How many users gain some, and how many lose some.
    pub users: Turned,
}

/// What can be created otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CreationTurn {
    /// The entity type.
    pub entity_type: String,
    /// The action.
    pub action: String,
    /// The stage; empty for none.
    pub stage: String,
    /// How far before: `denied`, `own` or `any`.
    pub before: &'static str,
    /// How far after.
    pub after: &'static str,
}

/// What some users may create otherwise.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CreationSum {
    /// What.
    #[serde(flatten)]
    pub creation: CreationTurn,
    /// How many users.
    pub users: u64,
}

/// A department's people.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct DepartmentSum {
    /// Its id; empty for those who are in none.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many of them gain or lose something.
    pub users: u64,
    /// How many decisions.
    #[serde(flatten)]
    pub turned: Turned,
}

/// A user who gains or loses something.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UserTurn {
    /// His id.
    pub id: String,
    /// His name.
    pub name: String,
    /// How many decisions.
    #[serde(flatten)]
    pub turned: Turned,
    /// By type and action.
    pub actions: Vec<ActionTurn>,
    /// What he may create otherwise.
    pub creations: Vec<CreationTurn>,
}

/// A user's decisions of one action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ActionTurn {
    /// The entity type.
    pub entity_type: String,
    /// The action.
    pub action: String,
    /// How many decisions.
    #[serde(flatten)]
    pub turned: Turned,
    /// The ids of some resources that are gained.
    pub gained_samples: Vec<String>,
    /// The ids of some resources that are lost.
    pub lost_samples: Vec<String>,
}

/// A changed resource.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResourceTurn {
    /// The entity type.
    pub entity_type: String,
    /// The id.
    pub id: String,
    /// Who may do what with it.
    pub actions: Vec<ResourceActionTurn>,
}

/// Who may do an action with a changed resource.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ResourceActionTurn {
    /// The action.
    pub action: String,
    /// How many users may before and after.
    pub kept: u64,
    /// How many gain and lose it.
    #[serde(flatten)]
    pub turned: Turned,
    /// The ids of some who keep it.
    pub keepers: Vec<String>,
    /// The ids of some who gain it.
    pub gainers: Vec<String>,
    /// The ids of some who lose it.
    pub losers: Vec<String>,
}

impl Client {
    /// Tries a write and tells what it would do; nothing is stored.
    ///
    /// # Errors
    /// The server can't be reached or refuses; it refuses what it would refuse as a write.
    pub async fn preview(
        &self,
        operations: &[Operation],
        query: PreviewQuery,
    ) -> Result<Previewed, ClientError> {
        let request = pb::PreviewRequest {
            operations: operations.iter().map(convert::operation_to_wire).collect(),
            expected_revision: String::new(),
            author: query.author,
            rows_max: query.rows_max,
            samples_max: query.samples_max,
            language: query.language.to_owned(),
        };
        let answer = self.previews().preview(request).await.map_err(|status| self.failure(&status))?;
        Ok(previewed(answer.into_inner()))
    }

    fn previews(&self) -> PreviewServiceClient<Line> {
        PreviewServiceClient::new(self.line.clone()).max_decoding_message_size(ANSWER_BYTES_MAX)
    }
}

fn each<T, U>(wire: Vec<T>, of: impl Fn(T) -> U) -> Vec<U> {
    wire.into_iter().map(of).collect()
}

fn previewed(wire: pb::PreviewResponse) -> Previewed {
    Previewed {
        warnings: each(wire.warnings, |it| PreviewWarning {
            kind: convert::preview_warning_name(it.kind()),
            text: it.text,
        }),
        turned: turned(wire.turned),
        actions: each(wire.actions, |it| ActionSum {
            entity_type: it.entity_type,
            action: it.action,
            turned: turned(it.turned),
            users: turned(it.users),
        }),
        creations: each(wire.creations, |it| CreationSum {
            creation: creation(it.creation.unwrap_or_default()),
            users: it.users,
        }),
        department_count: wire.department_count,
        departments: each(wire.departments, |it| {
            let (id, name) = named(it.department);
            DepartmentSum { id, name, users: it.users, turned: turned(it.turned) }
        }),
        user_count: wire.user_count,
        users: each(wire.users, user),
        resource_count: wire.resource_count,
        resources: each(wire.resources, resource),
        revision: wire.revision,
    }
}

fn turned(wire: Option<pb::TurnedCount>) -> Turned {
    wire.map(|it| Turned { gained: it.gained, lost: it.lost }).unwrap_or_default()
}

fn named(wire: Option<pb::Named>) -> (String, String) {
    wire.map(|it| (it.id, it.name)).unwrap_or_default()
}

fn creation(wire: pb::CreationTurn) -> CreationTurn {
    CreationTurn {
        before: convert::creation_reach_name(wire.before()),
        after: convert::creation_reach_name(wire.after()),
        entity_type: wire.entity_type,
        action: wire.action,
        stage: wire.stage,
    }
}

fn user(wire: pb::UserTurn) -> UserTurn {
    let (id, name) = named(wire.user);
    let actions = each(wire.actions, |it| ActionTurn {
        entity_type: it.entity_type,
        action: it.action,
        turned: turned(it.turned),
        gained_samples: it.gained,
        lost_samples: it.lost,
    });
    UserTurn { id, name, turned: turned(wire.turned), actions, creations: each(wire.creations, creation) }
}

fn resource(wire: pb::ResourceTurn) -> ResourceTurn {
    let key = wire.key.unwrap_or_default();
    let ids = |people: Vec<pb::Named>| each(people, |it| it.id);
    let actions = each(wire.actions, |it| ResourceActionTurn {
        action: it.action,
        kept: it.kept,
        turned: turned(it.turned),
        keepers: ids(it.keepers),
        gainers: ids(it.gainers),
        losers: ids(it.losers),
    });
    ResourceTurn { entity_type: key.r#type, id: key.id, actions }
}
