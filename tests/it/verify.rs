//! The verifier: whatever is wrong in memory is found, counted and made anew, and nothing that is right is.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dopusk::api::pb;
use dopusk::domain::{Department, Id, Key, Kind, Object, Operation, Resource, User, Verb, Write};
use dopusk::engine::{Consistency, Engine, InlineFacts, Question, ResourceRef};
use dopusk::snapshot::Snapshot;
use dopusk::visibility::Spoilt;
use tempfile::TempDir;
use tokio::task::JoinSet;

use crate::host::{Host, engine_settings};
use crate::oracle::Oracle;
use crate::world::{Dice, Size, id, puts, random_world, random_write};

/// How long the thread may take to find something, on a slow machine under load.
const FOUND_MAX: Duration = Duration::from_mins(1);
const WRITERS: u64 = 3;
const WRITES: usize = 120;

/// An engine with a random world in it, and all of its objects.
struct Small {
    engine: Arc<Engine>,
    objects: Vec<Object>,
    _folder: TempDir,
}

impl Small {
    async fn open(seed: u64, verify_ms_per_second: u32) -> Self {
        let folder = TempDir::new().unwrap();
        let mut settings = engine_settings(folder.path().join("store"));
        settings.verify_ms_per_second = verify_ms_per_second;
        let engine = Arc::new(Engine::open(&settings).unwrap());
        let objects = random_world(&mut Dice::new(seed), Size::MANY_RESOURCES);
        engine.write(Write { operations: puts(&objects), ..Write::default() }).await.unwrap();
        Self { engine, objects, _folder: folder }
    }

    fn users(&self) -> Vec<Id> {
        let user = |object: &Object| if let Object::User(it) = object { Some(it.id.clone()) } else { None };
        self.objects.iter().filter_map(user).collect()
    }

    /// A resource that somebody is responsible for.
    fn resource(&self) -> Resource {
        let resource = |object: &Object| {
            if let Object::Resource(it) = object { Some(Resource::clone(it)) } else { None }
        };
        let mut resources = self.objects.iter().filter_map(resource);
        resources.find(|it| it.facts.responsible.is_some()).unwrap()
    }

    /// Goes round once, and says how many mismatches it found; they are mended when it returns.
    async fn verify(&self) -> u64 {
        let before = self.engine.verification().mismatches;
        let engine = Arc::clone(&self.engine);
        tokio::task::spawn_blocking(move || engine.verify()).await.unwrap();
        // An empty write is answered when what was asked for before it is done.
        self.engine.write(Write::default()).await.unwrap();
        self.engine.verification().mismatches - before
    }

    /// Makes a state wrong; it is found, mended, and as it was before.
    async fn assert_mended(&self, what: &str, spoil: impl FnOnce(&mut Snapshot)) {
        assert_eq!(self.verify().await, 0, "before: {what}");
        self.engine.plant(spoil);
        assert!(self.verify().await > 0, "not found: {what}");
        assert_eq!(self.verify().await, 0, "not mended: {what}");
        let published = self.engine.at(Consistency::Newest).unwrap();
        assert!(published.export().eq(self.objects_in_order()), "not as it was: {what}");
    }

    fn objects_in_order(&self) -> Vec<Object> {
        let mut objects = self.objects.clone();
        objects.sort_by_key(Object::key);
        objects
    }
}

