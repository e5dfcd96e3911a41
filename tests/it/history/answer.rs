//! Whatever is asked of the state of a revision is answered as it was when that revision was the newest.

use std::collections::BTreeMap;

use dopusk::domain::{Decision, Id, Object, Revision, Write};
use dopusk::engine::{
    Consistency, Engine, Part, Published, Question, QuestionError, ResourceRef, SubjectsQuery, VisibleFilter,
    VisibleQuery,
};
use proptest::prelude::*;
use std::sync::Arc;
use tempfile::TempDir;

use crate::host::engine_settings;
use crate::oracle::Oracle;
use crate::world::{Dice, Size, id, puts, random_world, random_write, seed};

/// Subject, action and type, and the id of a resource.
type Asked = ([Id; 3], Id);

/// All that a state answers.
#[derive(PartialEq, Debug)]
struct Answers {
    objects: Vec<Object>,
    decisions: BTreeMap<Asked, Result<Decision, QuestionError>>,
    visible: BTreeMap<[Id; 3], Vec<Id>>,
    subjects: BTreeMap<[Id; 3], Vec<Id>>,
}

impl Answers {
    /// What a state answers to every question that its own objects allow, and to those of one who doesn't exist.
    fn of(engine: &Engine, state: &Arc<Published>, world: &Oracle) -> Self {
        let mut answers = Self {
            objects: state.export().collect(),
            decisions: BTreeMap::new(),
            visible: BTreeMap::new(),
            subjects: BTreeMap::new(),
        };
        for it in world.types.values() {
            for action in &it.actions {
                answers.ask_users(engine, state, (world, action, &it.name));
                if !matches!(action.as_str(), "add" | "import") {
                    answers.ask_lists(engine, state, (world, action, &it.name));
                }
            }
        }
        answers
    }

    fn ask_users(&mut self, engine: &Engine, state: &Published, (world, action, name): (&Oracle, &Id, &Id)) {
        let nobody = [id("nobody")];
        for user in world.users.keys().chain(&nobody) {
            for resource in world.resources_of(name).map(|it| &it.id).chain(&nobody) {
                let question = Question {
                    subject: user.as_str(),
                    action: action.as_str(),
                    entity_type: name.as_str(),
                    resource: ResourceRef::Stored(resource.as_str()),
                };
                let decision = engine.check(state, &question);
                let explained = engine.explain(state, &question).map(|it| it.explanation.decision);
                assert_eq!(decision, explained);
                let asked = ([user.clone(), action.clone(), name.clone()], resource.clone());
                self.decisions.insert(asked, decision);
            }
        }
    }

    fn ask_lists(
        &mut self,
        engine: &Engine,
        state: &Arc<Published>,
        (world, action, name): (&Oracle, &Id, &Id),
    ) {
        for user in world.users.keys() {
            let query = VisibleQuery {
                subject: user.as_str(),
                action: action.as_str(),
                entity_type: name.as_str(),
                filter: VisibleFilter::default(),
            };
            let mut ids = Vec::new();
            let mut list = engine.list_visible(Arc::clone(state), &query, Part::default()).unwrap();
            list.give_next(1_000, &mut |id| ids.push(id.clone()));
            self.visible.insert([user.clone(), action.clone(), name.clone()], ids);
        }
        for resource in world.resources_of(name) {
            let query = SubjectsQuery {
                action: action.as_str(),
                entity_type: name.as_str(),
                resource: ResourceRef::Stored(resource.id.as_str()),
                after: None,
                count_max: 1_000,
            };
            let users = engine.list_subjects(state, &query).unwrap();
            self.subjects.insert([resource.id.clone(), action.clone(), name.clone()], users);
        }
    }
}

/// What was answered when each revision was the newest.
struct Recorded {
    /// By revision; the first is that of the empty store.
    worlds: Vec<(Oracle, Answers)>,
}

impl Recorded {
    async fn random(engine: &Engine, dice: &mut Dice) -> Self {
        let mut world = Oracle::default();
        let mut recorded = Self { worlds: Vec::new() };
        recorded.record(engine, &world);
        let mut operations = puts(&random_world(dice, Size { users: 8, resources: 6, ..Size::SMALL }));
        for _ in 0..14 {
            if let Ok(end) = world.write(&operations) {
                engine.write(Write { operations, ..Write::default() }).await.unwrap();
                world = end;
                recorded.record(engine, &world);
            }
            operations = random_write(dice, &world);
        }
        recorded
    }

    fn record(&mut self, engine: &Engine, world: &Oracle) {
        let newest = Arc::clone(&*engine.at(Consistency::Newest).unwrap());
        assert_eq!(newest.snapshot().revision().get(), self.worlds.len() as u64);
        let answers = Answers::of(engine, &newest, world);
        assert_eq!(answers.objects, world.objects());
        self.worlds.push((world.clone(), answers));
    }

    /// Asks each revision again, in any order, and some twice.
    fn assert_same(&self, engine: &Engine, dice: &mut Dice) {
        for _ in 0..self.worlds.len() + 4 {
            let at = dice.below(self.worlds.len());
            self.assert_same_at(engine, at);
        }
        let newest = self.worlds.len() - 1;
        self.assert_same_at(engine, newest);
        let (world, answers) = &self.worlds[newest];
        let state = Arc::clone(&*engine.at(Consistency::Newest).unwrap());
        assert_eq!(Answers::of(engine, &state, world), *answers, "the newest is as it was");
    }

    fn assert_same_at(&self, engine: &Engine, at: usize) {
        let (world, answers) = &self.worlds[at];
        let token = engine.token(Revision::new(at as u64));
        let compiled = engine.cache().misses();
        let past = engine.past(Revision::new(at as u64), &|| true).unwrap();
        assert_eq!((past.token(), past.snapshot().revision().get()), (token.as_str(), at as u64));
        assert_eq!(Answers::of(engine, &past, world), *answers, "at revision {at}");
        if at + 1 < self.worlds.len() {
            assert_eq!(engine.cache().misses(), compiled, "the cache has nothing of the past");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_at_a_revision_are_those_recorded_when_it_was_the_newest(seed in seed()) {
        let dice = &mut Dice::new(seed);
        let folder = TempDir::new().unwrap();
        let settings = engine_settings(folder.path().join("store"));
        let engine = Engine::open(&settings).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let recorded = runtime.block_on(Recorded::random(&engine, dice));
        prop_assert!(recorded.worlds.len() > 3, "only {} revisions", recorded.worlds.len());
        recorded.assert_same(&engine, dice);
        engine.close(std::time::Duration::from_secs(10));
        drop(engine);
        let again = Engine::open(&settings).unwrap();
        recorded.assert_same(&again, dice);
        again.close(std::time::Duration::from_secs(10));
    }
}
