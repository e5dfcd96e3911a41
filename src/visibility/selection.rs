//! A subject's visible resources of a type as far as a filter admits them: whether a row is one, which slots can be,
//! and how many there are.
//!
//! Slots and totals come from the shelves of those in the subject's reach. Rows are read only where shelves can't
//! tell: what he observes, what names several departments, and what is narrowed to authors, departments or ids.

use std::collections::BTreeMap;

use super::View;
use super::filter::Filter;
use super::index::Holding;
use super::mark::Marks;
use super::row::ResourceRow;
use super::shelf::{Class, Shelf};
use super::sight::{Side, Sight};
use crate::directory::{StageIndex, UserIndex};

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

    /// What a person has of the classes that are counted.
    fn add_own(&mut self, person: Option<UserIndex>, own: &Shelf, is_counted: impl Fn(Class) -> bool) {
        for (class, count) in own.counts().iter().filter(|(class, _)| is_counted(*class)) {
            self.add(class, person, count);
        }
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
        for author in self.sight.people() {
            if let Some(own) = view.index.of_author(author) {
                tallying.add_own(None, own, |class| self.opens_person_only(class, author));
            }
        }
    }

    fn tally_responsibles(&self, view: View<'_>, tallying: &mut Tallying) {
        // Where whole classes are open, they are counted as such, unless it matters whose they are.
        if tallying.facets.responsibles || self.filter.responsibles.is_some() {
            self.tally_each_responsible(view, tallying);
        } else {
            self.tally_classes(view, tallying);
            for person in self.sight.people() {
                if let Some(holding) = view.index.of_responsible(person) {
                    tallying.add_own(None, &holding.own, |class| self.opens_person_only(class, person));
                }
            }
            self.tally_elsewhere(view, tallying);
        }
        self.each_observed(view, &mut |_, row| {
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

    /// Whether a class is wanted, and open to somebody's resources but not to everyone's.
    fn opens_only(&self, class: Class, opens: impl Fn(Class) -> bool) -> bool {
        self.filter.admits_class(class) && opens(class) && !self.sight.opens_to_all(class)
    }

    fn opens_person_only(&self, class: Class, person: UserIndex) -> bool {
        self.opens_only(class, |class| self.sight.opens_of_person(class, person))
    }

    /// What names departments itself, and isn't open whosever it is.
    fn tally_elsewhere(&self, view: View<'_>, tallying: &mut Tallying) {
        let mut seen = Marks::new(view.index);
        let is_single = self.sight.is_single();
        for department in self.sight.departments() {
            let classes = view.index.of_department(department);
            for (class, slots) in classes.into_iter().flat_map(|classes| classes.iter()) {
                let opens = |class| self.sight.opens_of_department(class, department);
                if is_single && self.opens_only(class, opens) {
                    let count = slots.iter().filter(|slot| seen.mark(*slot)).count();
                    tallying.add(class, None, count as u64);
                } else if !is_single {
                    slots.iter().for_each(|slot| self.tally_unseen(view, &mut seen, tallying, slot));
                }
            }
        }
        let owned = self.sight.owner().and_then(|user| view.index.of_responsible(user));
        for slot in owned.into_iter().flat_map(|holding| holding.elsewhere.iter()) {
            self.tally_unseen(view, &mut seen, tallying, slot);
        }
    }

    fn tally_unseen(&self, view: View<'_>, seen: &mut Marks, tallying: &mut Tallying, slot: u32) {
        let Some(row) = view.index.row(slot).filter(|row| !self.sight.opens_to_all(row.class())) else {
            return;
        };
        let opens = self.has(view, row) && !self.sight.opens_by_observing(view, row);
        if opens && seen.mark(slot) {
            tallying.add_row(row);
        }
    }

    /// Person by person, and row by row what names departments itself.
    fn tally_each_responsible(&self, view: View<'_>, tallying: &mut Tallying) {
        for (person, holding) in view.index.holdings() {
            if self.filter.admits_responsible(Some(person)) {
                tallying.add_own(Some(person), &holding.own, |class| {
                    self.filter.admits_class(class) && self.sight.opens_of_person(class, person)
                });
            }
        }
        if self.filter.admits_responsible(None) {
            tallying.add_own(None, view.index.nobodys(), |class| {
                self.filter.admits_class(class) && self.sight.opens_to_all(class)
            });
        }
        let mut seen = Marks::new(view.index);
        let elsewhere = view.index.by_department().flat_map(|classes| classes.iter());
        for slot in elsewhere.flat_map(|(_, slots)| slots.iter()).filter(|slot| seen.mark(*slot)) {
            let Some(row) = view.index.row(slot) else { continue };
            if self.has(view, row) && !self.sight.opens_by_observing(view, row) {
                tallying.add_row(row);
            }
        }
    }

    /// The resources that are visible only because he observes them.
    fn each_observed(&self, view: View<'_>, each: &mut dyn FnMut(u32, &ResourceRow)) {
        let slots = self.sight.observer().and_then(|user| view.index.of_observer(user));
        for slot in slots.into_iter().flat_map(|slots| slots.iter()) {
            if let Some(row) = view.index.row(slot)
                && self.sight.opens_by_observing(view, row)
            {
                each(slot, row);
            }
        }
    }

    /// Gives slots that hold all that it has, and as little else as shelves can tell; one can come more than once.
    pub(super) fn each_slot(&self, view: View<'_>, each: &mut dyn FnMut(u32)) {
        if let Some(ids) = &self.filter.ids {
            return ids.iter().filter_map(|id| view.index.slot_of(id.as_str())).for_each(each);
        }
        let responsibles = self.filter.responsibles.iter().flatten().copied();
        if let Some(people) = responsibles.collect::<Option<Vec<UserIndex>>>().filter(|it| !it.is_empty()) {
            let holdings = people.into_iter().filter_map(|person| view.index.of_responsible(person));
            return holdings.flat_map(Holding::slots).for_each(each);
        }
        let is_open = |class| self.filter.admits_class(class) && self.sight.opens_to_all(class);
        let mut is_whole = view.index.counts().iter().filter(|(class, _)| is_open(*class)).peekable();
        if is_whole.peek().is_some() && view.index.by_class().is_empty() {
            // The support model does not go by stages: it is all or what single people have.
            return view.index.slots().for_each(each);
        }
        let classes = view.index.by_class().iter().filter(|(class, _)| is_open(*class));
        classes.flat_map(|(_, slots)| slots.iter()).for_each(&mut *each);
        for person in self.sight.people() {
            let own = match self.sight.side {
                Side::Responsible => view.index.of_responsible(person).map(|holding| &holding.own),
                Side::Author => view.index.of_author(person),
            };
            own.into_iter().flat_map(Shelf::slots).for_each(&mut *each);
        }
        let departments = self.sight.departments().filter_map(|it| view.index.of_department(it));
        let elsewhere = departments
            .flat_map(|classes| classes.iter())
            .filter(|(class, _)| self.filter.admits_class(*class) && !self.sight.opens_to_all(*class));
        elsewhere.flat_map(|(_, slots)| slots.iter()).for_each(&mut *each);
        let owned = self.sight.owner().and_then(|user| view.index.of_responsible(user));
        owned.into_iter().flat_map(|holding| holding.elsewhere.iter()).for_each(&mut *each);
        let observed = self.sight.observer().and_then(|user| view.index.of_observer(user));
        observed.into_iter().flat_map(|slots| slots.iter()).for_each(each);
    }
}
