//! kill -9 at any moment: no acknowledged write is lost, none is torn, revisions never go back, and the store always
//! opens; also when it is killed while it starts.
//!
//! Each write puts three objects with one number: two that the writer puts again and again, and a new one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dopusk::api::pb;
use dopusk::api::pb::directory_service_client::DirectoryServiceClient;
use dopusk::api::pb::watch_service_client::WatchServiceClient;
use tempfile::TempDir;
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

use crate::host::number;
use crate::process::Process;
use crate::world::Dice;

const ROUNDS: usize = 60;
const WRITERS: usize = 4;

/// What writers were told.
#[derive(Default)]
struct Told {
    /// Writer and number of every write that must be there.
    done: Mutex<BTreeSet<(usize, u64)>>,
    /// The number of each writer's last try.
    tried: [AtomicU64; WRITERS],
    /// The newest revision that was acknowledged or read.
    revision: AtomicU64,
}

fn put(id: String, name: u64) -> pb::Operation {
    let user = pb::User { id, name: name.to_string(), ..pb::User::default() };
    let object = pb::Object { object: Some(pb::object::Object::User(user)) };
    pb::Operation { operation: Some(pb::operation::Operation::Put(object)), precondition: 0 }
}

fn write(writer: usize, number: u64) -> pb::WriteRequest {
    let operations = vec![
        put(format!("w{writer}-a"), number),
        put(format!("w{writer}-b"), number),
        put(format!("w{writer}-{number}"), number),
    ];
    let (author, comment) = (format!("w{writer}"), number.to_string());
    pb::WriteRequest { operations, author, comment, ..pb::WriteRequest::default() }
}

/// Writes until the server is gone.
async fn keep_writing(told: Arc<Told>, channel: Channel, writer: usize) {
    let tried = &told.tried[writer];
    loop {
        let number_tried = tried.fetch_add(1, Ordering::Relaxed) + 1;
        let answer = DirectoryServiceClient::new(channel.clone()).write(write(writer, number_tried)).await;
        let Ok(answer) = answer else { return };
        told.done.lock().unwrap().insert((writer, number_tried));
        told.revision.fetch_max(number(&answer.into_inner().revision), Ordering::Relaxed);
    }
}

async fn connect(process: &Process) -> Channel {
    Endpoint::from_shared(process.url()).unwrap().connect().await.unwrap()
}

/// Every user with his name, and the token.
async fn export(channel: &Channel) -> (BTreeMap<String, u64>, String) {
    let request = pb::ExportRequest::default();
    let mut answers =
        DirectoryServiceClient::new(channel.clone()).export(request).await.unwrap().into_inner();
    let (mut users, mut token) = (BTreeMap::new(), String::new());
    while let Some(answer) = answers.message().await.unwrap() {
        token = answer.revision;
        for object in answer.objects {
            let Some(pb::object::Object::User(user)) = object.object else {
                panic!("only users are written")
            };
            users.insert(user.id, user.name.parse().unwrap());
        }
    }
    (users, token)
}

/// All that must hold of a store that was killed.
async fn assert_sound(told: &Told, channel: &Channel) {
    let (users, token) = export(channel).await;
    let before = told.revision.fetch_max(number(&token), Ordering::Relaxed);
    assert!(number(&token) >= before, "revision {} after {before}", number(&token));
    let mut done = told.done.lock().unwrap();
    for (writer, number) in done.iter() {
        assert_eq!(
            users.get(&format!("w{writer}-{number}")),
            Some(number),
            "write {number} of {writer} is lost"
        );
    }
    for writer in 0..WRITERS {
        let (a, b) = (users.get(&format!("w{writer}-a")), users.get(&format!("w{writer}-b")));
        let prefix = format!("w{writer}-");
        let fresh = |id: &String| id.strip_prefix(&prefix).and_then(|it| it.parse::<u64>().ok());
        let numbers: BTreeSet<u64> = users.keys().filter_map(fresh).collect();
        assert_eq!((a, b), (numbers.last(), numbers.last()), "a write of {writer} is torn");
        let tried = told.tried[writer].load(Ordering::Relaxed);
        assert!(numbers.last().is_none_or(|last| *last <= tried));
        // What was read once must not go away either.
        done.extend(numbers.into_iter().map(|number| (writer, number)));
    }
}

/// Kills a server that has just been started.
fn kill_while_it_starts(data: &Path, dice: &mut Dice) {
    let mut process = Process::spawn(data);
    std::thread::sleep(Duration::from_millis(dice.draw() % 120));
    process.kill();
}

async fn round(told: &Arc<Told>, data: &Path, dice: &mut Dice) {
    let mut process = Process::spawn(data);
    let channel = connect(&process).await;
    assert_sound(told, &channel).await;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(keep_writing(Arc::clone(told), channel.clone(), writer));
    }
    // The moment is the test; nothing else is waited for.
    tokio::time::sleep(Duration::from_micros(dice.draw() % 400_000)).await;
    process.kill();
    while let Some(writer) = writers.join_next().await {
        writer.unwrap();
    }
}

/// The log of changes has every revision.
async fn assert_log_without_gaps(channel: &Channel, newest: u64) {
    let (_, token) = export(channel).await;
    let (store, _) = token.split_once('.').unwrap();
    let request = pb::WatchRequest { after: format!("{store}.0") };
    let mut stream = WatchServiceClient::new(channel.clone()).watch(request).await.unwrap().into_inner();
    let mut at = 0;
    while at < newest {
        let message = stream.message().await.unwrap().unwrap();
        if let Some(pb::watch_response::Event::Change(set)) = message.event {
            at += 1;
            assert_eq!(number(&set.revision), at);
            assert_eq!(set.changes.len(), 3, "a write is whole in the log too");
            let name = format!("{}-{}", set.author, set.comment);
            let named = |change: &pb::Change| matches!(&change.key, Some(pb::Key { key: Some(pb::key::Key::User(id)) }) if *id == name);
            assert!(set.changes.iter().any(named), "with its own note: {set:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_at_any_moment_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("store");
    let told = Arc::new(Told::default());
    let dice = &mut Dice::new(9);
    let began = Instant::now();
    for at in 0..ROUNDS {
        if at % 3 == 0 {
            kill_while_it_starts(&data, dice);
        }
        round(&told, &data, dice).await;
    }
    let process = Process::spawn(&data);
    let channel = connect(&process).await;
    assert_sound(&told, &channel).await;
    let (writes, newest) = (told.done.lock().unwrap().len(), told.revision.load(Ordering::Relaxed));
    assert_eq!(newest, writes as u64, "every revision is one write");
    assert!(writes > 2 * ROUNDS, "only {writes} writes in {:?}", began.elapsed());
    assert_log_without_gaps(&channel, newest).await;
}
