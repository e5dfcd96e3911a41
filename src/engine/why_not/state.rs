//! A state to try changes on: a snapshot that nobody reads, and the resource that is asked about.

use super::super::check::answer;
use super::super::explain::explain_on;
use super::super::list::with_target;
use super::super::question::find_act;
use super::super::{InlineFacts, Published, Question, QuestionError, ResourceRef};
use super::effect::{Matter, Thing};
use crate::directory::ActionKind;
use crate::domain::{Decision, Facts, Id, Key, Object, Operation, Resource};
use crate::proposal::{Case, Draft, Drafts};
use crate::rights::EffectiveRights;
use crate::snapshot::{Outcome, Snapshot};

/// A state, and how the question's resource stands in it.
pub(super) struct State {
    published: Published,
    held: Held,
}

/// The resource of the question.
#[derive(Clone)]
enum Held {
    /// As it is stored.
    Stored(Id),
    /// As the question tells of it.
    Told(ToldFacts),
}

/// Facts as ids and as the texts that questions have.
#[derive(Clone)]
struct ToldFacts {
    facts: Facts,
    departments: Vec<String>,
    observers: Vec<String>,
}

impl From<Facts> for ToldFacts {
    fn from(facts: Facts) -> Self {
        let texts = |ids: &[Id]| ids.iter().map(Id::to_string).collect();
        Self { departments: texts(&facts.departments), observers: texts(&facts.observers), facts }
    }
}

impl ToldFacts {
    fn inline(&self) -> InlineFacts<'_> {
        InlineFacts {
            author: self.facts.author.as_ref().map(Id::as_str),
            responsible: self.facts.responsible.as_ref().map(Id::as_str),
            departments: &self.departments,
            stage: self.facts.stage.as_ref().map(Id::as_str),
            open: self.facts.open,
            observers: &self.observers,
        }
    }
}

impl State {
    /// The state of a question as it is.
    pub(super) fn of(snapshot: &Snapshot, question: &Question<'_>) -> Result<Self, QuestionError> {
        let held = match &question.resource {
            ResourceRef::Stored(id) => Held::Stored(parse("id", id)?),
            ResourceRef::Inline(facts) => Held::Told(parse_facts(facts)?.into()),
        };
        Ok(Self { published: Published::tried(snapshot.clone()), held })
    }

    pub(super) fn snapshot(&self) -> &Snapshot {
        self.published.snapshot()
    }

    /// The state after a draft, and what a write of it would do; none where the rules refuse it.
    pub(super) fn after(&self, draft: &Draft) -> Option<(Self, Option<Outcome>)> {
        let held = draft.facts.clone().map_or_else(|| self.held.clone(), |facts| Held::Told(facts.into()));
        if draft.objects.is_empty() {
            return Some((Self { published: Published::tried(self.snapshot().clone()), held }, None));
        }
        let puts: Vec<Operation> = draft.objects.iter().cloned().map(Operation::put).collect();
        let outcome = self.snapshot().apply(&puts).ok()?;
        Some((Self { published: Published::tried(outcome.snapshot.clone()), held }, Some(outcome)))
    }

    /// What the question is about, as decisions are counted.
    pub(super) fn matter(&self, question: &Question<'_>) -> Result<Matter, QuestionError> {
        let act = &find_act(&self.published, question.entity_type, question.action)?;
        let (entity_type, action) = (act.entity_type, act.name());
        with_target(&self.published, (entity_type, act.node), self.resource(), |target| Matter {
            subject: self.snapshot().directory().find_user(question.subject).map(|(user, _)| user),
            entity_type,
            action,
            thing: match (act.kind(), &self.held) {
                (ActionKind::Create, _) => Thing::New(target.and_then(|target| target.stage)),
                (_, Held::Stored(_)) => Thing::Stored,
                (_, Held::Told(_)) => Thing::Told,
            },
        })
    }

    fn resource(&self) -> ResourceRef<'_> {
        match &self.held {
            Held::Stored(id) => ResourceRef::Stored(id.as_str()),
            Held::Told(told) => ResourceRef::Inline(told.inline()),
        }
    }

    /// The decision here, as Check would make it if the state were published.
    pub(super) fn decide(&self, question: &Question<'_>) -> Result<Decision, QuestionError> {
        let act = find_act(&self.published, question.entity_type, question.action)?;
        let question = Question { resource: self.resource(), ..*question };
        let row = match &self.held {
            Held::Stored(id) => self.snapshot().resources(act.entity_type).get(id.as_str()),
            Held::Told(_) => None,
        };
        answer(&self.published, &question, &act, (row, self.rights(question.subject).as_ref()))
    }

    fn rights(&self, subject: &str) -> Option<EffectiveRights> {
        let directory = self.snapshot().directory();
        EffectiveRights::compile(directory, directory.find_user(subject)?.0)
    }

    /// What might mend the denial here.
    pub(super) fn drafts(&self, question: &Question<'_>) -> Result<Drafts, QuestionError> {
        let act = &find_act(&self.published, question.entity_type, question.action)?;
        let directory = self.snapshot().directory();
        let rights = self.rights(question.subject);
        let stored = self.stored(&act.node.entity_type().name);
        let facts = match &self.held {
            Held::Told(told) => Some(&told.facts),
            Held::Stored(_) => stored.as_ref().map(|resource| &resource.facts),
        };
        with_target(&self.published, (act.entity_type, act.node), self.resource(), |target| {
            let (Some(rights), Some(target), Some(facts)) = (&rights, target, facts) else {
                return Drafts::NONE;
            };
            let explanation = &explain_on(directory, Some(rights), act, Some(target));
            let stored = stored.as_deref();
            Drafts::of(&Case { directory, act, rights, target, facts, stored, explanation })
        })
    }

    fn stored(&self, entity_type: &Id) -> Option<Box<Resource>> {
        let Held::Stored(id) = &self.held else { return None };
        let key = Key::Resource { entity_type: entity_type.clone(), id: id.clone() };
        match self.snapshot().get(&key)? {
            Object::Resource(resource) => Some(resource),
            Object::EntityType(_)
            | Object::Department(_)
            | Object::User(_)
            | Object::Workgroup(_)
            | Object::SupportGroup(_)
            | Object::Role(_)
            | Object::RoleBinding(_) => None,
        }
    }
}

fn parse(field: &'static str, text: &str) -> Result<Id, QuestionError> {
    Id::parse(text).map_err(|error| QuestionError::BadId { field, error })
}

fn parse_facts(facts: &InlineFacts<'_>) -> Result<Facts, QuestionError> {
    let one = |field, text: Option<&str>| text.map(|text| parse(field, text)).transpose();
    let many = |field, texts: &[String]| -> Result<Vec<Id>, QuestionError> {
        texts.iter().map(|text| parse(field, text)).collect()
    };
    Ok(Facts {
        author: one("facts.author", facts.author)?,
        responsible: one("facts.responsible", facts.responsible)?,
        departments: many("facts.departments", facts.departments)?,
        stage: one("facts.stage", facts.stage)?,
        open: facts.open,
        observers: many("facts.observers", facts.observers)?,
    })
}
