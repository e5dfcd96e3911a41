//! The cache of effective rights: what a change puts out, and the race that its invariant is about.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dopusk::cache::{Cache, Found};
use dopusk::company::{Company, Size};
use dopusk::directory::Directory;
use dopusk::domain::{
    Affected, Department, Id, Key, Kind, Object, Operation, Revision, SupportRole, User, Write,
};
use dopusk::engine::{Consistency, Engine, Filter, InlineFacts, Question, ResourceRef};
use dopusk::rights::EffectiveRights;
use dopusk::testing::Office;

use crate::world::{Dice, id};

/// A company small enough for a debug build.
fn company() -> Company {
    let size = Size {
        employees: 2_000,
        clients: 300,
        departments: 100,
        resources: 500,
        bindings: 400,
        ..Size::default()
    };
    Company::new(size)
}

fn objects(engine: &Engine, kind: Kind) -> Vec<Object> {
    let published = engine.at(Consistency::Newest).unwrap();
    published.list(kind, &Filter::default(), None, 100_000).unwrap().objects
}

fn users(engine: &Engine) -> Vec<Arc<User>> {
    let users = objects(engine, Kind::User).into_iter();
    users.filter_map(|object| if let Object::User(it) = object { Some(it) } else { None }).collect()
}

fn departments(engine: &Engine) -> Vec<Arc<Department>> {
    let departments = objects(engine, Kind::Department).into_iter();
    let one = |object| if let Object::Department(it) = object { Some(it) } else { None };
    departments.filter_map(one).collect()
}

/// Asks something for everyone, so that everyone's rights are kept; says how many had to be compiled.
fn warm(engine: &Engine, users: &[Arc<User>]) -> u64 {
    let before = engine.cache().misses();
    let published = engine.at(Consistency::Newest).unwrap();
    let catalog = published.snapshot().directory().catalog();
    let (_, node) = catalog.sorted()[0];
    let name = node.entity_type().name.as_str();
    for user in users {
        let resource = ResourceRef::Inline(InlineFacts::default());
        let question = Question { subject: user.id.as_str(), action: "read", entity_type: name, resource };
        engine.check(&published, &question).unwrap();
    }
    engine.cache().misses() - before
}

async fn put(engine: &Engine, object: Object) {
    let write = Write { operations: vec![Operation::put(object)], ..Write::default() };
    engine.write(write).await.unwrap();
}

/// Writes an object with everyone's rights kept; says how many were put out.
async fn dropped_by(engine: &Engine, users: &[Arc<User>], object: Object) -> u64 {
    warm(engine, users);
    assert_eq!(engine.cache().len(), users.len());
    let before = engine.cache().dropped();
    put(engine, object).await;
    let dropped = engine.cache().dropped() - before;
    assert_eq!(engine.cache().len() as u64, users.len() as u64 - dropped);
    assert_eq!(warm(engine, users), dropped, "those who were put out are compiled anew, and nobody else");
    dropped
}

#[test]
fn moving_one_employee_puts_out_his_rights_and_hardly_any_others() {
    let office = Office::open(&company());
    let engine = office.engine();
    let (users, departments) = (users(engine), departments(engine));
    assert_eq!(users.len(), 2_300);
    assert_eq!(warm(engine, &users), 2_300);
    assert_eq!(warm(engine, &users), 0, "asking again compiles nothing");
    let is_head = |user: &User| departments.iter().any(|it| it.heads.contains(&user.id));
    let employees: Vec<&Arc<User>> =
        users.iter().filter(|user| !user.departments.is_empty() && !is_head(user)).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dice = &mut Dice::new(3);
    let mut alone = 0;
    for _ in 0..20 {
        let user = dice.pick(&employees).unwrap();
        let elsewhere = dice.pick(&departments).unwrap().id.clone();
        let moved = User { departments: vec![elsewhere], ..User::clone(user) };
        let managed = {
            let published = engine.at(Consistency::Newest).unwrap();
            published.snapshot().directory().is_bound_with_managers(&user.id)
        };
        let dropped = runtime.block_on(dropped_by(engine, &users, Object::User(Arc::new(moved))));
        // Those above him are at most the heads on two ways up a tree of 5 levels.
        assert!(dropped == 1 || (managed && dropped <= 1 + 2 * 5 * 2), "{dropped} were put out");
        alone += u64::from(dropped == 1);
    }
    assert!(alone >= 15, "only {alone} of 20 went alone");
}

#[test]
fn names_and_resources_put_nobodys_rights_out() {
    let office = Office::open(&company());
    let engine = office.engine();
    let users = users(engine);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let renamed = User { name: "Another".to_owned(), ..User::clone(&users[7]) };
    assert_eq!(runtime.block_on(dropped_by(engine, &users, Object::User(Arc::new(renamed)))), 0);
    let resource = company().objects().find(|it| it.kind() == Kind::Resource).unwrap();
    let Key::Resource { entity_type, .. } = resource.key() else { panic!("a resource has such a key") };
    let added = dopusk::domain::Resource {
        entity_type,
        id: id("added"),
        facts: dopusk::domain::Facts { responsible: Some(users[0].id.clone()), ..Default::default() },
        sort_key: 0,
    };
    assert_eq!(runtime.block_on(dropped_by(engine, &users, Object::Resource(Box::new(added)))), 0);
}

