//! A subject's visible resources of a type as far as a filter admits them: whether a row is one, which slots can be,
//! and how many there are.
//!
//! Slots and totals come from the shelves of those in the subject's reach. Rows are read only where shelves can't
//! tell: what he observes, what names several departments, and what is narrowed to authors, departments or ids.

use std::collections::BTreeMap;

use super::View;
use super::filter::Filter;
use super::index::ROWS_AT_ONCE;
use super::mark::Marks;
use super::row::ResourceRow;
use super::shelf::{Class, Shelves};
use super::sight::{Side, Sight};
use crate::directory::{StageIndex, UserIndex};
use crate::table::Sorted;

/// How many resources are visible, in all and by what was asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// In all.
    pub total: u64,
    /// By stage; none of them is zero.
    pub stages: BTreeMap<Option<StageIndex>, u64>,
    /// By responsible; none of them is zero.
    pub responsibles: BTreeMap<Option<UserIndex>, u64>,
}

/// What a tally is to tell beside the total.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facets {
    /// The counts by stage.
    pub stages: bool,
    /// The counts by responsible.
    pub responsibles: bool,
}

/// Counts what it is given.
struct Tallying {
    facets: Facets,
    tally: Tally,
}

impl Tallying {
    fn add(&mut self, class: Class, responsible: Option<UserIndex>, count: u64) {
        if count == 0 {
            return;
        }
        self.tally.total += count;
        if self.facets.stages {
            *self.tally.stages.entry(class.stage()).or_default() += count;
        }
        if self.facets.responsibles {
            *self.tally.responsibles.entry(responsible).or_default() += count;
        }
    }

    fn add_row(&mut self, row: &ResourceRow) {
        self.add(row.class(), row.responsible(), 1);
    }
}

/// Compiled from a view and a filter; every call takes the view that it was compiled from.
pub(super) struct Selection {
    sight: Sight,
    filter: Filter,
}

impl Selection {
    pub(super) fn compile(view: View<'_>, filter: Filter) -> Self {
        Self { sight: Sight::compile(view), filter }
    }

    /// Whether a row is in it.
    pub(super) fn has(&self, view: View<'_>, row: &ResourceRow) -> bool {
        self.sight.opens_row(view, row)
            && (self.filter.is_open_to_all() || self.filter.admits(view.directory, row))
    }

    /// Whether its size is told by counts, next to no rows being read.
    pub(super) fn is_counted(&self) -> bool {
        !self.filter.is_by_row()
            && (self.sight.side == Side::Responsible || self.filter.responsibles.is_none())
    }

    /// How many resources it has.
    pub(super) fn tally(&self, view: View<'_>, facets: Facets) -> Tally {
        let mut tallying = Tallying { facets, tally: Tally::default() };
        match self.sight.side {
            _ if !self.is_counted() => self.tally_rows(view, &mut tallying),
            Side::Responsible => self.tally_responsibles(view, &mut tallying),
            Side::Author if facets.responsibles => self.tally_rows(view, &mut tallying),
            Side::Author => self.tally_authors(view, &mut tallying),
        }
        tallying.tally
    }

    fn tally_rows(&self, view: View<'_>, tallying: &mut Tallying) {
        let mut slots = Vec::new();
        self.each_slot(view, &mut |slot| slots.push(slot));
        slots.sort_unstable();
        slots.dedup();
        let rows = slots.iter().filter_map(|slot| view.index.row(*slot));
        rows.filter(|row| self.has(view, row)).for_each(|row| tallying.add_row(row));
    }

    fn tally_authors(&self, view: View<'_>, tallying: &mut Tallying) {
        self.tally_classes(view, tallying);
        self.tally_people(view, view.index.by_author(), tallying);
    }

    fn tally_responsibles(&self, view: View<'_>, tallying: &mut Tallying) {
        // Where whole classes are open, they are counted as such, unless it matters whose they are.
        if tallying.facets.responsibles || self.filter.responsibles.is_some() {
            self.tally_each_responsible(view, tallying);
        } else {
            self.tally_classes(view, tallying);
            self.tally_people(view, view.index.by_responsible(), tallying);
            self.tally_elsewhere(view, tallying);
        }
        self.each_observed(view, &mut |row| {
            if self.filter.admits(view.directory, row) {
                tallying.add_row(row);
            }
        });
    }

    /// All of the classes that are open whosever they are.
    fn tally_classes(&self, view: View<'_>, tallying: &mut Tallying) {
        for (class, count) in view.index.counts().iter() {
            if self.filter.admits_class(class) && self.sight.opens_to_all(class) {
                tallying.add(class, None, count);
            }
        }
    }

    /// What the people in reach have, of the classes that aren't open whosever they are.
    fn tally_people(&self, view: View<'_>, shelves: &Shelves, tallying: &mut Tallying) {
        for (standing, people) in self.sight.groups() {
            let mut sums: Vec<u64> = Vec::new();
            for person in people {
                let counts = shelves.counts().of(person);
                sums.resize(sums.len().max(counts.len()), 0);
                sums.iter_mut().zip(counts).for_each(|(sum, count)| *sum += u64::from(*count));
            }
            for (class, _) in view.index.counts().iter().filter(|(class, _)| self.is_partly(*class)) {
                if self.sight.opens(class, standing) {
                    tallying.add(class, None, sums.get(class.number()).copied().unwrap_or(0));
                }
            }
        }
    }

