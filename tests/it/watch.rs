//! The stream of changes: in order and without gaps, from any token that is kept, with those whom each touches.

use std::time::{Duration, Instant};

use dopusk::api::pb;
use dopusk::api::pb::watch_response::Event;
use dopusk::domain::{Object, Operation};
use tokio::task::JoinSet;
use tonic::{Code, Streaming};

use crate::host::{Host, assert_error, number};
use crate::oracle::Oracle;
use crate::world::{Dice, Size, puts, random_world, random_write};

async fn watch(host: &Host, after: &str) -> Streaming<pb::WatchResponse> {
    host.watch().watch(pb::WatchRequest { after: after.to_owned() }).await.unwrap().into_inner()
}

async fn event(stream: &mut Streaming<pb::WatchResponse>) -> Event {
    let next = tokio::time::timeout(Duration::from_secs(20), stream.message());
    next.await.expect("something is told").unwrap().expect("a watch goes on").event.unwrap()
}

/// The next changes, up to a revision; signs of life are left out.
async fn changes(stream: &mut Streaming<pb::WatchResponse>, to: u64) -> Vec<pb::ChangeSet> {
    let mut sets: Vec<pb::ChangeSet> = Vec::new();
    while sets.last().is_none_or(|set| number(&set.revision) < to) {
        if let Event::Change(set) = event(stream).await {
            sets.push(set);
        }
    }
    sets
}

fn assert_without_gaps(sets: &[pb::ChangeSet], after: u64) {
    let revisions: Vec<u64> = sets.iter().map(|set| number(&set.revision)).collect();
    let wanted: Vec<u64> = (after + 1..).take(sets.len()).collect();
    assert_eq!(revisions, wanted);
}

fn user(id: &str, name: &str) -> Operation {
    let user = pb::User { id: id.to_owned(), name: name.to_owned(), ..pb::User::default() };
    let object = pb::Object { object: Some(pb::object::Object::User(user)) };
    Operation::put(dopusk::api::convert::object(&object, "object").unwrap())
}

/// So many writes by callers at the same time.
async fn write_many(host: &Host, count: usize) {
    let mut calls = JoinSet::new();
    for caller in 0..32 {
        let (mut directory, share) = (host.directory(), count / 32);
        calls.spawn(async move {
            for at in 0..share {
                let operation = user(&format!("u{caller}"), &at.to_string());
                let operations = vec![dopusk::api::convert::operation_to_wire(&operation)];
                let request = pb::WriteRequest { operations, ..pb::WriteRequest::default() };
                directory.write(request).await.unwrap();
            }
        });
    }
    while let Some(done) = calls.join_next().await {
        done.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_come_in_order_without_gaps_and_again_from_any_token() {
    let host = Host::start().await;
    let mut stream = watch(&host, "").await;
    assert!(matches!(event(&mut stream).await, Event::Heartbeat(it) if number(&it.revision) == 0));
    write_many(&host, 320).await;
    let sets = changes(&mut stream, 320).await;
    assert_without_gaps(&sets, 0);
    for known in [1, 57, 319] {
        let mut again = watch(&host, &sets[known - 1].revision).await;
        assert_eq!(changes(&mut again, 320).await, sets[known..]);
    }
    drop(stream);
    let host = host.restart().await;
    let mut again = watch(&host, &sets[99].revision).await;
    assert_eq!(changes(&mut again, 320).await, sets[100..], "behind a restart they come from the disk");
    drop(again);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_far_behind_reads_the_log_and_then_goes_on() {
    let host = Host::start().await;
    let token = host.write(&[user("first", "")]).await.unwrap();
    write_many(&host, 1600).await;
    let mut stream = watch(&host, &token).await;
    assert_without_gaps(&changes(&mut stream, 1601).await, 1);
    host.write(&[user("last", "")]).await.unwrap();
    assert_without_gaps(&changes(&mut stream, 1602).await, 1601);
    drop(stream);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_has_the_state_before_and_after_and_those_whom_it_touches() {
    let dice = &mut Dice::new(12);
    let host = Host::start().await;
    let objects = random_world(dice, Size { resources: 3, ..Size::SMALL });
    let mut oracle = Oracle::default().write(&puts(&objects)).unwrap();
    let mut at = host.import(&objects).await.unwrap();
    let mut stream = watch(&host, "").await;
    for _ in 0..40 {
        let operations = random_write(dice, &oracle);
        let Ok(end) = oracle.write(&operations) else { continue };
        at = host.write(&operations).await.unwrap();
        let sets = changes(&mut stream, number(&at)).await;
        assert_eq!(sets.len(), 1);
        assert_tells(&sets[0], &oracle, &end);
        oracle = end;
    }
    assert!(number(&at) > 10);
    drop(stream);
    host.stop().await;
}

fn assert_tells(set: &pb::ChangeSet, before: &Oracle, after: &Oracle) {
    for change in &set.changes {
        let key = dopusk::api::convert::key(change.key.as_ref().unwrap(), "key").unwrap();
        let wire = |object: Option<Object>| object.as_ref().map(dopusk::api::convert::object_to_wire);
        assert_eq!(change.before, wire(before.get(&key)));
        assert_eq!(change.after, wire(after.get(&key)));
        assert_ne!(change.before, change.after);
    }
    let mut replayed = before.clone();
    for change in &set.changes {
        let key = dopusk::api::convert::key(change.key.as_ref().unwrap(), "key").unwrap();
        match &change.after {
            Some(object) => replayed.put(&dopusk::api::convert::object(object, "after").unwrap()),
            None => replayed.delete(&key),
        }
    }
    assert_eq!(replayed, *after, "whoever follows the changes has the state");
    let others = after.users.keys().filter(|user| before.rights(user) != after.rights(user));
    let told = |user: &str| set.all_users_affected || set.affected_users.iter().any(|it| it == user);
    assert!(others.into_iter().all(|user| told(user.as_str())), "{set:?}");
    assert!(set.affected_users.is_sorted() && (!set.all_users_affected || set.affected_users.is_empty()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_older_than_the_log_is_told_to_export_afresh() {
    let host = Host::start_with(|settings| settings.engine.store.retention.revisions_max = 10).await;
    let first = host.write(&[user("first", "")]).await.unwrap();
    write_many(&host, 320).await;
    let host = host.restart().await;
    let status = host.watch().watch(pb::WatchRequest { after: first }).await.unwrap_err();
    assert_error(&status, Code::OutOfRange, "CHANGES_NOT_KEPT");
    let (_, token) = host.export().await;
    let mut stream = watch(&host, &token).await;
    host.write(&[user("last", "")]).await.unwrap();
    assert_without_gaps(&changes(&mut stream, 322).await, 321);
    drop(stream);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_is_no_token_or_ahead_is_refused() {
    let host = Host::start().await;
    let token = host.write(&[user("first", "")]).await.unwrap();
    let refused = async |after: String| host.watch().watch(pb::WatchRequest { after }).await.unwrap_err();
    let status = refused("no token".to_owned()).await;
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["after"]);
    let status = refused(format!("{token}0")).await;
    assert_error(&status, Code::FailedPrecondition, "TOKEN_AHEAD_OF_STORE");
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_watch_gives_signs_of_life() {
    let host = Host::start().await;
    let token = host.write(&[user("first", "")]).await.unwrap();
    let mut stream = watch(&host, "").await;
    let began = Instant::now();
    for _ in 0..2 {
        assert!(matches!(event(&mut stream).await, Event::Heartbeat(it) if it.revision == token));
    }
    assert!(began.elapsed() < Duration::from_secs(15));
    drop(stream);
    host.stop().await;
}
