//! Work that reads the disk or takes long: off the async threads, for as long as somebody waits.

use tokio::sync::oneshot;
use tonic::Status;

use super::status;
use crate::telemetry::carry;

/// Does work on a thread of its own. The work may ask whether it is still wanted: no longer so once the call has ended,
/// because its deadline has passed or its caller has gone.
///
/// # Errors
/// The work has stopped without an end: the server is going down.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce(&dyn Fn() -> bool) -> T + Send + 'static,
) -> Result<T, Status> {
    let (done, end) = oneshot::channel();
    tokio::task::spawn_blocking(carry(move || {
        let result = work(&|| !done.is_closed());
        // Whoever no longer waits needs no result.
        drop(done.send(result));
    }));
    end.await.map_err(|_| status::shutting_down())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_is_no_longer_wanted_when_its_caller_has_gone() {
        assert!(aside(|is_wanted| is_wanted()).await.unwrap());
        let (told, heard) = mpsc::channel();
        let waiting = aside(move |is_wanted| {
            while is_wanted() {
                std::thread::yield_now();
            }
            told.send(()).unwrap();
        });
        assert!(tokio::time::timeout(Duration::from_millis(5), waiting).await.is_err());
        heard.recv_timeout(Duration::from_secs(20)).unwrap();
    }
}
