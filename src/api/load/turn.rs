//! Turns: heavy calls run as many at a time as there are processors, in the order in which they came, so that the light
//! ones between them wait for none but those.
//!
//! A line before them is no harm; one that doesn't get shorter is. Where nobody had his turn soon for a tenth of a
//! second, only as many may wait as have their turns within a moment, and the rest is refused at once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use super::LoadFigures;
use super::queue::MOMENT_PART;
use crate::api::status;
use crate::telemetry::phase;

/// The most calls that wait, however soon they have their turns.
const WAITING_MAX: usize = 1_024;
/// How long a line is looked at before it is judged.
const INTERVAL: Duration = Duration::from_millis(100);

/// The turns of heavy calls.
pub(super) struct Turns {
    at_once: usize,
    wait_max: Duration,
    seats: Arc<Semaphore>,
    waiting: AtomicUsize,
    /// So many may wait.
    room: AtomicUsize,
    refused: AtomicU64,
    line: Mutex<Line>,
}

/// A call's turn, until this goes out of scope.
pub(in crate::api) struct Turn {
    _seat: OwnedSemaphorePermit,
}

/// How the line has been since the interval began.
struct Line {
    began: Instant,
    had_turns: u32,
    /// Whether anybody had his turn within half the longest wait.
    is_eased: bool,
    has_refused: bool,
    is_crowded: bool,
}

/// A place in the line.
struct Place<'a>(&'a AtomicUsize);

impl Turns {
    pub(super) fn new(at_once: usize, wait_max: Duration) -> Self {
        Self {
            at_once,
            wait_max,
            seats: Arc::new(Semaphore::new(at_once)),
            waiting: AtomicUsize::new(0),
            room: AtomicUsize::new(WAITING_MAX),
            refused: AtomicU64::new(0),
            line: Mutex::new(Line::new(Instant::now())),
        }
    }

    /// Whether there is no place for one more.
    pub(super) fn refuses(&self) -> bool {
        let is_full = self.waiting.load(Ordering::Relaxed) >= self.room.load(Ordering::Relaxed);
        if is_full {
            self.refused.fetch_add(1, Ordering::Relaxed);
            self.note(|line| line.has_refused = true);
        }
        is_full
    }

    /// Waits for a turn.
    pub(super) async fn take(&self) -> Result<Turn, Status> {
        if let Ok(seat) = Arc::clone(&self.seats).try_acquire_owned() {
            self.had_turn(Duration::ZERO);
            return Ok(Turn { _seat: seat });
        }
        if self.refuses() {
            return Err(status::busy());
        }
        let place = Place::of(&self.waiting);
        let (since, _phase) = (Instant::now(), phase("wait for a turn"));
        let seat = Arc::clone(&self.seats).acquire_owned().await.map_err(|_| status::shutting_down())?;
        drop(place);
        self.had_turn(since.elapsed());
        Ok(Turn { _seat: seat })
    }

    pub(super) fn figures(&self) -> LoadFigures {
        LoadFigures {
            heavy_under_way: self.at_once.saturating_sub(self.seats.available_permits()) as u64,
            heavy_waiting: self.waiting.load(Ordering::Relaxed) as u64,
            heavy_refused: self.refused.load(Ordering::Relaxed),
            ..LoadFigures::default()
        }
    }

    fn had_turn(&self, wait: Duration) {
        self.note(|line| {
            line.had_turns += 1;
            line.is_eased |= wait <= self.wait_max / 2;
        });
    }

    fn note(&self, what: impl FnOnce(&mut Line)) {
        let mut line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        what(&mut line);
        if let Some(room) = line.judge(Instant::now(), self.wait_max) {
            self.room.store(room.max(self.at_once), Ordering::Relaxed);
        }
    }
}

impl Line {
    const fn new(began: Instant) -> Self {
        Self { began, had_turns: 0, is_eased: false, has_refused: false, is_crowded: false }
    }

