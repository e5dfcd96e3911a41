//! A subject's visible resources of a type as far as a filter admits them: whether a row is one, which slots can be,
//! and how many there are.
//!
//! Slots and totals come from the lists of those in the subject's reach. Rows are read only where lists can't
//! tell: what he observes, and what is narrowed to authors, departments or ids.

use std::collections::BTreeMap;

use super::View;
use super::count::{Class, OwnerCounts};
use super::filter::Filter;
use super::index::ROWS_AT_ONCE;
use super::list::List;
use super::mark::{CertainMarks, Marks};
use super::row::ResourceRow;
use super::sift::sift;
use super::sight::{Side, Sight};
use crate::directory::{StageIndex, UserIndex};
use crate::domain::Model;
use crate::rights::{Relation, Standing};

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
        self.each_slot(view, |slot, _| slots.push(slot));
        slots.sort_unstable();
        slots.dedup();
        let rows = slots.iter().filter_map(|slot| view.index.row(*slot));
        rows.filter(|row| self.has(view, row)).for_each(|row| tallying.add_row(row));
    }

    fn tally_authors(&self, view: View<'_>, tallying: &mut Tallying) {
        self.tally_classes(view, tallying);
        self.tally_people(view, view.index.lists().author_counts(), tallying);
    }

    fn tally_responsibles(&self, view: View<'_>, tallying: &mut Tallying) {
        // Where whole classes are open, they are counted as such, unless it matters whose they are.
        if tallying.facets.responsibles || self.filter.responsibles.is_some() {
            self.tally_each_responsible(view, tallying);
        } else {
            self.tally_classes(view, tallying);
            self.tally_people(view, view.index.lists().responsible_counts(), tallying);
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
    fn tally_people(&self, view: View<'_>, counts: &OwnerCounts, tallying: &mut Tallying) {
        for (standing, people) in self.sight.groups() {
            let mut sums: Vec<u64> = Vec::new();
            for person in people {
                let counts = counts.of(person);
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
        let (index, lists) = (view.index, view.index.lists());
        let classes: Vec<Class> =
            index.counts().iter().map(|(class, _)| class).filter(|it| self.is_partly(*it)).collect();
        for department in self.sight.departments() {
            let counts = lists.department_counts().of(department.0);
            for class in classes.iter().filter(|it| self.sight.opens_of_department(**it, department)) {
                let count = counts.get(class.number()).copied().unwrap_or(0);
                tallying.add(*class, None, count.into());
            }
        }
        let standing = |department| (department, self.sight.standing_to_department(department));
        let opens = |class, standing| self.is_partly(class) && self.sight.opens(class, standing);
        let departments = self.sight.departments().map(standing);
        let sums = lists.sets().count(departments, opens);
        (0..).map(Class::of_number).zip(sums).for_each(|(class, count)| tallying.add(class, None, count));
        // And what is open only since it is his own.
        let owned = self.sight.owner().and_then(|user| lists.elsewhere(user));
        for row in owned.into_iter().flat_map(List::iter).filter_map(|slot| index.row(slot)) {
            let (class, own) = (row.class(), Standing::of(&[Relation::Own]));
            let standing = self.sight.standing_to_departments(row);
            if opens(class, standing.union(own)) && !opens(class, standing) {
                tallying.add_row(row);
            }
        }
    }

    /// Person by person, and row by row what names departments itself.
    fn tally_each_responsible(&self, view: View<'_>, tallying: &mut Tallying) {
        let lists = view.index.lists();
        let classes: Vec<Class> = view.index.counts().iter().map(|(class, _)| class).collect();
        let classes = || classes.iter().filter(|class| self.filter.admits_class(**class));
        for person in (0..lists.responsible_counts().len()).map(UserIndex) {
            if !self.filter.admits_responsible(Some(person)) {
                continue;
            }
            let counts = lists.responsible_counts().of(person.0);
            for class in classes().filter(|class| self.sight.opens_of_person(**class, person.0)) {
                let count = counts.get(class.number()).copied().unwrap_or(0);
                tallying.add(*class, Some(person), count.into());
            }
        }
        if self.filter.admits_responsible(None) {
            for class in lists.nobodys().filter_map(|slot| view.index.class(slot)) {
                if self.filter.admits_class(class) && self.sight.opens_to_all(class) {
                    tallying.add(class, None, 1);
                }
            }
        }
        let mut seen = Marks::new(view.index);
        let slots: Vec<u32> = lists.all_elsewhere().filter(|slot| seen.mark(*slot)).collect();
        for slots in slots.chunks(ROWS_AT_ONCE) {
            let rows = view.index.rows(slots.iter().copied()).into_iter();
            rows.filter(|row| self.has(view, row) && !self.sight.opens_by_observing(view, row))
                .for_each(|row| tallying.add_row(row));
        }
    }

    /// The resources that are visible only because he observes them.
    fn each_observed(&self, view: View<'_>, each: &mut dyn FnMut(&ResourceRow)) {
        let observed = self.sight.observer().and_then(|user| view.index.lists().of_observer(user));
        let slots: Vec<u32> = observed.into_iter().flat_map(List::iter).collect();
        for slots in slots.chunks(ROWS_AT_ONCE) {
            let rows = view.index.rows(slots.iter().copied()).into_iter();
            rows.filter(|row| self.sight.opens_by_observing(view, row)).for_each(&mut *each);
        }
    }

    /// Gives slots that hold all that it has, and as little else as lists can tell; one can come more than once, and is
    /// certain if it is so once.
    pub(super) fn each_slot(&self, view: View<'_>, mut each: impl FnMut(u32, Certainty)) {
        self.each_unlisted(view, &mut each);
        // Those in a row are mostly held alike.
        for alike in self.lists(view).chunk_by(Held::is_alike) {
            let Some((is_open, certainty)) = self.openness(view, alike) else { continue };
            let is_open = |slot| view.index.class(slot).is_some_and(&is_open);
            for Held { list, .. } in alike {
                let mut slots = list.iter();
                while let Some(open) = sift(&mut slots, is_open) {
                    open.into_iter().for_each(|slot| each(slot, certainty));
                }
            }
        }
    }

    /// Marks the same slots. Costs less where they are a good part of all: classes are read in the order of slots.
    pub(super) fn mark(&self, view: View<'_>, marks: &mut CertainMarks) {
        self.each_unlisted(view, &mut |slot, certainty| marks.mark(slot, certainty));
        let mut held = self.lists(view);
        held.sort_by_key(|held| held.standing);
        for alike in held.chunk_by(Held::is_alike) {
            let Some((is_open, certainty)) = self.openness(view, alike) else { continue };
            let mut reached = Marks::new(view.index);
            for slot in alike.iter().flat_map(|held| held.list.iter()) {
                reached.mark(slot);
            }
            let open = view.index.classes(reached.iter()).filter(|(_, class)| is_open(*class));
            open.for_each(|(slot, _)| marks.mark(slot, certainty));
        }
    }

    /// Gives the slots that [`Self::lists`] don't hold: those of ids that are named, and what is open whosever it is.
    fn each_unlisted(&self, view: View<'_>, each: &mut impl FnMut(u32, Certainty)) {
        if let Some(ids) = &self.filter.ids {
            let slots = ids.iter().filter_map(|id| view.index.slot_of(id.as_str()));
            slots.for_each(|slot| each(slot, Certainty::Likely));
        } else if !self.is_made_of_lists(view) {
            let certainty = self.certainty_of_classes();
            let open = view.index.classes(view.index.slots()).filter(|(_, class)| self.has_all_of(*class));
            open.for_each(|(slot, _)| each(slot, certainty));
        }
    }

    /// Whether something of a class can be in it that is in lists which are held alike, and how certain that makes it.
    fn openness(&self, view: View<'_>, alike: &[Held<'_>]) -> Option<(impl Fn(Class) -> bool, Certainty)> {
        let standing = alike.first()?.standing;
        let certainty = standing.map_or(Certainty::Likely, |_| self.certainty_of_classes());
        let is_open = self.classes_of(view, standing);
        Some((move |class: Class| is_open.get(class.number()).copied().unwrap_or(false), certainty))
    }

    /// Of what is open by its class and the list that it is in.
    fn certainty_of_classes(&self) -> Certainty {
        let is_told = self.filter.responsibles.is_none() && !self.filter.is_by_row();
        if is_told { Certainty::Sure } else { Certainty::Likely }
    }

    /// By the number of the class, whether something of it that is held so can be in it.
    fn classes_of(&self, view: View<'_>, standing: Option<Standing>) -> Vec<bool> {
        let mut is_open = Vec::new();
        for (class, _) in view.index.counts().iter().filter(|(class, _)| self.may_have(*class, standing)) {
            is_open.resize(is_open.len().max(class.number() + 1), false);
            is_open.iter_mut().skip(class.number()).take(1).for_each(|it| *it = true);
        }
        is_open
    }

    /// Whether [`Self::lists`] hold all that it has.
    pub(super) fn is_made_of_lists(&self, view: View<'_>) -> bool {
        self.filter.ids.is_none()
            && (self.wanted(view).is_some()
                || !view.index.counts().iter().any(|(class, _)| self.has_all_of(class)))
    }

    /// Whether all resources of a class are in it, as far as a filter goes by classes.
    fn has_all_of(&self, class: Class) -> bool {
        self.filter.admits_class(class) && self.sight.opens_to_all(class)
    }

    /// The lists that hold all that the filter admits, where it names whose it wants.
    fn wanted<'a>(&self, view: View<'a>) -> Option<Vec<&'a List>> {
        let lists = view.index.lists();
        if let Some(people) = named(self.filter.responsibles.as_ref()) {
            let theirs = people.into_iter().flat_map(|it| [lists.of_responsible(it), lists.elsewhere(it)]);
            return Some(theirs.flatten().collect());
        }
        match lists.model() {
            Model::Support => {
                let authors = named(self.filter.authors.as_ref())?;
                Some(authors.into_iter().filter_map(|author| lists.of_author(author)).collect())
            }
            Model::Crm => {
                let departments = self.filter.departments.as_ref()?.iter().copied();
                let theirs = departments.flat_map(|department| {
                    let members = view.directory.members(department);
                    let members = members.map(move |member| lists.of_responsible(member));
                    members.chain([lists.of_department(department), lists.shared(department)])
                });
                Some(theirs.flatten().collect())
            }
        }
    }

    /// The lists that hold all that it has but for what is open whosever it is; none where ids are named.
    pub(super) fn lists<'a>(&self, view: View<'a>) -> Vec<Held<'a>> {
        let (lists, sight) = (view.index.lists(), &self.sight);
        if self.filter.ids.is_some() {
            return Vec::new();
        }
        if let Some(wanted) = self.wanted(view) {
            return wanted.into_iter().map(|list| Held { list, standing: None }).collect();
        }
        let mut held: Vec<Held<'a>> = Vec::new();
        let mut add = |list: Option<&'a List>, standing| {
            held.extend(list.map(|list| Held { list, standing }));
        };
        for person in sight.people() {
            let list = match sight.side {
                Side::Responsible => lists.of_responsible(person),
                Side::Author => lists.of_author(person),
            };
            add(list, Some(sight.standing_to_person(person)));
        }
        let is_single = sight.is_single;
        for department in sight.departments() {
            let standing = sight.standing_to_department(department);
            add(lists.of_department(department), Some(standing));
            add(lists.shared(department), is_single.then_some(standing));
        }
        add(sight.owner().and_then(|user| lists.elsewhere(user)), None);
        add(sight.observer().and_then(|user| lists.of_observer(user)), None);
        held
    }

    /// Whether a resource of a class can be in it that is in a list to which he stands so, if that opens anything.
    pub(super) fn may_have(&self, class: Class, standing: Option<Standing>) -> bool {
        self.filter.admits_class(class) && standing.is_none_or(|standing| self.sight.opens(class, standing))
    }
}

/// Those whom a filter names, if it names everyone whom it admits.
fn named(wanted: Option<&Vec<Option<UserIndex>>>) -> Option<Vec<UserIndex>> {
    wanted?.iter().copied().collect()
}

/// Whether something is in a selection, as far as lists can tell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Certainty {
    /// It is.
    Sure,
    /// Its row is to be judged.
    Likely,
}

/// A list that is in question.
pub(super) struct Held<'a> {
    pub(super) list: &'a List,
    /// How the subject stands to everything in it, where that opens it for being in this list.
    pub(super) standing: Option<Standing>,
}

impl Held<'_> {
    fn is_alike(&self, other: &Self) -> bool {
        self.standing == other.standing
    }
}
