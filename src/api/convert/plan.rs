//! Plans to the wire and back, and where a caller's database has what they look at.

use crate::api::pb;
use crate::api::status::Invalid;
use crate::domain::{Condition, Field, Id};
use crate::engine::DepartmentForm;
use crate::sql::{Clause, Dialect, Item, Link, Mapping, Name, NameError, Parameter, Source};

/// How departments are told.
///
/// # Errors
/// The wire names a form that there isn't.
pub fn department_form(wire: i32) -> Result<DepartmentForm, Invalid> {
    match pb::PlanDepartments::try_from(wire) {
        Ok(pb::PlanDepartments::Unspecified | pb::PlanDepartments::Resolved) => Ok(DepartmentForm::Resolved),
        Ok(pb::PlanDepartments::Kept) => Ok(DepartmentForm::Kept),
        Err(_) => Err(Invalid::new("departments", "is neither resolved nor kept")),
    }
}

/// The database that a plan is to be written for, and where it has a resource's fields.
///
/// # Errors
/// Names every field that isn't what it must be.
pub fn sql_target(wire: &pb::SqlTarget) -> Result<(Dialect, Mapping), Vec<Invalid>> {
    let mut faults = Vec::new();
    let dialect = match wire.dialect() {
        pb::SqlDialect::Postgresql => Some(Dialect::PostgreSql),
        pb::SqlDialect::Mysql => Some(Dialect::MySql),
        pb::SqlDialect::Sqlite => Some(Dialect::Sqlite),
        pb::SqlDialect::Unspecified => {
            faults.push(Invalid::new("sql.dialect", "is missing; give postgresql, mysql or sqlite"));
            None
        }
    };
    let mut mapping = Mapping::default();
    for (item, source) in sources(wire.columns.as_ref().unwrap_or(&pb::SqlColumns::default())) {
        let mapped = source.map_err(|error| error.to_string());
        let mapped = mapped.and_then(|it| mapping.put(item, it).map_err(|error| error.to_string()));
        faults.extend(mapped.err().map(|message| Invalid::new(sql_column_path(item), message)));
    }
    dialect.filter(|_| faults.is_empty()).map(|dialect| (dialect, mapping)).ok_or(faults)
}

/// The path of the field of a request that maps an item.
#[must_use]
pub fn sql_column_path(item: Item) -> String {
    format!("sql.columns.{item}")
}

/// What the wire maps, as far as it is a name.
fn sources(wire: &pb::SqlColumns) -> Vec<(Item, Result<Source, NameError>)> {
    let columns = Item::all().filter_map(|item| {
        let text = match item {
            Item::Id => &wire.id,
            Item::Open => &wire.open,
            Item::Field(Field::Stage) => &wire.stage,
            Item::Field(Field::Responsible) => &wire.responsible,
            Item::Field(Field::Author) => &wire.author,
            Item::Field(field) => return Some((item, source(many_of(wire, field)?))),
        };
        (!text.is_empty()).then(|| (item, Name::column(text).map(Source::Column)))
    });
    columns.collect()
}

fn many_of(wire: &pb::SqlColumns, field: Field) -> Option<&pb::SqlSource> {
    match field {
        Field::Departments => wire.departments.as_ref(),
        Field::ResponsibleDepartments => wire.responsible_departments.as_ref(),
        Field::Observers => wire.observers.as_ref(),
        Field::Stage | Field::Responsible | Field::Author => None,
    }
}

fn source(wire: &pb::SqlSource) -> Result<Source, NameError> {
    match &wire.source {
        Some(pb::sql_source::Source::Column(text)) => Name::column(text).map(Source::Column),
        Some(pb::sql_source::Source::Link(it)) => {
            Link::parse(&it.table, &it.key, &it.value).map(Source::Link)
        }
        None => Name::column("").map(Source::Column),
    }
}

/// A database and its columns, to the wire.
#[must_use]
pub fn sql_target_to_wire(dialect: Dialect, mapping: &Mapping) -> pb::SqlTarget {
    let dialect = match dialect {
        Dialect::PostgreSql => pb::SqlDialect::Postgresql,
        Dialect::MySql => pb::SqlDialect::Mysql,
        Dialect::Sqlite => pb::SqlDialect::Sqlite,
    };
    let column = |item| mapping.column(item).map(Name::to_string).unwrap_or_default();
    let source = |field| mapping.get(Item::Field(field)).map(source_to_wire);
    let columns = pb::SqlColumns {
        id: column(Item::Id),
        stage: column(Item::Field(Field::Stage)),
        responsible: column(Item::Field(Field::Responsible)),
        author: column(Item::Field(Field::Author)),
        open: column(Item::Open),
        departments: source(Field::Departments),
        responsible_departments: source(Field::ResponsibleDepartments),
        observers: source(Field::Observers),
    };
    pb::SqlTarget { dialect: dialect.into(), columns: Some(columns) }
}

