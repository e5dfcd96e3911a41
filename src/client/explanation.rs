//! The grounds of a decision, as programs take them: the whole structure, with names where the wire has numbers.

use serde::Serialize;

use super::way::{ReachedRole, SharedDepartment, Way, reached_role, shared_department, way};
use super::{ClientError, Labelled};
use crate::api::{convert, pb};

/// What a decision was made from.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Explanation {
    /// The numbers of the rules that decided.
    pub rules: Vec<String>,
    /// Who asks.
    pub subject: Option<Labelled>,
    /// What the resource is judged by; none where there is no such resource.
    pub facts: Option<NamedFacts>,
    /// How the subject stands to the resource, as far as the decision asked.
    pub asked: Vec<AskedRelation>,
    /// For types of the crm model: roles.
    pub crm: Option<CrmGrounds>,
    /// For types of the support model: a support role and helpdesk groups.
    pub support: Option<SupportGrounds>,
    /// The ways in which the subject may.
    pub ways: Vec<Way>,
}

/// What a resource is judged by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NamedFacts {
    /// Who created it.
    pub author: Option<Labelled>,
    /// Who is responsible.
    pub responsible: Option<Labelled>,
    /// The departments that it belongs to.
    pub departments: Vec<Labelled>,
    /// Whether they are its own, and not its responsible's.
    pub has_departments: bool,
    /// The stage.
    pub stage: Option<String>,
    /// Whether it is flagged open.
    pub open: bool,
}

/// What a decision asked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AskedRelation {
    /// The relation, such as `department`.
    pub relation: String,
    /// Whether the subject stands so.
    pub holds: bool,
}

/// The roles, and what they say.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CrmGrounds {
    /// Every role that reaches the subject, and how.
    pub roles: Vec<ReachedRole>,
    /// What they say of reading, where the action is another.
    pub sight: Option<Weighing>,
    /// What they say of the action.
    pub action: Option<Weighing>,
}

/// What the roles say of one action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Weighing {
    /// The action.
    pub action: String,
    /// The resource's stage.
    pub stage: Option<String>,
    /// The rule that entries are weighed by.
    pub rule: String,
    /// Each role's entry, where it has one.
    pub entries: Vec<RoleEntry>,
    /// Whether those that count are detailed.
    pub detailed: bool,
    /// The scopes of those that count, united.
    pub united: Vec<String>,
    /// Each united scope, put to the facts.
    pub scopes: Vec<ScopeTest>,
    /// What the subject may as an observer, where he is one.
    pub observing: Option<Observing>,
    /// Whether all that lets the action be done.
    pub opens: bool,
}

/// What one role says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct RoleEntry {
    /// The role.
    pub role: Option<Labelled>,
    /// Whether the entry names the stage, or is the element level.
    pub detailed: bool,
    /// The scopes of the level.
    pub level: Vec<String>,
    /// Whether it counts.
    pub counts: bool,
    /// The ids of the roles whose detailed entries hide it.
    pub hidden_by: Vec<String>,
}

/// A scope, put to the facts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ScopeTest {
    /// The scope, such as `self`.
    pub scope: String,
    /// Whether it opens the resource.
    pub opens: bool,
    /// The departments that it goes by.
    pub departments: Vec<SharedDepartment>,
    /// The ids of the roles whose counted entries have it.
    pub roles: Vec<String>,
}

/// An observer's reading.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Observing {
    /// Whether he may read what he observes.
    pub opens: bool,
    /// The ids of the roles that grant him some reading of the type.
    pub roles: Vec<String>,
}

/// The support role, and what it goes by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SupportGrounds {
    /// The role, such as `staff`.
    pub role: String,
    /// The ticket's side that the role looks from, where it matters.
    pub side: Option<TicketSide>,
}

/// A ticket's side, as one sees it who looks from there.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct TicketSide {
    /// Whether it is the responsible's side, and not the author's.
    pub team: bool,
    /// The responsible or author.
    pub somebody: Option<Labelled>,
    /// Whether that is the subject himself.
    pub is_subject: bool,
    /// The groups of that side that both are in.
    pub groups: Vec<SharedGroup>,
}

