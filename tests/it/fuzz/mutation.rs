//! Bytes made of others: what a hostile or broken sender makes of what is nearly right. All follows from a seed.

use crate::world::Dice;

/// The longest input that is made.
const BYTES_MAX: usize = 4_096;
/// The most changes to one input.
const CHANGES_MAX: usize = 6;

/// Words that readers of one notation or another trip over.
const WORDS: [&[u8]; 40] = [
    b"\0",
    b"\xff",
    b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
    b"\x80\x80\x80\x80\x10",
    b"\x0a",
    b"\x0a\xff\x7f",
    b"\x12\x00",
    b"\x08",
    b"\xe2\x80\xa8",
    b"\xf0\x9f\x98\x80",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\xcc\x81",
    b"\x7f",
    b"\xc2\x85",
    b"-1",
    b"+1",
    b"0x1F",
    b"1e400",
    b"18446744073709551616",
    b"9223372036854775807",
    b"NaN",
    b"null",
    b"true",
    b"[",
    b"{",
    b"]}",
    b"\"",
    b"'",
    b"\\u0000",
    b"\\ud800",
    b": ",
    b"- ",
    b"\n",
    b"\r\n",
    b"&a ",
    b"*a",
    b"!!str ",
    b"..",
    b"%00",
];

/// An input made of one of the samples.
pub(super) fn mutate(dice: &mut Dice, samples: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = dice.pick(samples).cloned().unwrap_or_default();
    for _ in 0..=dice.below(CHANGES_MAX) {
        change(dice, &mut bytes, samples);
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn change(dice: &mut Dice, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
    let at = dice.below(bytes.len() + 1);
    match dice.below(12) {
        0 | 1 => flip(bytes, at, 1 << dice.below(8)),
        2 => flip(bytes, at, u8::try_from(dice.below(255) + 1).unwrap()),
        3 => bytes.truncate(at),
        4 => drop(bytes.drain(..at)),
        5 => drop(bytes.drain(piece(dice, bytes.len(), at))),
        6 => insert(bytes, at, dice.pick(&WORDS).copied().unwrap_or_default()),
        7 => repeat(dice, bytes, at),
        8 => move_piece(dice, bytes, at),
        9 => splice(dice, bytes, samples),
        10 => overwrite(dice, bytes, at, samples),
        _ => count_on(dice, bytes, at),
    }
}

fn flip(bytes: &mut [u8], at: usize, mask: u8) {
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask;
    }
}

/// A stretch from a place on, more often short than long.
fn piece(dice: &mut Dice, length: usize, at: usize) -> std::ops::Range<usize> {
    let most = if dice.percent(70) { 8 } else { length };
    at..(at + dice.below(most + 1)).min(length)
}

fn insert(bytes: &mut Vec<u8>, at: usize, word: &[u8]) {
    drop(bytes.splice(at..at, word.iter().copied()));
}

/// The same again, and often: deep nests and long lists come of it.
fn repeat(dice: &mut Dice, bytes: &mut Vec<u8>, at: usize) {
    let piece = bytes[piece(dice, bytes.len(), at)].to_vec();
    let times = if dice.percent(10) { 200 } else { dice.below(4) };
    insert(bytes, at, &piece.repeat(times.min(BYTES_MAX / piece.len().max(1))));
}

fn move_piece(dice: &mut Dice, bytes: &mut Vec<u8>, at: usize) {
    let moved: Vec<u8> = bytes.drain(piece(dice, bytes.len(), at)).collect();
    let to = dice.below(bytes.len() + 1);
    insert(bytes, to, &moved);
}

/// The beginning of this with the end of another.
fn splice(dice: &mut Dice, bytes: &mut Vec<u8>, samples: &[Vec<u8>]) {
    let Some(other) = dice.pick(samples) else { return };
    bytes.truncate(dice.below(bytes.len() + 1));
    bytes.extend_from_slice(&other[dice.below(other.len() + 1)..]);
}

/// A stretch of another one in the place of an own one.
fn overwrite(dice: &mut Dice, bytes: &mut [u8], at: usize, samples: &[Vec<u8>]) {
    let Some(other) = dice.pick(samples) else { return };
    let from = dice.below(other.len() + 1);
    let piece = piece(dice, other.len(), from);
    bytes[at..].iter_mut().zip(&other[piece]).for_each(|(to, from)| *to = *from);
}

/// A digit, a length or a letter a little off.
fn count_on(dice: &mut Dice, bytes: &mut [u8], at: usize) {
    let step = u8::try_from(dice.below(3)).unwrap().wrapping_sub(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte = byte.wrapping_add(if step == 0 { 2 } else { step });
    }
}
