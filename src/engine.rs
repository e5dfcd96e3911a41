//! The use cases: deciding, listing, writing, importing, reading, watching, over one open store.
//!
//! The engine owns the store, the published snapshot, the cache of effective rights and the stream of changes, and
//! is where they meet. Readers take the published snapshot and answer from it alone; writes pass through one thread.

mod advice;
mod check;
mod conflict;
mod explain;
mod figures;
mod history;
mod import;
mod kept;
mod list;
mod past;
mod plan;
mod preview;
mod question;
mod read;
mod stall;
mod subjects;
mod tally;
mod verify;
mod visible;
mod why_not;
mod write;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;

use self::tally::Tally;
use crate::cache::{Cache, Found};
use crate::directory::Directory;
use crate::domain::{ChangeSet, Id, Revision};
use crate::memory::{Budget, Strain};
use crate::rights::EffectiveRights;
use crate::snapshot::Snapshot;
use crate::store::{self, CommitError, Store};
use crate::telemetry::{Histogram, phase};
use crate::watch::{Feed, Watcher};

pub use advice::{AdviceList, Effects, NamedAdvice};
pub use conflict::{
    Circle, CircleError, ConflictEntry, ConflictFilter, ConflictPerson, Conflicts, NamedConflict, PeoplePart,
};
pub use explain::{Explained, NamedFacts};
pub use figures::{CacheFigures, Figures, StoreFigures, WatchFigures};
pub use history::{First, HistoryPage, HistoryQuery};
pub use import::{Import, ImportError, ImportMode, Progress};
pub use past::{Moment, PastError, Span};
pub use preview::{
    ActSum, CreationSum, DepartmentSum, Preview, PreviewAct, PreviewCreation, PreviewError, PreviewQuery,
    PreviewResource, PreviewResourceAct, PreviewUser, Warning,
};
pub use question::{InlineFacts, Question, QuestionError, ResourceRef};
pub use read::{Filter, FilterError, Page};
pub use subjects::{Subject, SubjectsQuery};
pub use tally::DecisionCount;
pub use verify::Verification;
pub use visible::{VisibleCount, VisibleFilter, VisibleList, VisibleQuery};
pub use why_not::{Effect, Proposal, WhyNot, WhyNotError};
pub use write::WriteError;

pub use crate::difference::Creation;
pub use crate::directory::{Reach, ReachedRole, Violation};
pub use crate::proposal::{Field, Step};
pub use crate::review::{About, AdviceKind, ConflictKind, Thresholds};
pub use crate::rights::DepartmentForm;
pub use crate::rights::{
    Above, Asked, CrmGrounds, Entry, Explanation, Grounds, GroupRow, Observing, Relation, RoleEntry,
    ScopeTest, Side, SupportGrounds, Through, Way, Weighing,
};
pub use crate::snapshot::Refusal;
pub use crate::store::{LogError, Room, Writing};
pub use crate::visibility::{Direction, Facets, Key as OrderKey, Order, Part, Position, Turned};

/// The hexadecimal digits of a store's id.
const STORE_ID_DIGITS: usize = 16;

/// The most states that are kept for unfinished lists.
const LISTS_KEPT_MAX: usize = 32;

/// How an engine is opened.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The directory of the store.
    pub data: PathBuf,
    /// The store's own settings.
    pub store: store::Settings,
    /// The most users whose effective rights are kept.
    pub cached_users_max: usize,
    /// The memory that may be taken.
    pub memory: Arc<Budget>,
    /// How many milliseconds of a second the verifier works; 0 for none.
    pub verify_ms_per_second: u32,
    /// Whether decisions are counted.
    pub is_counting: bool,
}

/// How fresh an answer must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Consistency<'a> {
    /// Whatever is fastest.
    #[default]
    Fastest,
    /// At least the revision of a token.
    AtLeast(&'a str),
    /// The newest acknowledged write.
    Newest,
}

/// Why a revision token is of no use here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token at all.
    #[error("is not a revision token; send one that an answer carried")]
    Malformed,
    /// Another store made it.
    #[error("is of another store; this one was made anew or restored since")]
    OtherStore,
    /// It is newer than everything that is here.
    #[error("is newer than this store, which is at {newest}")]
    Ahead {
        /// The newest revision.
        newest: Revision,
    },
}

