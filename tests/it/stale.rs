//! No answer is older than its token: users' rights flip while readers ask, and every answer is held against the
//! state of the revision that it says it was made at.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dopusk::bundle::{Bundle, Encoding};
use dopusk::domain::{Object, Operation, Write};
use dopusk::engine::{Consistency, Engine, Question, ResourceRef};

use crate::host::engine_settings;
use crate::world::Dice;

/// Ways to give a right and to take it away: who asks for what, and the object in both states.
const FLIPS: [(&str, &str, [&str; 2]); 6] = [
    (
        "walker",
        "deal",
        [
            r#"{"users":[{"id":"walker","departments":["near"]}]}"#,
            r#"{"users":[{"id":"walker","departments":["far"]}]}"#,
        ],
    ),
    (
        "chief",
        "lead",
        [
            r#"{"departments":[{"id":"team","parent":"near"}]}"#,
            r#"{"departments":[{"id":"team","parent":"near","heads":["chief"]}]}"#,
        ],
    ),
    (
        "looker",
        "ticket",
        [
            r#"{"support_groups":[{"id":"g","team":true,"members":[{"user":"looker"},{"user":"helper"}]}]}"#,
            r#"{"support_groups":[{"id":"g","team":true,"members":[{"user":"looker","can_view":true},{"user":"helper"}]}]}"#,
        ],
    ),
    (
        "reader",
        "note",
        [
            r#"{"roles":[{"id":"notes","grants":[{"entity_type":"note","action":"read","level":"none"}]}]}"#,
            r#"{"roles":[{"id":"notes","grants":[{"entity_type":"note","action":"read","level":"all"}]}]}"#,
        ],
    ),
    (
        "sleeper",
        "deal",
        [
            r#"{"users":[{"id":"sleeper","departments":["far"],"active":false}]}"#,
            r#"{"users":[{"id":"sleeper","departments":["far"]}]}"#,
        ],
    ),
    (
        "above",
        "deal",
        [r#"{"departments":[{"id":"far"}]}"#, r#"{"departments":[{"id":"far","parent":"near"}]}"#],
    ),
];

const WORLD: &str = r#"{
  "entity_types": [{"name": "deal", "model": "crm", "actions": ["read"]}, {"name": "lead", "model": "crm", "actions": ["read"]},
    {"name": "note", "model": "crm", "actions": ["read"]}, {"name": "ticket", "model": "support", "actions": ["read"]}],
  "departments": [{"id": "near"}, {"id": "far"}, {"id": "team", "parent": "near"}],
  "users": [{"id": "walker", "departments": ["near"]}, {"id": "chief"}, {"id": "worker", "departments": ["team"]},
    {"id": "looker", "support_role": "staff"}, {"id": "helper", "support_role": "staff"}, {"id": "reader"},
    {"id": "sleeper", "departments": ["far"], "active": false}, {"id": "above", "departments": ["near"]}],
  "support_groups": [{"id": "g", "team": true, "members": [{"user": "looker"}, {"user": "helper"}]}],
  "roles": [{"id": "deals", "grants": [{"entity_type": "deal", "action": "read", "level": ["department"]}]},
    {"id": "below", "grants": [{"entity_type": "deal", "action": "read", "level": ["subdepartments"]}]},
    {"id": "leads", "grants": [{"entity_type": "lead", "action": "read", "level": "all"}]},
    {"id": "notes", "grants": [{"entity_type": "note", "action": "read", "level": "none"}]}],
  "role_bindings": [{"role": "deals", "subject": {"department": "far"}}, {"role": "below", "subject": {"user": "above"}},
    {"role": "leads", "subject": {"user": "worker", "include_managers": true}}, {"role": "notes", "subject": {"everyone": true}}],
  "resources": [{"type": "deal", "id": "1", "departments": ["far"]}, {"type": "lead", "id": "1"}, {"type": "note", "id": "1"},
    {"type": "ticket", "id": "1", "responsible": "helper"}]
}"#;

fn objects(text: &str) -> Vec<Object> {
    let bundle = Bundle::read("world.json", Encoding::Json, text.as_bytes()).unwrap();
    bundle.objects.into_iter().map(|located| located.value).collect()
}

/// An answer, to be judged when all is over.
struct Heard {
    flip: usize,
    revision: u64,
    is_allowed: bool,
}

