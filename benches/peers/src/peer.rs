//! What an engine must be able to do to be compared. A question is named by its place in the list that the engine was
//! prepared with, so that gathering what a caller has to send is no part of the time.

use anyhow::Result;

/// An engine in this process.
pub trait InProcess {
    fn may_read(&self, at: usize) -> Result<bool>;
}

/// A connection to an engine of its own process.
pub trait Remote: Clone + Send + Sync + 'static {
    fn may_read(&self, at: usize) -> impl Future<Output = Result<bool>> + Send;
}
