//! Frames without end, frames that are none, and streams that are opened to be reset.

use super::Site;
use super::wire::{
    CONTINUATION, DATA, END_HEADERS, END_STREAM, ENHANCE_YOUR_CALM, End, FRAME_BYTES_MAX, HEADERS, PING,
    PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE, Wire, block, call, frame,
};
use crate::world::Dice;

const CHECK: &str = "/dopusk.v1.DecisionService/Check";

/// What an impatient sender sends at once.
const TRAIN_FRAMES: u32 = 100;

/// Sends frames until so many were taken or the server takes no more, and says how many were.
fn push(wire: &mut Wire, count: u32, make: impl Fn(u32) -> Vec<u8>) -> usize {
    let mut sent = 0;
    for train in (0..count).step_by(TRAIN_FRAMES as usize) {
        let frames: Vec<u8> = (train..train + TRAIN_FRAMES).flat_map(&make).collect();
        if !wire.send(&frames) {
            break;
        }
        sent += TRAIN_FRAMES as usize;
    }
    sent
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rapid_reset_is_answered_by_goaway() {
    let site = Site::start().await;
    let mut wire = site.wire();
    let head = call(CHECK, &[]);
    let sent = push(&mut wire, 20_000, |at| {
        let stream = 2 * at + 1;
        [frame(HEADERS, END_HEADERS, stream, &head), frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())]
            .concat()
    });
    let told = wire.close();
    assert!(matches!(told.end, End::GoAway(ENHANCE_YOUR_CALM) | End::Closed), "{told:?}");
    assert_eq!(told.data, b"");
    site.assert_well("rapid reset", sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_never_end_are_answered_by_goaway() {
    let site = Site::start().await;
    let mut wire = site.wire();
    assert!(wire.send(&frame(HEADERS, 0, 1, &call(CHECK, &[]))));
    let piece = block(&[("x", &"a".repeat(1_000))]);
    let sent = push(&mut wire, 20_000, |_| frame(CONTINUATION, 0, 1, &piece));
    let told = wire.close();
    assert!(matches!(told.end, End::GoAway(ENHANCE_YOUR_CALM) | End::Closed), "{told:?}");
    site.assert_well("CONTINUATION without end", sent).await;

    let mut wire = site.wire();
    assert!(wire.send(&frame(HEADERS, 0, 1, b"")));
    let sent = push(&mut wire, 20_000, |_| frame(CONTINUATION, 0, 1, b""));
    let told = wire.close();
    assert!(matches!(told.end, End::GoAway(_) | End::Closed), "{told:?}");
    site.assert_well("empty CONTINUATION without end", sent).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_want_an_answer_each_take_no_memory() {
    let site = Site::start().await;
    let floods: [(&str, Vec<u8>); 4] = [
        ("SETTINGS", frame(SETTINGS, 0, 0, &[0, 1, 0, 0, 16, 0])),
        ("PING", frame(PING, 0, 0, b"12345678")),
        ("WINDOW_UPDATE", frame(WINDOW_UPDATE, 0, 0, &1_u32.to_be_bytes())),
        ("empty DATA", frame(DATA, 0, 1, b"")),
    ];
    for (name, flood) in floods {
        let mut wire = site.wire();
        assert!(wire.send(&frame(HEADERS, END_HEADERS, 1, &call(CHECK, &[]))));
        let sent = push(&mut wire, 100_000, |_| flood.clone());
        site.assert_well(&format!("{name} without end"), sent).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_too_many_or_too_long_are_refused() {
    let site = Site::start().await;
    let long = "a".repeat(15_000);
    let many: Vec<(&str, &str)> = vec![("x-a", "b"); 2_000];
    let odd =
        [("x\0y", "a"), ("x", "a\r\nb"), ("", ""), ("X-UPPER", "a"), (":path", "/"), ("connection", "close")];
    let mut blocks = vec![call(CHECK, &many)];
    blocks.extend([1, 2, 64].map(|times| call(CHECK, &vec![("x-long", long.as_str()); times])));
    blocks.extend(odd.map(|header| call(CHECK, &[header])));
    // An index into a table that is empty, a length that is not there, a table of 4 GiB.
    blocks.extend([
        vec![0xff, 0xff, 0xff, 0xff, 0x0f],
        vec![0, 0x7f, 0xff, 0xff],
        vec![0x3f, 0xff, 0xff, 0xff, 0xff, 0x0f],
    ]);
    let tried = blocks.len();
    for block in blocks {
        let mut wire = site.wire();
        let mut pieces = block.chunks(FRAME_BYTES_MAX).enumerate().peekable();
        while let Some((at, piece)) = pieces.next() {
            let flags = if pieces.peek().is_none() { END_HEADERS } else { 0 };
            let (kind, flags) = if at == 0 { (HEADERS, flags | END_STREAM) } else { (CONTINUATION, flags) };
            wire.send(&frame(kind, flags, 1, piece));
        }
        assert_eq!(wire.streams(1).data, b"", "nothing is answered");
    }
    site.assert_well("wrong headers", tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_2_ends_the_connection() {
    let site = Site::start().await;
    let dice = &mut Dice::new(2);
    let mut tried = 0;
    for _ in 0..200 {
        let length = dice.below(200) + 24;
        let noise: Vec<u8> = (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
        let mut bare = Wire::bare(site.address());
        bare.send(&noise);
        bare.finish();
        bare.rest();
        let mut wire = site.wire();
        wire.send(&noise);
        wire.finish();
        assert_eq!(wire.close().data, b"");
        tried += 2;
    }
    site.assert_well("noise", tried).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_are_cut_short_or_out_of_place_are_refused() {
    let site = Site::start().await;
    let dice = &mut Dice::new(3);
    let mut tried = 0;
    for kind in 0..=12_u8 {
        for (length, stream) in [(100, 0), (100, 1), (16_385, 1), (0x00ff_ffff_u32, 3), (0, 2)] {
            let [_, high, middle, low] = length.to_be_bytes();
            let head = [&[high, middle, low, kind, 0], u32::to_be_bytes(stream).as_slice()].concat();
            let mut wire = site.wire();
            wire.send(&[head, vec![0; 10]].concat());
            wire.finish();
            assert_eq!(wire.close().data, b"");
            tried += 1;
        }
    }
    for _ in 0..300 {
        let mut wire = site.wire();
        for _ in 0..20 {
            let (kind, flags) =
                (u8::try_from(dice.below(11)).unwrap(), u8::try_from(dice.below(256)).unwrap());
            let length = [0, 4, 5, 6, 8, 40][dice.below(6)];
            let payload: Vec<u8> = (0..length).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
            wire.send(&frame(kind, flags, u32::try_from(dice.below(8)).unwrap(), &payload));
            tried += 1;
        }
        wire.finish();
        assert_eq!(wire.close().data, b"");
    }
    let twice = [
        frame(WINDOW_UPDATE, 0, 0, &0x7fff_ffff_u32.to_be_bytes()),
        frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0xff, 0xff, 0xff]),
    ];
    for wrong in twice.iter().chain([&PREFACE.to_vec()]) {
        let mut wire = site.wire();
        wire.send(wrong);
        let told = wire.close();
        assert!(matches!(told.end, End::GoAway(1..) | End::Closed), "{told:?}");
        tried += 1;
    }
    site.assert_well("wrong frames", tried).await;
}
