//! Explanations to the wire.

use super::to_wire::{level, scope, support_role};
use super::way::{named, places, reached_role, way};
use crate::api::pb;
use crate::domain::{GroupKind, Id, Named};
use crate::engine::{
    Asked, CrmGrounds, Explained, Grounds, NamedFacts, Relation, RoleEntry, ScopeTest, Side, SupportGrounds,
    Weighing,
};

/// The grounds of a decision.
#[must_use]
pub fn explanation(explained: &Explained) -> pb::Explanation {
    use pb::explanation::Grounds as Wire;
    let explanation = &explained.explanation;
    pb::Explanation {
        rules: explanation.rules().into_iter().map(str::to_owned).collect(),
        subject: Some(named(&explained.subject)),
        facts: explained.facts.as_ref().map(named_facts),
        asked: explanation.asked.iter().copied().map(asked).collect(),
        grounds: match &explanation.grounds {
            Grounds::Plain => None,
            Grounds::Crm(crm) => Some(Wire::Crm(crm_grounds(crm))),
            Grounds::Support(support) => Some(Wire::Support(support_grounds(support))),
        },
        ways: explanation.ways().iter().map(way).collect(),
    }
}

fn named_facts(facts: &NamedFacts) -> pb::NamedFacts {
    pb::NamedFacts {
        author: facts.author.as_ref().map(named),
        responsible: facts.responsible.as_ref().map(named),
        departments: facts.departments.iter().map(named).collect(),
        has_departments: facts.has_departments,
        stage: text(facts.stage.as_ref()),
        open: facts.open,
    }
}

fn text(id: Option<&Id>) -> String {
    id.map(Id::to_string).unwrap_or_default()
}

fn asked(Asked { relation, holds }: Asked) -> pb::AskedRelation {
    let relation = match relation {
        Relation::Own => pb::Relation::Responsible,
        Relation::Department => pb::Relation::Department,
        Relation::Subdepartments => pb::Relation::Subdepartments,
        Relation::Open => pb::Relation::Open,
        Relation::Observer => pb::Relation::Observer,
        Relation::Team => pb::Relation::Team,
        Relation::Client => pb::Relation::Client,
        Relation::Author => pb::Relation::Author,
    };
    pb::AskedRelation { relation: relation.into(), holds }
}

fn crm_grounds(crm: &CrmGrounds) -> pb::CrmGrounds {
    pb::CrmGrounds {
        roles: crm.roles.iter().map(reached_role).collect(),
        sight: crm.sight.as_ref().map(|sight| weighing(crm, sight)),
        action: Some(weighing(crm, &crm.action)),
    }
}

fn weighing(crm: &CrmGrounds, it: &Weighing) -> pb::Weighing {
    pb::Weighing {
        action: it.action.to_string(),
        stage: text(it.stage.as_ref()),
        rule: it.rule().to_owned(),
        entries: it.entries.iter().map(|entry| role_entry(crm, it, *entry)).collect(),
        detailed: it.united.is_detailed(),
        united: level(it.united.scopes()),
        scopes: it.scopes.iter().map(|test| scope_test(crm, test)).collect(),
        observing: it.observing.as_ref().map(|observing| pb::Observing {
            opens: observing.opens(),
            roles: roles(crm, observing.roles.iter().copied()),
        }),
        opens: it.decision.is_allow(),
    }
}

fn role_entry(crm: &CrmGrounds, weighing: &Weighing, RoleEntry { role, entry }: RoleEntry) -> pb::RoleEntry {
    pb::RoleEntry {
        role: crm.role(role).map(named),
        detailed: entry.is_detailed(),
        level: level(entry.scopes()),
        counts: weighing.counts(entry),
        hidden_by: roles(crm, weighing.hiders(entry)),
    }
}

fn scope_test(crm: &CrmGrounds, test: &ScopeTest) -> pb::ScopeTest {
    pb::ScopeTest {
        scope: scope(test.scope).into(),
        opens: test.opens,
        departments: places(&test.through).0,
        roles: roles(crm, test.roles.iter().copied()),
    }
}

/// The ids of roles by their places.
fn roles(crm: &CrmGrounds, places: impl IntoIterator<Item = usize>) -> Vec<String> {
    places.into_iter().filter_map(|at| crm.role(at)).map(|it: &Named| it.id.to_string()).collect()
}

fn support_grounds(support: &SupportGrounds) -> pb::SupportGrounds {
    pb::SupportGrounds { role: support_role(support.role).into(), side: support.side.as_ref().map(side) }
}

fn side(side: &Side) -> pb::TicketSide {
    let groups = side
        .groups
        .iter()
        .map(|row| pb::SharedGroup { group: Some(named(&row.group)), can_view: row.can_view });
    pb::TicketSide {
        team: side.kind == GroupKind::Team,
        somebody: side.somebody.as_ref().map(named),
        is_subject: side.is_himself,
        groups: groups.collect(),
    }
}

/// The name of a relation, without the prefix.
#[must_use]
pub fn relation_name(relation: pb::Relation) -> String {
    relation.as_str_name().trim_start_matches("RELATION_").to_lowercase()
}

/// The name of a support role, without the prefix; where none is given, `none`.
#[must_use]
pub fn support_role_name(role: pb::SupportRole) -> String {
    match role {
        pb::SupportRole::Unspecified => "none".to_owned(),
        pb::SupportRole::Client | pb::SupportRole::Staff | pb::SupportRole::Demo | pb::SupportRole::Admin => {
            role.as_str_name().trim_start_matches("SUPPORT_ROLE_").to_lowercase()
        }
    }
}