fn source_to_wire(source: &Source) -> pb::SqlSource {
    let wire = match source {
        Source::Column(name) => pb::sql_source::Source::Column(name.to_string()),
        Source::Link(Link { table, key, value }) => pb::sql_source::Source::Link(pb::SqlLink {
            table: table.to_string(),
            key: key.to_string(),
            value: value.to_string(),
        }),
    };
    pb::SqlSource { source: Some(wire) }
}

/// The kind of a plan, and its condition where it has one.
#[must_use]
pub fn plan(condition: &Condition) -> (pb::PlanKind, Option<pb::Condition>) {
    if *condition == Condition::ALWAYS {
        (pb::PlanKind::Always, None)
    } else if *condition == Condition::NEVER {
        (pb::PlanKind::Never, None)
    } else {
        (pb::PlanKind::Condition, Some(condition_to_wire(condition)))
    }
}

/// The name of a plan's kind, without the prefix.
#[must_use]
pub fn plan_kind_name(kind: pb::PlanKind) -> &'static str {
    match kind {
        pb::PlanKind::Unspecified => "unspecified",
        pb::PlanKind::Always => "always",
        pb::PlanKind::Never => "never",
        pb::PlanKind::Condition => "condition",
    }
}

fn condition_to_wire(condition: &Condition) -> pb::Condition {
    use pb::condition::Node;
    let several =
        |parts: &[Condition]| pb::Conditions { conditions: parts.iter().map(condition_to_wire).collect() };
    let node = match condition {
        Condition::Open => Node::Open(true),
        Condition::Absent(field) => Node::Absent(field_to_wire(*field).into()),
        Condition::OneOf(field, ids) => {
            Node::OneOf(pb::OneOf { field: field_to_wire(*field).into(), ids: texts(ids) })
        }
        Condition::Any(parts) => Node::Any(several(parts)),
        Condition::All(parts) => Node::All(several(parts)),
    };
    pb::Condition { node: Some(node) }
}

/// A clause for a database.
#[must_use]
pub fn clause(clause: Clause) -> pb::SqlClause {
    use pb::sql_parameter::Value;
    let value = |parameter: &Parameter| match parameter {
        Parameter::Text(id) => Value::Text(id.to_string()),
        Parameter::Texts(ids) => Value::Texts(pb::SqlTexts { texts: texts(ids) }),
    };
    let parameters = clause.parameters.iter().map(|it| pb::SqlParameter { value: Some(value(it)) });
    pb::SqlClause { parameters: parameters.collect(), r#where: clause.text }
}

/// The condition of a plan, from the wire; none where the answer has no meaning.
#[must_use]
pub fn planned(answer: &pb::PlanVisibleResponse) -> Option<Condition> {
    match answer.kind() {
        pb::PlanKind::Always => Some(Condition::ALWAYS),
        pb::PlanKind::Never => Some(Condition::NEVER),
        pb::PlanKind::Condition => condition(answer.condition.as_ref()?),
        pb::PlanKind::Unspecified => None,
    }
}

fn condition(wire: &pb::Condition) -> Option<Condition> {
    use pb::condition::Node;
    let several = |it: &pb::Conditions| it.conditions.iter().map(condition).collect::<Option<Vec<_>>>();
    match wire.node.as_ref()? {
        Node::Open(is_open) => is_open.then_some(Condition::Open),
        Node::Absent(field) => Some(Condition::Absent(field_of(*field)?)),
        Node::OneOf(it) => Some(Condition::one_of(field_of(it.field)?, ids(&it.ids)?)),
        Node::Any(it) => Some(Condition::any(several(it)?)),
        Node::All(it) => Some(Condition::all(several(it)?)),
    }
}

/// The parameters of a clause, from the wire; none where one has no meaning.
#[must_use]
pub fn parameters(clause: &pb::SqlClause) -> Option<Vec<Parameter>> {
    use pb::sql_parameter::Value;
    let parameter = |it: &pb::SqlParameter| match it.value.as_ref()? {
        Value::Text(text) => Some(Parameter::Text(Id::parse(text).ok()?)),
        Value::Texts(it) => Some(Parameter::Texts(ids(&it.texts)?)),
    };
    clause.parameters.iter().map(parameter).collect()
}

fn texts(ids: &[Id]) -> Vec<String> {
    ids.iter().map(Id::to_string).collect()
}

fn ids(texts: &[String]) -> Option<Vec<Id>> {
    texts.iter().map(|text| Id::parse(text).ok()).collect()
}

fn field_to_wire(field: Field) -> pb::PlanField {
    match field {
        Field::Stage => pb::PlanField::Stage,
        Field::Responsible => pb::PlanField::Responsible,
        Field::Author => pb::PlanField::Author,
        Field::Departments => pb::PlanField::Departments,
        Field::ResponsibleDepartments => pb::PlanField::ResponsibleDepartments,
        Field::Observers => pb::PlanField::Observers,
    }
}

fn field_of(wire: i32) -> Option<Field> {
    Field::ALL.into_iter().find(|field| i32::from(field_to_wire(*field)) == wire)
}
