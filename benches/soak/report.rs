//! What was done, what was wrong, and what the server took for it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::server::Ending;

/// Faults that are kept; more are counted.
const FAULTS_MAX: usize = 100;

/// Counts of everything, shared by all who work.
#[derive(Default)]
pub(crate) struct Tally {
    done: Mutex<BTreeMap<&'static str, u64>>,
    faults: Mutex<Vec<String>>,
    fault_count: Mutex<u64>,
}

impl Tally {
    pub(crate) fn count(&self, what: &'static str) {
        self.add(what, 1);
    }

    pub(crate) fn add(&self, what: &'static str, count: u64) {
        *self.done.lock().unwrap().entry(what).or_default() += count;
    }

    /// Tells of what must not be.
    pub(crate) fn fault(&self, what: &str) {
        println!("FAULT {what}");
        *self.fault_count.lock().unwrap() += 1;
        let mut faults = self.faults.lock().unwrap();
        if faults.len() < FAULTS_MAX {
            faults.push(what.to_owned());
        }
    }

    pub(crate) fn faults(&self) -> u64 {
        *self.fault_count.lock().unwrap()
    }

    pub(crate) fn line(&self) -> String {
        let done = self.done.lock().unwrap();
        done.iter().map(|(what, count)| format!("{what} {count}")).collect::<Vec<_>>().join(", ")
    }

    pub(crate) fn print(&self) {
        println!("\n| what | times |\n| --- | ---: |");
        for (what, count) in self.done.lock().unwrap().iter() {
            println!("| {what} | {count} |");
        }
        for fault in self.faults.lock().unwrap().iter() {
            println!("FAULT {fault}");
        }
    }
}

/// A look at the server.
pub(crate) struct Sample {
    pub(crate) at: Instant,
    pub(crate) resident_bytes: u64,
    pub(crate) store_bytes: u64,
    pub(crate) cpu: Duration,
}

/// What one life took.
pub(crate) struct LifeReport {
    pub(crate) ending: Ending,
    pub(crate) ready_after: Duration,
    pub(crate) samples: Vec<Sample>,
}

impl LifeReport {
    fn row(&self, number: usize) -> String {
        let resident: Vec<u64> = self.samples.iter().map(|it| it.resident_bytes).collect();
        let mut sorted = resident.clone();
        sorted.sort_unstable();
        let mib = |bytes: Option<&u64>| bytes.copied().unwrap_or(0) >> 20;
        let (first, last) = (self.samples.first(), self.samples.last());
        let stores = (mib(first.map(|it| &it.store_bytes)), mib(last.map(|it| &it.store_bytes)));
        let took = first.zip(last).map_or(0.0, |(first, last)| (last.at - first.at).as_secs_f64());
        let cpu =
            first.zip(last).map_or(0.0, |(first, last)| last.cpu.saturating_sub(first.cpu).as_secs_f64());
        format!(
            "| {number} | {:?} | {:.0} | {:.2} | {} | {} | {} | {:+.1} | {} | {} | {:.2} |",
            self.ending,
            took,
            self.ready_after.as_secs_f64(),
            mib(resident.first()),
            mib(sorted.get(sorted.len() / 2)),
            mib(resident.last()),
            self.slope(),
            stores.0,
            stores.1,
            cpu / took.max(1.0),
        )
    }

    /// By how many MiB an hour its memory grows: the straight line nearest to the later half of the samples.
    fn slope(&self) -> f64 {
        let later = self.samples.get(self.samples.len() / 2..).unwrap_or_default();
        let Some(first) = later.first() else { return 0.0 };
        #[expect(clippy::cast_precision_loss, reason = "memory has fewer bytes than a double tells apart")]
        let points: Vec<(f64, f64)> = later
            .iter()
            .map(|it| ((it.at - first.at).as_secs_f64() / 3_600.0, it.resident_bytes as f64 / 1_048_576.0))
            .collect();
        slope_of(&points)
    }
}

fn slope_of(points: &[(f64, f64)]) -> f64 {
    let count = f64::from(u32::try_from(points.len()).unwrap_or(1));
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
    let (x, y) = (mean(|it| it.0), mean(|it| it.1));
    let over: f64 = points.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
    let under: f64 = points.iter().map(|it| (it.0 - x).powi(2)).sum();
    if under > 0.0 { over / under } else { 0.0 }
}

/// The lives as a table.
pub(crate) fn print_lives(lives: &[LifeReport]) {
    println!(
        "\n| life | ended | s | start s | MiB first | median | last | MiB an hour | store MiB first | last | cores |"
    );
    println!("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (number, life) in (1..).zip(lives) {
        println!("{}", life.row(number));
    }
}
