//! Which resources a subject may see: the index of resources, and lists drawn from it.
//!
//! A list is made in two steps. Postings give the slots that the subject's rights can reach, by stage, so that next
//! to nothing that he may not see is ever touched; then the same function that answers a single question decides
//! on each of them. A list can therefore not disagree with checks.

mod candidate;
mod index;
mod listing;

pub use index::{ResourceIndex, ResourceRow};
pub use listing::{Listing, View};
