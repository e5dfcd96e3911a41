//! Looks after memory where it has a limit: measures it, and has the engine give up what it can do without.

use std::cmp::Ordering;
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Engine;
use crate::memory::{Budget, Strain};

/// How often memory is measured: an import adds some megabytes meanwhile.
const MEASURE_EVERY: Duration = Duration::from_millis(100);

/// Looks after it for as long as the server runs.
pub(super) async fn follow(engine: Arc<Engine>, memory: Arc<Budget>) {
    let Some(limit) = memory.limit() else { return };
    tracing::info!(limit_mib = limit >> 20, "memory has a limit");
    let mut before = Strain::Ample;
    loop {
        tokio::time::sleep(MEASURE_EVERY).await;
        let strain = memory.measure();
        tell(before, strain, &memory);
        let is_well = before == Strain::Ample && strain == Strain::Ample;
        before = strain;
        if is_well {
            continue;
        }
        let engine = Arc::clone(&engine);
        let eased = tokio::task::spawn_blocking(move || match strain {
            Strain::Ample => engine.recover(),
            Strain::Short | Strain::Critical => engine.relieve(),
        });
        // The thread ends early only at shutdown.
        if eased.await.is_err() {
            return;
        }
    }
}

fn tell(before: Strain, strain: Strain, memory: &Budget) {
    let resident_mib = memory.resident() >> 20;
    match strain.cmp(&before) {
        Ordering::Greater => tracing::warn!(resident_mib, ?strain, "memory is running out"),
        Ordering::Less => tracing::info!(resident_mib, ?strain, "there is memory again"),
        Ordering::Equal => {}
    }
}
