//! The list of changes: all of them, in either order, in pages, narrowed as asked for, with authors and comments.

use dopusk::api::convert::timestamp;
use dopusk::api::pb;
use dopusk::api::pb::watch_response::Event;
use tonic::Code;

use super::{list, noted, write};
use crate::host::{Host, assert_error, number};
use crate::oracle::Oracle;
use crate::world::{Dice, Size, puts, random_world, random_write};

const OLDEST: i32 = pb::ChangeOrder::OldestFirst as i32;

/// What a watch tells of every write from the first on.
async fn watched(host: &Host) -> Vec<pb::ChangeSet> {
    let (_, newest) = host.export().await;
    let (store, _) = newest.split_once('.').unwrap();
    let request = pb::WatchRequest { after: format!("{store}.0") };
    let mut stream = host.watch().watch(request).await.unwrap().into_inner();
    let mut sets: Vec<pb::ChangeSet> = Vec::new();
    while sets.last().is_none_or(|set| set.revision != newest) {
        if let Event::Change(set) = stream.message().await.unwrap().unwrap().event.unwrap() {
            sets.push(set);
        }
    }
    sets
}

/// Every page put together.
async fn all(host: &Host, mut request: pb::ListChangesRequest) -> Vec<pb::ChangeSet> {
    let mut sets = Vec::new();
    loop {
        let page = list(host, request.clone()).await;
        sets.extend(page.changes);
        if page.next_page_token.is_empty() {
            return sets;
        }
        request.page_token = page.next_page_token;
    }
}

