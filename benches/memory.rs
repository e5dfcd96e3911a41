//! What memory resources take, exactly: bytes asked of the allocator, by the part of the index that they are for.
//!
//! Budget: 20 bytes a resource for lists, beyond a table of rows that are found by id and in its order. A snapshot is
//! loaded as at a start and then taken apart; each part is as large as what is free when it is gone. What the allocator
//! rounds up is not in there: the resident memory, told beside, has that too. Run with `cargo bench --bench memory`;
//! `DOPUSK_BENCH_RESOURCES=10000000` makes it larger.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark that can't be set up has to stop, says what it measures, and divides counts of a few millions"
)]

use cap::Cap;
use dopusk::company::{Company, Size};
use dopusk::domain::{Object, Revision};
use dopusk::snapshot::Snapshot;

/// That of the service, counted.
#[global_allocator]
static ALLOCATOR: Cap<mimalloc::MiMalloc> = Cap::new(mimalloc::MiMalloc, usize::MAX);

/// What a resource is, whatever finds it.
const ROWS: [&str; 2] = ["directory", "rows"];
/// The rest of a table.
const TABLE: [&str; 2] = ["order of ids", "slots by hash of the id"];

fn main() {
    let resources = std::env::var("DOPUSK_BENCH_RESOURCES").ok().and_then(|text| text.parse().ok());
    let size = Size { resources: resources.unwrap_or(1_000_000), ..Size::default() };
    let snapshot = load(&Company::new(size));
    println!("{} resources, {} MiB resident\n", size.resources, resident_bytes() >> 20);
    println!("| part | bytes a resource |\n| --- | ---: |");
    let parts = parts_of(snapshot);
    let each = |bytes: usize| bytes as f64 / size.resources as f64;
    for (part, bytes) in &parts {
        println!("| {part} | {:.2} |", each(*bytes));
    }
    let index = parts.iter().filter(|(part, _)| !ROWS.contains(part));
    let lists = index.clone().filter(|(part, _)| !TABLE.contains(part));
    println!(
        "\nthe index beyond the rows: {:.2} bytes a resource; beyond rows found by id and in its order: {:.2}",
        each(index.map(|(_, bytes)| bytes).sum()),
        each(lists.map(|(_, bytes)| bytes).sum()),
    );
}

/// As a store is loaded: the directory, then resources in order of ids.
fn load(company: &Company) -> Snapshot {
    let mut snapshot = Snapshot::at(Revision::new(1));
    for are_resources in [false, true] {
        let objects = company.objects();
        for object in objects.filter(|it| matches!(it, Object::Resource(_)) == are_resources) {
            snapshot.load(&object).unwrap();
        }
    }
    snapshot.end_load();
    snapshot
}

/// What each part takes, of all types together.
fn parts_of(snapshot: Snapshot) -> Vec<(&'static str, usize)> {
    let mut parts: Vec<(&'static str, usize)> = Vec::with_capacity(32);
    let mut before = ALLOCATOR.allocated();
    snapshot.take_apart(|part| {
        let gone = before - ALLOCATOR.allocated();
        match parts.iter_mut().find(|(other, _)| *other == part) {
            Some((_, bytes)) => *bytes += gone,
            None => parts.push((part, gone)),
        }
        before = ALLOCATOR.allocated();
    });
    parts
}

fn resident_bytes() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4_096
}