/// A helpdesk group that the subject shares with somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SharedGroup {
    /// The group.
    pub group: Option<Labelled>,
    /// Whether the subject's own row has the flag.
    pub can_view: bool,
}

/// The grounds of a decision; an answer without any is nonsense.
pub(super) fn explanation(wire: Option<&pb::Explanation>) -> Result<Explanation, ClientError> {
    use pb::explanation::Grounds;
    let wire = wire.ok_or_else(|| ClientError::Nonsense("the decision has no grounds".to_owned()))?;
    let (crm, support) = match &wire.grounds {
        None => (None, None),
        Some(Grounds::Crm(it)) => (Some(crm_grounds(it)?), None),
        Some(Grounds::Support(it)) => (None, Some(support_grounds(it))),
    };
    let asked = wire
        .asked
        .iter()
        .map(|it| AskedRelation { relation: convert::relation_name(it.relation()), holds: it.holds });
    Ok(Explanation {
        rules: wire.rules.clone(),
        subject: named(wire.subject.as_ref()),
        facts: wire.facts.as_ref().map(named_facts),
        asked: asked.collect(),
        crm,
        support,
        ways: wire.ways.iter().map(way).collect::<Result<_, _>>()?,
    })
}

fn named(wire: Option<&pb::Named>) -> Option<Labelled> {
    wire.map(|named| Labelled::of(Some(named)))
}

fn text(wire: &str) -> Option<String> {
    (!wire.is_empty()).then(|| wire.to_owned())
}

fn named_facts(wire: &pb::NamedFacts) -> NamedFacts {
    NamedFacts {
        author: named(wire.author.as_ref()),
        responsible: named(wire.responsible.as_ref()),
        departments: wire.departments.iter().map(|it| Labelled::of(Some(it))).collect(),
        has_departments: wire.has_departments,
        stage: text(&wire.stage),
        open: wire.open,
    }
}

fn crm_grounds(wire: &pb::CrmGrounds) -> Result<CrmGrounds, ClientError> {
    Ok(CrmGrounds {
        roles: wire.roles.iter().map(reached_role).collect::<Result<_, _>>()?,
        sight: wire.sight.as_ref().map(weighing),
        action: wire.action.as_ref().map(weighing),
    })
}

fn weighing(wire: &pb::Weighing) -> Weighing {
    let entries = wire.entries.iter().map(|it| RoleEntry {
        role: named(it.role.as_ref()),
        detailed: it.detailed,
        level: it.level().map(convert::scope_name).collect(),
        counts: it.counts,
        hidden_by: it.hidden_by.clone(),
    });
    let scopes = wire.scopes.iter().map(|it| ScopeTest {
        scope: convert::scope_name(it.scope()),
        opens: it.opens,
        departments: it.departments.iter().map(shared_department).collect(),
        roles: it.roles.clone(),
    });
    let observing = wire.observing.as_ref();
    Weighing {
        action: wire.action.clone(),
        stage: text(&wire.stage),
        rule: wire.rule.clone(),
        entries: entries.collect(),
        detailed: wire.detailed,
        united: wire.united().map(convert::scope_name).collect(),
        scopes: scopes.collect(),
        observing: observing.map(|it| Observing { opens: it.opens, roles: it.roles.clone() }),
        opens: wire.opens,
    }
}

fn support_grounds(wire: &pb::SupportGrounds) -> SupportGrounds {
    let group = |it: &pb::SharedGroup| SharedGroup { group: named(it.group.as_ref()), can_view: it.can_view };
    let side = wire.side.as_ref().map(|it| TicketSide {
        team: it.team,
        somebody: named(it.somebody.as_ref()),
        is_subject: it.is_subject,
        groups: it.groups.iter().map(group).collect(),
    });
    SupportGrounds { role: convert::support_role_name(wire.role()), side }
}
