//! The one place where errors become gRPC statuses: a code, a stable reason, and the field at fault.
//!
//! Texts that callers can act on are sent; those of the inside are logged with their causes and not sent.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::convert::{sql_column_path, time_text};
use crate::caller::{Denial, Unknown};
use crate::domain::{Fault, WRITE_OPERATIONS_MAX};
use crate::engine::{
    CircleError, FilterError, ImportError, LogError, PastError, QuestionError, Refusal, Span, TokenError,
    Violation, WriteError,
};
use crate::sql::SqlError;
use crate::telemetry::trace_id;

/// The domain of every reason.
pub const DOMAIN: &str = "dopusk";
/// A field is not what it must be.
pub const INVALID_FIELD: &str = "INVALID_FIELD";
/// Rules of the specification stand against a write.
pub const RULES_BROKEN: &str = "RULES_BROKEN";

/// When a call that found the server busy may be made again.
const BUSY_WAIT: Duration = Duration::from_millis(100);
/// The same for what takes long.
const SEAT_WAIT: Duration = Duration::from_secs(1);

/// A field of a request that is not what it must be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// The path of the field, such as `operations[3].put.user.id`.
    pub field: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Invalid {
    /// A fault of a field.
    #[must_use]
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

/// Fields that are not what they must be: INVALID_ARGUMENT.
#[must_use]
pub fn invalid(faults: &[Invalid]) -> Status {
    let mut details = reason(INVALID_FIELD);
    let named = that_fit(faults, |fault| fault.field.len() + cut(&fault.message).len());
    for fault in named {
        details.add_bad_request_violation(fault.field.clone(), cut(&fault.message));
    }
    let text = named.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>();
    let text = format!("{}{}", share(named, faults), text.join("; "));
    with_details(Code::InvalidArgument, text, details)
}

/// A question that is the caller's error.
#[must_use]
pub fn question(error: &QuestionError) -> Status {
    let (name, field) = (question_reason(error), error.field());
    let mut details = reason(name);
    details.add_bad_request_violation(field, cut(&error.to_string()));
    with_details(Code::InvalidArgument, format!("{field}: {error}"), details)
}

/// The stable reason of a question that is the caller's error.
#[must_use]
pub fn question_reason(error: &QuestionError) -> &'static str {
    match error {
        QuestionError::UnknownEntityType { .. } => "UNKNOWN_ENTITY_TYPE",
        QuestionError::UnknownAction { .. } => "UNKNOWN_ACTION",
        QuestionError::UnknownStage { .. } => "UNKNOWN_STAGE",
        QuestionError::BadId { .. } | QuestionError::FilterTooLong { .. } => INVALID_FIELD,
        QuestionError::NotListable { .. } => "ACTION_NOT_LISTABLE",
        QuestionError::NotSupport { .. } => "NOT_A_TICKET_TYPE",
    }
}

/// A plan that can't be written for the caller's database.
#[must_use]
pub fn sql(error: &SqlError) -> Status {
    match error {
        SqlError::Unmapped(item) | SqlError::Unqualified(item) | SqlError::Reserved(item) => {
            invalid(&[Invalid::new(sql_column_path(*item), error.to_string())])
        }
        SqlError::TooMany { .. } => {
            with_details(Code::FailedPrecondition, format!("sql: {error}"), reason("TOO_MANY_PARAMETERS"))
        }
    }
}

/// A filter that the kind doesn't have.
#[must_use]
pub fn filter(error: &FilterError) -> Status {
    invalid(&[Invalid::new(error.field(), error.to_string())])
}

/// A revision token that is of no use.
#[must_use]
pub fn token(field: &str, error: &TokenError) -> Status {
    let text = format!("{field}: the token {error}");
    match error {
        TokenError::Malformed => invalid(&[Invalid::new(field, error.to_string())]),
        TokenError::OtherStore => {
            with_details(Code::FailedPrecondition, text, reason("TOKEN_OF_OTHER_STORE"))
        }
        TokenError::Ahead { .. } => {
            with_details(Code::FailedPrecondition, text, reason("TOKEN_AHEAD_OF_STORE"))
        }
    }
}

