//! How a command went, and the exit code that tells it.

use std::io;

use super::output::Output;
use crate::client::ClientError;
use crate::config::ConfigError;
use crate::server::ServeError;

/// How a command went that could be carried out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Allowed, or done.
    Yes,
    /// Denied, or problems found.
    No,
}

/// The command is not as it must be, which shows only when it is carried out.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

/// The exit code.
pub(super) fn exit_code(verdict: &anyhow::Result<Verdict>) -> u8 {
    match verdict {
        Ok(Verdict::Yes) => 0,
        Ok(Verdict::No) => 1,
        Err(error) => code_of(error),
    }
}

fn code_of(error: &anyhow::Error) -> u8 {
    let start = error.downcast_ref::<ServeError>();
    let is_far = matches!(start, Some(ServeError::NotLoopback(_) | ServeError::Credential(_)));
    if is_far || error.is::<UsageError>() || error.is::<ConfigError>() {
        return 2;
    }
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Unreachable { .. }) => 3,
        Some(ClientError::Refused(_)) => 4,
        Some(ClientError::Credential(_)) => 2,
        None if is_reader_gone(error) => 0,
        Some(ClientError::Nonsense(_)) | None => 1,
    }
}

/// Whoever reads stdout has seen enough.
fn is_reader_gone(error: &anyhow::Error) -> bool {
    let is_broken = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    !error.is::<ClientError>() && error.chain().any(|it| it.downcast_ref().is_some_and(is_broken))
}

/// Says on stderr why a command could not be carried out.
pub(super) fn report(error: &anyhow::Error, output: &mut Output) {
    if is_reader_gone(error) {
        return;
    }
    let refused = error.downcast_ref::<ClientError>().and_then(ClientError::refused);
    let mut lines = Vec::new();
    match refused {
        Some(refused) if !refused.violations.is_empty() => {
            lines.push(format!("refused: {} {}", refused.code_name(), refused.reason));
            lines.extend(refused.violations.iter().map(|it| match &it.rule {
                Some(rule) => format!("  rule {rule}: {}: {}", it.culprit, it.message),
                None => format!("  {}: {}", it.culprit, it.message),
            }));
        }
        Some(refused) => lines.push(format!("refused: {refused}")),
        None => lines.push(format!("error: {}", causes(error))),
    }
    for line in lines {
        // Nobody is left to tell if stderr is gone.
        let _ = output.note(&line);
    }
}

/// The error and its causes; one that says the same as the one above it is left out.
fn causes(error: &anyhow::Error) -> String {
    let mut texts: Vec<String> = error.chain().map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Address, Refused};

    fn code(error: impl Into<anyhow::Error>) -> u8 {
        exit_code(&Err(error.into()))
    }

    #[test]
    fn the_exit_code_tells_how_it_went() {
        assert_eq!((exit_code(&Ok(Verdict::Yes)), exit_code(&Ok(Verdict::No))), (0, 1));
        assert_eq!(code(UsageError("wrong".to_owned())), 2);
        assert_eq!(code(ConfigError::NoListener), 2);
        assert_eq!(code(ServeError::NotLoopback(([0, 0, 0, 0], 7717).into())), 2);
        let address: Address = Address::DEFAULT.parse().unwrap();
        let cause = Box::new(io::Error::other("refused"));
        assert_eq!(code(ClientError::Unreachable { address, cause }), 3);
        assert_eq!(code(ClientError::from(Box::new(refused()))), 4);
        assert_eq!(code(io::Error::from(io::ErrorKind::BrokenPipe)), 0);
        assert_eq!(code(io::Error::from(io::ErrorKind::NotFound)), 1);
    }

    fn refused() -> Refused {
        let violation = crate::client::Violation {
            rule: Some("1.1".to_owned()),
            culprit: "department d1".to_owned(),
            message: "parent: there is no department d9".to_owned(),
        };
        Refused {
            code: tonic::Code::FailedPrecondition,
            reason: "RULES_BROKEN".to_owned(),
            message: "nothing was changed; …".to_owned(),
            violations: vec![violation],
        }
    }

    #[test]
    fn a_cause_that_says_the_same_is_told_once() {
        let cause = io::Error::other(io::Error::other("nobody listens"));
        let (mut output, written) = Output::captured();
        report(&anyhow::Error::new(cause).context("it can't be reached"), &mut output);
        assert_eq!(written.err(), "error: it can't be reached: nobody listens\n");
    }

    #[test]
    fn a_refusal_is_told_with_every_rule() {
        let (mut output, written) = Output::captured();
        report(&ClientError::from(Box::new(refused())).into(), &mut output);
        let expected = "refused: FAILED_PRECONDITION RULES_BROKEN\n  rule 1.1: department d1: parent: there is no department d9\n";
        assert_eq!(written.err(), expected);
    }
}
