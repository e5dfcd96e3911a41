//! Plans that can't be had: each field at fault is named.

use dopusk::api::{pb, status};
use dopusk::sql::{Dialect, SqlError};
use tonic::{Code, Status};

use super::{bad_ids, world};
use crate::host::{Host, assert_error};

/// A plan that is in order.
fn plan() -> pb::PlanVisibleRequest {
    pb::PlanVisibleRequest {
        subject: "u1".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        ..pb::PlanVisibleRequest::default()
    }
}

fn sql(columns: pb::SqlColumns) -> pb::PlanVisibleRequest {
    let dialect = pb::SqlDialect::Sqlite.into();
    pb::PlanVisibleRequest { sql: Some(pb::SqlTarget { dialect, columns: Some(columns) }), ..plan() }
}

async fn refused(host: &Host, request: pb::PlanVisibleRequest) -> Status {
    host.decisions().plan_visible(request.clone()).await.expect_err(&format!("{request:?}"))
}

/// A company in which a seller's deals are those of his department, and those that he observes.
async fn seller() -> Host {
    let bundle = r#"{"name": "n", "why": "w", "steps": [{"load": {
        "entity_types": [{"name": "deal", "model": "crm", "stages": ["NEW", "WON"], "actions": ["read", "add"]}],
        "departments": [{"id": "d"}], "users": [{"id": "u1", "departments": ["d"]}],
        "roles": [{"id": "r", "grants": [
            {"entity_type": "deal", "action": "read", "level": "open", "stages": {"WON": "none"}}]}],
        "role_bindings": [{"role": "r", "subject": {"user": "u1"}}]}}]}"#;
    let case = dopusk::bundle::case::Case::read("case.json", bundle.as_bytes()).unwrap();
    let Some(dopusk::bundle::case::Step::Load(objects)) = case.steps.first() else { panic!("a load") };
    let host = Host::start().await;
    host.import(objects).await.unwrap();
    host
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_refused_where_a_list_is() {
    let host = world().await;
    for action in ["add", "import"] {
        let status = refused(&host, pb::PlanVisibleRequest { action: action.to_owned(), ..plan() }).await;
        assert_eq!(assert_error(&status, Code::InvalidArgument, "ACTION_NOT_LISTABLE"), ["action"]);
    }
    let status = refused(&host, pb::PlanVisibleRequest { action: "fly".to_owned(), ..plan() }).await;
    assert_eq!(assert_error(&status, Code::InvalidArgument, "UNKNOWN_ACTION"), ["action"]);
    let status = refused(&host, pb::PlanVisibleRequest { entity_type: "lead".to_owned(), ..plan() }).await;
    assert_eq!(assert_error(&status, Code::InvalidArgument, "UNKNOWN_ENTITY_TYPE"), ["entity_type"]);
    for subject in bad_ids().into_iter().chain([String::new()]) {
        let status = refused(&host, pb::PlanVisibleRequest { subject, ..plan() }).await;
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["subject"]);
    }
    let status = refused(&host, pb::PlanVisibleRequest { departments: 3, ..plan() }).await;
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["departments"]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_name_of_a_database_is_named_and_none_gets_into_sql() {
    let host = world().await;
    let source = |source| Some(pb::SqlSource { source });
    let columns = pb::SqlColumns {
        id: "deals.id; DROP TABLE deals".to_owned(),
        stage: "stage\"".to_owned(),
        responsible: "a.b.c.d".to_owned(),
        author: "`author`".to_owned(),
        open: "1 OR 1".to_owned(),
        departments: source(None),
        responsible_departments: source(Some(pb::sql_source::Source::Column("a b".to_owned()))),
        observers: source(Some(pb::sql_source::Source::Link(pb::SqlLink {
            table: "t".to_owned(),
            key: "x.y".to_owned(),
            value: "v".to_owned(),
        }))),
    };
    let mut fields =
        assert_error(&refused(&host, sql(columns)).await, Code::InvalidArgument, "INVALID_FIELD");
    fields.sort();
    let all = ["author", "departments", "id", "observers", "open", "responsible", "responsible_departments"];
    let wanted: Vec<String> = all.iter().chain(&["stage"]).map(|it| format!("sql.columns.{it}")).collect();
    assert_eq!(fields, wanted);
    for dialect in [0, 4] {
        let target = Some(pb::SqlTarget { dialect, columns: None });
        let status = refused(&host, pb::PlanVisibleRequest { sql: target, ..plan() }).await;
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["sql.dialect"]);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_plan_needs_is_named_where_it_is_missing() {
    let host = seller().await;
    let link = |table: &str| pb::SqlSource {
        source: Some(pb::sql_source::Source::Link(pb::SqlLink {
            table: table.to_owned(),
            key: "deal".to_owned(),
            value: "value".to_owned(),
        })),
    };
    let mut columns = pb::SqlColumns::default();
    let mut missing = Vec::new();
    while let Err(status) = host.decisions().plan_visible(sql(columns.clone())).await {
        let field = assert_error(&status, Code::InvalidArgument, "INVALID_FIELD").concat();
        match field.as_str() {
            "sql.columns.id" if columns.id.is_empty() => columns.id = "id".to_owned(),
            "sql.columns.id" => columns.id = "deals.id".to_owned(),
            "sql.columns.stage" => columns.stage = "stage".to_owned(),
            "sql.columns.open" => columns.open = "is_open".to_owned(),
            "sql.columns.responsible" => columns.responsible = "responsible".to_owned(),
            "sql.columns.departments" => columns.departments = Some(link("deal_departments")),
            "sql.columns.observers" => columns.observers = Some(link("deal_observers")),
            field => panic!("{field}"),
        }
        missing.push(field);
    }
    missing.sort();
    let all = ["departments", "id", "id", "observers", "open", "responsible", "stage"];
    assert_eq!(missing, all.map(|it| format!("sql.columns.{it}")));
    let never = pb::PlanVisibleRequest { subject: "nobody".to_owned(), ..sql(pb::SqlColumns::default()) };
    let answer = host.decisions().plan_visible(never).await.unwrap().into_inner();
    assert_eq!((answer.kind(), answer.sql.unwrap().r#where), (pb::PlanKind::Never, "1 = 0".to_owned()));
    host.stop().await;
}

#[test]
fn too_many_parameters_are_told_and_not_cut() {
    let status = status::sql(&SqlError::TooMany { dialect: Dialect::Sqlite, count: 40_000 });
    assert_error(&status, Code::FailedPrecondition, "TOO_MANY_PARAMETERS");
    assert!(status.message().contains("40000 parameters; SQLite takes at most 32766"), "{status:?}");
}
