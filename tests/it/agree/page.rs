//! Cursors and pages: going on anywhere gives exactly the rest; those of elsewhere are refused.

use dopusk::api::pb;
use dopusk::api::pb::list_subjects_request;
use dopusk::domain::{Facts, Id, Object, Resource};
use tokio_stream::StreamExt as _;
use tonic::Code;

use crate::host::{Host, assert_error};
use crate::world::{Dice, Size, id, random_world, root};

/// A random world with 1,500 deals and two who see them all.
async fn world() -> (Host, Vec<String>) {
    let host = Host::start().await;
    let mut objects = random_world(&mut Dice::new(4), Size { resources: 0, ..Size::SMALL });
    let deals = (0..1500_u32).map(|at| Resource {
        entity_type: id("deal"),
        id: id(&format!("сделка {at}")),
        facts: Facts::default(),
        sort_key: 0,
    });
    let mut ids: Vec<Id> = deals.clone().map(|it| it.id).collect();
    ids.sort();
    objects.extend(deals.map(|it| Object::Resource(Box::new(it))));
    objects.extend([root("root"), root("second")]);
    host.import(&objects).await.unwrap();
    (host, ids.iter().map(Id::to_string).collect())
}

fn question(user: &str, cursor: &str, limit: u64) -> pb::ListVisibleRequest {
    pb::ListVisibleRequest {
        subject: user.to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        consistency: None,
        cursor: cursor.to_owned(),
        page_size: limit,
        ..pb::ListVisibleRequest::default()
    }
}

/// The chunks with their cursors.
async fn chunks(host: &Host, request: pb::ListVisibleRequest) -> Vec<(Vec<String>, String)> {
    let mut answers = host.decisions().list_visible(request).await.unwrap().into_inner();
    let mut chunks = Vec::new();
    while let Some(answer) = answers.next().await {
        let answer = answer.unwrap();
        assert!(answer.ids.len() <= 1000);
        chunks.push((answer.ids, answer.cursor));
    }
    chunks
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_goes_on_behind_any_chunk() {
    let (host, ids) = world().await;
    let whole = chunks(&host, question("root", "", 0)).await;
    assert!(whole.len() > 3, "a long list comes in chunks");
    let mut seen = 0;
    for (chunk, cursor) in &whole {
        assert_eq!(*chunk, ids[seen..seen + chunk.len()]);
        seen += chunk.len();
        assert_eq!(cursor.is_empty(), seen == ids.len(), "the last chunk alone has no cursor");
        if !cursor.is_empty() {
            let rest: Vec<String> =
                chunks(&host, question("root", cursor, 0)).await.into_iter().flat_map(|it| it.0).collect();
            assert_eq!(rest, ids[seen..]);
        }
    }
    assert_eq!(seen, ids.len());
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_ends_a_list_where_it_says_and_the_cursor_goes_on() {
    let (host, ids) = world().await;
    for limit in [1, 63, 64, 65, 1000, 1499, 1500, 1501] {
        let (mut cursor, mut seen) = (String::new(), 0);
        loop {
            let part = chunks(&host, question("root", &cursor, limit)).await;
            let count: usize = part.iter().map(|(ids, _)| ids.len()).sum();
            assert!(count as u64 <= limit);
            let found: Vec<String> = part.iter().flat_map(|it| it.0.clone()).collect();
            assert_eq!(found, ids[seen..seen + count]);
            seen += count;
            cursor = part.last().unwrap().1.clone();
            // A long walk in single steps shows nothing new.
            if cursor.is_empty() || (limit == 1 && seen > 20) {
                break;
            }
        }
        assert!(seen == ids.len() || limit == 1);
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_question_or_with_a_changed_letter_is_refused() {
    let (host, _) = world().await;
    let cursor = chunks(&host, question("root", "", 10)).await[0].1.clone();
    let mut wrong = vec![question("second", &cursor, 0)];
    wrong.push(pb::ListVisibleRequest { action: "update".to_owned(), ..question("root", &cursor, 0) });
    wrong.push(pb::ListVisibleRequest { entity_type: "contact".to_owned(), ..question("root", &cursor, 0) });
    for (at, letter) in cursor.char_indices() {
        let other = if letter == '1' { '2' } else { '1' };
        let changed = format!("{}{other}{}", &cursor[..at], &cursor[at + letter.len_utf8()..]);
        wrong.push(question("root", &changed, 0));
        wrong.push(question("root", &cursor[..at], 0));
    }
    // The empty text is the start of the list.
    wrong.retain(|request| !request.cursor.is_empty());
    for request in wrong {
        let status = host.decisions().list_visible(request.clone()).await.unwrap_err();
        let fields = assert_error(&status, Code::InvalidArgument, "INVALID_FIELD");
        assert_eq!(fields, ["cursor"], "{request:?}");
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_subjects_and_objects_hold_together() {
    let (host, ids) = world().await;
    let subjects = |size, token: &str| pb::ListSubjectsRequest {
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        resource: Some(list_subjects_request::Resource::Id(ids[0].clone())),
        consistency: None,
        page_size: size,
        page_token: token.to_owned(),
        with_ways: false,
    };
    let all = host.decisions().list_subjects(subjects(0, "")).await.unwrap().into_inner().users;
    assert!(all.len() >= 2 && all.is_sorted());
    let first = host.decisions().list_subjects(subjects(1, "")).await.unwrap().into_inner();
    assert_eq!(first.users, all[..1]);
    let second =
        host.decisions().list_subjects(subjects(0, &first.next_page_token)).await.unwrap().into_inner();
    assert_eq!((second.users.as_slice(), second.next_page_token.as_str()), (&all[1..], ""));
    let told = pb::ListSubjectsRequest { with_ways: true, ..subjects(1, "") };
    let told = host.decisions().list_subjects(told).await.unwrap().into_inner();
    assert_eq!((&told.users, told.subjects.len()), (&first.users, 1), "a page with ways is the same page");
    assert_eq!(
        (told.subjects[0].user.as_str(), &told.next_page_token),
        (all[0].as_str(), &first.next_page_token)
    );
    let other =
        pb::ListSubjectsRequest { action: "update".to_owned(), ..subjects(1, &first.next_page_token) };
    let status = host.decisions().list_subjects(other).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["page_token"]);

    let mut listed = Vec::new();
    let mut request = pb::ListObjectsRequest {
        kind: pb::Kind::Resource.into(),
        entity_type: "deal".to_owned(),
        page_size: 400,
        ..pb::ListObjectsRequest::default()
    };
    loop {
        let page = host.directory().list_objects(request.clone()).await.unwrap().into_inner();
        listed.extend(page.objects);
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        let foreign = pb::ListObjectsRequest {
            kind: pb::Kind::User.into(),
            entity_type: String::new(),
            ..request.clone()
        };
        let status = host.directory().list_objects(foreign).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["page_token"]);
    }
    let listed = listed.into_iter().map(|it| match it.object {
        Some(pb::object::Object::Resource(it)) => it.id,
        other => panic!("{other:?}"),
    });
    assert_eq!(listed.collect::<Vec<_>>(), ids);
    host.stop().await;
}
