//! What a monitor is told: bound before the store is opened, answered from when calls are.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::ServeError;
use crate::api::load::Load;
use crate::api::{Observer, calls};
use crate::engine::Engine;
use crate::journal::{AuditCounts, AuditLog, Counts, DecisionLog};
use crate::metric::{Calls, Exposition, Listener, Ready};
use crate::telemetry::is_tracing;

/// Where metrics are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MetricsAt {
    /// The address; port 0 takes any free one.
    pub address: SocketAddr,
    /// Whether others than this machine may reach it, in plain text and whoever they are.
    pub is_exposed: bool,
}

/// A monitor's listener, bound.
pub(super) struct Bound {
    listener: Listener,
    pub(super) calls: Arc<Calls>,
}

/// A monitor's listener that answers.
pub(super) struct Monitor {
    pub(super) address: Option<SocketAddr>,
    ready: Ready,
    serving: JoinHandle<()>,
}

impl Bound {
    /// Binds the address. One that others can reach must have been asked for in so many words.
    pub(super) async fn bind(at: MetricsAt) -> Result<Self, ServeError> {
        let MetricsAt { address, is_exposed } = at;
        if !address.ip().is_loopback() && !is_exposed {
            return Err(ServeError::MetricsNotLoopback(address));
        }
        let bound = Listener::bind(address).await;
        let listener = bound.map_err(|cause| ServeError::Bind { place: address.to_string(), cause })?;
        Ok(Self { listener, calls: Arc::new(calls()) })
    }

    /// Answers from an engine, and from the logs that are kept beside it.
    pub(super) fn serve(
        self,
        engine: &Arc<Engine>,
        load: &Arc<Load>,
        decisions: Option<&Arc<DecisionLog>>,
        audit: Option<&Arc<AuditLog>>,
    ) -> Monitor {
        let (address, ready) = (self.listener.address(), Ready::default());
        ready.begin();
        let (under_way, waiting) = (Arc::clone(load), Arc::clone(load));
        let exposition = Exposition::new(engine, self.calls)
            .gauge("dopusk_heavy_calls_under_way", "Heavy calls that have their turn", move || {
                under_way.figures().heavy_under_way
            })
            .gauge("dopusk_heavy_calls_waiting", "Heavy calls that wait for it", move || {
                waiting.figures().heavy_waiting
            });
        let exposition = decisions.into_iter().fold(exposition, of_decisions);
        let exposition = audit.into_iter().fold(exposition, of_audit);
        let exposition = Arc::new(exposition);
        let serving = tokio::spawn(self.listener.serve(exposition, ready.clone()));
        Monitor { address, ready, serving }
    }
}

/// Reads a figure of what others have, for as long as they have it: an audit log would keep the store open.
fn figure_of<T, F: Fn(&T) -> u64>(it: &Arc<T>, figure: F) -> impl Fn() -> u64 + use<T, F> {
    let it = Arc::downgrade(it);
    move || it.upgrade().map_or(0, |it| figure(&it))
}

/// Tells besides of a decision log.
fn of_decisions(exposition: Exposition, log: &Arc<DecisionLog>) -> Exposition {
    let of = |figure: fn(Counts) -> u64| figure_of(log, move |log| figure(log.counts()));
    exposition
        .counter("dopusk_decisions_logged", "Decisions that are in the decision log", of(|it| it.written))
        .counter(
            "dopusk_decisions_unlogged",
            "Decisions that are not in it, for want of room in memory or on disk",
            of(|it| it.dropped),
        )
        .counter("dopusk_decision_log_errors", "How often writing it has failed", of(|it| it.failures))
}

/// Tells besides of an audit log.
fn of_audit(exposition: Exposition, log: &Arc<AuditLog>) -> Exposition {
    let of = |figure: fn(AuditCounts) -> u64| figure_of(log, move |log| figure(log.counts()));
    exposition
        .gauge(
            "dopusk_audited_revision",
            "The revision up to which every write is audited",
            of(|it| it.revision),
        )
        .counter(
            "dopusk_refused_writes_unaudited",
            "Refused writes that are not in the audit log, for want of room in memory",
            of(|it| it.dropped),
        )
        .counter("dopusk_audit_log_errors", "How often writing it has failed", of(|it| it.failures))
}

/// Who observes calls, where anything of them is told: by metrics, traces or the log.
pub(super) fn observer(bound: Option<&Bound>, slow: Option<Duration>) -> Option<Arc<Observer>> {
    let counted = bound.map(|it| Arc::clone(&it.calls));
    let is_told = counted.is_some() || slow.is_some() || is_tracing();
    is_told.then(|| Arc::new(Observer::new(counted.unwrap_or_else(|| Arc::new(calls())), slow)))
}

impl Monitor {
    /// Says that calls are no longer answered.
    pub(super) fn unready(&self) {
        self.ready.end();
    }

    /// Ends it.
    pub(super) fn stop(&self) {
        self.serving.abort();
    }
}
