//! A million malformed inputs to everything that takes bytes of others: no panic, no hang, and nothing allowed that the
//! oracle denies.
//!
//! The inputs follow from a seed and the kept corpora, so that a failure is had again; `fuzz/run` lets libFuzzer look for
//! more, and what it finds is kept in `fuzz/corpus`.

mod mutation;
mod target;

use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use self::mutation::mutate;
use self::target::{Fate, TARGETS, Target};
use crate::world::Dice;

/// What the inputs follow from.
const SEED: u64 = 0x0d0b_05c4;
/// The least inputs of all targets.
const INPUTS_MIN: usize = 1_000_000;
/// As many targets at a time.
const WORKERS: usize = 2;
/// How long one input may take: hundreds of times what the slowest does in a debug build.
const HANG: Duration = Duration::from_mins(1);
/// The most bytes that are kept as corpora.
const CORPORA_BYTES_MAX: usize = 1 << 20;

/// What was tried on a target.
struct Tried {
    name: &'static str,
    inputs: usize,
    taken: usize,
}

/// The input that a worker is at, for the message if it never ends.
#[derive(Default)]
struct Bench {
    done: AtomicUsize,
    at: Mutex<(&'static str, Vec<u8>)>,
}

#[test]
fn a_million_malformed_inputs_bring_no_panic_no_hang_and_no_allow() {
    let benches: Vec<Arc<Bench>> = (0..WORKERS).map(|_| Arc::default()).collect();
    let next = Arc::new(AtomicUsize::new(0));
    let (tell, told) = channel();
    for bench in &benches {
        let (bench, next, tell) = (Arc::clone(bench), Arc::clone(&next), tell.clone());
        std::thread::spawn(move || work(&bench, &next, &tell));
    }
    drop(tell);
    let mut all = 0;
    for tried in await_all(&told, &benches) {
        let Tried { name, inputs, taken } = tried;
        say(&format!(
            "fuzz: {name}: {inputs} inputs, {} refused, {taken} taken and found right",
            inputs - taken
        ));
        all += inputs;
    }
    say(&format!("fuzz: {all} inputs over {} targets", TARGETS.len()));
    assert!(all >= INPUTS_MIN, "{all} inputs are too few");
}

/// Takes target after target, until none is left.
fn work(bench: &Bench, next: &AtomicUsize, tell: &Sender<Result<Tried, String>>) {
    while let Some(target) = TARGETS.get(next.fetch_add(1, Ordering::Relaxed)) {
        if tell.send(attempt(bench, target)).is_err() {
            return;
        }
    }
}

fn attempt(bench: &Bench, target: &Target) -> Result<Tried, String> {
    let (samples, dice) = (samples(target), &mut Dice::new(SEED));
    let mut tried = Tried { name: target.name, inputs: 0, taken: 0 };
    let made = (0..target.thousands * 1_000).map(|_| mutate(dice, &samples));
    for input in samples.iter().cloned().chain(made) {
        *bench.at.lock().unwrap() = (target.name, input.clone());
        let fate = catch_unwind(AssertUnwindSafe(|| (target.take)(&input)));
        let fate = fate.map_err(|_| format!("{} panics on {}", target.name, shown(&input)))?;
        tried.inputs += 1;
        tried.taken += usize::from(fate == Fate::Taken);
        bench.done.fetch_add(1, Ordering::Relaxed);
    }
    Ok(tried)
}

/// The results in the order in which they come. Fails where an input takes too long.
fn await_all(told: &std::sync::mpsc::Receiver<Result<Tried, String>>, benches: &[Arc<Bench>]) -> Vec<Tried> {
    use std::sync::mpsc::RecvTimeoutError::{Disconnected, Timeout};
    let mut all = Vec::new();
    let mut done = vec![usize::MAX; benches.len()];
    loop {
        match told.recv_timeout(HANG) {
            Ok(tried) => all.push(tried.unwrap_or_else(|panic| panic!("{panic}"))),
            Err(Disconnected) => return all,
            Err(Timeout) => {
                for (bench, before) in benches.iter().zip(&mut done) {
                    let now = bench.done.load(Ordering::Relaxed);
                    let (name, input) = bench.at.lock().unwrap().clone();
                    assert!(now != *before, "{name} hangs on {}", shown(&input));
                    *before = now;
                }
            }
        }
    }
}

/// The target's own samples, and those that are kept.
fn samples(target: &Target) -> Vec<Vec<u8>> {
    let mut samples = (target.seeds)();
    samples.extend(corpus(target.name));
    samples
}

/// What is kept of a target, in the order of the files' names.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn every_target_has_a_corpus_and_a_program_and_all_are_small() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| {
        let entries = std::fs::read_dir(root.join(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|it| it.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    };
    let mut targets: Vec<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    targets.sort();
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("fuzz_targets"), targets);
    let bytes: usize = TARGETS.iter().flat_map(|target| corpus(target.name)).map(|it| it.len()).sum();
    assert!((1..=CORPORA_BYTES_MAX).contains(&bytes), "{bytes} bytes of corpora");
}

#[test]
fn every_target_takes_what_is_right_and_refuses_what_is_not() {
    for target in &TARGETS {
        let fates: Vec<Fate> = (target.seeds)().iter().map(|seed| (target.take)(seed)).collect();
        assert!(fates.contains(&Fate::Taken), "{} refuses all that it should take", target.name);
        assert!((target.take)(b"\xff\xfe\xfd") == Fate::Refused, "{} takes anything", target.name);
    }
}

#[test]
fn every_call_of_the_contract_is_fuzzed() {
    let mut calls: Vec<&str> = dopusk::caller::CALLS.iter().map(|call| call.path).collect();
    let mut fuzzed = target::CALLS.to_vec();
    calls.sort_unstable();
    fuzzed.sort_unstable();
    assert_eq!(calls, fuzzed);
}

#[test]
fn deep_and_huge_files_are_refused() {
    const DEPTH: usize = 200_000;
    let deep = [
        "[",
        "{\"a\":",
        "- ",
        "{a: ",
        "? ",
        "[[caller]]\n",
        "a.",
        "a = [",
        "a = {b = ",
        "{\"load\":{\"users\":[",
    ];
    let readers = ["yaml", "json", "lines", "gzip", "case", "callers", "config", "name", "cursor", "token"];
    let mut tried = 0;
    for target in TARGETS.iter().filter(|target| readers.contains(&target.name)) {
        for unit in deep {
            for input in [
                unit.repeat(DEPTH),
                format!("{{\"users\":[{}", unit.repeat(DEPTH)),
                format!("users: {unit}{}", "x".repeat(DEPTH)),
            ] {
                assert!(
                    (target.take)(input.as_bytes()) == Fate::Refused,
                    "{} takes {unit:?} again and again",
                    target.name
                );
                tried += 1;
            }
        }
    }
    say(&format!("fuzz: {tried} deep and huge files refused"));
}

fn shown(input: &[u8]) -> String {
    let digits = input.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    });
    format!("{digits} ({:?})", String::from_utf8_lossy(input))
}

/// Tells it, though the test passes: the harness keeps what is printed and not what is written.
fn say(line: &str) {
    writeln!(std::io::stderr(), "{line}").unwrap();
}