/// A server of a random world and random writes of three authors, and what a watch tells of them.
async fn world(seed: u64) -> (Host, Vec<pb::ChangeSet>) {
    let dice = &mut Dice::new(seed);
    let host = Host::start().await;
    let mut world = Oracle::default();
    let mut operations = puts(&random_world(dice, Size { resources: 3, ..Size::SMALL }));
    for at in 0..60 {
        if let Ok(end) = world.write(&operations) {
            let request = pb::WriteRequest {
                operations: operations.iter().map(dopusk::api::convert::operation_to_wire).collect(),
                author: ["", "ann", "боб"][at % 3].to_owned(),
                comment: format!("заявка {at}\n"),
                ..pb::WriteRequest::default()
            };
            write(&host, request).await;
            world = end;
        }
        operations = random_write(dice, &world);
    }
    let sets = watched(&host).await;
    assert!(sets.len() > 15, "only {} writes", sets.len());
    (host, sets)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_changes_are_those_that_were_watched_in_either_order_and_any_page() {
    let (host, mut sets) = world(1).await;
    assert!(sets.iter().any(|set| set.author == "боб" && set.comment.starts_with("заявка ")));
    let host = host.restart().await;
    for page_size in [0, 1, 7, 1_000] {
        let request = pb::ListChangesRequest { page_size, order: OLDEST, ..Default::default() };
        assert_eq!(all(&host, request.clone()).await, sets);
        sets.reverse();
        assert_eq!(all(&host, pb::ListChangesRequest { order: 0, ..request }).await, sets);
        sets.reverse();
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_narrowed_by_object_author_revision_and_time() {
    let (host, sets) = world(2).await;
    let narrowed = async |request: pb::ListChangesRequest, is_in: &dyn Fn(&pb::ChangeSet) -> bool| {
        let wanted: Vec<_> = sets.iter().filter(|set| is_in(set)).cloned().collect();
        assert_eq!(
            all(&host, pb::ListChangesRequest { page_size: 2, order: OLDEST, ..request }).await,
            wanted
        );
    };
    for author in ["ann", "боб"] {
        let request = pb::ListChangesRequest { author: author.to_owned(), ..Default::default() };
        narrowed(request, &|set| set.author == author).await;
    }
    let (low, high) = (&sets[3], &sets[10]);
    let request = pb::ListChangesRequest {
        after_revision: low.revision.clone(),
        through_revision: high.revision.clone(),
        ..Default::default()
    };
    narrowed(request, &|set| {
        (number(&low.revision) + 1..=number(&high.revision)).contains(&number(&set.revision))
    })
    .await;
    let (since, until) = (low.committed_at_ms, high.committed_at_ms);
    let request = pb::ListChangesRequest {
        since: Some(timestamp(since)),
        until: Some(timestamp(until)),
        ..Default::default()
    };
    narrowed(request, &|set| (since..until).contains(&set.committed_at_ms)).await;
    let mut keys: Vec<pb::Key> =
        sets[1..].iter().flat_map(|set| &set.changes).filter_map(|it| it.key.clone()).collect();
    keys.truncate(20);
    for key in keys {
        let wanted = sets.iter().filter_map(|set| {
            let changes: Vec<_> =
                set.changes.iter().filter(|it| it.key.as_ref() == Some(&key)).cloned().collect();
            (!changes.is_empty()).then(|| pb::ChangeSet { changes, ..set.clone() })
        });
        let wanted: Vec<_> = wanted.collect();
        let request =
            pb::ListChangesRequest { object: Some(key.clone()), order: OLDEST, ..Default::default() };
        assert_eq!(all(&host, request).await, wanted);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_where_they_were_while_more_is_written() {
    let host = Host::start().await;
    for at in 0..10 {
        write(&host, noted("u", &at.to_string(), ("ann", ""))).await;
    }
    let request = pb::ListChangesRequest { page_size: 4, ..Default::default() };
    let first = list(&host, request.clone()).await;
    write(&host, noted("u", "more", ("ann", ""))).await;
    let second = list(&host, pb::ListChangesRequest { page_token: first.next_page_token, ..request }).await;
    let revisions = |page: &[pb::ChangeSet]| page.iter().map(|it| number(&it.revision)).collect::<Vec<_>>();
    assert_eq!(
        (revisions(&first.changes), revisions(&second.changes)),
        (vec![10, 9, 8, 7], vec![6, 5, 4, 3])
    );
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_carries_its_note_on_every_chunk() {
    let host = Host::start().await;
    let objects = random_world(&mut Dice::new(3), Size { resources: 3, ..Size::SMALL });
    let message = |at: usize, object| pb::ImportRequest {
        mode: pb::ImportMode::Chunked.into(),
        objects: vec![dopusk::api::convert::object_to_wire(object)],
        author: if at == 0 { "import".to_owned() } else { String::new() },
        comment: if at == 0 { "из CRM".to_owned() } else { String::new() },
    };
    let messages: Vec<_> = objects.iter().enumerate().map(|(at, object)| message(at, object)).collect();
    let mut answers = host.directory().import(tokio_stream::iter(messages)).await.unwrap().into_inner();
    while answers.message().await.unwrap().is_some() {}
    let sets = watched(&host).await;
    assert!(sets.len() > 3);
    assert!(sets.iter().all(|set| (set.author.as_str(), set.comment.as_str()) == ("import", "из CRM")));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_note_or_a_list_of_changes_is_named() {
    let host = Host::start().await;
    let long = "c".repeat(1_025);
    for (author, comment, field) in
        [("a\n", "", "author"), (&"a".repeat(129), "", "author"), ("", &long, "comment")]
    {
        let status = host.directory().write(noted("u", "", (author, comment))).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), [field]);
        let message = pb::ImportRequest {
            author: author.to_owned(),
            comment: comment.to_owned(),
            ..Default::default()
        };
        let mut answers = host.directory().import(tokio_stream::iter([message])).await.unwrap().into_inner();
        let status = answers.message().await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), [field]);
    }
    let none = pb::ListChangesRequest::default;
    let no_time = Some(prost_types::Timestamp { seconds: i64::MIN, nanos: 0 });
    let token = list(&host, none()).await.oldest_revision;
    let cases = [
        (pb::ListChangesRequest { object: Some(pb::Key::default()), ..none() }, "object"),
        (pb::ListChangesRequest { author: "\u{1}".to_owned(), ..none() }, "author"),
        (pb::ListChangesRequest { since: no_time, ..none() }, "since"),
        (pb::ListChangesRequest { until: no_time, ..none() }, "until"),
        (pb::ListChangesRequest { after_revision: "x".to_owned(), ..none() }, "after_revision"),
        (pb::ListChangesRequest { through_revision: "x".to_owned(), ..none() }, "through_revision"),
        (pb::ListChangesRequest { order: 9, ..none() }, "order"),
        (pb::ListChangesRequest { page_token: token, ..none() }, "page_token"),
    ];
    for (request, field) in cases {
        let status = host.history().list_changes(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), [field]);
    }
    host.stop().await;
}
