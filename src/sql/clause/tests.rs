//! The texts of clauses, and what is refused.

use super::*;
use crate::sql::MappingError;

const COLUMNS: &[(&str, &str)] = &[
    ("id", "deals.id"),
    ("stage", "stage"),
    ("responsible", "deals.responsible"),
    ("open", "is_open"),
    ("departments", "crm.deal_departments(deal, department)"),
    ("observers", "deal_observers(deal, observer)"),
    ("responsible_departments", "staff(person, department)"),
];

fn mapping(columns: &[(&str, &str)]) -> Mapping {
    let mut mapping = Mapping::default();
    for (item, source) in columns {
        mapping.put(Item::parse(item).unwrap(), Source::parse(source).unwrap()).unwrap();
    }
    mapping
}

fn of(field: Field, ids: &[&str]) -> Condition {
    Condition::one_of(field, ids.iter().map(|id| Id::parse(id).unwrap()))
}

fn write(condition: &Condition, dialect: Dialect) -> Result<Clause, SqlError> {
    Clause::write(condition, dialect, &mapping(COLUMNS))
}

fn one() -> Condition {
    let stage = Condition::any([Condition::Absent(Field::Stage), of(Field::Stage, &["NEW", "WON"])]);
    let by_responsible =
        Condition::all([Condition::Absent(Field::Departments), of(Field::Responsible, &["u1", "u2"])]);
    let reach = Condition::any([of(Field::Departments, &["d'1"]), by_responsible]);
    Condition::any([Condition::Open, Condition::all([stage, reach])])
}

#[test]
fn postgresql_takes_lists_as_arrays() {
    let clause = write(&one(), Dialect::PostgreSql).unwrap();
    let wanted = "\"is_open\" IS TRUE OR ((\"stage\" IS NULL OR \"stage\" = ANY($1)) \
        AND (EXISTS (SELECT 1 FROM \"crm\".\"deal_departments\" dopusk_link WHERE dopusk_link.\"deal\" = \"deals\".\"id\" \
        AND dopusk_link.\"department\" = ANY($2)) \
        OR (NOT EXISTS (SELECT 1 FROM \"crm\".\"deal_departments\" dopusk_link WHERE dopusk_link.\"deal\" = \"deals\".\"id\" \
        AND dopusk_link.\"department\" IS NOT NULL) AND \"deals\".\"responsible\" = ANY($3))))";
    assert_eq!(clause.text, wanted);
    let lists: Vec<String> = clause.parameters.iter().map(|it| format!("{it:?}")).collect();
    let wanted = [r#"Texts(["NEW", "WON"])"#, r#"Texts(["d'1"])"#, r#"Texts(["u1", "u2"])"#];
    assert_eq!(lists, wanted);
}

#[test]
fn mysql_and_sqlite_take_a_parameter_a_value_and_compare_bytewise() {
    let clause = write(&of(Field::Stage, &["NEW", "WON"]), Dialect::MySql).unwrap();
    assert_eq!(clause.text, "`stage` IN (CAST(? AS BINARY), CAST(? AS BINARY))");
    let clause = write(&of(Field::ResponsibleDepartments, &["d1", "d2"]), Dialect::Sqlite).unwrap();
    let wanted = "EXISTS (SELECT 1 FROM `staff` dopusk_link \
        WHERE dopusk_link.`person` = `deals`.`responsible` AND dopusk_link.`department` COLLATE BINARY IN (?, ?))";
    assert_eq!(clause.text, wanted);
    let values = ["d1", "d2"].map(|id| Parameter::Text(Id::parse(id).unwrap()));
    assert_eq!(clause.parameters, values);
}

#[test]
fn a_field_of_many_values_can_be_in_a_column_of_one() {
    let columns = mapping(&[("departments", "department"), ("responsible_departments", "d.department")]);
    let text = |condition: &Condition| Clause::write(condition, Dialect::MySql, &columns).unwrap().text;
    assert_eq!(text(&of(Field::Departments, &["d1"])), "`department` IN (CAST(? AS BINARY))");
    assert_eq!(text(&Condition::Absent(Field::Departments)), "`department` IS NULL");
    assert_eq!(text(&of(Field::ResponsibleDepartments, &["d1"])), "`d`.`department` IN (CAST(? AS BINARY))");
}

#[test]
fn always_and_never_look_at_no_column() {
    for dialect in [Dialect::PostgreSql, Dialect::MySql, Dialect::Sqlite] {
        let text = |condition| Clause::write(condition, dialect, &Mapping::default()).unwrap().text;
        assert_eq!(
            (text(&Condition::ALWAYS), text(&Condition::NEVER)),
            ("1 = 1".to_owned(), "1 = 0".to_owned())
        );
    }
}

#[test]
fn a_column_that_a_subquery_looks_at_has_its_table() {
    let write = |id| {
        let mapping = mapping(&[("id", id), ("observers", "watchers(deal, person)")]);
        Clause::write(&of(Field::Observers, &["u1"]), Dialect::Sqlite, &mapping).map(|clause| clause.text)
    };
    assert_eq!(write("id"), Err(SqlError::Unqualified(Item::Id)));
    assert_eq!(write("Dopusk_Link.id"), Err(SqlError::Reserved(Item::Id)));
    assert!(write("crm.dopusk_link.id").is_ok() && write("d.id").is_ok());
}

#[test]
fn what_is_looked_at_is_mapped() {
    let write = |condition: Condition, columns| {
        Clause::write(&condition, Dialect::MySql, &mapping(columns)).unwrap_err()
    };
    assert_eq!(write(Condition::Open, &[]), SqlError::Unmapped(Item::Open));
    assert_eq!(write(of(Field::Author, &["u1"]), COLUMNS), SqlError::Unmapped(Item::Field(Field::Author)));
    let table_alone = &[("observers", "watchers(deal, person)")];
    assert_eq!(write(of(Field::Observers, &["u1"]), table_alone), SqlError::Unmapped(Item::Id));
}

#[test]
fn too_many_values_are_refused_and_not_cut() {
    let ids = |count: usize| {
        Condition::one_of(Field::Responsible, (0..count).map(|it| Id::parse(&it.to_string()).unwrap()))
    };
    for (dialect, most) in [(Dialect::Sqlite, 32_766), (Dialect::MySql, 65_535)] {
        assert_eq!(write(&ids(most), dialect).unwrap().parameters.len(), most);
        assert_eq!(write(&ids(most + 1), dialect), Err(SqlError::TooMany { dialect, count: most + 1 }));
    }
    assert_eq!(write(&ids(100_000), Dialect::PostgreSql).unwrap().parameters.len(), 1);
}

#[test]
fn an_item_is_mapped_once_and_to_a_table_where_it_has_many_values() {
    let mut mapping = mapping(&[("stage", "stage")]);
    let (stage, link) = (Item::Field(Field::Stage), Source::parse("t(a, b)").unwrap());
    assert_eq!(mapping.put(stage, Source::parse("s").unwrap()), Err(MappingError::Twice(stage)));
    for item in [Item::Id, Item::Open, Item::Field(Field::Author)] {
        assert_eq!(mapping.put(item, link.clone()), Err(MappingError::NotMany(item)));
    }
    assert_eq!(mapping.put(Item::Field(Field::Observers), link), Ok(()));
}
