//! Pages while tickets change: on one snapshot no hole and no repeat, on the newest none among what stayed where it was.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dopusk::api::pb;
use dopusk::api::pb::consistency::Requirement;
use dopusk::domain::{Facts, Id, Key, Object, Operation, Resource};
use tonic::Code;

use crate::host::{Host, assert_error, number};
use crate::world::{Dice, Size, id, random_world, root};

const DEALS: u32 = 600;

fn deal(at: u32, sort_key: i64) -> Object {
    let facts = Facts { responsible: Some(id("u1")), open: at.is_multiple_of(2), ..Facts::default() };
    Object::Resource(Box::new(Resource { entity_type: id("deal"), id: deal_id(at), facts, sort_key }))
}

fn deal_id(at: u32) -> Id {
    id(&format!("сделка {at}"))
}

/// A random world without resources, an administrator, and deals; sort keys come more than once.
async fn world() -> Host {
    let host = Host::start().await;
    let mut objects = random_world(&mut Dice::new(4), Size { resources: 0, ..Size::SMALL });
    objects.push(root("root"));
    objects.extend((0..DEALS).map(|at| deal(at, i64::from(at % 50))));
    host.import(&objects).await.unwrap();
    host
}

fn question((order, descending): (pb::ListOrder, bool)) -> pb::ListVisibleRequest {
    pb::ListVisibleRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        order: order.into(),
        descending,
        page_size: 7,
        with_total: true,
        ..pb::ListVisibleRequest::default()
    }
}

async fn page(host: &Host, request: pb::ListVisibleRequest) -> pb::ListVisibleResponse {
    let mut answers = host.decisions().list_visible(request).await.unwrap().into_inner();
    let answer = answers.message().await.unwrap().unwrap();
    assert!(answers.message().await.unwrap().is_none(), "a page of 7 is one message");
    answer
}

/// Every page, from the first to the last.
async fn pages(host: &Host, request: &pb::ListVisibleRequest) -> Vec<pb::ListVisibleResponse> {
    let mut pages = vec![page(host, request.clone()).await];
    while let Some(last) = pages.last().filter(|page| !page.cursor.is_empty()) {
        let request = pb::ListVisibleRequest { cursor: last.cursor.clone(), ..request.clone() };
        pages.push(page(host, request).await);
    }
    pages
}

/// Writes without a pause until told to stop: every third deal is moved, deleted or put back; new ones come.
async fn write_until(host: Arc<Host>, is_over: Arc<AtomicBool>) -> u64 {
    let mut dice = Dice::new(9);
    let mut writes = 0;
    while !is_over.load(Ordering::Relaxed) {
        let at = 3 * u32::try_from(dice.below(DEALS as usize / 3 * 2)).unwrap();
        let operation = if dice.percent(30) {
            Operation::delete(Key::Resource { entity_type: id("deal"), id: deal_id(at) })
        } else {
            Operation::put(deal(at, i64::try_from(dice.below(50)).unwrap()))
        };
        host.write(&[operation]).await.unwrap();
        writes += 1;
    }
    writes
}

const ORDERS: [(pb::ListOrder, bool); 4] = [
    (pb::ListOrder::Id, false),
    (pb::ListOrder::Id, true),
    (pb::ListOrder::SortKey, false),
    (pb::ListOrder::SortKey, true),
];

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_together_while_tickets_change() {
    let host = Arc::new(world().await);
    let is_over = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write_until(Arc::clone(&host), Arc::clone(&is_over)));
    for (order, descending) in ORDERS {
        let same = pb::ListVisibleRequest {
            snapshot: pb::PageSnapshot::Same.into(),
            ..question((order, descending))
        };
        assert_one_snapshot(&pages(&host, &same).await);
        assert_nothing_lost(&pages(&host, &question((order, descending))).await);
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(writer.await.unwrap() > 20, "nothing was written meanwhile");
    Arc::into_inner(host).unwrap().stop().await;
}