    /// Whether a class is wanted, and is not open to everyone's resources.
    fn is_partly(&self, class: Class) -> bool {
        self.filter.admits_class(class) && !self.sight.opens_to_all(class)
    }

    /// What names departments itself, and isn't open whosever it is.
    fn tally_elsewhere(&self, view: View<'_>, tallying: &mut Tallying) {
        let mut seen = Marks::new(view.index);
        let is_single = self.sight.is_single();
        for department in self.sight.departments() {
            let is_counted =
                |class| self.is_partly(class) && self.sight.opens_of_department(class, department);
            let (mut at, mut is_open) = (None, false);
            view.index.of_department(department).for_each(|(class, slot)| {
                if !is_single {
                    return self.tally_unseen(view, &mut seen, tallying, slot);
                }
                // Slots come class by class.
                if at != Some(class) {
                    (at, is_open) = (Some(class), is_counted(class));
                }
                if is_open && seen.mark(slot) {
                    tallying.add(class, None, 1);
                }
            });
        }
        let owned = self.sight.owner().into_iter().flat_map(|user| view.index.elsewhere(user));
        owned.for_each(|slot| self.tally_unseen(view, &mut seen, tallying, slot));
    }

    fn tally_unseen(&self, view: View<'_>, seen: &mut Marks, tallying: &mut Tallying, slot: u32) {
        let row = view.index.row(slot).filter(|row| self.is_partly(row.class()));
        if let Some(row) = row
            && self.has(view, row)
            && !self.sight.opens_by_observing(view, row)
            && seen.mark(slot)
        {
            tallying.add_row(row);
        }
    }

    /// Person by person, and row by row what names departments itself.
    fn tally_each_responsible(&self, view: View<'_>, tallying: &mut Tallying) {
        let shelves = view.index.by_responsible();
        let classes: Vec<Class> = view.index.counts().iter().map(|(class, _)| class).collect();
        let classes = || classes.iter().filter(|class| self.filter.admits_class(**class));
        for person in (0..shelves.counts().len()).map(UserIndex) {
            if !self.filter.admits_responsible(Some(person)) {
                continue;
            }
            let counts = shelves.counts().of(person.0);
            for class in classes().filter(|class| self.sight.opens_of_person(**class, person.0)) {
                let count = counts.get(class.number()).copied().unwrap_or(0);
                tallying.add(*class, Some(person), count.into());
            }
        }
        if self.filter.admits_responsible(None) {
            for (class, _) in view.index.nobodys() {
                if self.filter.admits_class(class) && self.sight.opens_to_all(class) {
                    tallying.add(class, None, 1);
                }
            }
        }
        let mut seen = Marks::new(view.index);
        let slots: Vec<u32> = view.index.all_elsewhere().filter(|slot| seen.mark(*slot)).collect();
        for slots in slots.chunks(ROWS_AT_ONCE) {
            let rows = view.index.rows(slots.iter().copied()).into_iter();
            rows.filter(|row| self.has(view, row) && !self.sight.opens_by_observing(view, row))
                .for_each(|row| tallying.add_row(row));
        }
    }

    /// The resources that are visible only because he observes them.
    fn each_observed(&self, view: View<'_>, each: &mut dyn FnMut(&ResourceRow)) {
        let slots: Vec<u32> =
            self.sight.observer().into_iter().flat_map(|user| view.index.of_observer(user)).collect();
        for slots in slots.chunks(ROWS_AT_ONCE) {
            let rows = view.index.rows(slots.iter().copied()).into_iter();
            rows.filter(|row| self.sight.opens_by_observing(view, row)).for_each(&mut *each);
        }
    }

    /// Gives slots that hold all that it has, and as little else as shelves can tell; one can come more than once.
    pub(super) fn each_slot(&self, view: View<'_>, each: &mut dyn FnMut(u32)) {
        let (index, sight) = (view.index, &self.sight);
        if let Some(ids) = &self.filter.ids {
            return ids.iter().filter_map(|id| index.slot_of(id.as_str())).for_each(each);
        }
        let responsibles = self.filter.responsibles.iter().flatten().copied();
        if let Some(people) = responsibles.collect::<Option<Vec<UserIndex>>>().filter(|it| !it.is_empty()) {
            return people.into_iter().flat_map(|it| index.slots_of_responsible(it)).for_each(each);
        }
        let classes = index.counts().iter().map(|(class, _)| class);
        let whole: Vec<Class> =
            classes.filter(|it| self.filter.admits_class(*it) && sight.opens_to_all(*it)).collect();
        if !whole.is_empty() && !index.has_classes() {
            // The support model does not go by stages: it is all or what single people have.
            return index.slots().for_each(each);
        }
        whole.iter().filter_map(|it| index.of_class(*it)).flat_map(Sorted::iter).for_each(&mut *each);
        let shelves = match sight.side {
            Side::Responsible => index.by_responsible(),
            Side::Author => index.by_author(),
        };
        sight.people().flat_map(|person| shelves.slots(person.0)).for_each(&mut *each);
        for department in sight.departments() {
            let elsewhere = index.of_department(department).filter(|(class, _)| self.is_partly(*class));
            elsewhere.for_each(|(_, slot)| each(slot));
        }
        sight.owner().into_iter().flat_map(|user| index.elsewhere(user)).for_each(&mut *each);
        sight.observer().into_iter().flat_map(|user| index.of_observer(user)).for_each(each);
    }
}