    /// Judges the interval, if it is over; says how many may wait in the next one.
    ///
    /// A line is crowded when nobody had his turn soon, and until nobody more has to be refused.
    fn judge(&mut self, now: Instant, wait_max: Duration) -> Option<usize> {
        let time = now.saturating_duration_since(self.began);
        if time < INTERVAL {
            return None;
        }
        // An interval that ends late is one in which hardly anybody came.
        let is_quiet = time >= 2 * INTERVAL;
        let is_crowded =
            if self.is_crowded { self.has_refused } else { !self.is_eased && self.had_turns > 0 };
        let had_turns = self.had_turns;
        *self = Self { is_crowded: is_crowded && !is_quiet, ..Self::new(now) };
        if !self.is_crowded {
            return Some(WAITING_MAX);
        }
        let room = f64::from(had_turns) * (wait_max / MOMENT_PART).as_secs_f64() / time.as_secs_f64();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "some hundreds at most")]
        let room = room as usize;
        Some(room.min(WAITING_MAX))
    }
}

impl<'a> Place<'a> {
    fn of(waiting: &'a AtomicUsize) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT_MAX: Duration = Duration::from_millis(10);

    /// A line that is judged at the end of an interval in which this happened.
    fn judged(line: &mut Line, happened: impl FnOnce(&mut Line)) -> usize {
        happened(line);
        line.judge(line.began + INTERVAL, WAIT_MAX).unwrap()
    }

    fn is_slow(line: &mut Line) {
        line.had_turns = 500;
    }

    fn has_refused(line: &mut Line) {
        (line.had_turns, line.is_eased, line.has_refused) = (300, true, true);
    }

    fn is_soon(line: &mut Line) {
        (line.had_turns, line.is_eased) = (500, true);
    }

    #[test]
    fn a_line_in_which_somebody_has_his_turn_soon_may_grow() {
        let mut line = Line::new(Instant::now());
        assert_eq!(line.judge(line.began + INTERVAL / 2, WAIT_MAX), None, "an interval isn't over");
        assert_eq!(judged(&mut line, is_soon), WAITING_MAX);
        assert_eq!(judged(&mut line, |_| {}), WAITING_MAX, "nobody came");
    }

    #[test]
    fn a_line_that_does_not_get_shorter_is_cut_until_nobody_is_refused() {
        let mut line = Line::new(Instant::now());
        assert_eq!(judged(&mut line, is_slow), 50 / MOMENT_PART as usize, "what is done in a moment");
        assert_eq!(
            judged(&mut line, has_refused),
            30 / MOMENT_PART as usize,
            "short as it is now, others are refused"
        );
        assert_eq!(judged(&mut line, is_soon), WAITING_MAX);
    }

    #[test]
    fn a_pause_forgives() {
        let mut line = Line::new(Instant::now());
        line.had_turns = 500;
        assert_eq!(line.judge(line.began + 5 * INTERVAL, WAIT_MAX), Some(WAITING_MAX));
    }

    #[tokio::test]
    async fn turns_come_in_order_and_one_that_ends_makes_room() {
        let turns = Arc::new(Turns::new(1, WAIT_MAX));
        let first = turns.take().await.unwrap();
        let mut second = Box::pin(turns.take());
        let mut third = Box::pin(turns.take());
        for waiting in [&mut second, &mut third] {
            tokio::select! {
                biased;
                _ = waiting => panic!("there is one turn at a time"),
                () = std::future::ready(()) => {}
            }
        }
        let figures = turns.figures();
        assert_eq!((figures.heavy_under_way, figures.heavy_waiting, figures.heavy_refused), (1, 2, 0));
        drop(first);
        drop(second.await.unwrap());
        drop(third.await.unwrap());
        assert_eq!(turns.figures(), LoadFigures::default());
    }

    #[tokio::test]
    async fn who_finds_no_room_is_refused_and_who_gives_up_makes_room() {
        let turns = Turns::new(1, WAIT_MAX);
        turns.room.store(1, Ordering::Relaxed);
        let _first = turns.take().await.unwrap();
        let mut second = Box::pin(turns.take());
        tokio::select! {
            biased;
            _ = &mut second => panic!("there is one turn at a time"),
            () = std::future::ready(()) => {}
        }
        let refused = turns.take().await.err().unwrap();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert!(turns.refuses());
        assert_eq!(turns.figures().heavy_refused, 2);
        drop(second);
        assert!(!turns.refuses());
    }
}
