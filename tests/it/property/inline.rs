//! Questions as callers put them, through an engine: inline facts, names that don't exist, errors before denials.

use std::collections::BTreeMap;

use dopusk::domain::{Effect, Id, NewsEvent, Operation, Write};
use dopusk::engine::{
    Consistency, InlineFacts, Published, Question, QuestionError, ResourceRef, SubjectsQuery,
};
use dopusk::testing::Office;

use crate::oracle::{Answer, Asked, CallerError, Oracle, Query};
use crate::world::{Dice, Size, facts, id, puts, random_world, random_write};

/// Inline facts as texts.
struct Texts {
    author: Option<String>,
    responsible: Option<String>,
    departments: Vec<String>,
    stage: Option<String>,
    open: bool,
    observers: Vec<String>,
}

impl Texts {
    fn of(asked: &Asked) -> Option<Self> {
        let Asked::Inline(facts) = asked else { return None };
        let texts = |ids: &[Id]| ids.iter().map(Id::to_string).collect();
        Some(Self {
            author: facts.author.as_ref().map(Id::to_string),
            responsible: facts.responsible.as_ref().map(Id::to_string),
            departments: texts(&facts.departments),
            stage: facts.stage.as_ref().map(Id::to_string),
            open: facts.open,
            observers: texts(&facts.observers),
        })
    }

    fn facts(&self) -> InlineFacts<'_> {
        InlineFacts {
            author: self.author.as_deref(),
            responsible: self.responsible.as_deref(),
            departments: &self.departments,
            stage: self.stage.as_deref(),
            open: self.open,
            observers: &self.observers,
        }
    }
}

/// A question with a name that doesn't exist now and then.
fn random_query(dice: &mut Dice, oracle: &Oracle) -> Query {
    let types: Vec<Id> = oracle.types.keys().cloned().collect();
    let entity_type = dice.pick(&types).cloned().unwrap();
    let of_type = &oracle.types[&entity_type];
    let action = dice.pick(&of_type.actions).cloned().unwrap();
    let users: Vec<Id> = oracle.users.keys().cloned().collect();
    let user = if dice.percent(8) { id("stranger") } else { dice.pick(&users).cloned().unwrap() };
    let resource = if dice.percent(30) {
        Asked::Stored(id(&dice.below(12).to_string()))
    } else {
        let mut facts = facts(dice, oracle, &entity_type);
        if dice.percent(5) {
            facts.stage = Some(id("NOPE"));
        }
        Asked::Inline(facts)
    };
    match dice.below(100) {
        0..4 => Query { action: id("fly"), user, entity_type, resource },
        4..7 => Query { entity_type: id("lead"), user, action, resource },
        _ => Query { user, action, entity_type, resource },
    }
}

fn kind_of(error: &QuestionError) -> CallerError {
    match error {
        QuestionError::UnknownEntityType { .. } => CallerError::EntityType,
        QuestionError::UnknownAction { .. } => CallerError::Action,
        QuestionError::UnknownStage { .. } => CallerError::Stage,
        QuestionError::NotListable { .. } => CallerError::NotListable,
        QuestionError::NotSupport { .. } => CallerError::NotSupport,
        QuestionError::BadId { .. } | QuestionError::FilterTooLong { .. } => panic!("{error}"),
    }
}

struct Asking<'a> {
    office: &'a Office,
    oracle: &'a Oracle,
    published: &'a Published,
    query: &'a Query,
    resource: ResourceRef<'a>,
}

impl Asking<'_> {
    fn assert_same(&self, event: NewsEvent) {
        self.assert_same_check();
        let Self { office, oracle, published, query, resource } = self;
        let (user, action, name) = (query.user.as_str(), query.action.as_str(), query.entity_type.as_str());
        let engine = office.engine();
        let listing = SubjectsQuery {
            action,
            entity_type: name,
            resource: *resource,
            after: None,
            count_max: usize::MAX,
        };
        let subjects = engine.list_subjects(published, &listing);
        let wanted = oracle.list_subjects(&query.action, &query.entity_type, &query.resource);
        match (&subjects, &wanted) {
            // Either error of a question that has two is right.
            (Err(_), Err(_)) => {}
            _ => assert_eq!(subjects.map_err(|error| kind_of(&error)), wanted, "{query:?}"),
        }
        let actions = engine.list_actions(published, (user, name, *resource));
        let wanted = oracle.list_actions(&query.user, &query.entity_type, &query.resource);
        assert_eq!(actions.map_err(|error| kind_of(&error)), wanted, "{query:?}");
        let told = engine
            .list_recipients(published, (name, *resource), event)
            .map(|told| told.into_iter().map(|it| (it.user, it.can_read)).collect::<BTreeMap<_, _>>());
        let read = Query { action: id("read"), ..Query::clone(query) };
        let wanted = match oracle.recipients(&query.entity_type, oracle.facts(query), event) {
            Err(error) => Err(error),
            Ok(told) => oracle.type_of(&read).map(|_| told),
        };
        assert_eq!(told.map_err(|error| kind_of(&error)), wanted, "{query:?}");
    }

    fn assert_same_check(&self) {
        let question = Question {
            subject: self.query.user.as_str(),
            action: self.query.action.as_str(),
            entity_type: self.query.entity_type.as_str(),
            resource: self.resource,
        };
        let decision = self.office.engine().check(self.published, &question);
        let explained = self.office.engine().explain(self.published, &question);
        assert_eq!(explained.map(|it| it.explanation.decision), decision, "{:?}", self.query);
        let found = decision.map_err(|error| kind_of(&error)).map(|it| match (it.effect, it.obligation) {
            (Effect::Allow, None) => Answer::Allow,
            (Effect::Allow, Some(_)) => Answer::AllowOwn,
            (Effect::Deny, _) => Answer::Deny,
        });
        assert_eq!(found, self.oracle.check(self.query), "{:?}", self.query);
    }
}

/// Asks both a random question.
fn ask(office: &Office, oracle: &Oracle, dice: &mut Dice) {
    let query = &random_query(dice, oracle);
    let texts = Texts::of(&query.resource);
    let resource = match (&texts, &query.resource) {
        (Some(texts), Asked::Inline(_)) => ResourceRef::Inline(texts.facts()),
        (_, Asked::Stored(id)) => ResourceRef::Stored(id.as_str()),
        (None, Asked::Inline(_)) => panic!("inline facts have texts"),
    };
    let published = &office.engine().at(Consistency::Newest).unwrap();
    let event = if dice.percent(50) { NewsEvent::Created } else { NewsEvent::Updated };
    Asking { office, oracle, published, query, resource }.assert_same(event);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_question_is_answered_as_the_oracle_does() {
    // Among many users, few come into question for a resource.
    let many = Size { users: 150, departments: 40, roles: 3, bindings: 6, ..Size::SMALL };
    for (seed, size) in [(0, Size::SMALL), (1, Size::SMALL), (2, Size::SMALL), (3, Size::SMALL), (4, many)] {
        let dice = &mut Dice::new(seed);
        let office = Office::empty();
        let objects = random_world(dice, size);
        let mut oracle = Oracle::of(&objects);
        let first = Write { operations: puts(&objects), ..Write::default() };
        office.engine().write(first).await.unwrap();
        for _ in 0..6 {
            for _ in 0..60 {
                ask(&office, &oracle, dice);
            }
            let operations: Vec<Operation> = random_write(dice, &oracle);
            if let Ok(end) = oracle.write(&operations) {
                oracle = end;
                office.engine().write(Write { operations, ..Write::default() }).await.unwrap();
            }
        }
    }
}
