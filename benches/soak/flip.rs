//! Rights that are given and taken away: who may read what is known from the last write alone.
//!
//! Each writer has objects of his own, so that nobody else's write changes what he knows. A flip is locked while it is
//! written: whoever asks holds it still, and his answer must be that of the last write.

use dopusk::bundle::{Bundle, Encoding};
use dopusk::client::{Freshness, Question};
use dopusk::domain::{Object, Operation, Precondition, Verb};
use tokio::sync::RwLock;

use crate::life::Link;
use crate::load::{Load, Written};

/// What a write does; `~` stands for the writer.
enum Change {
    Put(&'static str),
    Delete(&'static str),
}
use Change::{Delete, Put};

/// A way to give a right and to take it away.
struct Kind {
    subject: &'static str,
    entity_type: &'static str,
    id: &'static str,
    take: Change,
    give: Change,
}

const fn kind(
    subject: &'static str,
    resource: (&'static str, &'static str),
    take: Change,
    give: Change,
) -> Kind {
    Kind { subject, entity_type: resource.0, id: resource.1, take, give }
}

const HOLDING: &str = r#"{"role_bindings":[{"role":"~held","subject":{"user":"~holder"}}]}"#;
const FOUND: &str = r#"{"resources":[{"type":"soak-own","id":"~2","responsible":"~finder"}]}"#;

static KINDS: [Kind; 11] = [
    kind(
        "~walker",
        ("soak-deal", "~1"),
        Put(r#"{"users":[{"id":"~walker","departments":["~near"]}]}"#),
        Put(r#"{"users":[{"id":"~walker","departments":["~far"]}]}"#),
    ),
    kind(
        "~chief",
        ("soak-lead", "~1"),
        Put(r#"{"departments":[{"id":"~team","parent":"~near"}]}"#),
        Put(r#"{"departments":[{"id":"~team","parent":"~near","heads":["~chief"]}]}"#),
    ),
    kind(
        "~looker",
        ("soak-ticket", "~1"),
        Put(
            r#"{"support_groups":[{"id":"~g","team":true,"members":[{"user":"~looker"},{"user":"~helper"}]}]}"#,
        ),
        Put(
            r#"{"support_groups":[{"id":"~g","team":true,"members":[{"user":"~looker","can_view":true},{"user":"~helper"}]}]}"#,
        ),
    ),
    kind(
        "~reader",
        ("soak-note", "~1"),
        Put(
            r#"{"roles":[{"id":"~notes","grants":[{"entity_type":"soak-note","action":"read","level":"none"}]}]}"#,
        ),
        Put(
            r#"{"roles":[{"id":"~notes","grants":[{"entity_type":"soak-note","action":"read","level":"all"}]}]}"#,
        ),
    ),
    kind(
        "~sleeper",
        ("soak-deal", "~1"),
        Put(r#"{"users":[{"id":"~sleeper","departments":["~far"],"active":false}]}"#),
        Put(r#"{"users":[{"id":"~sleeper","departments":["~far"]}]}"#),
    ),
    kind(
        "~above",
        ("soak-deal", "~1"),
        Put(r#"{"departments":[{"id":"~far"}]}"#),
        Put(r#"{"departments":[{"id":"~far","parent":"~near"}]}"#),
    ),
    kind("~holder", ("soak-lead", "~1"), Delete(HOLDING), Put(HOLDING)),
    kind(
        "~owner",
        ("soak-own", "~1"),
        Put(r#"{"resources":[{"type":"soak-own","id":"~1","responsible":"~helper"}]}"#),
        Put(r#"{"resources":[{"type":"soak-own","id":"~1","responsible":"~owner"}]}"#),
    ),
    kind("~finder", ("soak-own", "~2"), Delete(FOUND), Put(FOUND)),
    kind(
        "~stager",
        ("soak-stage", "~1"),
        Put(r#"{"resources":[{"type":"soak-stage","id":"~1","stage":"WON"}]}"#),
        Put(r#"{"resources":[{"type":"soak-stage","id":"~1","stage":"NEW"}]}"#),
    ),
    kind(
        "~seer",
        ("soak-stage", "~2"),
        Put(r#"{"resources":[{"type":"soak-stage","id":"~2","stage":"NEW"}]}"#),
        Put(r#"{"resources":[{"type":"soak-stage","id":"~2","stage":"NEW","observers":["~seer"]}]}"#),
    ),
];

const TYPES: &str = r#"{"entity_types": [
    {"name": "soak-deal", "model": "crm", "actions": ["read"]}, {"name": "soak-lead", "model": "crm", "actions": ["read"]},
    {"name": "soak-note", "model": "crm", "actions": ["read"]}, {"name": "soak-own", "model": "crm", "actions": ["read"]},
    {"name": "soak-stage", "model": "crm", "stages": ["NEW", "WON"], "actions": ["read"]},
    {"name": "soak-ticket", "model": "support", "actions": ["read"]}]}"#;

const WORLD: &str = r#"{
  "departments": [{"id": "~near"}, {"id": "~far"}, {"id": "~team", "parent": "~near"}],
  "users": [{"id": "~walker", "departments": ["~near"]}, {"id": "~chief"}, {"id": "~worker", "departments": ["~team"]},
    {"id": "~looker", "support_role": "staff"}, {"id": "~helper", "support_role": "staff"}, {"id": "~reader"},
    {"id": "~sleeper", "departments": ["~far"], "active": false}, {"id": "~above", "departments": ["~near"]},
    {"id": "~holder"}, {"id": "~owner"}, {"id": "~finder"}, {"id": "~stager"}, {"id": "~seer"}],
  "support_groups": [{"id": "~g", "team": true, "members": [{"user": "~looker"}, {"user": "~helper"}]}],
  "roles": [{"id": "~deals", "grants": [{"entity_type": "soak-deal", "action": "read", "level": ["department"]}]},
    {"id": "~below", "grants": [{"entity_type": "soak-deal", "action": "read", "level": ["subdepartments"]}]},
    {"id": "~leads", "grants": [{"entity_type": "soak-lead", "action": "read", "level": "all"}]},
    {"id": "~held", "grants": [{"entity_type": "soak-lead", "action": "read", "level": "all"}]},
    {"id": "~notes", "grants": [{"entity_type": "soak-note", "action": "read", "level": "none"}]},
    {"id": "~own", "grants": [{"entity_type": "soak-own", "action": "read", "level": "self"}]},
    {"id": "~staged", "grants": [{"entity_type": "soak-stage", "action": "read", "level": "all", "stages": {"WON": "none"}}]},
    {"id": "~seeing", "grants": [{"entity_type": "soak-stage", "action": "read", "level": "self"}]}],
  "role_bindings": [{"role": "~deals", "subject": {"department": "~far"}}, {"role": "~below", "subject": {"user": "~above"}},
    {"role": "~leads", "subject": {"user": "~worker", "include_managers": true}},
    {"role": "~notes", "subject": {"user": "~reader"}}, {"role": "~own", "subject": {"user": "~owner"}},
    {"role": "~own", "subject": {"user": "~finder"}}, {"role": "~staged", "subject": {"user": "~stager"}},
    {"role": "~seeing", "subject": {"user": "~seer"}}],
  "resources": [{"type": "soak-deal", "id": "~1", "departments": ["~far"]}, {"type": "soak-lead", "id": "~1"},
    {"type": "soak-note", "id": "~1"}, {"type": "soak-ticket", "id": "~1", "responsible": "~helper"},
    {"type": "soak-own", "id": "~1", "responsible": "~helper"}, {"type": "soak-stage", "id": "~1", "stage": "WON"},
    {"type": "soak-stage", "id": "~2", "stage": "NEW"}]
}"#;

fn objects(text: &str, writer: usize) -> Vec<Object> {
    let text = text.replace('~', &format!("soak{writer}-"));
    let bundle = Bundle::read("soak.json", Encoding::Json, text.as_bytes()).unwrap();
    bundle.into_objects().collect()
}

/// The objects that flips need, with every right taken away.
pub(crate) fn world(writers: usize) -> Vec<Object> {
    let own = (0..writers).flat_map(|writer| objects(WORLD, writer));
    let mut all: Vec<Object> = objects(TYPES, 0).into_iter().chain(own).collect();
    all.sort_by_key(Object::key);
    all
}

/// What the last acknowledged write of a flip was.
#[derive(Default)]
struct Last {
    is_given: bool,
    token: String,
}

/// A right that is given and taken away.
pub(crate) struct Flip {
    kind: &'static Kind,
    writer: usize,
    last: RwLock<Last>,
}

/// Every flip of so many writers.
pub(crate) fn flips(writers: usize) -> Vec<Flip> {
    let all = (0..writers).flat_map(|writer| KINDS.iter().map(move |kind| (writer, kind)));
    all.map(|(writer, kind)| Flip { kind, writer, last: RwLock::default() }).collect()
}

impl Flip {
    pub(crate) fn writer(&self) -> usize {
        self.writer
    }

    /// Whether the subject may read the resource.
    pub(crate) fn question(&self) -> Question {
        let own = |text: &str| text.replace('~', &format!("soak{}-", self.writer));
        Question::stored(&own(self.kind.subject), "read", self.kind.entity_type, &own(self.kind.id))
    }

    fn operations(&self, change: &Change) -> Vec<Operation> {
        let (text, verb): (_, fn(Object) -> Verb) = match change {
            Put(text) => (text, Verb::Put),
            Delete(text) => (text, |object| Verb::Delete(object.key())),
        };
        let objects = objects(text, self.writer).into_iter();
        objects.map(|it| Operation { verb: verb(it), precondition: Precondition::None }).collect()
    }

    /// Gives what is taken or takes what is given, and asks whether it is so.
    pub(crate) async fn turn(&self, load: &Load) {
        let mut last = self.last.write().await;
        let change = if last.is_given { &self.kind.take } else { &self.kind.give };
        match load.write("writes of rights", &self.operations(change)).await {
            Written::Done(token) => *last = Last { is_given: !last.is_given, token },
            Written::Refused => load.tally.fault(&format!("a write of {} is refused", self.question())),
        }
        let link = load.lives.link().await;
        self.ask(load, &link, &last).await;
    }

    /// Asks whether what was acknowledged is so.
    pub(crate) async fn verify(&self, load: &Load) {
        let last = self.last.read().await;
        let link = load.lives.link().await;
        self.ask(load, &link, &last).await;
    }

    async fn ask(&self, load: &Load, link: &Link, last: &Last) {
        let freshness = match last.token.as_str() {
            "" => Freshness::Newest,
            token => Freshness::AtLeast(token.to_owned()),
        };
        let (client, question) = (link.client.reading(freshness), self.question());
        if let Some(answer) = load.call("checks of rights", link, client.check(&question)).await
            && answer.value.is_allow() != last.is_given
        {
            let wanted = if last.is_given { "allowed" } else { "denied" };
            load.tally.fault(&format!(
                "{question} must be {wanted} since {} and is {:?} at {}, life {}",
                last.token, answer.value, answer.revision, link.life
            ));
        }
    }
}
