//! The call for plans.

use super::{Answered, Client, ClientError, VisibleQuery};
use crate::api::{convert, pb};
use crate::domain::Condition;
use crate::engine::DepartmentForm;
use crate::sql::{Clause, Dialect, Mapping};

/// What may be seen, and how a caller would select it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlanQuery {
    /// What may be seen.
    pub visible: VisibleQuery,
    /// How departments are told.
    pub departments: DepartmentForm,
    /// The database to write it for, and where that has a resource's fields.
    pub sql: Option<(Dialect, Mapping)>,
}

/// What a caller selects by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// What must hold of a resource.
    pub condition: Condition,
    /// The same for the database that was asked for.
    pub clause: Option<Clause>,
}

impl Client {
    /// Gives what may be seen as a condition over the resource's own fields, and as SQL.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn plan_visible(&self, query: &PlanQuery) -> Result<Answered<Planned>, ClientError> {
        let departments = match query.departments {
            DepartmentForm::Resolved => pb::PlanDepartments::Resolved,
            DepartmentForm::Kept => pb::PlanDepartments::Kept,
        };
        let sql = query.sql.as_ref().map(|(dialect, mapping)| convert::sql_target_to_wire(*dialect, mapping));
        let request = pb::PlanVisibleRequest {
            subject: query.visible.subject.clone(),
            action: query.visible.action.clone(),
            entity_type: query.visible.entity_type.clone(),
            consistency: self.freshness.to_wire(),
            departments: departments.into(),
            sql,
        };
        let answer = self.decisions().plan_visible(request).await.map_err(|status| self.failure(&status))?;
        let answer = answer.into_inner();
        let value = planned(&answer).ok_or_else(|| {
            ClientError::Nonsense("the plan has a part that this version doesn't know".to_owned())
        })?;
        Ok(Answered { value, revision: answer.revision })
    }
}

fn planned(answer: &pb::PlanVisibleResponse) -> Option<Planned> {
    let clause = match &answer.sql {
        Some(clause) => {
            Some(Clause { text: clause.r#where.clone(), parameters: convert::parameters(clause)? })
        }
        None => None,
    };
    Some(Planned { condition: convert::planned(answer)?, clause })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Field, Id};
    use crate::sql::Parameter;

    #[test]
    fn an_answer_that_says_nothing_is_no_plan() {
        let answer = |kind: pb::PlanKind, condition| pb::PlanVisibleResponse {
            kind: kind.into(),
            condition,
            ..pb::PlanVisibleResponse::default()
        };
        assert_eq!(planned(&answer(pb::PlanKind::Unspecified, None)), None);
        assert_eq!(planned(&answer(pb::PlanKind::Condition, None)), None);
        let unknown = pb::Condition::default();
        assert_eq!(planned(&answer(pb::PlanKind::Condition, Some(unknown))), None);
        let not_open = pb::Condition { node: Some(pb::condition::Node::Open(false)) };
        assert_eq!(planned(&answer(pb::PlanKind::Condition, Some(not_open))), None);
        let always = planned(&answer(pb::PlanKind::Always, None)).unwrap();
        assert_eq!(always.condition, Condition::ALWAYS);
    }

    #[test]
    fn a_plan_comes_through_the_wire_as_it_was() {
        let ids = ["a", "b"].map(|id| Id::parse(id).unwrap());
        let each = Field::ALL.map(|field| Condition::one_of(field, ids.clone()));
        let absent = Condition::all([Condition::Open, Condition::Absent(Field::Stage)]);
        let condition = Condition::any(each.into_iter().chain([absent]));
        let clause = Clause {
            text: "x".to_owned(),
            parameters: vec![Parameter::Text(ids[0].clone()), Parameter::Texts(ids.to_vec())],
        };
        let (kind, wire) = convert::plan(&condition);
        let sql = Some(convert::clause(clause.clone()));
        let answer =
            pb::PlanVisibleResponse { kind: kind.into(), condition: wire, sql, revision: String::new() };
        assert_eq!(planned(&answer), Some(Planned { condition, clause: Some(clause) }));
    }
}
