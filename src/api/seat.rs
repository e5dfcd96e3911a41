//! Seats: bounds on what takes long. Who finds none is refused at once, and comes again when one has ended.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use super::status;

/// The seats of a kind of work. Copies share them.
#[derive(Clone)]
pub(super) struct Seats {
    free: Arc<Semaphore>,
    most: usize,
    /// What sits in them, in the plural.
    what: &'static str,
    reason: &'static str,
}

/// A seat, until this goes out of scope.
pub(super) struct Seat {
    _held: OwnedSemaphorePermit,
}

impl Seats {
    /// So many seats, and what a caller is told who finds none.
    pub(super) fn new(most: usize, what: &'static str, reason: &'static str) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), most, what, reason }
    }

    /// Takes a seat.
    pub(super) fn take(&self) -> Result<Seat, Status> {
        let held = Arc::clone(&self.free).try_acquire_owned();
        held.map(|held| Seat { _held: held }).map_err(|_| status::too_many(self.most, self.what, self.reason))
    }
}

#[cfg(test)]
mod tests {
    use tonic_types::StatusExt as _;

    use super::*;

    #[test]
    fn no_more_is_under_way_than_may_be_and_one_that_ends_makes_room() {
        let seats = Seats::new(2, "reviews", "TOO_MANY_REVIEWS");
        let mut taken: Vec<_> = (0..2).map(|_| seats.take().ok().unwrap()).collect();
        let refused = seats.take().err().unwrap();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        assert_eq!(refused.message(), "2 reviews are under way; ask again when one has ended");
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "TOO_MANY_REVIEWS");
        assert!(details.retry_info().unwrap().retry_delay.is_some());
        drop(taken.pop());
        assert!(seats.take().is_ok());
    }
}
