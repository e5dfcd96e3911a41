//! Closing the tree on a disk that may fail.
//!
//! Its own code writes and syncs while it is dropped, waits without a bound for threads that a disk error may have ended,
//! and panics where its last sync is refused. So it is closed on a thread of its own, which is waited for a bounded
//! time, and only where a sync has just gone well; else it is left for the end of the process. Nothing is lost by that:
//! what was acknowledged is on disk, and the next opening recovers as from a crash.

use std::fs::File;
use std::io;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use super::fault::{Fault, guarded};

/// How long a tree is waited for. It takes a flush, three syncs and half a second for its own thread: some four seconds on
/// a disk that takes 0.9 s for each.
const CLOSE_MAX: Duration = Duration::from_secs(10);

/// Closes a tree, or leaves it where the disk stands against that.
pub(super) fn close(db: sled::Db, data: &File) {
    let (hand_over, taken) = channel::<sled::Db>();
    let (end, ended) = channel();
    // The same open file, which is told of errors that the tree's own was told of already.
    let thread = data.try_clone().and_then(|data| {
        let work = move || taken.into_iter().for_each(|db| drop(end.send(sync_and_drop(db, &data))));
        thread::Builder::new().name("closing".to_owned()).spawn(work)
    });
    if let Err(error) = thread {
        leave(db);
        return tell(&error);
    }
    if let Err(unsent) = hand_over.send(db) {
        leave(unsent.0);
    }
    if let Err(error) = wait(&ended) {
        tell(&error);
    }
}

/// Leaves a tree as it is for the rest of the process, its threads and files too.
pub(super) fn leave(db: sled::Db) {
    std::mem::forget(db);
}

fn sync_and_drop(db: sled::Db, data: &File) -> Result<(), Fault> {
    let synced = guarded(|| {
        db.flush()?;
        Ok(data.sync_all()?)
    });
    if synced.is_err() {
        leave(db);
        return synced;
    }
    guarded(|| {
        drop(db);
        Ok(())
    })
}

fn wait(ended: &Receiver<Result<(), Fault>>) -> io::Result<()> {
    match ended.recv_timeout(CLOSE_MAX) {
        Ok(closed) => closed.map_err(Fault::into_io),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, format!("it takes more than {CLOSE_MAX:?}"))),
    }
}

fn tell(error: &io::Error) {
    let error: &dyn std::error::Error = error;
    tracing::error!(error, "the store was not closed; its next opening is as after a crash");
}
