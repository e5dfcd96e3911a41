//! Whether writes are taken, told where operators look: in the log, and as a service of its own in health.
//!
//! Decisions are made in any case, so nothing else of health changes.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;

use crate::engine::{Engine, Room, Writing};

/// The name by which health knows writes.
pub(super) const SERVICE: &str = "dopusk.v1.DirectoryService/Write";
/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Tells how it is now, and then every change until the engine is gone.
pub(super) async fn tell(engine: &Arc<Engine>, health: HealthReporter) -> JoinHandle<()> {
    let writing = engine.writing();
    if status(writing) == ServingStatus::NotServing {
        log(writing);
    }
    health.set_service_status(SERVICE, status(writing)).await;
    tokio::spawn(follow(Arc::downgrade(engine), health, status(writing)))
}

async fn follow(engine: Weak<Engine>, health: HealthReporter, mut told: ServingStatus) {
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let Some(writing) = engine.upgrade().map(|engine| engine.writing()) else { return };
        if status(writing) != told {
            told = status(writing);
            log(writing);
            health.set_service_status(SERVICE, told).await;
        }
    }
}

const fn status(writing: Writing) -> ServingStatus {
    match writing {
        Writing::Open => ServingStatus::Serving,
        Writing::NoRoom(_) | Writing::Stopped => ServingStatus::NotServing,
    }
}

fn log(writing: Writing) {
    match writing {
        Writing::Open => tracing::info!("writes are taken again"),
        Writing::NoRoom(Room { available, needed }) => {
            tracing::error!(
                available,
                needed,
                "writes are refused: the volume of the store has too little room"
            );
        }
        Writing::Stopped => {
            tracing::error!("writes are refused: the store has failed; start the server again");
        }
    }
}
