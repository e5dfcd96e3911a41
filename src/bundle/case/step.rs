//! Nodes into the steps of a case.

use super::{CheckCase, Expect, ListCase, RecipientsCase, Step, SubjectsCase, Target};
use crate::bundle::cursor::{Cursor, Fields};
use crate::bundle::document;
use crate::bundle::item;
use crate::bundle::problem::Parsed;
use crate::bundle::scalar;
use crate::bundle::word;
use crate::domain::{Key, Kind, Object, Operation};

/// Reads a step from its fields.
type Reader = fn(&Fields<'_>) -> Parsed<Step>;

/// The fields that a step is told by, and how each is read.
const FORMS: [(&str, Reader); 7] = [
    ("load", load),
    ("write", |fields| fields.required("write", operations).map(Step::Write)),
    ("refuse", refuse),
    ("checks", |fields| fields.required("checks", |at| at.list(check)).map(Step::Checks)),
    ("lists", |fields| fields.required("lists", |at| at.list(list)).map(Step::Lists)),
    ("subjects", |fields| fields.required("subjects", |at| at.list(subjects)).map(Step::Subjects)),
    ("recipients", |fields| fields.required("recipients", |at| at.list(recipients)).map(Step::Recipients)),
];

pub(super) fn step(at: Cursor<'_>) -> Parsed<Step> {
    let names = FORMS.map(|(name, _)| name);
    let fields = at.fields(&[names.as_slice(), &["rule"]].concat())?;
    let form = fields.one_of(&names)?;
    if form != "refuse" {
        fields.refuse_stray("rule", "refuse")?;
    }
    let reader = FORMS.into_iter().find(|(name, _)| *name == form);
    reader.map_or_else(|| Err(at.refuse("is no step".to_owned())), |(_, read)| read(&fields))
}

fn load(fields: &Fields<'_>) -> Parsed<Step> {
    let objects = fields.required("load", |at| {
        let objects = document::objects(at)?;
        document::refuse_repeats(&objects, at.problems);
        Ok(objects)
    })?;
    Ok(Step::Load(objects.into_iter().map(|located| located.value).collect()))
}

fn refuse(fields: &Fields<'_>) -> Parsed<Step> {
    let operations = fields.required("refuse", operations);
    let rule = fields.required("rule", scalar::string);
    Ok(Step::Refuse { operations: operations?, rule: rule? })
}

fn operations(at: Cursor<'_>) -> Parsed<Vec<Operation>> {
    at.list(operation)
}

fn operation(at: Cursor<'_>) -> Parsed<Operation> {
    let fields = at.fields(&["put", "delete"])?;
    match fields.one_of(&["put", "delete"])? {
        "put" => {
            fields.required("put", |at| of_a_kind(at, item::object)).map(|it: Object| Operation::put(it))
        }
        _ => fields.required("delete", |at| of_a_kind(at, item::key)).map(|it: Key| Operation::delete(it)),
    }
}

/// An object with one field, whose name tells the kind of what it holds.
fn of_a_kind<T>(at: Cursor<'_>, read: fn(Kind, Cursor<'_>) -> Parsed<T>) -> Parsed<T> {
    let names = item::list_names();
    let fields = at.fields(&names)?;
    let name = fields.one_of(&names)?;
    let kind = item::kind_of(name).ok_or_else(|| at.refuse(format!("{name} is no list")))?;
    fields.required(name, |at| read(kind, at))
}

fn check(at: Cursor<'_>) -> Parsed<CheckCase> {
    let fields = at.fields(&["user", "action", "type", "id", "resource", "allow", "obligation", "error"])?;
    let user = fields.required("user", scalar::string);
    let action = fields.required("action", scalar::string);
    let entity_type = fields.required("type", scalar::string);
    let target = target(&fields);
    let expect = expect(at, &fields);
    Ok(CheckCase {
        user: user?,
        action: action?,
        entity_type: entity_type?,
        target: target?,
        expect: expect?,
    })
}

fn target(fields: &Fields<'_>) -> Parsed<Target> {
    match fields.one_of(&["id", "resource"])? {
        "id" => fields.required("id", scalar::string).map(Target::Id),
        _ => fields.required("resource", item::facts).map(Target::Facts),
    }
}

fn expect(at: Cursor<'_>, fields: &Fields<'_>) -> Parsed<Expect> {
    let obligation = fields.optional("obligation", scalar::string)?;
    let expect = match fields.one_of(&["allow", "error"])? {
        "error" => Expect::Error(fields.required("error", scalar::string)?),
        _ if fields.required("allow", scalar::flag)? => return Ok(Expect::Allow { obligation }),
        _ => Expect::Deny,
    };
    match obligation {
        None => Ok(expect),
        Some(_) => Err(at.refuse("has an obligation; it goes with allow: true alone".to_owned())),
    }
}

fn list(at: Cursor<'_>) -> Parsed<ListCase> {
    let fields = at.fields(&["user", "action", "type", "ids"])?;
    let user = fields.required("user", scalar::string);
    let action = fields.required("action", scalar::string);
    let entity_type = fields.required("type", scalar::string);
    let ids = fields.required("ids", strings);
    Ok(ListCase { user: user?, action: action?, entity_type: entity_type?, ids: ids? })
}

fn subjects(at: Cursor<'_>) -> Parsed<SubjectsCase> {
    let fields = at.fields(&["type", "id", "action", "users"])?;
    let entity_type = fields.required("type", scalar::string);
    let id = fields.required("id", scalar::string);
    let action = fields.required("action", scalar::string);
    let users = fields.required("users", strings);
    Ok(SubjectsCase { entity_type: entity_type?, id: id?, action: action?, users: users? })
}

fn recipients(at: Cursor<'_>) -> Parsed<RecipientsCase> {
    let fields = at.fields(&["type", "id", "event", "users", "can_read"])?;
    let entity_type = fields.required("type", scalar::string);
    let id = fields.required("id", scalar::string);
    let event = fields.required("event", |at| scalar::one_of(at, &word::NEWS_EVENTS, word::news_event));
    let users = fields.required("users", strings);
    let can_read =
        fields.required("can_read", |at| at.map(|user, at| Ok((user.to_owned(), scalar::flag(at)?))));
    Ok(RecipientsCase {
        entity_type: entity_type?,
        id: id?,
        event: event?,
        users: users?,
        can_read: can_read?,
    })
}

fn strings(at: Cursor<'_>) -> Parsed<Vec<String>> {
    at.list(scalar::string)
}
