//! The course of it: a company is loaded, everyone begins to work, and life after life the server is ended.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dopusk::client::Messages;
use dopusk::company::{Company, Size};
use dopusk::engine::ImportMode;
use tokio::task::JoinSet;

use crate::drift::Drift;
use crate::flip::{Flip, flips, world};
use crate::life::{Link, Lives};
use crate::load::{Load, at_rate};
use crate::report::{LifeReport, Sample, Tally, print_lives};
use crate::server::{Ending, Place, Server};
use crate::{aside, reader, watcher};

/// Writers of rights, each at so many writes a second.
const WRITERS: usize = 4;
const FLIPS_PER_SECOND: f64 = 5.0;
/// Writes of the company a second.
const DRIFT_PER_SECOND: f64 = 15.0;
/// Those who ask about rights, each so often a second.
const CHECKERS: usize = 4;
const CHECKS_PER_SECOND: f64 = 60.0;
const BATCHES_PER_SECOND: f64 = 6.0;
/// Twenty checks each.
const CHECKS_AGAIN_PER_SECOND: f64 = 1.0;
const LISTERS: usize = 2;
const LISTS_PER_SECOND: f64 = 1.0;
const ASIDES_PER_SECOND: f64 = 0.5;
const WATCHERS: usize = 3;
/// How often the server is looked at, and how often it is told how things stand.
const SAMPLE_EVERY: Duration = Duration::from_secs(5);
const TELL_EVERY: usize = 12;

/// A life that is killed is so much shorter than one that is not.
const KILLED_SOONER: u32 = 5;

/// What is to be done.
pub(crate) struct Plan {
    pub(crate) server: PathBuf,
    pub(crate) resources: u64,
    pub(crate) whole: Duration,
    pub(crate) life: Duration,
}

/// Everyone's knowledge of what must be.
struct Known {
    flips: Vec<Flip>,
    drift: Drift,
}

/// Runs all of it; says how many faults there were.
pub(crate) async fn run(plan: Plan) -> u64 {
    let folder = tempfile::TempDir::new().unwrap();
    let place = Place { folder: folder.path().to_owned(), binary: plan.server };
    let company = Company::new(Size { resources: plan.resources, ..Size::default() });
    let load = Arc::new(Load {
        lives: Lives::new(),
        tally: Tally::default(),
        company,
        resources: plan.resources,
        is_over: AtomicBool::new(false),
        newest: AtomicU64::new(0),
    });
    let known = Arc::new(Known { flips: flips(WRITERS), drift: Drift::default() });
    let mut lives = Vec::new();
    let mut server = Server::start(&place);
    fill(&place, company).await;
    let mut workers = JoinSet::new();
    let end = Instant::now() + plan.whole;
    while Instant::now() < end {
        let life = lives.len();
        load.lives.begin(Link::connect(life, &place.address()).await);
        if life == 0 {
            employ(&mut workers, &load, &known);
        }
        verify(&load, &known).await;
        let (ending, length) = match life % 2 {
            0 => (Ending::Terminated, plan.life),
            _ => (Ending::Killed, plan.life / KILLED_SOONER),
        };
        let samples = observe(&mut server, &place, &load, end.min(Instant::now() + length)).await;
        if Instant::now() >= end {
            load.is_over.store(true, Ordering::Relaxed);
            while let Some(worker) = workers.join_next().await {
                worker.unwrap();
            }
        }
        lives.push(LifeReport { ending, ready_after: server.ready_after, samples });
        load.lives.end(life);
        if !server.end(ending) {
            load.tally.fault(&format!("life {life} did not end well"));
        }
        server = Server::start(&place);
    }
    let life = lives.len();
    load.lives.begin(Link::connect(life, &place.address()).await);
    verify(&load, &known).await;
    server.end(Ending::Terminated);
    conclude(&place, &load, &lives)
}