/// A state of the past that can't be had.
#[must_use]
pub fn past(field: &str, error: &PastError) -> Status {
    match error {
        PastError::Token(error) => token(field, error),
        PastError::NotKept(span) => out_of_span(field, error, (span, "STATE_NOT_KEPT")),
        PastError::Future(span) => out_of_span(field, error, (span, "TIME_IN_FUTURE")),
        PastError::Log(cause) => {
            log(cause.as_ref(), "a state of the past can't be made again");
            with_details(Code::Unavailable, "the change log can't be read", reason("STORE_FAILED"))
        }
        PastError::Abandoned => deadline_exceeded(),
    }
}

fn out_of_span(field: &str, error: &PastError, (span, name): (&Span, &str)) -> Status {
    let Span { oldest, since_ms, newest } = span;
    let since = since_ms.map(time_text).unwrap_or_default();
    let from = if since.is_empty() { String::new() } else { format!(", for times from {since} on") };
    let text = format!("{error}; known are the states from {oldest} to {newest}{from}");
    let known =
        [("oldest_revision", oldest.clone()), ("oldest_time", since), ("newest_revision", newest.clone())];
    let known = known.map(|(name, value)| (name.to_owned(), value));
    let mut details = ErrorDetails::with_error_info(name, DOMAIN, HashMap::from(known));
    details.add_bad_request_violation(field, text.clone());
    with_details(Code::OutOfRange, format!("{field}: {text}"), details)
}

/// A write that was not done.
#[must_use]
pub fn write(error: &WriteError) -> Status {
    let text = error.to_string();
    match error {
        WriteError::Refused(refusal) => refused(refusal),
        WriteError::Conflict { .. } => with_details(Code::Aborted, text, reason("REVISION_CONFLICT")),
        WriteError::Store(cause) => {
            log(cause.as_ref(), "the store failed");
            with_details(Code::Unavailable, text, reason("STORE_FAILED"))
        }
        WriteError::Busy => exhausted("TOO_MANY_WRITES", text, BUSY_WAIT),
        WriteError::Closed => with_details(Code::Unavailable, text, reason("SHUTTING_DOWN")),
        WriteError::Unknown => with_details(Code::Unknown, text, reason("OUTCOME_UNKNOWN")),
    }
}

/// An import that stopped.
#[must_use]
pub fn import(error: &ImportError) -> Status {
    match error {
        ImportError::Write(error) => write(error),
        ImportError::TooMany => {
            with_details(Code::InvalidArgument, error.to_string(), reason("IMPORT_TOO_LARGE"))
        }
    }
}

/// A start of a watch that can't be served.
#[must_use]
pub fn log_read(error: &LogError) -> Status {
    match error {
        LogError::NotKept { .. } => {
            let text = format!("after: {error}; export afresh and watch from the export's revision");
            with_details(Code::OutOfRange, text, reason("CHANGES_NOT_KEPT"))
        }
        LogError::Damaged(_) | LogError::Disk(_) => {
            log(error, "the store failed");
            with_details(Code::Unavailable, "the change log can't be read", reason("STORE_FAILED"))
        }
    }
}

/// An object that isn't there.
#[must_use]
pub fn not_found(what: &str) -> Status {
    with_details(Code::NotFound, format!("there is no {what}"), reason("OBJECT_NOT_FOUND"))
}

/// A review of what isn't there.
#[must_use]
pub fn circle(error: &CircleError) -> Status {
    match error {
        CircleError::BadId { field, .. } => invalid(&[Invalid::new(*field, error.to_string())]),
        CircleError::Unknown(key) => not_found(&key.to_string()),
    }
}

/// As much of something that takes long is under way as may be.
#[must_use]
pub fn too_many(most: usize, what: &str, name: &str) -> Status {
    let text = format!("{most} {what} are under way; ask again when one has ended");
    exhausted(name, text, SEAT_WAIT)
}

/// The server has more to do than it can in time.
#[must_use]
pub fn busy() -> Status {
    exhausted("SERVER_BUSY", "the server has more to do than it can in time".to_owned(), BUSY_WAIT)
}

