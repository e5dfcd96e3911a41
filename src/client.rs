//! The service from outside: a typed client over gRPC, for the command line, tests and benchmarks.
//!
//! It turns domain values into requests, answers into domain values, and every failure into one of a few kinds;
//! nothing of the wire is seen through it. It does not retry, and holds no state but the connection.

mod address;
mod advice;
mod answer;
pub mod case;
mod conflict;
mod credential;
mod decision;
mod directory;
mod error;
mod explanation;
mod facts;
mod freshness;
mod history;
mod messages;
mod plan;
mod preview;
mod question;
mod visible;
mod watch;
mod way;
mod why_not;

use std::time::Duration;

use tonic::service::interceptor::InterceptedService;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

pub use address::{Address, AddressError};
pub use advice::{Advice, AdviceObject, AdviceQuery, AdviceReport};
pub use answer::{Answered, Committed, Event, ItemError, Listed, Ruling, Told};
pub use conflict::{Conflict, ConflictEntry, ConflictPerson, ConflictQuery, Conflicts, Labelled, Whose};
use credential::Line;
pub use credential::{CredentialError, Credentials};
pub use decision::{SubjectsPage, SubjectsQuery, Wanted, Window};
pub use directory::{Everything, OnChunk, Progress, Selection, revision_number};
pub use error::{ClientError, Refused, Violation};
pub use explanation::{
    AskedRelation, CrmGrounds, Explanation, NamedFacts, Observing, RoleEntry, ScopeTest, SharedGroup,
    SupportGrounds, TicketSide, Weighing,
};
pub use facts::{FactsError, facts_text, parse_facts};
pub use freshness::{Freshness, Moment};
pub use history::{History, HistoryPart};
pub use messages::{Message, Messages};
pub use plan::{PlanQuery, Planned};
pub use preview::{
    ActionSum, ActionTurn, CreationSum, CreationTurn, DepartmentSum, PreviewQuery, PreviewWarning, Previewed,
    ResourceActionTurn, ResourceTurn, Turned, UserTurn,
};
pub use question::Question;
pub use visible::{Facet, Visible, VisibleCount, VisibleFilter, VisibleOrder, VisiblePart, VisibleQuery};
pub use watch::Changes;
pub use way::{Reach, ReachedRole, SharedDepartment, Subject, Way};
pub use why_not::{Proposal, ProposedStep, WhyNot};

/// How long a connection may take to be made.
const CONNECT_WAIT_MAX: Duration = Duration::from_secs(5);
/// The most bytes of one answer. A page of a thousand groups of ten thousand members would have more; pages of
/// fewer objects don't.
const ANSWER_BYTES_MAX: usize = 256 << 20;

/// A connection to a server. Copies share it.
#[derive(Clone, Debug)]
pub struct Client {
    line: Line,
    address: Address,
    freshness: Freshness,
}

impl Client {
    /// Connects, showing nothing.
    ///
    /// # Errors
    /// Nobody answers there within 5 seconds.
    pub async fn connect(address: &Address) -> Result<Self, ClientError> {
        Self::connect_with(address, &Credentials::default()).await
    }

    /// Connects, showing what is given.
    ///
    /// # Errors
    /// Nobody answers there within 5 seconds, nobody vouches for who does, or what is to be shown can't be.
    pub async fn connect_with(address: &Address, credentials: &Credentials) -> Result<Self, ClientError> {
        let unreachable = |error| ClientError::unreachable(address, error);
        let endpoint = Endpoint::from_shared(address.to_string()).map_err(unreachable)?;
        let endpoint = endpoint.connect_timeout(CONNECT_WAIT_MAX).tcp_nodelay(true);
        let (endpoint, bearer) = (credentials.secure(endpoint, address)?, credentials.bearer(address)?);
        let line = InterceptedService::new(endpoint.connect().await.map_err(unreachable)?, bearer);
        Ok(Self { line, address: address.clone(), freshness: Freshness::default() })
    }

    /// The same connection, whose reads are as fresh as asked for.
    #[must_use]
    pub fn reading(&self, freshness: Freshness) -> Self {
        Self { freshness, ..self.clone() }
    }

    /// Where the server is.
    #[must_use]
    pub const fn address(&self) -> &Address {
        &self.address
    }

    /// Whether the server says that it serves.
    ///
    /// # Errors
    /// The server can't be reached or refuses.
    pub async fn is_serving(&self) -> Result<bool, ClientError> {
        let mut health = HealthClient::new(self.line.clone());
        let answer = health.check(HealthCheckRequest::default()).await;
        let answer = answer.map_err(|status| self.failure(&status))?;
        Ok(answer.get_ref().status() == ServingStatus::Serving)
    }

    fn failure(&self, status: &tonic::Status) -> ClientError {
        ClientError::of(&self.address, status)
    }
}
