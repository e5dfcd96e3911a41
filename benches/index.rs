//! What lists cost in process: first pages with exact totals, whole lists, counts, one write, and the same by deciding on
//! every resource.
//!
//! Subjects: the portal administrator (all), an employee who sees little (narrow), and the head of half the company who
//! sees five of eight stages and observes (between). Budgets: a page of 50 with its total under 2 ms at 10,000,000
//! resources, 5,000,000 ids a second of a whole ordered list, one write under 20 us.
//! Run with `cargo bench --bench index`; `DOPUSK_BENCH_RESOURCES=10000000` makes the company larger.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a benchmark that can't be set up has to stop, says what it measures, and divides counts of a few millions"
)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use dopusk::company::{Company, HEAD, Size};
use dopusk::domain::{Id, Object, Operation, Resource, Revision};
use dopusk::rights::{Act, EffectiveRights, decide};
use dopusk::snapshot::Snapshot;
use dopusk::visibility::{Direction, Facets, Filter, Key, Listing, Order, Part, ResourceRow, Tally, View};

/// That of the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const PAGE: usize = 50;
const NEWEST_FIRST: Order = Order { key: Key::SortKey, direction: Direction::Descending };
const BY_ID: Order = Order { key: Key::Id, direction: Direction::Ascending };
/// How often each thing is done; the median counts.
const TIMES_OF_PAGE: usize = 301;
const TIMES_OF_WHOLE: usize = 7;
const TIMES_OF_WRITE: usize = 2_501;
/// The ids of a chunk of a whole list.
const WHOLE_CHUNK: usize = 1_000;

