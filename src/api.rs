//! The gRPC contract: the only user of the generated types.
//!
//! A handler says who may call, parses into the domain, makes one call of the engine and converts the answer.
//! Whatever goes wrong becomes a status in one place, [`status`].

mod admission;
mod aside;
mod auditing;
pub mod convert;
mod cursor;
mod deadline;
mod decision;
mod directory;
mod history;
pub mod load;
mod logging;
mod observe;
mod past;
mod permit;
mod preview;
#[cfg(feature = "testing")]
pub mod probe;
mod reader;
mod rest;
mod review;
mod seat;
mod shed;
mod slot;
pub mod status;
mod switch;
mod visible;
mod watch;
mod why_not;

use std::sync::Arc;

use tokio::sync::watch as signal;

use self::load::Load;
use self::permit::Permit;
use self::reader::Readers;
use crate::engine::Engine;
use crate::journal::{AuditLog, DecisionLog};

pub use admission::AdmissionLayer;
pub use deadline::DeadlineLayer;
pub use decision::DecisionApi;
pub use directory::DirectoryApi;
pub use history::HistoryApi;
pub use observe::{ObserveLayer, Observer, calls};
pub use permit::Doors;
pub use preview::PreviewApi;
pub use reader::READER_WAIT_MAX;
pub use review::ReviewApi;
pub use shed::ShedLayer;
pub use switch::Switch;
pub use watch::WatchApi;
pub use why_not::WhyNotApi;

pub use pb::DESCRIPTORS;
pub use pb::decision_service_server::DecisionServiceServer;
pub use pb::directory_service_server::DirectoryServiceServer;
pub use pb::history_service_server::HistoryServiceServer;
pub use pb::preview_service_server::PreviewServiceServer;
pub use pb::review_service_server::ReviewServiceServer;
pub use pb::watch_service_server::WatchServiceServer;
pub use pb::why_not_service_server::WhyNotServiceServer;
pub use tonic_health::pb::FILE_DESCRIPTOR_SET as HEALTH_DESCRIPTORS;

/// The generated types.
pub mod pb {
    #![allow(
        missing_docs,
        clippy::allow_attributes_without_reason,
        clippy::excessive_nesting,
        clippy::large_enum_variant,
        clippy::pedantic,
        clippy::wildcard_enum_match_arm,
        reason = "generated code; its documentation is that of the contract"
    )]

    tonic::include_proto!("dopusk.v1");

    /// The contract's descriptors, for reflection.
    pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/dopusk_descriptor.bin"));
}

/// What every handler needs.
#[derive(Clone)]
pub struct Context {
    engine: Arc<Engine>,
    /// Turns true when the server shuts down: streams end.
    stopping: signal::Receiver<bool>,
    doors: Doors,
    decision_log: Option<Arc<DecisionLog>>,
    audit_log: Option<Arc<AuditLog>>,
    /// Held by the one call that makes a state of the past again.
    remaking: Arc<tokio::sync::Mutex<()>>,
    load: Arc<Load>,
    readers: Arc<Readers>,
}

impl Context {
    /// A context for an engine, and a signal that turns true when streams are to end. Callers are not named.
    #[must_use]
    pub fn new(engine: Arc<Engine>, stopping: signal::Receiver<bool>) -> Self {
        Self {
            engine,
            stopping,
            remaking: Arc::default(),
            doors: Doors::Open,
            load: Arc::default(),
            readers: Arc::default(),
            decision_log: None,
            audit_log: None,
        }
    }

    /// The same, where callers are named or not.
    #[must_use]
    pub fn behind(self, doors: Doors) -> Self {
        Self { doors, ..self }
    }

    /// The same, with heavy calls that take their turns of a load.
    #[must_use]
    pub fn under(self, load: Arc<Load>) -> Self {
        Self { load, ..self }
    }

    /// Looks after the readers of streams, for as long as the server runs.
    pub async fn follow(self) {
        self.readers.follow().await;
    }

    /// The same, whose decisions are logged.
    #[must_use]
    pub fn logged(self, decision_log: Option<Arc<DecisionLog>>) -> Self {
        Self { decision_log, ..self }
    }

    /// The same, whose refused writes are told to an audit log.
    #[must_use]
    pub fn audited(self, audit_log: Option<Arc<AuditLog>>) -> Self {
        Self { audit_log, ..self }
    }

    /// What a request may ask.
    fn permit<'a, T>(&self, request: &'a tonic::Request<T>) -> Result<Permit<'a>, tonic::Status> {
        Permit::of(self.doors, request)
    }

    /// Ends when the server shuts down.
    async fn stops(&self) {
        // A server whose signal is gone is stopping too.
        drop(self.stopping.clone().wait_for(|is_stopping| *is_stopping).await);
    }
}
