//! Sets of departments that resources name: how many resources of each class name exactly these.
//!
//! What names several departments is to be counted once, whichever of them are in reach. So it is counted by set, not
//! resource by resource, and a sum over many departments reads the counts of each in one go.

use std::sync::Arc;

use imbl::{OrdMap, Vector};

use super::count::Class;
use super::row::ResourceRow;
use super::sum::{DepartmentReach, Memory, Step, Sums};
use crate::directory::DepartmentIndex;
use crate::rights::Standing;
use crate::table::{Keys, Prefix, Rows, Sorted};

/// How many resources of a class name exactly the departments of a set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SetCount {
    set: u32,
    class: Class,
    count: u32,
}

/// Counts are sorted by set and class.
struct Places;

impl Keys<SetCount> for Places {
    type Key = (u32, Class);

    type Place = SetCount;

    fn place_of(&self, it: &SetCount) -> SetCount {
        *it
    }

    fn key_at(&self, it: SetCount) -> (u32, Class) {
        (it.set, it.class)
    }

    fn prefix_of(&self, (set, _): (u32, Class)) -> Prefix {
        set.into()
    }
}

/// A set that is named.
#[derive(Clone, Copy)]
struct Named {
    number: u32,
    /// By how many resources.
    by: u32,
}

/// The sets of two or more departments that are named, and their counts.
///
/// INVARIANT: a set that is named has a number of its own, and each of its departments has its counts, of which none is
/// zero.
#[derive(Clone, Default)]
pub(super) struct DepartmentSets {
    named: OrdMap<Arc<[DepartmentIndex]>, Named>,
    /// Numbers below `number_end` that no set has.
    free: Vector<u32>,
    number_end: u32,
    /// More than the largest number of a class.
    width: usize,
    /// By department.
    counts: Rows<Sorted<SetCount>, 16, 32>,
    memory: Memory,
}

