//! A subject's visible resources of a type as far as a filter admits them: whether a row is one, which slots can be,
//! and how many there are.
//!
//! Slots and totals come from the shelves of those in the subject's reach. Rows are read only where shelves can't
//! tell: what he observes, and what is narrowed to authors or ids.

use std::collections::BTreeMap;

use super::View;
use super::filter::Filter;
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

impl Tally {
    fn add(&mut self, facets: Facets, class: Class, responsible: Option<UserIndex>, count: u64) {
        self.total += count;
        if facets.stages {
            *self.stages.entry(class.stage()).or_default() += count;
        }
        if facets.responsibles {
            *self.responsibles.entry(responsible).or_default() += count;
        }
    }
}

/// Compiled from a view and a filter; every call takes the view that it was compiled from.
pub(super) struct Selection {
    sight: Sight,
    filter: Filter,
    /// The holders that the filter admits, if it goes by holders.
    holders: Option<Vec<u32>>,
}

impl Selection {
    pub(super) fn compile(view: View<'_>, filter: Filter) -> Self {
        let holders = filter.holders(view.directory, view.index);
        Self { sight: Sight::compile(view), filter, holders }
    }

    /// Whether a row is in it.
    pub(super) fn has(&self, view: View<'_>, row: &ResourceRow) -> bool {
        self.sight.opens_row(row)
            && (self.filter.is_open_to_all() || self.filter.admits(view.directory, view.index, row))
    }

    /// How many resources it has.
    pub(super) fn tally(&self, view: View<'_>, facets: Facets) -> Tally {
        let mut tally = Tally::default();
        let by_shelf = match self.sight.side {
            Side::Holder => !self.filter.is_by_row(),
            Side::Author => !self.filter.is_by_row() && !self.filter.is_by_holder() && !facets.responsibles,
        };
        if !by_shelf {
            let mut add = |slot| {
                self.add_row(view, slot, &mut |row| {
                    tally.add(facets, row.class(), row.responsible(), 1);
                })
            };
            self.each_slot(view, &mut add);
            return tally;
        }
        self.tally_shelves(view, facets, &mut tally);
        self.each_observed(view, &mut |row| {
            if self.filter.admits(view.directory, view.index, row) {
                tally.add(facets, row.class(), row.responsible(), 1);
            }
        });
        tally
    }

    fn add_row(&self, view: View<'_>, slot: u32, add: &mut impl FnMut(&ResourceRow)) {
        if let Some(row) = view.index.row(slot).filter(|row| self.has(view, row)) {
            add(row);
        }
    }

    /// What is visible but for what he observes, by the counts of shelves.
    fn tally_shelves(&self, view: View<'_>, facets: Facets, tally: &mut Tally) {
        let holders = view.index.holders();
        let mut add_holder = |place: u32, is_counted: &dyn Fn(Class) -> bool| {
            let Some(holder) = holders.get(place) else { return };
            for (class, count) in holder.shelf.counts().iter().filter(|(class, _)| is_counted(*class)) {
                tally.add(facets, class, holder.responsible, count);
            }
        };
        let opens = |class, place| self.filter.admits_class(class) && self.sight.opens_of(class, place);
        if let Some(places) = &self.holders {
            return places.iter().for_each(|place| add_holder(*place, &|class| opens(class, *place)));
        }
        if facets.responsibles {
            return holders.iter().for_each(|(place, _)| add_holder(place, &|class| opens(class, place)));
        }
        let to_all = |class: Class| self.sight.opens_to_all(class);
        if self.sight.side == Side::Holder {
            for place in self.sight.known() {
                add_holder(*place, &|class| opens(class, *place) && !to_all(class));
            }
        } else {
            for author in self.sight.known() {
                let counts = view.index.of_author(UserIndex(*author)).into_iter().map(Shelf::counts);
                for (class, count) in counts.flat_map(|counts| counts.iter().collect::<Vec<_>>()) {
                    if opens(class, *author) && !to_all(class) {
                        tally.add(facets, class, None, count);
                    }
                }
            }
        }
        for (class, count) in view.index.counts().iter() {
            if self.filter.admits_class(class) && to_all(class) {
                tally.add(facets, class, None, count);
            }
        }
    }

    /// The resources that are visible only because he observes them.
    fn each_observed(&self, view: View<'_>, each: &mut dyn FnMut(&ResourceRow)) {
        let slots = self.sight.observer.and_then(|user| view.index.of_observer(user));
        let rows = slots.into_iter().flat_map(|slots| slots.iter()).filter_map(|slot| view.index.row(slot));
        rows.filter(|row| self.sight.opens_by_observing(row)).for_each(each);
    }

    /// Gives slots that hold all that it has, each once; the rows are still to be asked about.
    pub(super) fn each_slot(&self, view: View<'_>, each: &mut dyn FnMut(u32)) {
        let holders = view.index.holders();
        if let Some(ids) = &self.filter.ids {
            let mut slots: Vec<u32> = ids.iter().filter_map(|id| view.index.slot_of(id.as_str())).collect();
            slots.sort_unstable();
            slots.dedup();
            return slots.into_iter().for_each(each);
        }
        if let Some(places) = &self.holders {
            let holders = places.iter().filter_map(|place| holders.get(*place));
            return holders.flat_map(|holder| holder.shelf.slots()).for_each(each);
        }
        let classes = || view.index.counts().iter().map(|(class, _)| class);
        let mut to_all = classes().filter(|class| self.sight.opens_to_all(*class)).peekable();
        if self.sight.side == Side::Author || view.index.model() == crate::domain::Model::Support {
            // The support model does not go by stages: all are open, or those of people alone.
            if to_all.peek().is_some() {
                return view.index.slots().for_each(each);
            }
        }
        to_all
            .filter_map(|class| view.index.of_class(class))
            .flat_map(|list| list.iter())
            .for_each(&mut *each);
        for place in self.sight.known() {
            let shelf = match self.sight.side {
                Side::Holder => holders.get(*place).map(|holder| &holder.shelf),
                Side::Author => view.index.of_author(UserIndex(*place)),
            };
            let rows = shelf.into_iter().flat_map(Shelf::slots);
            rows.for_each(|slot| {
                let class = view.index.row(slot).map(ResourceRow::class);
                let opens = |class| self.sight.opens_of(class, *place) && !self.sight.opens_to_all(class);
                if class.is_some_and(opens) {
                    each(slot);
                }
            });
        }
        self.each_observed_slot(view, each);
    }

    fn each_observed_slot(&self, view: View<'_>, each: &mut dyn FnMut(u32)) {
        let slots = self.sight.observer.and_then(|user| view.index.of_observer(user));
        for slot in slots.into_iter().flat_map(|slots| slots.iter()) {
            if view.index.row(slot).is_some_and(|row| self.sight.opens_by_observing(row)) {
                each(slot);
            }
        }
    }
}
