//! Advice, as callers take it.

use serde::Serialize;

use super::conflict::Labelled;
use super::{Client, ClientError};
use crate::api::{convert, pb};
use crate::engine::AdviceKind;

/// Which advice is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct AdviceQuery {
    /// Of these kinds; none is all of them.
    pub kinds: Vec<AdviceKind>,
    /// The most people of a small team; 0 is the server's default.
    pub team_people_max: u32,
    /// From how many in a hundred active users on a grant is broad; 0 is the server's default.
    pub broad_percent: u32,
    /// How many people of each finding are named; 0 is the server's default.
    pub people_max: u32,
    /// Whether it is counted what each change would turn.
    pub with_effects: bool,
}

/// The advice on a company.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct AdviceReport {
    /// The findings.
    pub advice: Vec<Advice>,
    /// The token of the revision.
    pub revision: String,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Advice {
    /// What is advised, such as `role_unheld`.
    pub kind: String,
    /// The numbers of the rules that it goes by.
    pub rules: Vec<String>,
    /// What it is about.
    pub about: Vec<AdviceObject>,
    /// How many people it meets.
    pub people_count: u64,
    /// Some of them.
    pub people: Vec<Labelled>,
    /// Whether one write makes the obvious change.
    pub has_change: bool,
    /// What was found, in one sentence.
    pub found: String,
    /// Why it matters.
    pub why: String,
    /// What to do.
    pub remedy: String,
    /// What the change would turn, if that was asked for and there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<AdviceEffect>,
}

/// What a change would turn.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AdviceEffect {
    /// How many decisions it would allow.
    pub gained: u64,
    /// How many it would no longer allow.
    pub lost: u64,
    /// For how many users.
    pub users: u64,
    /// The same in one sentence.
    pub text: String,
}

/// Something that advice is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceObject {
    /// A department.
    Department(Labelled),
    /// A role.
    Role(Labelled),
    /// A helpdesk group.
    SupportGroup(Labelled),
    /// An entity type.
    EntityType(String),
    /// A stage of a type.
    Stage {
        /// The type.
        entity_type: String,
        /// The stage; empty where the type has none.
        stage: String,
    },
    /// What a role grants for an action.
    Grant {
        /// The role.
        role: Labelled,
        /// The type.
        entity_type: String,
        /// The action.
        action: String,
        /// The stages that are meant.
        stages: Vec<String>,
    },
    /// A role binding.
    Binding {
        /// The role.
        role: Labelled,
        /// The user, department or workgroup; none where it is everyone.
        subject: Option<Labelled>,
        /// The binding, such as `binding of role seller to department north`.
        binding: String,
    },
}

impl Client {
    /// Asks for advice on the company; texts are in a language by its code, such as `en`.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn advice(&self, query: AdviceQuery, language: &str) -> Result<AdviceReport, ClientError> {
        let kinds = query.kinds.iter().map(|kind| convert::advice_kind_to_wire(*kind).into());
        let request = pb::ListAdviceRequest {
            consistency: self.freshness.to_wire(),
            language: language.to_owned(),
            kinds: kinds.collect(),
            team_people_max: query.team_people_max,
            broad_percent: query.broad_percent,
            people_max: query.people_max,
            people_after: String::new(),
            with_effects: query.with_effects,
        };
        let answer = self.reviews().list_advice(request).await.map_err(|status| self.failure(&status))?;
        let (mut chunks, mut report) = (answer.into_inner(), AdviceReport::default());
        while let Some(chunk) = chunks.message().await.map_err(|status| self.failure(&status))? {
            for found in chunk.advice {
                report.advice.push(advice(found)?);
            }
            report.revision = chunk.revision;
        }
        Ok(report)
    }
}

fn advice(wire: pb::Advice) -> Result<Advice, ClientError> {
    Ok(Advice {
        kind: convert::advice_kind_name(wire.kind()),
        about: wire.about.iter().map(object).collect::<Result<_, _>>()?,
        people: wire.people.iter().map(|it| Labelled::of(Some(it))).collect(),
        has_change: !wire.change.is_empty(),
        rules: wire.rules,
        people_count: wire.people_count,
        found: wire.found,
        why: wire.why,
        remedy: wire.remedy,
        effect: wire.effect.map(|it| AdviceEffect {
            gained: it.gained,
            lost: it.lost,
            users: it.users,
            text: it.text,
        }),
    })
}

fn object(wire: &pb::AdviceObject) -> Result<AdviceObject, ClientError> {
    use pb::advice_object::Object as Wire;
    let nothing = || ClientError::Nonsense("advice is about nothing".to_owned());
    Ok(match wire.object.as_ref().ok_or_else(nothing)? {
        Wire::Department(it) => AdviceObject::Department(Labelled::of(Some(it))),
        Wire::Role(it) => AdviceObject::Role(Labelled::of(Some(it))),
        Wire::SupportGroup(it) => AdviceObject::SupportGroup(Labelled::of(Some(it))),
        Wire::EntityType(name) => AdviceObject::EntityType(name.clone()),
        Wire::Stage(it) => {
            AdviceObject::Stage { entity_type: it.entity_type.clone(), stage: it.stage.clone() }
        }
        Wire::Grant(it) => AdviceObject::Grant {
            role: Labelled::of(it.role.as_ref()),
            entity_type: it.entity_type.clone(),
            action: it.action.clone(),
            stages: it.stages.clone(),
        },
        Wire::Binding(it) => {
            let key = pb::key::Key::RoleBinding(it.binding.clone().ok_or_else(nothing)?);
            let key = convert::key(&pb::Key { key: Some(key) }, "binding").map_err(|_| nothing())?;
            AdviceObject::Binding {
                role: Labelled::of(it.role.as_ref()),
                subject: it.subject.as_ref().map(|it| Labelled::of(Some(it))),
                binding: key.to_string(),
            }
        }
    })
}
