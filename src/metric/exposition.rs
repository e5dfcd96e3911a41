//! The text that a monitor reads: the text format of Prometheus, which OpenMetrics readers take too.
//!
//! The names of calls' durations are those of OpenTelemetry's conventions, as Prometheus spells them; those of the
//! process are the usual ones; the rest begins with `dopusk_`.

use std::fmt;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, EncodeCounterValue, EncodeGaugeValue, EncodeLabelSet, NoLabelSet, prometheus_text,
};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Registry;

use super::calls::Calls;
use crate::domain::Kind;
use crate::engine::{Engine, Figures, Verification};
use crate::telemetry::{Timings, process_figures};

/// The type of the text.
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Everything that is told to a monitor.
#[derive(Debug)]
pub struct Exposition {
    registry: Registry,
}

impl Exposition {
    /// Tells of an engine, and of the calls to it.
    #[must_use]
    pub fn new(engine: &Arc<Engine>, calls: Arc<Calls>) -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(OfCalls(calls)));
        registry.register_collector(Box::new(OfEngine(Arc::downgrade(engine))));
        registry.register_collector(Box::new(OfProcess { started: SystemTime::now() }));
        Self { registry }
    }

    /// Tells besides of what goes up and down and is known elsewhere.
    #[must_use]
    pub fn gauge(
        self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.tell(Reading { name, help, course: Course::UpAndDown, read: Box::new(read) })
    }

    /// Tells besides of what only goes up and is known elsewhere.
    #[must_use]
    pub fn counter(
        self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Self {
        self.tell(Reading { name, help, course: Course::Up, read: Box::new(read) })
    }

    fn tell(mut self, it: Reading) -> Self {
        self.registry.register_collector(Box::new(it));
        self
    }

    /// The text at this time. Takes some hundred microseconds, and asks the disk and the operating system.
    ///
    /// # Errors
    /// A text takes whatever is written to it; a collector could only fail by itself.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// One way to write each sort of metric.
struct Page<'a>(DescriptorEncoder<'a>);

impl Page<'_> {
    fn counter<L: EncodeLabelSet, N: EncodeCounterValue>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, N)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Counter)?;
        values.into_iter().try_for_each(|(labels, value)| {
            metric.encode_family(&labels)?.encode_counter::<NoLabelSet, _, u64>(&value, None)
        })
    }

    fn gauge<L: EncodeLabelSet, N: EncodeGaugeValue>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, N)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Gauge)?;
        values.into_iter().try_for_each(|(labels, value)| metric.encode_family(&labels)?.encode_gauge(&value))
    }

    fn histogram<L: EncodeLabelSet>(
        &mut self,
        name: &str,
        help: &str,
        values: impl IntoIterator<Item = (L, Timings)>,
    ) -> fmt::Result {
        let mut metric = self.0.encode_descriptor(name, help, None, MetricType::Histogram)?;
        values.into_iter().try_for_each(|(labels, it)| {
            metric.encode_family(&labels)?.encode_histogram::<NoLabelSet>(
                it.sum_s,
                it.count,
                &it.buckets,
                None,
            )
        })
    }
}

/// A value without labels.
fn one<N>(value: N) -> [([(&'static str, &'static str); 0], N); 1] {
    [([], value)]
}

/// A value without labels, where it is known.
fn known<N>(value: Option<N>) -> Option<([(&'static str, &'static str); 0], N)> {
    value.map(|value| ([], value))
}

#[derive(Debug)]
struct OfCalls(Arc<Calls>);

impl Collector for OfCalls {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (mut page, calls) = (Page(encoder), self.0.figures());
        page.histogram(
            "rpc_server_call_duration_seconds",
            "How long calls took, streams to their end, by method and status",
            calls
                .ended
                .into_iter()
                .map(|it| ([("rpc_method", it.method), ("rpc_status_code", it.code)], it.timings)),
        )?;
        page.gauge(
            "dopusk_calls_under_way",
            "Calls that have not ended, streams among them",
            calls.under_way.into_iter().map(|(method, count)| ([("rpc_method", method)], count)),
        )?;
        page.counter(
            "dopusk_calls_failed",
            "Calls that ended with an error, by the reason of the error; a denial is no error",
            calls.reasons.into_iter().map(|(reason, count)| ([("reason", reason)], count)),
        )
    }
}

/// Of an engine, for as long as others have it: a connection that stays must not keep the store open.
struct OfEngine(Weak<Engine>);

impl fmt::Debug for OfEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfEngine").finish_non_exhaustive()
    }
}

impl Collector for OfEngine {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(engine) = self.0.upgrade() else { return Ok(()) };
        let (mut page, figures) = (Page(encoder), engine.figures());
        state(&mut page, &figures)?;
        decisions(&mut page, &figures)?;
        cache(&mut page, &figures)?;
        store(&mut page, &figures)?;
        verification(&mut page, figures.verification)?;
        page.gauge("dopusk_watchers", "Streams of changes", one(figures.watch.watchers))?;
        page.gauge(
            "dopusk_watch_lag_revisions",
            "How many revisions the watcher furthest behind has not been sent",
            one(figures.watch.lag),
        )
    }
}

