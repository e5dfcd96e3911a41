//! Whoever follows the changes: none is left out, also across restarts.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use dopusk::client::{ClientError, Event, revision_number};

use crate::life::Link;
use crate::load::Load;

/// How long a watcher may be behind when nobody writes any more.
const BEHIND_MAX: Duration = Duration::from_secs(30);
/// How often a watcher looks whether all is over.
const LOOK: Duration = Duration::from_millis(200);

/// Follows from now on until all is over and the newest change is seen.
pub(crate) async fn watch(load: Arc<Load>) {
    let (mut token, mut over_since) = (String::new(), None);
    loop {
        let link = load.lives.link().await;
        let watched = follow(&load, &link, &mut token, &mut over_since).await;
        match watched {
            Ok(()) => return,
            // A server that ends says so, or is gone.
            Err(_) if load.lives.has_ended(link.life) => load.tally.count("watches broken off by a restart"),
            Err(error) => {
                load.tally.fault(&format!("a watch behind {token:?}, life {}: {error}", link.life));
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

async fn follow(
    load: &Load,
    link: &Link,
    token: &mut String,
    over_since: &mut Option<Instant>,
) -> Result<(), ClientError> {
    let mut changes = link.client.watch(token).await?;
    loop {
        let Ok(event) = tokio::time::timeout(LOOK, changes.next()).await else {
            if is_done(load, token, over_since) {
                return Ok(());
            }
            continue;
        };
        match event? {
            Some(Event::Committed(set)) => take(load, token, set.revision),
            Some(Event::Quiet(at)) if token.is_empty() => *token = at,
            Some(Event::Quiet(_)) => {}
            None => return Err(ClientError::Nonsense("the watch has ended".to_owned())),
        }
    }
}

fn number(token: &str) -> u64 {
    revision_number(token).map_or(0, |it| it.get())
}

fn take(load: &Load, token: &mut String, next: String) {
    if !token.is_empty() && number(&next) != number(token) + 1 {
        load.tally.fault(&format!("a gap: {next} behind {token}"));
    }
    load.tally.count("changes watched");
    *token = next;
}

/// Whether all is over and everything was seen, or waited for long enough.
fn is_done(load: &Load, token: &str, over_since: &mut Option<Instant>) -> bool {
    if !load.is_over() {
        return false;
    }
    let newest = load.newest.load(Ordering::SeqCst);
    let since = *over_since.get_or_insert_with(Instant::now);
    let is_late = since.elapsed() > BEHIND_MAX;
    if is_late {
        load.tally.fault(&format!("a watcher is at {token:?}, and {newest} was acknowledged"));
    }
    is_late || number(token) >= newest
}