/// Asks something for a user, so that his rights are kept.
fn ask(engine: &Engine, user: &Id) {
    let published = engine.at(Consistency::Newest).unwrap();
    let types = published.snapshot().directory().catalog().sorted();
    let Some((_, node)) = types.first() else { return };
    let (subject, entity_type) = (user.as_str(), node.entity_type().name.as_str());
    let resource = ResourceRef::Inline(InlineFacts::default());
    drop(engine.check(&published, &Question { subject, action: "read", entity_type, resource }));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_rights_in_the_cache_are_found_and_dropped() {
    let small = Small::open(1, 0).await;
    let users = small.users();
    for user in &users {
        ask(&small.engine, user);
    }
    assert_eq!(small.verify().await, 0);
    let kept = small.engine.cache().len();
    small.engine.plant_rights(&users[0], &users[1]);
    assert_eq!(small.engine.cache().len(), kept);
    assert_eq!(small.verify().await, 1);
    assert_eq!(small.engine.cache().len(), kept - 1, "they are dropped, and nobody else's");
    ask(&small.engine, &users[0]);
    assert_eq!((small.verify().await, small.engine.cache().len()), (0, kept));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_wrong_in_an_index_is_found_and_built_anew() {
    let small = Small::open(2, 0).await;
    let resource = small.resource();
    let counts = [Spoilt::Counts, Spoilt::OwnerCounts, Spoilt::Sums];
    for part in [Spoilt::Unlisted, Spoilt::Unordered, Spoilt::Class].into_iter().chain(counts) {
        let what = format!("{part:?}");
        small.assert_mended(&what, |it| it.spoil(&resource.entity_type, &resource.id, part)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_memory_has_otherwise_than_the_store_is_found_and_read_again() {
    let small = Small::open(3, 0).await;
    let mut other = small.resource();
    other.facts.open = !other.facts.open;
    other.facts.responsible = Some(small.users()[3].clone());
    let other = Object::Resource(Box::new(other));
    small.assert_mended("another resource", |it| it.set(&other.key(), Some(&other)).unwrap()).await;
    small.assert_mended("no resource", |it| it.set(&other.key(), None).unwrap()).await;
    let Some(Object::User(user)) = small.objects.iter().find(|it| it.kind() == Kind::User) else { panic!() };
    let user = Object::User(Arc::new(User { admin: !user.admin, ..User::clone(user) }));
    small.assert_mended("another user", |it| it.set(&user.key(), Some(&user)).unwrap()).await;
    let (last, stray) = (id("zz"), String::new());
    let stray = Department { id: last, name: stray, parent: None, heads: vec![] };
    let stray = Object::Department(Arc::new(stray));
    small.assert_mended("a department too much", |it| it.set(&stray.key(), Some(&stray)).unwrap()).await;
    let binding = small.objects.iter().find(|it| it.kind() == Kind::RoleBinding).unwrap().key();
    small.assert_mended("no binding", |it| it.set(&binding, None).unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rights_compiled_from_a_wrong_state_go_with_it() {
    let small = Small::open(4, 0).await;
    let Some(Object::User(user)) = small.objects.iter().find(|it| it.kind() == Kind::User) else { panic!() };
    let other = Object::User(Arc::new(User { admin: !user.admin, ..User::clone(user) }));
    small.engine.plant(|it| it.set(&other.key(), Some(&other)).unwrap());
    ask(&small.engine, &user.id);
    assert_eq!(small.engine.cache().len(), 1);
    assert!(small.verify().await > 0);
    assert_eq!(small.engine.cache().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_finds_and_mends_by_itself_and_goes_on_serving() {
    let host = Host::start_with(|settings| settings.engine.verify_ms_per_second = 1_000).await;
    let objects = random_world(&mut Dice::new(5), Size::MANY_RESOURCES);
    host.import(&objects).await.unwrap();
    let root = crate::world::root("the-root");
    host.write(&puts(std::slice::from_ref(&root))).await.unwrap();
    let engine = host.engine();
    let Some(Object::Resource(resource)) = objects.last() else { panic!("resources come last") };
    engine.plant(|it| it.spoil(&resource.entity_type, &resource.id, Spoilt::Unordered));
    let request = || pb::ListVisibleRequest {
        subject: "the-root".to_owned(),
        action: "read".to_owned(),
        entity_type: resource.entity_type.to_string(),
        order: pb::ListOrder::SortKey.into(),
        ..pb::ListVisibleRequest::default()
    };
    let end = Instant::now() + FOUND_MAX;
    while !host.list(request()).await.unwrap().contains(&resource.id.to_string()) {
        assert!(Instant::now() < end, "{:?}", engine.verification());
    }
    assert_eq!(engine.verification().mismatches, 1);
    host.stop().await;
}

/// Writes at random, valid and not.
async fn keep_writing(engine: Arc<Engine>, world: Arc<Oracle>, seed: u64) {
    let dice = &mut Dice::new(seed);
    let mut world = Oracle::clone(&world);
    for _ in 0..WRITES {
        let operations = random_write(dice, &world);
        // Others write too: what fits this world needn't fit theirs.
        let written = engine.write(Write { operations: operations.clone(), ..Write::default() }).await;
        if written.is_ok() {
            carry_out(&mut world, &operations);
        }
    }
}

fn carry_out(world: &mut Oracle, operations: &[Operation]) {
    for operation in operations {
        match &operation.verb {
            Verb::Put(object) => world.put(object),
            Verb::Delete(key) => world.delete(key),
        }
    }
}

/// Asks for everyone until the writers are done.
fn keep_asking(engine: &Engine, users: &[Id], is_over: &AtomicBool) {
    while !is_over.load(Ordering::Relaxed) {
        for user in users {
            ask(engine, user);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_taken_for_a_mismatch_while_others_write() {
    const SEEDS: Range<u64> = 10..13;
    for seed in SEEDS {
        let small = Small::open(seed, 1_000).await;
        let (world, users) = (Arc::new(Oracle::of(&small.objects)), small.users());
        let is_over = Arc::new(AtomicBool::new(false));
        let asking = {
            let (engine, is_over) = (Arc::clone(&small.engine), Arc::clone(&is_over));
            std::thread::spawn(move || keep_asking(&engine, &users, &is_over))
        };
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            writers.spawn(keep_writing(Arc::clone(&small.engine), Arc::clone(&world), 100 * seed + writer));
        }
        while let Some(written) = writers.join_next().await {
            written.unwrap();
        }
        is_over.store(true, Ordering::Relaxed);
        asking.join().unwrap();
        assert_eq!(small.verify().await, 0);
        let verification = small.engine.verification();
        let revision = small.engine.at(Consistency::Newest).unwrap().snapshot().revision();
        assert!(
            revision.get() > WRITES as u64 && verification.verified > 1_000,
            "{revision}, {verification:?}"
        );
        assert_eq!(verification.mismatches, 0, "{verification:?}");
        small.engine.close(Duration::from_secs(10));
    }
}

#[tokio::test]
async fn the_objects_behind_any_key_are_the_rest_of_all() {
    let small = Small::open(6, 0).await;
    let published = small.engine.at(Consistency::Newest).unwrap();
    let objects = small.objects_in_order();
    for (at, object) in objects.iter().enumerate().step_by(7) {
        let key = object.key();
        let rest = published.snapshot().objects_after(Some(&key));
        assert!(rest.eq(objects[at + 1..].iter().cloned()), "behind {key}");
    }
    let absent = Key::Resource { entity_type: id("e"), id: id("5") };
    let rest = published.snapshot().objects_after(Some(&absent));
    assert!(rest.eq(objects.iter().filter(|it| it.key() > absent).cloned()));
}
