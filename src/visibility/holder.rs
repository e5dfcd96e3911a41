//! Holders: whom or what the rights on resources hang on.
//!
//! But for its stage, its open flag and its observers, how anybody stands to a resource depends on its responsible
//! and on the departments that it names itself. Resources that agree in both have one holder, so that who stands how
//! is found once a holder and not once a resource.

use std::sync::Arc;

use imbl::{OrdMap, OrdSet};

use super::shelf::Shelf;
use crate::directory::{DepartmentIndex, Directory, UserIndex};
use crate::table::Rows;

/// Stands for no holder.
const NO_HOLDER: u32 = u32::MAX;

type Departments = Arc<[DepartmentIndex]>;

/// A responsible and the departments that a resource names itself, with the resources that have both in common.
#[derive(Clone, Default)]
pub(super) struct Holder {
    pub(super) responsible: Option<UserIndex>,
    /// Sorted; empty where the resources belong to the responsible's departments.
    departments: Option<Departments>,
    pub(super) shelf: Shelf,
}

impl Holder {
    /// Dep(resource) of its resources (rule 3.2).
    pub(super) fn departments<'a>(&'a self, directory: &'a Directory) -> &'a [DepartmentIndex] {
        match &self.departments {
            Some(own) => own,
            None => directory.departments_of(self.responsible),
        }
    }
}

/// The place of the holder of a responsible alone, without departments.
#[derive(Clone, Copy)]
struct Place(u32);

impl Default for Place {
    fn default() -> Self {
        Self(NO_HOLDER)
    }
}

/// Every holder, by responsible and by department.
///
/// INVARIANT: each pair of a responsible and departments has at most one place, and a place without resources is free.
#[derive(Clone, Default)]
pub(super) struct Holders {
    rows: Rows<Holder, 16>,
    /// By the index of a user.
    alone: Rows<Place, 256>,
    nobody: Place,
    with_departments: OrdMap<(Option<UserIndex>, Departments), u32>,
    by_department: OrdSet<(DepartmentIndex, u32)>,
    free: imbl::Vector<u32>,
}

impl Holders {
    pub(super) fn get(&self, place: u32) -> Option<&Holder> {
        self.rows.get(place as usize)
    }

    pub(super) fn shelf_mut(&mut self, place: u32) -> Option<&mut Shelf> {
        self.rows.get_mut(place as usize).map(|holder| &mut holder.shelf)
    }

    /// Every place with its holder.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Holder)> {
        (0_u32..).map_while(|place| Some((place, self.get(place)?)))
    }

    /// The holders of a responsible, or of nobody.
    pub(super) fn of_responsible(&self, user: Option<UserIndex>) -> impl Iterator<Item = u32> {
        let least: Departments = Arc::from([]);
        let with_departments = self.with_departments.range((user, least)..);
        let own = with_departments.take_while(move |((other, _), _)| *other == user).map(|(_, place)| *place);
        self.alone(user).into_iter().chain(own)
    }

    /// The holder of a responsible whose resources name no departments.
    pub(super) fn alone(&self, user: Option<UserIndex>) -> Option<u32> {
        let place = match user {
            Some(user) => self.alone.get(user.0 as usize).copied().unwrap_or_default(),
            None => self.nobody,
        };
        (place.0 != NO_HOLDER).then_some(place.0)
    }

    /// The holders whose resources name a department.
    fn of_department(&self, department: DepartmentIndex) -> impl Iterator<Item = u32> {
        let range = self.by_department.range((department, 0)..=(department, u32::MAX));
        range.map(|(_, place)| *place)
    }

    /// The holders whose resources are in a department: by name, or through a responsible who is its member.
    pub(super) fn in_department(
        &self,
        directory: &Directory,
        department: DepartmentIndex,
    ) -> impl Iterator<Item = u32> {
        let members = directory.members(department).filter_map(|member| self.alone(Some(member)));
        members.chain(self.of_department(department))
    }

    /// The place of a pair, which is made if need be.
    pub(super) fn take(&mut self, responsible: Option<UserIndex>, departments: &[DepartmentIndex]) -> u32 {
        if departments.is_empty() {
            if let Some(place) = self.alone(responsible) {
                return place;
            }
            let place = self.add(Holder { responsible, ..Holder::default() });
            self.set_alone(responsible, Place(place));
            return place;
        }
        let key = (responsible, Arc::from(departments));
        if let Some(place) = self.with_departments.get(&key) {
            return *place;
        }
        let own = Some(Arc::clone(&key.1));
        let place = self.add(Holder { responsible, departments: own, shelf: Shelf::default() });
        self.with_departments.insert(key, place);
        for department in departments {
            self.by_department.insert((*department, place));
        }
        place
    }

    /// Frees a place if it has no resources left.
    pub(super) fn give_back(&mut self, place: u32) {
        let Some(holder) = self.rows.get_mut(place as usize).filter(|holder| holder.shelf.is_empty()) else {
            return;
        };
        let Holder { responsible, departments, .. } = std::mem::take(holder);
        match departments {
            None => self.set_alone(responsible, Place::default()),
            Some(departments) => {
                for department in departments.iter() {
                    self.by_department.remove(&(*department, place));
                }
                self.with_departments.remove(&(responsible, departments));
            }
        }
        self.free.push_back(place);
    }

    fn add(&mut self, holder: Holder) -> u32 {
        if let Some((place, row)) =
            self.free.pop_back().and_then(|place| Some((place, self.rows.get_mut(place as usize)?)))
        {
            *row = holder;
            return place;
        }
        self.rows.push(holder);
        u32::try_from(self.rows.len() - 1).unwrap_or(NO_HOLDER)
    }

    fn set_alone(&mut self, user: Option<UserIndex>, place: Place) {
        match user {
            Some(user) => {
                if let Some(present) = self.alone.grow_mut(user.0 as usize) {
                    *present = place;
                }
            }
            None => self.nobody = place,
        }
    }
}