/// There is little memory left.
#[must_use]
pub fn memory_short() -> Status {
    let text = "the server has little memory left; it takes what changes or deletes, and nothing that adds";
    exhausted("MEMORY_SHORT", text.to_owned(), SEAT_WAIT)
}

/// A stream that was given up because nobody read it.
#[must_use]
pub fn reader_too_slow() -> Status {
    let text = "the stream was not read and has been given up; read it sooner, or ask for less at a time";
    with_details(Code::ResourceExhausted, text, reason("READER_TOO_SLOW"))
}

/// An import whose next message doesn't come.
#[must_use]
pub fn import_stalled() -> Status {
    let text = "no message of the import came for a long time; what was committed in chunks stays";
    with_details(Code::Aborted, text, reason("IMPORT_STALLED"))
}

/// The caller's time is up.
#[must_use]
pub fn deadline_exceeded() -> Status {
    with_details(Code::DeadlineExceeded, "the call's deadline has passed", reason("DEADLINE_EXCEEDED"))
}

/// A caller that isn't known. What exactly is wrong with a token is not said.
#[must_use]
pub fn unauthenticated(error: &Unknown) -> Status {
    let name = match error {
        Unknown::Nothing => "CREDENTIALS_MISSING",
        Unknown::Token { .. } | Unknown::Certificate | Unknown::Process => "CREDENTIALS_INVALID",
    };
    with_details(Code::Unauthenticated, error.to_string(), reason(name))
}

/// A request whose header of credentials holds none.
#[must_use]
pub fn no_bearer() -> Status {
    let text = "the header authorization is not `Bearer` and a token";
    with_details(Code::Unauthenticated, text, reason("CREDENTIALS_INVALID"))
}

/// A caller that has just lost its permissions, or whose token has run out.
#[must_use]
pub fn revoked() -> Status {
    let text = "what this caller may do has changed, or its token has expired; call again";
    with_details(Code::Unauthenticated, text, reason("CREDENTIALS_REVOKED"))
}

/// What a caller may not.
#[must_use]
pub fn denied(field: &str, denial: Denial) -> Status {
    let mut details = reason(denial_reason(denial));
    details.add_bad_request_violation(field, denial.to_string());
    with_details(Code::PermissionDenied, format!("{field}: {denial}"), details)
}

/// The stable reason of what a caller may not.
#[must_use]
pub const fn denial_reason(denial: Denial) -> &'static str {
    match denial {
        Denial::Call => "CALL_NOT_PERMITTED",
        Denial::Writing => "WRITING_NOT_PERMITTED",
        Denial::Explanation => "EXPLANATION_NOT_PERMITTED",
        Denial::Everything | Denial::EntityType => "ENTITY_TYPE_NOT_PERMITTED",
        Denial::Facts => "FACTS_NOT_PERMITTED",
    }
}

/// A caller that calls more often than it may.
#[must_use]
pub fn too_often(wait: Duration) -> Status {
    exhausted("RATE_EXCEEDED", "this caller calls more often than it may".to_owned(), wait)
}

/// A caller that has as many calls under way as it may.
#[must_use]
pub fn too_many_at_once(most: u32, wait: Duration) -> Status {
    let text = format!("{most} calls of this caller are under way, as many as may be");
    exhausted("CALLS_AT_ONCE_EXCEEDED", text, wait)
}

fn exhausted(name: &str, text: String, wait: Duration) -> Status {
    let mut details = reason(name);
    details.set_retry_info(Some(wait));
    with_details(Code::ResourceExhausted, text, details)
}

/// The server is going down.
#[must_use]
pub fn shutting_down() -> Status {
    with_details(Code::Unavailable, "the server is shutting down", reason("SHUTTING_DOWN"))
}

