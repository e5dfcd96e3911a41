//! Who may call, and what: callers, how they prove who they are, and what each of them may do.
//!
//! A file names the callers; a [`Roster`] is that file, checked, and laid out for looking callers up without a lock.
//! While the server runs a new roster takes the place of the old one in the [`Gate`]. Callers are programs, not the
//! users whose rights are asked for: nothing here decides about a ticket.

mod call;
mod evidence;
mod file;
mod jwt;
mod meter;
mod permission;
#[cfg(feature = "testing")]
pub mod probe;
mod quota;
mod roster;
mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwap;

use crate::domain::Id;

pub use call::{Breadth, CALLS, Call, Nature, Weight};
pub use evidence::{Certified, Evidence};
pub use file::CallersError;
pub use meter::{Meter, UnderWay};
pub use permission::{Denial, Permission};
pub use quota::{Quota, Rate};
pub use roster::{Known, Roster, Unknown};
pub use token::{Token, TokenHash};

/// The roster in force.
pub type Gate = ArcSwap<Roster>;

/// A program that may call.
#[derive(Debug)]
pub struct Caller {
    name: Id,
    permission: Permission,
    quota: Quota,
    meter: Arc<Meter>,
    entry: file::Entry,
    is_revoked: AtomicBool,
}

impl Caller {
    /// The name that the file gives it.
    #[must_use]
    pub const fn name(&self) -> &Id {
        &self.name
    }

    /// What it may do.
    #[must_use]
    pub const fn permission(&self) -> &Permission {
        &self.permission
    }

    /// How much it may call.
    #[must_use]
    pub const fn quota(&self) -> &Quota {
        &self.quota
    }

    /// What it has called.
    #[must_use]
    pub const fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

    /// Whether its entry of the file has changed or is gone, so that what it has open must end.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.is_revoked.load(Ordering::Relaxed)
    }

    fn revoke(&self) {
        self.is_revoked.store(true, Ordering::Relaxed);
    }
}