/// Somebody who is no administrator.
fn nobody_special(id: Id) -> User {
    let (name, departments) = (String::new(), vec![]);
    User { id, name, departments, active: true, admin: false, support_role: SupportRole::None }
}

fn rights(user: User) -> Arc<EffectiveRights> {
    let mut directory = Directory::default();
    let (user, object) = (user.id.clone(), Object::User(Arc::new(user)));
    directory.put(&object);
    let (index, _) = directory.find_user(user.as_str()).unwrap();
    Arc::new(EffectiveRights::compile(&directory, index).unwrap())
}

/// Users whose standing flips: the revision `r` flips the user `r % USERS`, now and then with everyone named.
const USERS: u64 = 3;

struct Race {
    cache: Cache,
    newest: AtomicU64,
    /// Not an administrator, and one, of each user.
    compiled: Vec<(Id, [Arc<EffectiveRights>; 2])>,
}

impl Race {
    fn new(count_max: usize) -> Self {
        let users = (0..USERS).map(|at| id(&format!("u{at}")));
        let both = |user: Id| {
            let plain = nobody_special(user.clone());
            let admin = User { admin: true, ..plain.clone() };
            (user, [rights(plain), rights(admin)])
        };
        Self { cache: Cache::new(count_max), newest: AtomicU64::new(0), compiled: users.map(both).collect() }
    }

    /// Whether a user is an administrator at a revision.
    fn is_admin(user: u64, revision: u64) -> bool {
        let flips = (revision + USERS - user) / USERS - u64::from(user == 0);
        !flips.is_multiple_of(2)
    }

    /// What a committer does, in its order: stamp and drop, then publish.
    fn commit(&self) {
        let revision = self.newest.load(Ordering::Acquire) + 1;
        let (user, _) = &self.compiled[usize::try_from(revision % USERS).unwrap()];
        let affected =
            if revision.is_multiple_of(7) { Affected::All } else { Affected::Users(vec![user.clone()]) };
        self.cache.drop_affected(&affected, Revision::new(revision));
        self.newest.store(revision, Ordering::Release);
    }

    /// Reads on, and says how often something was found.
    fn read_until(&self, end: Instant, dice: &mut Dice) -> u64 {
        let mut hits = 0;
        while Instant::now() < end {
            hits += u64::from(self.read(dice));
        }
        hits
    }

    /// What a reader does: take the newest state, look, compile, and put what was compiled in, late.
    fn read(&self, dice: &mut Dice) -> bool {
        let at = dice.draw() % USERS;
        let (user, both) = &self.compiled[usize::try_from(at).unwrap()];
        let revision = self.newest.load(Ordering::Acquire);
        let wanted = &both[usize::from(Self::is_admin(at, revision))];
        match self.cache.get(user.as_str(), Revision::new(revision)) {
            Found::Hit(found) => {
                assert_eq!(found.blanket(), wanted.blanket(), "rights of {user} are stale at {revision}");
                true
            }
            Found::Newer => false,
            Found::Nothing => {
                for _ in 0..dice.below(4) {
                    std::thread::yield_now();
                }
                self.cache.insert(user, wanted, Revision::new(revision));
                false
            }
        }
    }
}

#[test]
fn flips_are_counted_right() {
    for user in 0..USERS {
        let mut is_admin = false;
        for revision in 1..100 {
            is_admin ^= revision % USERS == user;
            assert_eq!(Race::is_admin(user, revision), is_admin, "{user} at {revision}");
        }
    }
}

/// One writer and three readers for a second and a half; how often the readers found something.
fn race_once(race: &Race) -> u64 {
    let end = Instant::now() + Duration::from_millis(1_500);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while Instant::now() < end {
                race.commit();
                // Long enough that readers find something, short enough that they are overtaken.
                (0..2_000).for_each(|_| std::hint::spin_loop());
            }
        });
        let readers: Vec<_> =
            (0..3).map(|seed| scope.spawn(move || race.read_until(end, &mut Dice::new(seed)))).collect();
        readers.into_iter().map(|reader| reader.join().unwrap()).sum::<u64>()
    })
}

#[test]
fn no_reader_finds_rights_of_before_a_change_that_it_knows() {
    for count_max in [1, 100] {
        let race = Race::new(count_max);
        let commits = || race.newest.load(Ordering::Relaxed);
        let mut hits = 0;
        // A busy machine races little in one round.
        for _ in 0..40 {
            hits += race_once(&race);
            if hits > 500 && commits() > 500 {
                break;
            }
        }
        let commits = commits();
        assert!(hits > 500 && commits > 500, "{hits} hits, {commits} commits: nothing was raced");
    }
}
