//! Sums over sets of departments by how a subject stands to them: those that were asked for last are remembered, and
//! brought up to date by what has changed since.
//!
//! A sum over half a company reads counts by the hundred thousand, and the next one over the same departments would
//! read them again. What depends on the action and on the filter is not remembered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use imbl::Vector;

use super::count::Class;
use crate::directory::DepartmentIndex;
#[cfg(feature = "testing")]
use crate::rights::Relation;
use crate::rights::Standing;

/// Reaches whose sums are remembered, of some 3 KiB each.
const REACHES_MAX: usize = 64;
/// Fewer departments are summed again each time.
const DEPARTMENTS_LEAST: usize = 16;
/// Changes that sums are brought up to date by; it takes about a tenth of a millisecond for so many.
const CHANGES_MAX: usize = 1_024;

/// How a subject stands to each department in his reach, by department.
pub(super) type DepartmentReach = [(DepartmentIndex, Standing)];

/// How many resources there are by how a subject stands to what they name, of which there are few, and by class.
#[derive(Clone, Default)]
pub(super) struct Sums(Vec<(Standing, Vec<u64>)>);

impl Sums {
    /// Where those are counted to which he stands so; nowhere without any relation.
    pub(super) fn place_of(&mut self, standing: Standing) -> Option<usize> {
        if standing == Standing::NONE {
            return None;
        }
        let found = self.0.iter().position(|(other, _)| *other == standing);
        found.or_else(|| {
            self.0.push((standing, Vec::new()));
            self.0.len().checked_sub(1)
        })
    }

    pub(super) fn add(&mut self, place: Option<usize>, class: Class, count: u32) {
        if let Some(sum) = self.sum_mut(place, class) {
            *sum += u64::from(count);
        }
    }

    pub(super) fn subtract(&mut self, place: Option<usize>, class: Class, count: u32) {
        if let Some(sum) = self.sum_mut(place, class) {
            *sum = sum.saturating_sub(count.into());
        }
    }

    fn sum_mut(&mut self, place: Option<usize>, class: Class) -> Option<&mut u64> {
        let (_, sums) = self.0.get_mut(place?)?;
        if sums.len() <= class.number() {
            sums.resize(class.number() + 1, 0);
        }
        sums.get_mut(class.number())
    }

    /// Whether they count the same: what was taken away leaves zeros behind.
    fn is_same(&self, other: &Self) -> bool {
        let counted = |sums: &Self| {
            let each = sums.0.iter().flat_map(|(standing, sums)| {
                sums.iter().enumerate().map(|(class, sum)| ((*standing, class), *sum))
            });
            each.filter(|(_, sum)| *sum > 0).collect::<BTreeMap<_, _>>()
        };
        counted(self) == counted(other)
    }

    /// By the number of the class, how many are open.
    pub(super) fn opened(&self, opens: impl Fn(Class, Standing) -> bool) -> Vec<u64> {
        let mut opened = Vec::new();
        for (standing, sums) in &self.0 {
            opened.resize(sums.len().max(opened.len()), 0);
            for ((class, sum), opened) in (0..).map(Class::of_number).zip(sums).zip(&mut opened) {
                if opens(class, *standing) {
                    *opened += sum;
                }
            }
        }
        opened
    }
}

/// A state of the sets. Each has its own, also where copies went different ways.
#[derive(Clone, Copy, PartialEq, Eq)]
struct State(u64);

impl State {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        Self(COUNT.fetch_add(1, Ordering::Relaxed))
    }
}

/// A change of a count by one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Step {
    Up,
    Down,
}

/// One resource more or less of a class that names a set.
#[derive(Clone)]
struct Change {
    /// The state that it changed.
    of: State,
    class: Class,
    departments: Arc<[DepartmentIndex]>,
    step: Step,
}

/// What is remembered of sums, and of what has changed since.
///
/// INVARIANT: remembered sums are right in the state that they are remembered of; `changes` leads from each of its states
/// to the next, and from the last one to `now`.
#[derive(Clone)]
pub(super) struct Memory {
    now: State,
    changes: Vector<Change>,
    /// That of all copies: the last asked for is the last.
    sums: Arc<Mutex<VecDeque<Remembered>>>,
}

#[derive(Clone)]
struct Remembered {
    reach: Box<DepartmentReach>,
    of: State,
    sums: Sums,
}

impl Default for Memory {
    fn default() -> Self {
        Self { now: State::new(), changes: Vector::new(), sums: Arc::default() }
    }
}

impl Memory {
    /// Notes that there is one resource more, or less, of a class that names a set.
    pub(super) fn note(&mut self, class: Class, departments: Arc<[DepartmentIndex]>, step: Step) {
        self.changes.push_back(Change { of: self.now, class, departments, step });
        if self.changes.len() > CHANGES_MAX {
            self.changes.pop_front();
        }
        self.now = State::new();
    }

    /// The sums over a reach: remembered ones, or else those that `sum` makes.
    pub(super) fn sums(&self, reach: &DepartmentReach, sum: impl FnOnce() -> Sums) -> Sums {
        if reach.len() < DEPARTMENTS_LEAST {
            return sum();
        }
        let sums = self.recalled(reach).unwrap_or_else(sum);
        self.remember(Remembered { reach: reach.into(), of: self.now, sums: sums.clone() });
        sums
    }

    /// Whether what is remembered of this state is what `sum` makes.
    pub(super) fn is_right(&self, sum: impl Fn(&DepartmentReach) -> Sums) -> bool {
        let all = self.sums.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.iter().filter(|it| it.of == self.now).all(|it| sum(&it.reach).is_same(&it.sums))
    }

    /// Remembers sums of nothing that count a resource.
    #[cfg(feature = "testing")]
    pub(super) fn spoil(&self) {
        let reach = (0..).map(DepartmentIndex).zip([Standing::NONE; DEPARTMENTS_LEAST]).collect();
        let (mut sums, of) = (Sums::default(), self.now);
        let place = sums.place_of(Standing::of(&[Relation::Department]));
        sums.add(place, Class::of_number(0), 1);
        self.remember(Remembered { reach, of, sums });
    }

    fn recalled(&self, reach: &DepartmentReach) -> Option<Sums> {
        let all = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let Remembered { of, mut sums, .. } = all.iter().find(|it| *it.reach == *reach)?.clone();
        drop(all);
        if of == self.now {
            return Some(sums);
        }
        let since = self.changes.iter().rposition(|change| change.of == of)?;
        for change in self.changes.iter().skip(since) {
            let place = sums.place_of(standing_to(reach, &change.departments));
            match change.step {
                Step::Up => sums.add(place, change.class, 1),
                Step::Down => sums.subtract(place, change.class, 1),
            }
        }
        Some(sums)
    }

    fn remember(&self, it: Remembered) {
        let mut all = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|other| other.reach != it.reach);
        all.push_back(it);
        if all.len() > REACHES_MAX {
            all.pop_front();
        }
    }
}

/// How he stands to what names these departments.
fn standing_to(reach: &DepartmentReach, departments: &[DepartmentIndex]) -> Standing {
    let found = departments.iter().filter_map(|it| {
        let at = reach.binary_search_by_key(it, |(department, _)| *department).ok()?;
        reach.get(at)
    });
    found.fold(Standing::NONE, |standing, (_, more)| standing.union(*more))
}
