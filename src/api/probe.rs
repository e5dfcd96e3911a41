//! What cursors, page tokens and headers promise, held against texts of anyone; under the feature `testing` alone.
//!
//! Each function says whether the text was taken, and panics where a promise is broken.

use tonic::codegen::http::{HeaderMap, HeaderValue, Request, header};

use super::convert::{page_token, parse_page_token};
use super::cursor::Mark;
use super::{admission, deadline, pb, visible};
use crate::caller::Evidence;
use crate::domain::Kind;

/// A cursor or page token: exactly what an answer carried is taken, in no other spelling.
///
/// # Panics
/// A text is taken that no answer carried.
#[must_use]
pub fn cursor(text: &str) -> bool {
    let mark = Mark::of(&pb::ListVisibleRequest::default());
    let payload = mark.open(text);
    if let Some(payload) = payload {
        assert_eq!(mark.seal(payload), text, "a cursor is taken that none has made");
    }
    // What a caller seals himself may lead anywhere, but it has to be read.
    let sealed = mark.seal(text);
    assert_eq!(mark.open(&sealed), Some(text), "a cursor that was made is not taken");
    drop(visible::behind(mark, &sealed));
    let mut is_page_token = false;
    for kind in Kind::EACH {
        if let Ok(Some(key)) = parse_page_token(text, kind) {
            assert_eq!(page_token(&key), text, "a page token is taken that none has made");
            is_page_token = true;
        }
    }
    payload.is_some() || is_page_token
}

/// The header `grpc-timeout`: digits and a unit, nothing else.
///
/// # Panics
/// Something else is taken.
#[must_use]
pub fn timeout(value: &HeaderValue) -> bool {
    let headers: HeaderMap =
        std::iter::once((header::HeaderName::from_static("grpc-timeout"), value.clone())).collect();
    let is_taken = deadline::timeout_of(&headers).is_some();
    let is_right = value.as_bytes().split_last().is_some_and(|(unit, digits)| {
        b"HMSmun".contains(unit) && (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    });
    assert_eq!(is_taken, is_right, "a timeout of {value:?}");
    is_taken
}

/// The header `authorization`: a token that is sent stands alone, and a header that holds none is refused.
///
/// # Panics
/// Something but a token is taken from it.
#[must_use]
pub fn bearer(value: &HeaderValue) -> bool {
    let mut request = Request::new(());
    request.headers_mut().insert(header::AUTHORIZATION, value.clone());
    match admission::evidence(&request) {
        Ok(Evidence::Bearer(token)) => {
            assert_eq!(token.trim(), token, "blanks are no part of a token");
            true
        }
        Ok(other) => {
            assert!(matches!(other, Evidence::Bearer(_)), "a header that is sent is passed over");
            false
        }
        Err(_) => false,
    }
}