impl DepartmentSets {
    /// The sets of all rows; faster than one by one.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a ResourceRow>) -> Self {
        let mut sets = Self::default();
        let mut each: Vec<(DepartmentIndex, u32, Class)> = Vec::new();
        for row in rows.filter(|row| is_set(row.departments())) {
            let set = sets.name(row.departments());
            sets.width = sets.width.max(row.class().number() + 1);
            each.extend(row.departments().iter().map(|department| (*department, set, row.class())));
        }
        each.sort_unstable();
        for counts in each.chunk_by(|one, other| one.0 == other.0) {
            let department = counts.first().map_or(0, |(department, ..)| department.0);
            let counts = counts.chunk_by(|one, other| one == other).filter_map(|alike| {
                let (_, set, class) = *alike.first()?;
                Some(SetCount { set, class, count: u32::try_from(alike.len()).unwrap_or(u32::MAX) })
            });
            let counts: Vec<SetCount> = counts.collect();
            if let Some(place) = sets.counts.grow_mut(department as usize) {
                *place = Sorted::from_ordered(&counts, &Places);
            }
        }
        sets
    }

    /// Counts a resource; nothing where it doesn't name several departments.
    pub(super) fn add(&mut self, class: Class, departments: &[DepartmentIndex]) {
        if is_set(departments) {
            let set = self.name(departments);
            self.width = self.width.max(class.number() + 1);
            self.change((set, class), departments, |count| count + 1);
            self.note(class, departments, Step::Up);
        }
    }

    /// Counts a resource no longer.
    pub(super) fn subtract(&mut self, class: Class, departments: &[DepartmentIndex]) {
        self.note(class, departments, Step::Down);
        let Some(named) = self.named.get_mut(departments) else { return };
        named.by -= 1;
        let (set, is_last) = (named.number, named.by == 0);
        self.change((set, class), departments, |count| count.saturating_sub(1));
        if is_last {
            self.named.remove(departments);
            self.free.push_back(set);
        }
    }

    /// Notes that one more resource names a set that is named, or one less.
    fn note(&mut self, class: Class, departments: &[DepartmentIndex], step: Step) {
        if let Some((departments, _)) = self.named.get_key_value(departments) {
            self.memory.note(class, Arc::clone(departments), step);
        }
    }

    /// The number of a set that one resource more names.
    fn name(&mut self, departments: &[DepartmentIndex]) -> u32 {
        if let Some(named) = self.named.get_mut(departments) {
            named.by += 1;
            return named.number;
        }
        let number = self.free.pop_back().unwrap_or(self.number_end);
        self.number_end = self.number_end.max(number + 1);
        self.named.insert(departments.into(), Named { number, by: 1 });
        number
    }

    fn change(&mut self, place: (u32, Class), departments: &[DepartmentIndex], to: impl Fn(u32) -> u32) {
        for department in departments {
            let Some(counts) = self.counts.grow_mut(department.0 as usize) else { continue };
            let before = counts.only(&Places, place);
            if let Some(before) = before {
                counts.remove(before, &Places, place);
            }
            let count = to(before.map_or(0, |it| it.count));
            if count > 0 {
                counts.insert(SetCount { set: place.0, class: place.1, count }, &Places, place);
            }
        }
    }

    /// Whether a resource of a class that names these departments is counted by each of them.
    pub(super) fn has(&self, class: Class, departments: &[DepartmentIndex]) -> bool {
        let Some(place) = self.named.get(departments).map(|named| (named.number, class)) else {
            return !is_set(departments);
        };
        departments
            .iter()
            .filter_map(|department| self.counts.get(department.0 as usize))
            .all(|counts| counts.only(&Places, place).is_some())
    }

    /// Whether the sums that are remembered are those of the counts. Each costs as much as summing it again.
    pub(super) fn remembers_right(&self) -> bool {
        self.memory.is_right(|reach| self.sums(reach))
    }

    /// Makes a remembered sum wrong.
    #[cfg(feature = "testing")]
    pub(super) fn spoil(&self) {
        self.memory.spoil();
    }

    /// How many resources name a department and others, by the number of the class.
    pub(super) fn counts_of(&self, department: u32) -> Vec<u32> {
        let mut sums = vec![0; self.width];
        for it in self.counts.get(department as usize).into_iter().flat_map(Sorted::iter) {
            sums.iter_mut().skip(it.class.number()).take(1).for_each(|sum| *sum += it.count);
        }
        sums
    }

    /// How many resources that name several departments are open, by the number of the class. It is told how the subject
    /// stands to each department in his reach, and `opens` says what that opens; nothing without any relation.
    pub(super) fn count(
        &self,
        departments: impl Iterator<Item = (DepartmentIndex, Standing)>,
        opens: impl Fn(Class, Standing) -> bool,
    ) -> Vec<u64> {
        let mut reach: Vec<_> = departments.collect();
        reach.sort_unstable();
        self.memory.sums(&reach, || self.sums(&reach)).opened(opens)
    }

    /// Each set is counted when it is first met, and moved to how he stands to it by one department more when it is met
    /// again.
    fn sums(&self, reach: &DepartmentReach) -> Sums {
        let mut stood = vec![Standing::NONE; self.number_end as usize];
        let mut sums = Sums::default();
        for (department, standing) in reach {
            let Some(counts) = self.counts.get(department.0 as usize) else { continue };
            let (mut set, mut from, mut to) = (u32::MAX, None, None);
            counts.iter().for_each(|it| {
                if it.set != set {
                    set = it.set;
                    let (before, now) = meet(&mut stood, set, *standing);
                    (from, to) = (sums.place_of(before), sums.place_of(now));
                }
                sums.subtract(from, it.class, it.count);
                sums.add(to, it.class, it.count);
            });
        }
        sums
    }
}

/// Notes that the subject stands so to a set; says how he stood to it, and how he does now.
fn meet(stood: &mut [Standing], set: u32, standing: Standing) -> (Standing, Standing) {
    stood.get_mut(set as usize).map_or_else(Default::default, |stands| {
        let before = std::mem::replace(stands, stands.union(standing));
        (before, *stands)
    })
}

