//! How much a caller may call: often, and at once.

use std::time::{Duration, Instant};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::{Site, ask, bearer, caller, follow, line};
use crate::host::assert_error;

fn wait(status: &Status) -> Duration {
    status.get_error_details().retry_info().and_then(|it| it.retry_delay).expect("it says when to call again")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_calls_too_often_is_told_when_to_call_again_and_others_are_not_held_up() {
    let (slow, token) = caller("slow", "calls_per_second_max = 1\ncalls_burst_max = 3");
    let (other, other_token) = caller("other", "");
    let site = Site::start(&format!("{slow}{other}")).await;
    let channel = site.channel().await;
    let begun = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..10 {
        answers.push(ask(line(channel.clone(), bearer(&token))).await);
    }
    let let_in = answers.iter().filter(|it| it.is_ok()).count();
    let most = 3 + usize::try_from(begun.elapsed().as_secs()).unwrap() + 1;
    assert!((3..=most).contains(&let_in), "{let_in}");
    for refused in answers.into_iter().filter_map(Result::err) {
        assert_error(&refused, Code::ResourceExhausted, "RATE_EXCEEDED");
        let wait = wait(&refused);
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(1), "{wait:?}");
    }
    for _ in 0..10 {
        ask(line(channel.clone(), bearer(&other_token))).await.unwrap();
    }
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_file_does_not_forgive_what_was_called() {
    let rest = "calls_per_second_max = 1\ncalls_burst_max = 2";
    let (entry, token) = caller("app", rest);
    let site = Site::start(&entry.replace(rest, &format!("{rest}\nmay_write = true"))).await;
    let begun = Instant::now();
    let mut let_in = 0;
    for at in 0..8 {
        let text = if at % 2 == 0 { entry.clone() } else { format!("{entry}may_assert_facts = true\n") };
        site.name_callers(&text).await;
        let_in += u64::from(ask(site.line(&token).await).await.is_ok());
    }
    assert!(let_in <= 2 + begun.elapsed().as_secs() + 1, "{let_in}");
    site.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_counts_as_under_way_until_it_ends() {
    let (entry, token) = caller("app", "calls_at_once_max = 1");
    let site = Site::start(&entry).await;
    let channel = site.channel().await;
    let call = || ask(line(channel.clone(), bearer(&token)));
    call().await.unwrap();
    call().await.unwrap();
    let stream = follow(line(channel.clone(), bearer(&token))).await.unwrap();
    let refused = call().await.unwrap_err();
    assert_error(&refused, Code::ResourceExhausted, "CALLS_AT_ONCE_EXCEEDED");
    assert!(wait(&refused) > Duration::ZERO);
    drop(stream);
    let end = Instant::now() + Duration::from_mins(1);
    while call().await.is_err() {
        assert!(Instant::now() < end, "a stream that is gone makes room");
    }
    site.stop().await;
}