struct Stress {
    engine: Engine,
    /// The newest acknowledged revision of each flip.
    told: [AtomicU64; FLIPS.len()],
    /// What each flip was at its revisions.
    states: [Mutex<Vec<(u64, bool)>>; FLIPS.len()],
    is_over: AtomicBool,
}

impl Stress {
    /// Flips one user's right until all is over.
    async fn flip(&self, at: usize) {
        let (_, _, both) = FLIPS[at];
        let mut is_given = false;
        while !self.is_over.load(Ordering::Relaxed) {
            is_given = !is_given;
            let operations = objects(both[usize::from(is_given)]).into_iter().map(Operation::put).collect();
            let revision = self.engine.write(Write { operations, ..Write::default() }).await.unwrap().get();
            self.states[at].lock().unwrap().push((revision, is_given));
            self.told[at].store(revision, Ordering::Release);
        }
    }

    /// Asks with the newest token that anybody was told, and again of a state that is kept for a while.
    fn read(&self, seed: u64) -> Vec<Heard> {
        let dice = &mut Dice::new(seed);
        let mut heard = Vec::new();
        let mut kept = self.engine.at(Consistency::Fastest).unwrap();
        while !self.is_over.load(Ordering::Relaxed) {
            let flip = dice.below(FLIPS.len());
            let told = self.told[flip].load(Ordering::Acquire);
            let token = self.engine.token(dopusk::domain::Revision::new(told));
            let published = self.engine.at(Consistency::AtLeast(&token)).unwrap();
            for state in [&published, &kept] {
                let (subject, entity_type, _) = FLIPS[flip];
                let question =
                    Question { subject, action: "read", entity_type, resource: ResourceRef::Stored("1") };
                let is_allowed = self.engine.check(state, &question).unwrap().is_allow();
                heard.push(Heard { flip, revision: state.snapshot().revision().get(), is_allowed });
            }
            assert!(published.snapshot().revision().get() >= told, "an answer is older than its token");
            if dice.percent(5) {
                kept = published;
            }
            if heard.len() > 2_000_000 {
                break;
            }
        }
        heard
    }

    /// What a flip was at a revision.
    fn state(states: &[(u64, bool)], revision: u64) -> bool {
        let behind = states.partition_point(|(at, _)| *at <= revision);
        behind.checked_sub(1).is_some_and(|last| states[last].1)
    }
}

async fn stress(cached_users_max: usize) -> (usize, usize) {
    let folder = tempfile::TempDir::new().unwrap();
    let mut settings = engine_settings(folder.path().join("store"));
    settings.cached_users_max = cached_users_max;
    let engine = Engine::open(&settings).unwrap();
    let operations = objects(WORLD).into_iter().map(Operation::put).collect();
    engine.write(Write { operations, ..Write::default() }).await.unwrap();
    let stress = Arc::new(Stress {
        engine,
        told: std::array::from_fn(|_| AtomicU64::new(1)),
        states: std::array::from_fn(|_| Mutex::default()),
        is_over: AtomicBool::new(false),
    });
    let readers: Vec<_> = (0..3)
        .map(|seed| {
            let stress = Arc::clone(&stress);
            std::thread::spawn(move || stress.read(seed))
        })
        .collect();
    let writers: Vec<_> = (0..FLIPS.len())
        .map(|at| {
            let stress = Arc::clone(&stress);
            tokio::spawn(async move { stress.flip(at).await })
        })
        .collect();
    let end = Instant::now() + Duration::from_secs(3);
    tokio::time::sleep_until(end.into()).await;
    stress.is_over.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let heard: Vec<Heard> = readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect();
    let states: Vec<Vec<(u64, bool)>> = stress.states.iter().map(|it| it.lock().unwrap().clone()).collect();
    for it in &heard {
        let wanted = Stress::state(&states[it.flip], it.revision);
        assert_eq!(it.is_allowed, wanted, "{} at revision {}", FLIPS[it.flip].0, it.revision);
    }
    stress.engine.close(Duration::from_secs(10));
    (heard.len(), states.iter().map(Vec::len).sum())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_is_older_than_its_token() {
    for cached_users_max in [1_000, 2] {
        let (reads, flips) = stress(cached_users_max).await;
        assert!(reads > 2_000 && flips > 50, "{reads} reads, {flips} flips: too few to tell anything");
    }
}
