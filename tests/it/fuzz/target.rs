//! What is fuzzed: everything that takes bytes which this program has not made itself.
//!
//! A target takes any bytes and says whether they were refused; it panics where a promise is broken. The same functions
//! are run by libFuzzer (`fuzz/`), so nothing here knows who makes the bytes.

mod call;
mod company;
mod file;
mod seed;
mod setting;
mod write;

use std::str;

use dopusk::{api, store};
use tonic::codegen::http::HeaderValue;

pub(crate) use call::CALLS;

/// What became of an input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It is not of the form that is wanted.
    Refused,
    /// It is, and what is promised of it holds.
    Taken,
}

impl From<bool> for Fate {
    fn from(is_taken: bool) -> Self {
        if is_taken { Self::Taken } else { Self::Refused }
    }
}

/// Something that takes bytes of anyone.
pub(crate) struct Target {
    /// The name of its corpus too.
    pub(crate) name: &'static str,
    pub(crate) take: fn(&[u8]) -> Fate,
    /// Inputs that are as they should be, or nearly so.
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
    /// How many inputs the test makes of them, in thousands: more where one costs less.
    pub(crate) thousands: usize,
}

const fn target(
    name: &'static str,
    thousands: usize,
    take: fn(&[u8]) -> Fate,
    seeds: fn() -> Vec<Vec<u8>>,
) -> Target {
    Target { name, take, seeds, thousands }
}

/// Every target.
pub(crate) const TARGETS: [Target; 19] = [
    target("call", 60, call::take, seed::calls),
    target("write", 60, write::take, seed::writes),
    target("cursor", 60, |bytes| text(bytes, api::probe::cursor), seed::cursors),
    target("timeout", 60, |bytes| header(bytes, api::probe::timeout), seed::timeouts),
    target("bearer", 60, |bytes| header(bytes, api::probe::bearer), seed::bearers),
    target("yaml", 40, file::yaml, seed::yaml),
    target("json", 40, file::json, seed::json),
    target("lines", 60, file::lines, seed::lines),
    target("gzip", 40, file::gzip, seed::gzip),
    target("case", 40, file::case, seed::cases),
    target("key", 80, |bytes| store::probe::key(bytes).into(), seed::keys),
    target("record", 80, |bytes| store::probe::record(bytes).into(), seed::records),
    target("page", 60, |bytes| store::probe::page(bytes).into(), seed::pages),
    target("change", 60, |bytes| store::probe::change(bytes).into(), seed::changes),
    target("backup", 60, file::backup, seed::backups),
    target("callers", 40, setting::callers, seed::callers),
    target("token", 60, setting::token, seed::tokens),
    target("config", 40, setting::config, seed::configs),
    target("name", 80, setting::name, seed::names),
];

/// Bytes that are to be UTF-8.
fn text(bytes: &[u8], take: impl FnOnce(&str) -> bool) -> Fate {
    str::from_utf8(bytes).is_ok_and(take).into()
}

fn header(bytes: &[u8], take: impl FnOnce(&HeaderValue) -> bool) -> Fate {
    HeaderValue::from_bytes(bytes).is_ok_and(|value| take(&value)).into()
}