/// All pages are of one revision, and together exactly as long as their total says, without a repeat.
fn assert_one_snapshot(pages: &[pb::ListVisibleResponse]) {
    let revisions: BTreeSet<&str> = pages.iter().map(|page| page.revision.as_str()).collect();
    assert_eq!(revisions.len(), 1);
    assert!(pages.iter().all(|page| !page.is_other_snapshot));
    let ids: Vec<&String> = pages.iter().flat_map(|page| &page.ids).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "no repeat");
    assert!(pages.iter().all(|page| page.total == Some(ids.len() as u64)), "no hole");
}

/// Each deal that nobody touches comes exactly once; revisions never go back.
fn assert_nothing_lost(pages: &[pb::ListVisibleResponse]) {
    let ids: Vec<&String> = pages.iter().flat_map(|page| &page.ids).collect();
    for at in (0..DEALS).filter(|at| !at.is_multiple_of(3)) {
        let count = ids.iter().filter(|found| found.as_str() == deal_id(at).as_str()).count();
        assert_eq!(count, 1, "{} in {} ids", deal_id(at), ids.len());
    }
    assert!(pages.windows(2).all(|two| number(&two[0].revision) <= number(&two[1].revision)));
}

#[tokio::test(flavor = "multi_thread")]
async fn deals_that_come_between_those_that_came_in_order_are_listed_in_order() {
    const MANY: u32 = 5_000;
    let host = world().await;
    let put = |new: Id| {
        let facts = Facts { responsible: Some(id("u1")), ..Facts::default() };
        Operation::put(Object::Resource(Box::new(Resource {
            entity_type: id("deal"),
            id: new,
            facts,
            sort_key: 0,
        })))
    };
    let in_order: Vec<Id> = (0..MANY).map(|at| id(&format!("я{at:04}"))).collect();
    let between: Vec<Id> = (0..MANY).step_by(7).map(|at| id(&format!("я{at:04}-"))).collect();
    for ids in in_order.chunks(500).chain(between.chunks(500)) {
        let operations: Vec<Operation> = ids.iter().cloned().map(put).collect();
        host.write(&operations).await.unwrap();
    }
    let mut expected: Vec<Id> = in_order.into_iter().chain(between).chain((0..DEALS).map(deal_id)).collect();
    expected.sort_unstable();
    let request = pb::ListVisibleRequest { page_size: 50, ..question(ORDERS[0]) };
    let pages = pages(&host, &request).await;
    let listed = pages.iter().flat_map(|page| &page.ids);
    assert!(listed.eq(expected.iter().map(Id::as_str)));
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_no_longer_kept_is_said_to_be_another() {
    let host = world().await;
    let request = question(ORDERS[0]);
    let first = page(&host, request.clone()).await;
    // More states than are kept, each of an unfinished list.
    for at in 0..40 {
        host.write(&[Operation::put(deal(1, at))]).await.unwrap();
        page(&host, request.clone()).await;
    }
    let again = pb::ListVisibleRequest {
        cursor: first.cursor.clone(),
        snapshot: pb::PageSnapshot::Same.into(),
        ..request.clone()
    };
    let second = page(&host, again).await;
    assert!(second.is_other_snapshot);
    assert_ne!(second.revision, first.revision);
    let plain = page(&host, pb::ListVisibleRequest { cursor: first.cursor, ..request }).await;
    assert!(!plain.is_other_snapshot, "the newest was asked for and is what came");
    assert_eq!(plain.ids, second.ids);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_snapshot_never_answers_for_a_newer_token() {
    let host = world().await;
    let request = question(ORDERS[0]);
    let first = page(&host, request.clone()).await;
    let token = host.write(&[Operation::put(deal(1, 1))]).await.unwrap();
    let again =
        pb::ListVisibleRequest { cursor: first.cursor, snapshot: pb::PageSnapshot::Same.into(), ..request };
    let plain = page(&host, again.clone()).await;
    assert_eq!((plain.revision, plain.is_other_snapshot), (first.revision, false));
    for requirement in [Requirement::AtLeast(token.clone()), Requirement::Newest(true)] {
        let consistency = Some(pb::Consistency { requirement: Some(requirement) });
        let fresh = page(&host, pb::ListVisibleRequest { consistency, ..again.clone() }).await;
        assert_eq!((fresh.revision, fresh.is_other_snapshot), (token.clone(), true));
    }
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_alone_are_one_message_without_ids_and_equal_count_visible() {
    let host = world().await;
    let facets = vec![pb::Facet::Stage.into(), pb::Facet::Responsible.into()];
    let filter = Some(pb::VisibleFilter { open: Some(true), ..pb::VisibleFilter::default() });
    let request = pb::ListVisibleRequest {
        count_only: true,
        facets: facets.clone(),
        filter: filter.clone(),
        ..question(ORDERS[0])
    };
    let answer = page(&host, request).await;
    assert_eq!((answer.ids.len(), answer.total, answer.cursor.as_str()), (0, Some(300), ""));
    let counted = pb::CountVisibleRequest {
        subject: "root".to_owned(),
        action: "read".to_owned(),
        entity_type: "deal".to_owned(),
        filter,
        facets,
        ..pb::CountVisibleRequest::default()
    };
    let count = host.decisions().count_visible(counted).await.unwrap().into_inner();
    assert_eq!(
        (count.total, &count.stages, &count.responsibles),
        (300, &answer.stages, &answer.responsibles)
    );
    assert_eq!(answer.responsibles, [pb::FacetCount { value: "u1".to_owned(), count: 300 }]);
    assert_eq!(answer.stages, [pb::FacetCount { value: String::new(), count: 300 }]);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_bad_part_of_a_list_request_is_named() {
    let host = world().await;
    let bad = || vec!["u1".to_owned(), "x".repeat(129)];
    let long = || (0..10_001).map(|at| format!("{at}")).collect::<Vec<String>>();
    let none = pb::VisibleFilter::default;
    let filters = [
        (pb::VisibleFilter { stages: bad(), ..none() }, "UNKNOWN_STAGE", "filter.stages"),
        (pb::VisibleFilter { responsibles: bad(), ..none() }, "INVALID_FIELD", "filter.responsibles"),
        (pb::VisibleFilter { authors: bad(), ..none() }, "INVALID_FIELD", "filter.authors"),
        (pb::VisibleFilter { departments: bad(), ..none() }, "INVALID_FIELD", "filter.departments"),
        (pb::VisibleFilter { ids: bad(), ..none() }, "INVALID_FIELD", "filter.ids"),
        (pb::VisibleFilter { ids: long(), ..none() }, "INVALID_FIELD", "filter.ids"),
        (pb::VisibleFilter { responsibles: long(), ..none() }, "INVALID_FIELD", "filter.responsibles"),
    ];
    let plain = question(ORDERS[0]);
    for (filter, reason, field) in filters {
        let request = pb::ListVisibleRequest { filter: Some(filter), ..plain.clone() };
        let status = host.decisions().list_visible(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, reason), [field]);
    }
    let request = pb::ListVisibleRequest { order: 9, ..plain.clone() };
    let status = host.decisions().list_visible(request).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["order"]);
    let request = pb::ListVisibleRequest { facets: vec![1, 0], ..plain.clone() };
    let status = host.decisions().list_visible(request).await.unwrap_err();
    assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["facets[1]"]);
    let cursor = page(&host, plain.clone()).await.cursor;
    let open = Some(pb::VisibleFilter { open: Some(true), ..none() });
    for other in [
        pb::ListVisibleRequest { descending: true, ..plain.clone() },
        pb::ListVisibleRequest { order: pb::ListOrder::SortKey.into(), ..plain.clone() },
        pb::ListVisibleRequest { filter: open, ..plain },
    ] {
        let request = pb::ListVisibleRequest { cursor: cursor.clone(), ..other };
        let status = host.decisions().list_visible(request).await.unwrap_err();
        assert_eq!(assert_error(&status, Code::InvalidArgument, "INVALID_FIELD"), ["cursor"]);
    }
    host.stop().await;
}
