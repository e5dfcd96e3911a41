//! What came of the rounds: medians, and the ratio of the real service to the no-op one.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::round::{Case, Transport};
use crate::company::Size;

/// The figures of one load.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Figures {
    pub(super) calls_per_second: f64,
    pub(super) items_per_second: f64,
    pub(super) p50_us: f64,
    pub(super) p99_us: f64,
    pub(super) p999_us: f64,
    pub(super) cpu_us_per_call: f64,
    pub(super) items_per_cpu_second: f64,
}

impl Figures {
    /// For programs.
    pub(super) fn to_json(self) -> Value {
        json!({
            "calls_per_second": self.calls_per_second,
            "items_per_second": self.items_per_second,
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
            "p999_us": self.p999_us,
            "server_cpu_us_per_call": self.cpu_us_per_call,
            "items_per_server_cpu_second": self.items_per_cpu_second,
        })
    }
}

/// The medians of one case over one transport.
#[derive(Clone, Debug)]
pub(super) struct Row {
    case: Case,
    transport: Transport,
    noop: Figures,
    real: Figures,
    /// Medians over rounds of real to no-op of the same round.
    throughput_ratio: f64,
    p99_ratio: f64,
    cpu_ratio: f64,
}

impl Row {
    pub(super) fn new(case: Case, transport: Transport, noop: &[Figures], real: &[Figures]) -> Self {
        let ratio =
            |of: fn(&Figures) -> f64| median(real.iter().zip(noop).map(|(real, noop)| of(real) / of(noop)));
        Self {
            case,
            transport,
            noop: medians(noop),
            real: medians(real),
            throughput_ratio: ratio(|it| it.items_per_second),
            p99_ratio: ratio(|it| it.p99_us),
            cpu_ratio: ratio(|it| it.cpu_us_per_call),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({
            "case": self.case.name(),
            "transport": self.transport.name(),
            "noop": self.noop.to_json(),
            "dopusk": self.real.to_json(),
            "throughput_ratio": self.throughput_ratio,
            "p99_ratio": self.p99_ratio,
            "cpu_ratio": self.cpu_ratio,
        })
    }
}

/// What it took to get the company in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Import {
    pub(super) time: Duration,
    pub(super) resident_after: u64,
}

/// What it took to start with the company.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    /// None where it was there already.
    pub(super) import: Option<Import>,
    pub(super) ready_after: Duration,
    pub(super) resident_ready: u64,
    pub(super) store_bytes: u64,
}

/// Everything that was measured.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) size: Size,
    pub(super) start: Start,
    pub(super) resident_after_load: u64,
    pub(super) rows: Vec<Row>,
}

impl Report {
    /// The report for programs.
    #[must_use]
    pub(super) fn to_json(&self) -> Value {
        json!({
            "company": {
                "employees": self.size.employees,
                "departments": self.size.departments,
                "roles": self.size.roles,
                "support_groups": self.size.support_groups,
                "resources": self.size.resources,
                "seed": self.size.seed,
            },
            "import_seconds": self.start.import.map(|import| import.time.as_secs_f64()),
            "store_bytes": self.start.store_bytes,
            "start_to_ready_seconds": self.start.ready_after.as_secs_f64(),
            "resident_bytes_after_import": self.start.import.map(|import| import.resident_after),
            "resident_bytes_after_start": self.start.resident_ready,
            "resident_bytes_after_load": self.resident_after_load,
            "rows": self.rows.iter().map(Row::to_json).collect::<Vec<_>>(),
        })
    }

    /// The report for people: a table in Markdown.
    #[must_use]
    pub(super) fn to_table(&self) -> String {
        let mib = |bytes: u64| bytes >> 20;
        let import = self.start.import.map_or_else(
            || "imported before".to_owned(),
            |it| {
                format!(
                    "import {:.1} s, {} MiB resident after it",
                    it.time.as_secs_f64(),
                    mib(it.resident_after)
                )
            },
        );
        let mut text = format!(
            "{} users, {} departments, {} resources: {import}, store {} MiB, start to ready {:.2} s,\n\
             {} MiB resident after the start, {} MiB after the load\n\n",
            self.size.employees + self.size.clients,
            self.size.departments,
            self.size.resources,
            mib(self.start.store_bytes),
            self.start.ready_after.as_secs_f64(),
            mib(self.start.resident_ready),
            mib(self.resident_after_load),
        );
        text.push_str(&table(&self.rows));
        text
    }
}

/// The rows for people: a table in Markdown. What isn't known stays empty.
pub(super) fn table(rows: &[Row]) -> String {
    let mut text = String::from(
        "| case | over | service | items/s | p50 us | p99 us | p99.9 us | CPU us/call | items/CPU s | rate | p99 | CPU |\n\
         | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        for (service, figures, ratios) in [
            ("no-op", &row.noop, None),
            ("dopusk", &row.real, Some((row.throughput_ratio, row.p99_ratio, row.cpu_ratio))),
        ] {
            line(&mut text, row, service, figures, ratios);
        }
    }
    text.replace("NaN", "")
}

fn line(text: &mut String, row: &Row, service: &str, it: &Figures, ratios: Option<(f64, f64, f64)>) {
    let ratios = ratios
        .map_or_else(|| "| | ".to_owned(), |(rate, p99, cpu)| format!("{rate:.2} | {p99:.2} | {cpu:.2}"));
    // Writing to a text doesn't fail.
    let _ = writeln!(
        text,
        "| {} | {} | {service} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} | {:.0} | {ratios} |",
        row.case.name(),
        row.transport.name(),
        it.items_per_second,
        it.p50_us,
        it.p99_us,
        it.p999_us,
        it.cpu_us_per_call,
        it.items_per_cpu_second,
    );
}

/// The medians of figures, each on its own.
pub(super) fn medians(figures: &[Figures]) -> Figures {
    let of = |field: fn(&Figures) -> f64| median(figures.iter().map(field));
    Figures {
        calls_per_second: of(|it| it.calls_per_second),
        items_per_second: of(|it| it.items_per_second),
        p50_us: of(|it| it.p50_us),
        p99_us: of(|it| it.p99_us),
        p999_us: of(|it| it.p999_us),
        cpu_us_per_call: of(|it| it.cpu_us_per_call),
        items_per_cpu_second: of(|it| it.items_per_cpu_second),
    }
}

/// The one in the middle.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