fn state(page: &mut Page<'_>, figures: &Figures) -> fmt::Result {
    page.gauge(
        "dopusk_build_info",
        "The version; the value is 1",
        [([("version", env!("CARGO_PKG_VERSION"))], 1)],
    )?;
    page.gauge(
        "dopusk_snapshot_revision",
        "The revision that is answered from",
        one(figures.revision.get()),
    )?;
    let committed = u64::try_from(figures.committed_at_ms).unwrap_or(0);
    page.gauge(
        "dopusk_snapshot_committed_timestamp_seconds",
        "When that revision was committed; 0 in a store that was never written to",
        one(Duration::from_millis(committed).as_secs_f64()),
    )?;
    let objects = figures.objects.iter().map(|(kind, count)| ([("kind", Kind::list_name(*kind))], *count));
    page.gauge("dopusk_objects", "Objects of the organisation, by kind", objects)?;
    let resources = figures.resources.iter().map(|(name, count)| ([("entity_type", name.as_str())], *count));
    page.gauge("dopusk_resources", "Resources, by entity type", resources)
}

fn decisions(page: &mut Page<'_>, figures: &Figures) -> fmt::Result {
    let decisions = figures.decisions.iter().map(|it| {
        let kind = [("entity_type", it.entity_type.as_str()), ("action", it.action.as_str())];
        ((kind, [("effect", it.effect.name()), ("reason", it.reason.name())]), it.count)
    });
    page.counter("dopusk_decisions", "Decisions of Check and BatchCheck", decisions)
}

fn cache(page: &mut Page<'_>, figures: &Figures) -> fmt::Result {
    let cache = figures.cache;
    page.gauge("dopusk_cached_users", "Users whose rights are kept compiled", one(cache.users))?;
    page.gauge("dopusk_cached_users_max", "The most of them", one(cache.users_max))?;
    page.counter(
        "dopusk_cache_lookups",
        "How often a user's compiled rights were looked for",
        known(cache.lookups),
    )?;
    page.counter("dopusk_cache_misses", "How often they had to be compiled", one(cache.misses))?;
    page.counter(
        "dopusk_cache_dropped",
        "How many were dropped because a change touched them",
        one(cache.dropped),
    )
}

fn store(page: &mut Page<'_>, figures: &Figures) -> fmt::Result {
    let store = &figures.store;
    page.histogram(
        "dopusk_store_commit_seconds",
        "How long it took to put waiting writes on disk, the flush included",
        one(store.commits.clone()),
    )?;
    page.counter("dopusk_store_errors", "Commits that failed, but for want of room", one(store.failures))?;
    page.counter("dopusk_store_full", "Commits that found too little room on the volume", one(store.full))?;
    page.gauge("dopusk_store_size_bytes", "The bytes of the store on disk", one(store.bytes))?;
    page.gauge("dopusk_writes_waiting", "Writes that wait for the store", one(store.writes_waiting))
}

fn verification(page: &mut Page<'_>, it: Verification) -> fmt::Result {
    page.counter(
        "dopusk_verified",
        "Rights, objects and places in indices held against what they are made from",
        one(it.verified),
    )?;
    page.counter(
        "dopusk_mismatches",
        "Those of them that were wrong, and were made anew",
        one(it.mismatches),
    )?;
    page.counter("dopusk_verifier_rounds", "How many times all of them were gone through", one(it.rounds))
}

#[derive(Debug)]
enum Course {
    Up,
    UpAndDown,
}

/// A value that is known elsewhere.
struct Reading {
    name: &'static str,
    help: &'static str,
    course: Course,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Collector for Reading {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (mut page, value) = (Page(encoder), one((self.read)()));
        match self.course {
            Course::Up => page.counter(self.name, self.help, value),
            Course::UpAndDown => page.gauge(self.name, self.help, value),
        }
    }
}

#[derive(Debug)]
struct OfProcess {
    started: SystemTime,
}

impl Collector for OfProcess {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let (mut page, process) = (Page(encoder), process_figures());
        let started = self.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        page.counter(
            "process_cpu_seconds",
            "Processor time, user and system",
            known(process.cpu.map(|cpu| cpu.as_secs_f64())),
        )?;
        page.gauge("process_resident_memory_bytes", "Memory in use", known(process.resident_bytes))?;
        page.gauge("process_virtual_memory_bytes", "Addresses in use", known(process.virtual_bytes))?;
        page.gauge("process_open_fds", "Open files, sockets among them", known(process.open_files))?;
        page.gauge("process_max_fds", "The most files that may be open", known(process.open_files_max))?;
        page.gauge("process_threads", "Threads", known(process.threads))?;
        page.gauge("process_start_time_seconds", "When the server started", one(started.as_secs_f64()))
    }
}
