//! Metrics: what calls, decisions, the store and the process are counted as, and where a monitor reads it.
//!
//! Counting is done where things happen, by additions without a lock; everything else is looked up when a monitor asks.
//! Labels are names of calls, statuses, entity types and actions, all of bounded number: never who asked or about what.

mod calls;
mod exposition;
mod listener;

pub use calls::{Calls, CallsFigures};
pub use exposition::Exposition;
pub use listener::{Listener, Ready};