/// Loads the company and what flips need.
async fn fill(place: &Place, company: Company) {
    let link = Link::connect(0, &place.address()).await;
    let started = Instant::now();
    let objects: Vec<_> = company.objects().collect();
    for objects in [objects, world(WRITERS)] {
        let messages = Messages::new(ImportMode::Chunked, objects);
        link.client.import(tokio_stream::iter(messages), &mut |_| {}).await.unwrap();
    }
    println!("loaded in {:.1} s", started.elapsed().as_secs_f64());
}

/// Sets everyone to work.
fn employ(workers: &mut JoinSet<()>, load: &Arc<Load>, known: &Arc<Known>) {
    macro_rules! work {
        ($rate:expr, $load:ident, $known:ident, $work:expr) => {{
            let (shared, $known) = (Arc::clone(load), Arc::clone(known));
            let task = move || {
                let ($load, $known) = (Arc::clone(&shared), Arc::clone(&$known));
                async move { $work.await }
            };
            workers.spawn(at_rate(Arc::clone(load), $rate, task));
        }};
    }
    for writer in 0..WRITERS {
        work!(FLIPS_PER_SECOND, load, known, any(&known, Some(writer)).turn(&load));
    }
    work!(DRIFT_PER_SECOND, load, known, known.drift.step(&load));
    for _ in 0..CHECKERS {
        work!(CHECKS_PER_SECOND, load, known, any(&known, None).verify(&load));
    }
    for _ in 0..LISTERS {
        work!(LISTS_PER_SECOND, load, _known, reader::list(&load));
    }
    work!(BATCHES_PER_SECOND, load, _known, reader::batch(&load));
    work!(CHECKS_AGAIN_PER_SECOND, load, _known, reader::check_again(&load));
    work!(ASIDES_PER_SECOND, load, _known, aside::ask(&load));
    for _ in 0..WATCHERS {
        workers.spawn(watcher::watch(Arc::clone(load)));
    }
}

/// Any flip, or any of a writer's.
fn any(known: &Known, writer: Option<usize>) -> &Flip {
    let own = known.flips.iter().filter(|flip| writer.is_none_or(|writer| flip.writer() == writer));
    let own: Vec<&Flip> = own.collect();
    own.get(rand::random_range(0..own.len())).unwrap()
}

/// Looks whether everything that was acknowledged is there.
async fn verify(load: &Load, known: &Known) {
    for flip in &known.flips {
        flip.verify(load).await;
    }
    known.drift.verify(load).await;
}

/// Looks at the server until its time has come.
async fn observe(server: &mut Server, place: &Place, load: &Load, until: Instant) -> Vec<Sample> {
    let mut samples = Vec::new();
    loop {
        samples.push(Sample {
            at: Instant::now(),
            resident_bytes: server.resident_bytes(),
            store_bytes: place.store_bytes(),
            cpu: server.cpu(),
        });
        if server.has_ended() {
            load.tally.fault("the server has ended by itself");
            return samples;
        }
        if samples.len() % TELL_EVERY == 0
            && let Some(last) = samples.last()
        {
            let (resident, stored) = (last.resident_bytes >> 20, last.store_bytes >> 20);
            println!("{resident} MiB resident, {stored} MiB stored; {}", load.tally.line());
        }
        if Instant::now() >= until {
            return samples;
        }
        tokio::time::sleep_until((Instant::now() + SAMPLE_EVERY).min(until).into()).await;
    }
}

/// Prints everything, what the server itself found too; says how many faults there were.
fn conclude(place: &Place, load: &Load, lives: &[LifeReport]) -> u64 {
    let log = place.log();
    for line in log.lines().filter(|line| line.contains("ERROR") || line.contains("panicked")) {
        load.tally.fault(&format!("the server logged: {line}"));
    }
    println!("\nThe verifier, in each life that ended by itself:");
    for line in log.lines().filter(|line| line.contains("stopped serving")) {
        println!("{line}");
    }
    print_lives(lives);
    load.tally.print();
    let faults = load.tally.faults();
    println!("\nnewest revision {}; {faults} faults", load.newest.load(Ordering::SeqCst));
    faults
}