/// A kind of write by its change to a stored resource.
type Write = (&'static str, fn(&mut Resource));

/// What is written.
const WRITES: [Write; 7] = [
    ("as it was", |_| {}),
    ("with a sort key one greater", |it| it.sort_key += 1),
    ("made the newest", |it| it.sort_key = i64::MAX),
    ("with another flag", |it| it.facts.open = !it.facts.open),
    ("as a new one among the others", |it| it.id = Id::parse(&format!("{}-new", it.id)).unwrap()),
    ("as a new one behind the others", |it| {
        (it.id, it.sort_key) = (Id::parse(&format!("~{}", it.id)).unwrap(), i64::MAX);
    }),
    ("with another responsible", |it| it.facts.responsible = Id::parse("u77").ok()),
];

fn main() {
    let resources = std::env::var("DOPUSK_BENCH_RESOURCES").ok().and_then(|text| text.parse().ok());
    let size = Size { resources: resources.unwrap_or(1_000_000), ..Size::default() };
    let company = Company::new(size);
    let snapshot = load(&company);
    println!(
        "\n| subject | deals | page by id us | page newest first us | whole by id ids/s | whole newest first ids/s \
         | facets us | deciding on each us | times faster: page | whole |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    );
    for (name, subject) in
        [("all", "u0".to_owned()), ("narrow", narrow(&snapshot)), ("between", HEAD.to_owned())]
    {
        with_view(&snapshot, &subject, |view| tell_lists(name, view));
    }
    tell_writes(&company, size.resources, &snapshot);
}

/// Each kind of write on resources far apart, none of which has been near the processor lately.
fn tell_writes(company: &Company, resources: u64, snapshot: &Snapshot) {
    println!(
        "\n| write of one resource | the index alone us | judged and applied us |\n| --- | ---: | ---: |"
    );
    let mut index = 0;
    for (name, change) in WRITES {
        let mut next = || {
            index += 7_919;
            let mut resource = company.resource(index % resources);
            change(&mut resource);
            resource
        };
        let alone = median(TIMES_OF_WRITE, || put(snapshot, &next()));
        let write = median(TIMES_OF_WRITE, || {
            let operations = [Operation::put(Object::Resource(Box::new(next())))];
            timed(|| snapshot.apply(&operations).unwrap())
        });
        println!("| {name} | {:.1} | {:.1} |", micros(alone), micros(write));
    }
}

/// How long it takes to make an index anew that has a resource, and to give it up.
fn put(snapshot: &Snapshot, resource: &Resource) -> Duration {
    let (entity_type, node) = snapshot.directory().catalog().find(resource.entity_type.as_str()).unwrap();
    let row = ResourceRow::new(&mut snapshot.directory().clone(), node, resource);
    let mut index = snapshot.resources(entity_type).clone();
    timed(|| {
        index.put(row);
        index
    })
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn median(times: usize, mut run: impl FnMut() -> Duration) -> Duration {
    let mut taken: Vec<Duration> = (0..times).map(|_| run()).collect();
    taken.sort_unstable();
    *taken.get(times / 2).unwrap()
}

fn timed<T>(run: impl FnOnce() -> T) -> Duration {
    let started = Instant::now();
    black_box(run());
    started.elapsed()
}

/// A line of the table.
fn tell_lists(name: &str, view: View<'_>) {
    let length = total(view);
    let page = |order| median(TIMES_OF_PAGE, || timed(|| first_page(view, order)));
    let lists = |order| median(TIMES_OF_WHOLE, || timed(|| whole(view, order)));
    let rate = |time: Duration| length as f64 / time.as_secs_f64();
    let (page_by_id, page_newest) = (page(BY_ID), page(NEWEST_FIRST));
    let (by_id, newest) = (lists(BY_ID), lists(NEWEST_FIRST));
    let facets = Facets { stages: true, responsibles: true };
    let facets = median(TIMES_OF_WHOLE, || timed(|| count(view, facets)));
    let each = median(TIMES_OF_WHOLE, || timed(|| decided(view)));
    println!(
        "| {name} | {length} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} | {:.1} |",
        micros(page_by_id),
        micros(page_newest),
        rate(by_id),
        rate(newest),
        micros(facets),
        micros(each),
        each.as_secs_f64() / page_newest.as_secs_f64(),
        each.as_secs_f64() / by_id.as_secs_f64(),
    );
}

/// By brute force: how many of all deals a check allows.
fn decided(view: View<'_>) -> usize {
    let is_visible =
        |row: &&ResourceRow| decide(view.directory, view.rights, &view.act, &row.target()).is_allow();
    view.index.iter_after(None).filter(is_visible).count()
}

fn first_page(view: View<'_>, order: Order) -> usize {
    let mut listing = start(view, order, PAGE as u64);
    listing.tally().unwrap();
    listing.next(view, PAGE).len()
}

/// As a store is loaded: the directory, then resources in order of ids.
fn load(company: &Company) -> Snapshot {
    let started = Instant::now();
    let mut snapshot = Snapshot::at(Revision::new(1));
    for object in company.objects().filter(|object| !matches!(object, Object::Resource(_))) {
        snapshot.load(&object).unwrap();
    }
    for object in company.objects().filter(|object| matches!(object, Object::Resource(_))) {
        snapshot.load(&object).unwrap();
    }
    snapshot.end_load();
    let snapshot = company.head().fold(snapshot, |mut snapshot, object| {
        snapshot.load(&object).unwrap();
        snapshot
    });
    println!("generated and loaded in {:.1} s", started.elapsed().as_secs_f64());
    snapshot
}

/// Calls a function with the deals as a subject may read them.
fn with_view<T>(snapshot: &Snapshot, subject: &str, then: impl FnOnce(View<'_>) -> T) -> T {
    let directory = snapshot.directory();
    let (user, _) = directory.find_user(subject).unwrap();
    let rights = EffectiveRights::compile(directory, user).unwrap();
    let (entity_type, node) = directory.catalog().find("deal").unwrap();
    let act = Act { entity_type, node, action: node.read() };
    then(View { directory, rights: &rights, act, index: snapshot.resources(entity_type) })
}

fn start(view: View<'_>, order: Order, wanted: u64) -> Listing {
    let part = Part { order, after: None, wanted: Some(wanted), facets: None };
    Listing::new(view, Filter::default(), part)
}

fn count(view: View<'_>, facets: Facets) -> Tally {
    let part = Part { wanted: Some(0), facets: Some(facets), ..Part::default() };
    Listing::new(view, Filter::default(), part).tally().unwrap().clone()
}

fn total(view: View<'_>) -> u64 {
    count(view, Facets::default()).total
}

/// Who sees the fewest deals, of 200 employees who see any.
fn narrow(snapshot: &Snapshot) -> String {
    let subjects = (1..=200).map(|n| format!("u{n}"));
    let totals = subjects.map(|subject| (with_view(snapshot, &subject, total), subject));
    totals.filter(|(total, _)| *total > 0).min().unwrap().1
}

fn whole(view: View<'_>, order: Order) -> usize {
    let mut listing = start(view, order, u64::MAX);
    let mut length = 0;
    loop {
        match listing.next(view, WHOLE_CHUNK).len() {
            0 => return length,
            count => length += count,
        }
    }
}
