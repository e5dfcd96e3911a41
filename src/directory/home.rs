//! The departments that a user is a direct member of: mostly one, which is held in place.
//!
//! Who asks for them has read the user for it, and finds them there without another line of memory.

use std::ops::Deref;
use std::sync::Arc;

use super::DepartmentIndex;

/// Dep(u), sorted. A copy costs a reference count at most.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Home(Held);

/// INVARIANT: one department is always held as `One`, so that equal ones are held alike.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Held {
    One([DepartmentIndex; 1]),
    Others(Arc<[DepartmentIndex]>),
}

impl Home {
    /// Takes departments in, in any order.
    #[must_use]
    pub fn of(mut departments: Vec<DepartmentIndex>) -> Self {
        departments.sort_unstable();
        match *departments {
            [one] => Self(Held::One([one])),
            _ => Self(Held::Others(departments.into())),
        }
    }
}

impl Default for Home {
    fn default() -> Self {
        Self(Held::Others(Arc::default()))
    }
}

impl Deref for Home {
    type Target = [DepartmentIndex];

    fn deref(&self) -> &Self::Target {
        match &self.0 {
            Held::One(one) => one,
            Held::Others(others) => others,
        }
    }
}