/// Why an engine could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store could not be opened.
    #[error("the store can't be opened")]
    Store(#[from] store::OpenError),
    /// The store could not be loaded.
    #[error("the store can't be loaded")]
    Load(#[from] store::LoadError),
    /// The change log could not be read.
    #[error("the change log can't be read")]
    Log(#[source] LogError),
    /// It takes more memory than may be taken.
    #[error("the store needs more memory than there may be: {} MiB are not enough (memory_limit)", .0 >> 20)]
    Memory(u64),
    /// An object in the store doesn't fit the others.
    #[error("the store is damaged: {0}")]
    Misfit(String),
    /// No thread could be started.
    #[error("a thread of the engine can't be started")]
    Thread(#[source] std::io::Error),
}

/// A snapshot as readers see it.
pub struct Published {
    snapshot: Snapshot,
    token: String,
    age: Age,
    /// Where decisions are counted, the counters of its types and actions.
    sheet: Option<Arc<tally::Sheet>>,
}

/// Whether a state was published by this process, so that the cache knows what has changed since.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Age {
    /// It was.
    Current,
    /// It was not: it was made again from the log, or is tried.
    Past,
}

impl Published {
    /// A state that is tried and that nobody else reads; its revision has no token.
    fn tried(snapshot: Snapshot) -> Self {
        Self { snapshot, token: String::new(), age: Age::Past, sheet: None }
    }

    /// The state.
    #[must_use]
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The token of its revision.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    fn directory(&self) -> &Directory {
        self.snapshot.directory()
    }
}

/// The state that a caller is answered from. Taking it costs no write to memory that others read; who needs it for longer
/// than an answer takes keeps the `Arc`.
pub type Reading = arc_swap::Guard<Arc<Published>>;

/// What readers and the committer share.
struct Shared {
    store: Store,
    published: ArcSwap<Published>,
    cache: Cache,
    feed: Feed,
    tally: Option<Tally>,
    commits: Commits,
    desk: stall::Desk,
    /// When the newest revision was committed, in milliseconds since 1970-01-01 UTC.
    committed_at_ms: AtomicI64,
    verification: verify::Counts,
}

/// How commits went.
#[derive(Debug, Default)]
struct Commits {
    /// How long each took.
    durations: Histogram,
    /// How many the store could not take, but for want of room.
    failures: AtomicU64,
    /// How many found too little room.
    full: AtomicU64,
}

impl Commits {
    /// Counts one that was not taken.
    fn count(&self, error: &CommitError) {
        match error {
            CommitError::NoRoom(_) => &self.full,
            CommitError::Order { .. }
            | CommitError::Unlike { .. }
            | CommitError::TooLarge { .. }
            | CommitError::Disk(_)
            | CommitError::Damaged(_)
            | CommitError::Unsettled(_)
            | CommitError::Stopped => &self.failures,
        }
        .fetch_add(1, Ordering::Relaxed);
    }
}

impl Shared {
    /// What callers are answered from: a state, with its token and its counters.
    fn to_publish(&self, snapshot: Snapshot, age: Age) -> Arc<Published> {
        let token = token_of(&self.store, snapshot.revision());
        let sheet = self.tally.as_ref().map(|it| it.sheet(snapshot.directory().shared_catalog()));
        Arc::new(Published { snapshot, token, age, sheet })
    }
}

/// The service without its transport.
pub struct Engine {
    shared: Arc<Shared>,
    committer: Mutex<Option<write::Committer>>,
    queue: write::Queue,
    verifier: Mutex<Option<verify::Verifier>>,
    /// The states of unfinished lists.
    kept: kept::Kept,
    /// States of the past.
    past: kept::Kept,
}

impl Engine {
    /// Opens the store, loads it into memory and starts the committer.
    ///
    /// Costs about 2 seconds for 1,000,000 resources.
    ///
    /// # Errors
    /// Says why the store can't be used; its data is untouched then.
    pub fn open(settings: &Settings) -> Result<Self, OpenError> {
        let store = Store::open(&settings.data, &settings.store)?;
        let snapshot = load(&store, &settings.memory)?;
        let revision = store.revision();
        let committed_at_ms = committed_at_ms(&store)?;
        let shared = Shared {
            store,
            published: ArcSwap::from_pointee(Published::tried(Snapshot::default())),
            cache: Cache::new(settings.cached_users_max),
            feed: Feed::new(revision),
            tally: settings.is_counting.then(Tally::default),
            commits: Commits::default(),
            desk: stall::Desk::default(),
            committed_at_ms: AtomicI64::new(committed_at_ms),
            verification: verify::Counts::default(),
        };
        shared.published.store(shared.to_publish(snapshot, Age::Current));
        let shared = Arc::new(shared);
        let (committer, queue) = write::start(Arc::clone(&shared)).map_err(OpenError::Thread)?;
        let verifier = verify::start(Arc::clone(&shared), queue.clone(), settings.verify_ms_per_second);
        let (committer, verifier) = (Mutex::new(Some(committer)), verifier.map_err(OpenError::Thread)?);
        let kept = kept::Kept::of(LISTS_KEPT_MAX);
        Ok(Self { shared, committer, queue, verifier, kept, past: past::no_past() })
    }

    /// The state to answer from.
    ///
    /// One server's every acknowledged write is published, so that the newest is also the fastest.
    ///
    /// # Errors
    /// The token is of no use here.
    pub fn at(&self, consistency: Consistency<'_>) -> Result<Reading, TokenError> {
        let published = self.shared.published.load();
        if let Consistency::AtLeast(token) = consistency {
            let revision = self.revision_of(token)?;
            let newest = published.snapshot.revision();
            if revision > newest {
                return Err(TokenError::Ahead { newest });
            }
        }
        Ok(published)
    }

    /// Keeps a state for a caller who has not seen all of a list; at least for some minutes, unless many do.
    pub fn keep(&self, published: &Arc<Published>) {
        self.kept.keep(published);
    }

    /// The state of a revision, if it is kept for such a caller or is the newest.
    #[must_use]
    pub fn kept(&self, revision: Revision) -> Option<Arc<Published>> {
        let newest = self.shared.published.load_full();
        if newest.snapshot.revision() == revision { Some(newest) } else { self.kept.get(revision) }
    }

    /// The token of a revision of this store.
    #[must_use]
    pub fn token(&self, revision: Revision) -> String {
        token_of(&self.shared.store, revision)
    }

    /// The id of the store, which tokens begin with.
    #[must_use]
    pub fn store_id(&self) -> String {
        self.shared.store.id().to_string()
    }

    /// The revision of a token.
    ///
    /// # Errors
    /// It is not a token of this store.
    pub fn revision_of(&self, token: &str) -> Result<Revision, TokenError> {
        let (store, revision) = token.split_once('.').ok_or(TokenError::Malformed)?;
        let is_store = store.len() == STORE_ID_DIGITS && store.bytes().all(|digit| digit.is_ascii_hexdigit());
        // A number may be written with a plus, a revision is not.
        let is_number = revision.bytes().all(|digit| digit.is_ascii_digit());
        let number = revision.parse().ok().filter(|_| is_store && is_number).ok_or(TokenError::Malformed)?;
        if store == self.shared.store.id().to_string() {
            Ok(Revision::new(number))
        } else {
            Err(TokenError::OtherStore)
        }
    }

    /// The cache of effective rights.
    #[must_use]
    pub fn cache(&self) -> &Cache {
        &self.shared.cache
    }

    /// Follows the newest revision.
    #[must_use]
    pub fn follow(&self) -> tokio::sync::watch::Receiver<Revision> {
        self.shared.feed.follow()
    }

    /// Counts as a watcher who has what was committed up to a revision, until it is dropped.
    #[must_use]
    pub fn watcher(&self, after: Revision) -> Watcher {
        self.shared.feed.watcher(after)
    }

    /// The committed changes behind a revision, in order, at most `count_max`. Reads the disk where they are no
    /// longer in memory.
    ///
    /// # Errors
    /// The change log no longer goes back that far, or can't be read.
    pub fn changes_after(
        &self,
        revision: Revision,
        count_max: usize,
    ) -> Result<Vec<Arc<ChangeSet>>, store::LogError> {
        if let Some(sets) = self.shared.feed.after(revision, count_max) {
            return Ok(sets);
        }
        let sets = self.shared.store.changes_after(revision, count_max)?;
        Ok(sets.into_iter().map(Arc::new).collect())
    }

    /// Whether writes are taken at the moment. Decisions are made in any case.
    #[must_use]
    pub fn writing(&self) -> Writing {
        self.shared.store.writing()
    }

    /// The bytes that the store takes on disk.
    #[must_use]
    pub fn store_bytes(&self) -> u64 {
        self.shared.store.size_bytes().unwrap_or(0)
    }

    /// Gives up what is kept only to be quick: states of lists and of the past, changes that the log has too, half of the
    /// compiled rights. To be called again while memory is short.
    pub fn relieve(&self) {
        self.kept.clear();
        self.past.clear();
        self.shared.feed.forget();
        self.shared.cache.shrink();
    }

    /// Lets the cache grow again.
    pub fn recover(&self) {
        self.shared.cache.grow();
    }

    /// Ends the verifier, and the committer after what is queued, and flushes the store. Later writes are refused.
    pub fn close(&self, wait_max: Duration) {
        self.stop_verifier(wait_max);
        let committer = self.committer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(committer) = committer {
            committer.stop(wait_max);
        }
    }

    /// A user's effective rights in a snapshot; none if he doesn't exist.
    fn rights(&self, published: &Published, user: &str) -> Option<Arc<EffectiveRights>> {
        self.count_lookups(published, 1);
        self.uncounted_rights(published, user)
    }

    /// Counts look-ups in the cache, where they are counted; those for a state of the past are none.
    fn count_lookups(&self, published: &Published, count: usize) {
        match (&self.shared.tally, published.age) {
            (Some(tally), Age::Current) => tally.count_lookups(count),
            (Some(_), Age::Past) | (None, _) => {}
        }
    }

    fn uncounted_rights(&self, published: &Published, user: &str) -> Option<Arc<EffectiveRights>> {
        let revision = published.snapshot.revision();
        // What has changed since a state of the past, the cache doesn't know: it neither gives to it nor takes from it.
        let found = match published.age {
            Age::Current => self.shared.cache.get(user, revision),
            Age::Past => Found::Newer,
        };
        if let Found::Hit(rights) = found {
            return Some(rights);
        }
        let _phase = phase("compile rights");
        let directory = published.directory();
        let (index, node) = directory.find_user(user)?;
        let rights = Arc::new(EffectiveRights::compile(directory, index)?);
        if found == Found::Nothing {
            self.shared.cache.insert(node.id(), &rights, revision);
        }
        Some(rights)
    }
}

/// The state that a store holds. To be told that it doesn't fit is better than to be killed for it.
fn load(store: &Store, memory: &Budget) -> Result<Snapshot, OpenError> {
    let fits = || match memory.measure() {
        Strain::Ample | Strain::Short => Ok(()),
        Strain::Critical => Err(OpenError::Memory(memory.limit().unwrap_or_default())),
    };
    let mut snapshot = Snapshot::at(store.revision());
    let (mut put, mut room) = (Ok(()), Ok(()));
    let loaded = store.load(&mut |objects| {
        put = objects.iter().try_for_each(|object| snapshot.load(object));
        room = fits();
        if put.is_ok() && room.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    // An object that did not fit broke the load off, and is what to tell of.
    put.map_err(|fault| OpenError::Misfit(format!("{}: {}", fault.culprit, fault.message)))?;
    room?;
    loaded?;
    snapshot.end_load();
    fits()?;
    Ok(snapshot)
}

/// When the newest change was committed; the log begins with nothing where none is known.
fn committed_at_ms(store: &Store) -> Result<i64, OpenError> {
    match store.committed_at_ms(store.revision()) {
        Ok(at_ms) => Ok(at_ms),
        Err(LogError::NotKept { .. }) => Ok(0),
        Err(error @ (LogError::Damaged(_) | LogError::Disk(_))) => Err(OpenError::Log(error)),
    }
}

fn token_of(store: &Store, revision: Revision) -> String {
    format!("{}.{revision}", store.id())
}

/// Checks a text that was not found among the known ids: it is either unknown or no id at all.
fn check_id(field: &'static str, text: &str) -> Result<(), QuestionError> {
    Id::parse(text).map(drop).map_err(|error| QuestionError::BadId { field, error })
}
