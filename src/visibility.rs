//! Which resources a subject may see: the index of resources, lists in any order, totals.
//!
//! The rules are put every question that can come up in a type before a list is drawn (`rights::Plan`); whoever is in
//! the subject's reach is looked up once; and what is left of a decision is a look at a row, or at how many there are
//! on a list. So lists cost what they answer, and can't disagree with checks.

mod census;
mod count;
mod filter;
mod index;
mod list;
mod listing;
mod mark;
mod merge;
mod order;
mod reach;
mod row;
mod selection;
mod set;
mod shift;
mod sift;
mod sight;
mod sum;
mod turn;
mod verify;

pub use filter::Filter;
pub use index::ResourceIndex;
pub use listing::{Listing, Part, View};
pub use order::{Direction, Key, Order, Position};
pub use row::ResourceRow;
pub use selection::{Facets, Tally};
pub use shift::{Place, SharedType, Shift};
pub use turn::{Turn, Turned};
#[cfg(feature = "testing")]
pub use verify::Spoilt;
pub use verify::{Flaw, Looked, Place as VerifyPlace};