/// Whether these are several departments.
const fn is_set(departments: &[DepartmentIndex]) -> bool {
    departments.len() > 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::rights::Relation;

    const RELATIONS: [Relation; 2] = [Relation::Department, Relation::Subdepartments];
    /// Six of them are named; the reach is large enough for its sums to be remembered.
    const DEPARTMENTS: usize = 18;

    fn departments_of(bits: u8) -> Vec<DepartmentIndex> {
        (0..6).filter(|at| bits >> at & 1 == 1).map(|at| DepartmentIndex(at * 3)).collect()
    }

    fn standing_of(bits: u8) -> Standing {
        let some = RELATIONS.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
        some.fold(Standing::NONE, |standing, (_, relation)| standing.with(*relation))
    }

    /// The first class opens by one relation, the second by both, the third by any.
    fn opens(class: Class, standing: Standing) -> bool {
        match class.number() {
            0 => Standing::of(&RELATIONS[..1]).is_within(standing),
            1 => Standing::of(&RELATIONS).is_within(standing),
            _ => standing != Standing::NONE,
        }
    }

    /// Sets, and the resources that they should count.
    #[derive(Clone, Default)]
    struct Pair {
        sets: DepartmentSets,
        model: Vec<(u8, u32)>,
    }

    impl Pair {
        fn step(&mut self, (bits, class, stays): (u8, u32, bool)) {
            if stays {
                self.sets.add(Class::of_number(class), &departments_of(bits));
                self.model.push((bits, class));
            } else if let Some((bits, class)) = self.model.pop() {
                self.sets.subtract(Class::of_number(class), &departments_of(bits));
            }
        }

        fn counted(&self, reach: &[u8]) -> BTreeMap<usize, u64> {
            let reach = (0..).map(DepartmentIndex).zip(reach.iter().map(|bits| standing_of(*bits)));
            self.sets.count(reach, opens).into_iter().enumerate().filter(|(_, count)| *count > 0).collect()
        }

        fn expected(&self, reach: &[u8]) -> BTreeMap<usize, u64> {
            let mut expected = BTreeMap::new();
            for (bits, class) in &self.model {
                let departments = departments_of(*bits);
                let standings = departments.iter().map(|it| standing_of(reach[it.0 as usize]));
                let is_open =
                    opens(Class::of_number(*class), standings.fold(Standing::NONE, Standing::union));
                if departments.len() > 1 && is_open {
                    *expected.entry(*class as usize).or_default() += 1;
                }
            }
            expected
        }
    }

    proptest! {
        #[test]
        fn each_resource_counts_once_by_all_of_its_departments_together(
            steps in prop::collection::vec((0u8..64, 0u32..3, any::<bool>()), 0..300),
            reach in prop::collection::vec(0u8..4, DEPARTMENTS),
            copy_at in 0usize..300,
        ) {
            let (mut pair, mut copy) = (Pair::default(), Pair::default());
            for (at, step) in steps.into_iter().enumerate() {
                pair.step(step);
                // From there on the copy goes another way, and both are asked in turn.
                if at == copy_at {
                    copy = pair.clone();
                }
                copy.step((step.0 ^ 1, 2 - step.1, step.2));
                for it in [&pair, &copy] {
                    prop_assert_eq!(it.counted(&reach), it.expected(&reach));
                    prop_assert!(it.sets.remembers_right());
                }
            }
            let named: usize = pair.sets.named.values().map(|it| it.by as usize).sum();
            prop_assert_eq!(named, pair.model.iter().filter(|(bits, _)| bits.count_ones() > 1).count());
            prop_assert_eq!(pair.sets.named.len() + pair.sets.free.len(), pair.sets.number_end as usize);
        }
    }

    #[test]
    fn what_changed_long_ago_is_summed_again() {
        let (mut pair, reach) = (Pair::default(), [3; DEPARTMENTS]);
        for changes in [1, 1_000, 1_024, 1_025, 3_000] {
            (0..64).cycle().take(changes).for_each(|bits| pair.step((bits, u32::from(bits) % 3, true)));
            assert_eq!(pair.counted(&reach), pair.expected(&reach), "{changes}");
        }
    }
}