fn refused(refusal: &Refusal) -> Status {
    match refusal {
        Refusal::Faults(faults) => rules(faults.iter().map(|(at, fault)| fault_line(*at, fault))),
        Refusal::Rules(violations) => rules(lines(violations)),
        Refusal::Precondition { operation, key, exists } => {
            let mut details = reason(if *exists { "OBJECT_EXISTS" } else { "OBJECT_MISSING" });
            let field = format!("operations[{operation}].precondition");
            details.add_precondition_failure_violation("PRECONDITION", key.to_string(), refusal.to_string());
            with_details(Code::FailedPrecondition, format!("{field}: {refusal}"), details)
        }
    }
}

struct Line {
    rule: &'static str,
    culprit: String,
    message: String,
}

fn fault_line(at: usize, fault: &Fault) -> Line {
    let culprit = format!("operations[{at}].put.{}", fault.field);
    Line { rule: fault.rule, culprit, message: fault.message.clone() }
}

fn lines(violations: &BTreeSet<Violation>) -> impl Iterator<Item = Line> {
    violations.iter().map(|it| Line {
        rule: it.rule,
        culprit: it.culprit.to_string(),
        message: it.message.clone(),
    })
}

fn rules(lines: impl Iterator<Item = Line>) -> Status {
    let lines: Vec<Line> = lines.collect();
    let mut details = reason(RULES_BROKEN);
    let named = that_fit(&lines, |line| line.culprit.len() + cut(&line.message).len());
    for line in named {
        let rule = format!("RULE_{}", line.rule);
        details.add_precondition_failure_violation(rule, line.culprit.clone(), cut(&line.message));
    }
    let text = named.iter().map(|line| format!("rule {}: {}: {}", line.rule, line.culprit, line.message));
    let text = text.collect::<Vec<_>>().join("; ");
    let text = format!("nothing was changed; {}{text}", share(named, &lines));
    with_details(Code::FailedPrecondition, text, details)
}

/// Says that a write has more operations than one may have.
#[must_use]
pub fn too_many_operations(count: usize) -> Status {
    let text = format!("{count} operations; a write has 1 to {WRITE_OPERATIONS_MAX}");
    invalid(&[Invalid::new("operations", text)])
}

fn reason(reason: &str) -> ErrorDetails {
    ErrorDetails::with_error_info(reason, DOMAIN, HashMap::new())
}

/// The most bytes of a text. It travels in a header, where a byte can become three, and again in the details.
const TEXT_BYTES_MAX: usize = 1_000;
/// The most bytes of all violations. Clients take 16 KiB of headers: the text up to 3,000, the details, in which the
/// text is repeated, four thirds of 1,000 + 6,000 + 500.
const VIOLATIONS_BYTES_MAX: usize = 6_000;
/// What a violation takes besides its texts: tags, lengths and the rule's name.
const VIOLATION_OVERHEAD_BYTES: usize = 24;

fn with_details(code: Code, text: impl AsRef<str>, details: ErrorDetails) -> Status {
    Status::with_error_details(code, cut(text.as_ref()), details)
}

/// The text, or as much of it as a header should have.
fn cut(text: &str) -> String {
    if text.len() <= TEXT_BYTES_MAX {
        return text.to_owned();
    }
    let (head, _) = text.split_at(text.floor_char_boundary(TEXT_BYTES_MAX));
    format!("{head}…")
}

/// The first of the items, as many as an answer can hold.
fn that_fit<T>(items: &[T], bytes_of: impl Fn(&T) -> usize) -> &[T] {
    let mut bytes = 0;
    let fitting = items.iter().take_while(|item| {
        bytes += bytes_of(item) + VIOLATION_OVERHEAD_BYTES;
        bytes <= VIOLATIONS_BYTES_MAX
    });
    let count = fitting.count().max(1);
    items.get(..count).unwrap_or(items)
}

/// Says that not all are named.
fn share<T>(named: &[T], all: &[T]) -> String {
    if named.len() == all.len() { String::new() } else { format!("{} of {}: ", named.len(), all.len()) }
}

/// Logs what is of the inside, with its causes and the trace of the call that it befell.
fn log(error: &(dyn Error + 'static), what: &'static str) {
    let trace_id = trace_id().map(tracing::field::display);
    tracing::error!(error, trace_id, "{what}");
}
