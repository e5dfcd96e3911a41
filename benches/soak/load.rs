//! What everyone who works shares: the lives, the counts, the end; and how a call is made and judged.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use dopusk::api::pb;
use dopusk::api::{convert, pb::directory_service_client::DirectoryServiceClient};
use dopusk::client::revision_number;
use dopusk::company::Company;
use dopusk::domain::Operation;
use tonic::Code;

use crate::life::{Failure, Link, Lives};
use crate::report::Tally;

/// Whoever waits longer for an answer than that has found a fault.
const CALL_MAX: Duration = Duration::from_secs(30);

/// What everyone shares.
pub(crate) struct Load {
    pub(crate) lives: Lives,
    pub(crate) tally: Tally,
    pub(crate) company: Company,
    pub(crate) resources: u64,
    pub(crate) is_over: AtomicBool,
    /// The newest revision that was acknowledged.
    pub(crate) newest: AtomicU64,
}

/// What came of a write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Written {
    /// It is acknowledged, with this token.
    Done(String),
    /// The rules stand against it.
    Refused,
}

impl Load {
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }

    /// Makes a call; none where a restart broke it off. Whatever else it comes to is a fault.
    pub(crate) async fn call<T, E: Into<Failure>>(
        &self,
        what: &'static str,
        link: &Link,
        call: impl Future<Output = Result<T, E>>,
    ) -> Option<T> {
        match self.attempt(what, link, call).await? {
            Ok(answer) => Some(answer),
            Err((code, text)) => {
                self.tally.fault(&format!("{what}, life {}: {code:?} {text}", link.life));
                None
            }
        }
    }

    /// The same, where the server may refuse.
    async fn attempt<T, E: Into<Failure>>(
        &self,
        what: &'static str,
        link: &Link,
        call: impl Future<Output = Result<T, E>>,
    ) -> Option<Result<T, (Code, String)>> {
        let outcome = tokio::time::timeout(CALL_MAX, call).await;
        let text = match outcome.map(|answer| answer.map_err(Into::into)) {
            Ok(Ok(answer)) => {
                self.tally.count(what);
                return Some(Ok(answer));
            }
            Ok(Err(Failure::Refused(code, text))) => return Some(Err((code, text))),
            Ok(Err(Failure::Broken(text))) => text,
            Err(_) => format!("no answer within {CALL_MAX:?}"),
        };
        if self.lives.has_ended(link.life) {
            self.tally.count("calls broken off by a restart");
        } else {
            self.tally.fault(&format!("{what}, life {}: {text}", link.life));
        }
        None
    }

    /// Writes, again and again by the same name until the server has said what came of it.
    pub(crate) async fn write(&self, what: &'static str, operations: &[Operation]) -> Written {
        let request = pb::WriteRequest {
            operations: operations.iter().map(convert::operation_to_wire).collect(),
            request_id: format!("soak-{:032x}", rand::random::<u128>()),
            author: "soak".to_owned(),
            ..pb::WriteRequest::default()
        };
        loop {
            let link = self.lives.link().await;
            let mut directory = DirectoryServiceClient::new(link.channel.clone());
            match self.attempt(what, &link, directory.write(request.clone())).await {
                Some(Ok(answer)) => {
                    let token = answer.into_inner().revision;
                    let number = revision_number(&token).map_or(0, |it| it.get());
                    self.newest.fetch_max(number, Ordering::SeqCst);
                    return Written::Done(token);
                }
                Some(Err((Code::FailedPrecondition, _))) => {
                    self.tally.count("writes refused by the rules");
                    return Written::Refused;
                }
                Some(Err((code, text))) => {
                    self.tally.fault(&format!("{what}: {code:?} {text}"));
                    return Written::Refused;
                }
                // Whether it was done is unknown: it is sent again.
                None => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

/// Does a piece of work so often a second until all is over.
pub(crate) async fn at_rate<F: Future<Output = ()>>(load: Arc<Load>, per_second: f64, work: impl Fn() -> F) {
    let mut pace = tokio::time::interval(Duration::from_secs_f64(1.0 / per_second));
    pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while !load.is_over() {
        pace.tick().await;
        work().await;
    }
}
