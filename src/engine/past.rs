//! States of the past: what was the newest at a revision or time, as far back as the change log goes.
//!
//! A past state is a later one with every object put back that was changed since, so it costs reading the changes
//! between, some microseconds for each. The last ones asked for are kept. Rights in them are compiled for each answer:
//! the cache is of those of now.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{SystemTime, UNIX_EPOCH};

use super::kept::Kept;
use super::{Age, Engine, Published, TokenError};
use crate::domain::Revision;
use crate::snapshot::{Found, Snapshot};
use crate::store::LogError;
use crate::telemetry::phase;

/// The most past states kept. Each costs what was changed between it and the newest.
const PAST_STATES_MAX: usize = 8;
/// How many changes are read at once.
const READ_AT_ONCE: usize = 16;

/// Which state of the past.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment<'a> {
    /// That of the revision of a token.
    Token(&'a str),
    /// The newest one at a time in milliseconds since 1970-01-01 UTC: that before the first change after it.
    Time(i64),
}

/// Which states can be asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Span {
    /// The token of the oldest.
    pub oldest: String,
    /// From when on the state of a time is known, in milliseconds since 1970-01-01 UTC; none where no time is.
    pub since_ms: Option<i64>,
    /// The token of the newest.
    pub newest: String,
}

/// Why a state of the past can't be had.
#[derive(Debug, thiserror::Error)]
pub enum PastError {
    /// The token is of no use here.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The change log doesn't go back that far.
    #[error("the change log no longer goes back that far")]
    NotKept(Span),
    /// The time is still to come.
    #[error("the time is in the future")]
    Future(Span),
    /// The change log can't be read, or is not of this store.
    #[error("the state can't be made again")]
    Log(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody waits for it any more.
    #[error("nobody waits for the state any more")]
    Abandoned,
}

/// Past states, the one longest not asked for first.
pub(super) fn no_past() -> Kept {
    Kept::of(PAST_STATES_MAX)
}

impl Engine {
    /// The revision of a state of the past.
    ///
    /// # Errors
    /// The state is still to come, or is no longer known.
    pub fn moment_revision(&self, moment: Moment<'_>) -> Result<Revision, PastError> {
        let newest = self.shared.published.load().snapshot.revision();
        let revision = match moment {
            Moment::Token(token) => self.revision_of(token)?,
            Moment::Time(time_ms) => self.time_revision(time_ms, newest)?,
        };
        if revision > newest {
            return Err(TokenError::Ahead { newest }.into());
        }
        let is_known = revision >= self.shared.store.oldest_kept();
        if is_known { Ok(revision) } else { Err(PastError::NotKept(self.span())) }
    }

    /// The state of a revision, if it is the newest or was asked for not long ago.
    #[must_use]
    pub fn kept_past(&self, revision: Revision) -> Option<Arc<Published>> {
        let newest = self.shared.published.load_full();
        if newest.snapshot.revision() == revision { Some(newest) } else { self.past.get(revision) }
    }

    /// The state of a revision. Reads the disk where it is not kept, and breaks off where `is_wanted` says that nobody
    /// waits any more.
    ///
    /// Costs some microseconds for each object changed between it and the nearest later state that is kept.
    ///
    /// # Errors
    /// The change log doesn't go back that far, or can't be read.
    pub fn past(
        &self,
        revision: Revision,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Arc<Published>, PastError> {
        if let Some(kept) = self.kept_past(revision) {
            return Ok(kept);
        }
        let _phase = phase("make the state again");
        let later = self.past.first_from(revision).unwrap_or_else(|| self.shared.published.load_full());
        let snapshot = self.rewind(&later.snapshot, revision, is_wanted)?;
        let past = self.shared.to_publish(snapshot, Age::Past);
        self.past.keep(&past);
        Ok(past)
    }

    /// Which states can be asked for.
    #[must_use]
    pub fn span(&self) -> Span {
        let store = &self.shared.store;
        let oldest = store.oldest_kept();
        // The empty store was before every time; of another state the log doesn't say when it came.
        let since_ms = store.committed_at_ms(oldest.next()).ok();
        Span { oldest: self.token(oldest), since_ms, newest: self.token(store.revision()) }
    }

    /// The newest revision at a time, or the oldest that is known where all known ones came later.
    ///
    /// # Errors
    /// The log can't be read.
    pub(super) fn revision_at(&self, time_ms: i64, newest: Revision) -> Result<Revision, LogError> {
        // INVARIANT: a commit's time is never before that of the one before.
        let (mut low, mut high) = (self.shared.store.oldest_kept().get(), newest.get());
        while low < high {
            let middle = high - (high - low) / 2;
            if self.shared.store.committed_at_ms(Revision::new(middle))? <= time_ms {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(Revision::new(low))
    }

    fn time_revision(&self, time_ms: i64, newest: Revision) -> Result<Revision, PastError> {
        // Commits stay ahead of a clock that was set back.
        if time_ms > now_ms().max(self.shared.committed_at_ms.load(Ordering::Relaxed)) {
            return Err(PastError::Future(self.span()));
        }
        let oldest = self.shared.store.oldest_kept();
        let revision = self.revision_at(time_ms, newest).map_err(|error| self.log_error(error))?;
        // When the oldest state came isn't known, unless it is the empty one.
        let is_known = revision > oldest || oldest == Revision::ZERO;
        if is_known { Ok(revision) } else { Err(PastError::NotKept(self.span())) }
    }

    fn rewind(
        &self,
        later: &Snapshot,
        to: Revision,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<Snapshot, PastError> {
        let (mut found, mut at) = (Found::default(), to);
        while at < later.revision() {
            if !is_wanted() {
                return Err(PastError::Abandoned);
            }
            let left = usize::try_from(later.revision().get() - at.get()).unwrap_or(READ_AT_ONCE);
            let sets = self.shared.store.changes_after(at, left.min(READ_AT_ONCE));
            for set in sets.map_err(|error| self.log_error(error))? {
                at = set.revision;
                found.note(set);
            }
        }
        later.back_to(to, found).map_err(|misfit| {
            let text = format!("{}: {}", misfit.culprit, misfit.message);
            PastError::Log(text.into())
        })
    }

    fn log_error(&self, error: LogError) -> PastError {
        match error {
            LogError::NotKept { .. } => PastError::NotKept(self.span()),
            LogError::Damaged(_) | LogError::Disk(_) => PastError::Log(Box::new(error)),
        }
    }
}

/// The server's clock, in milliseconds since 1970-01-01 UTC.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
