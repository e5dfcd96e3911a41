//! Any message sent to any call: it is answered or refused with a status that says why, and what is allowed in the answer
//! the oracle allows too.

use dopusk::api::pb;
use dopusk::domain::{Facts, Id, sorted_set};
use prost::Message;
use tokio_stream::StreamExt as _;
use tonic::client::Grpc;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt as _;

use super::Fate;
use super::company::Company;
use crate::oracle::{Answer, Asked, Oracle, Query};

/// The calls by the first byte of an input. New ones go to the end: kept inputs go by the places.
pub(crate) const CALLS: [&str; 20] = [
    "/dopusk.v1.DecisionService/Check",
    "/dopusk.v1.DecisionService/BatchCheck",
    "/dopusk.v1.DecisionService/ListVisible",
    "/dopusk.v1.DecisionService/CountVisible",
    "/dopusk.v1.DecisionService/ListActions",
    "/dopusk.v1.DecisionService/ListSubjects",
    "/dopusk.v1.DecisionService/ListRecipients",
    "/dopusk.v1.DecisionService/PlanVisible",
    "/dopusk.v1.DecisionService/Explain",
    "/dopusk.v1.DirectoryService/Write",
    "/dopusk.v1.DirectoryService/GetObject",
    "/dopusk.v1.DirectoryService/ListObjects",
    "/dopusk.v1.DirectoryService/Import",
    "/dopusk.v1.DirectoryService/Export",
    "/dopusk.v1.HistoryService/ListChanges",
    "/dopusk.v1.ReviewService/ListConflicts",
    "/dopusk.v1.ReviewService/ListAdvice",
    "/dopusk.v1.WhyNotService/WhyNot",
    "/dopusk.v1.PreviewService/Preview",
    "/dopusk.v1.WatchService/Watch",
];

/// How often a stream that has nothing to say is asked again, so that what waits for another thread comes.
const POLLS_MAX: usize = 3;

thread_local! {
    static COMPANY: Company = Company::open();
}

pub(super) fn take(bytes: &[u8]) -> Fate {
    let Some((first, message)) = bytes.split_first() else { return Fate::Refused };
    let path = CALLS[usize::from(*first) % CALLS.len()];
    COMPANY.with(|company| match company.ask(path, message) {
        Ok(answers) => {
            for answer in answers {
                hold(&company.oracle, path, message, &answer);
            }
            Fate::Taken
        }
        Err(status) => {
            assert_refusal(path, &status);
            Fate::Refused
        }
    })
}

/// A refusal says why: ours by a reason, the transport's by its own text where the bytes are no message.
fn assert_refusal(path: &str, status: &Status) {
    if let Some(info) = status.get_error_details().error_info() {
        let is_ours = info.domain == "dopusk" && !info.reason.is_empty();
        assert!(is_ours && !matches!(status.code(), Code::Ok | Code::Internal | Code::Unknown), "{status:?}");
    } else {
        let is_undecoded = status.code() == Code::Internal && status.message().contains("decode");
        assert!(is_undecoded, "{path}: a refusal without a reason: {status:?}");
    }
}

impl Company {
    /// The messages of the answer.
    fn ask(&self, path: &'static str, message: &[u8]) -> Result<Vec<Vec<u8>>, Status> {
        self.runtime.block_on(async {
            let mut client = Grpc::new(self.services.clone());
            client.ready().await.unwrap();
            let request = Request::new(tokio_stream::once(message.to_vec()));
            let answer = client.streaming(request, PathAndQuery::from_static(path), Bytes).await?;
            let mut stream = answer.into_inner();
            if path.ends_with("/Watch") {
                return first_of(&mut stream).await;
            }
            let mut messages = Vec::new();
            while let Some(message) = stream.next().await {
                messages.push(message?);
            }
            Ok(messages)
        })
    }
}

/// What a stream says at once: one that follows changes has no end.
async fn first_of(stream: &mut tonic::Streaming<Vec<u8>>) -> Result<Vec<Vec<u8>>, Status> {
    let mut messages = Vec::new();
    for _ in 0..POLLS_MAX {
        tokio::select! {
            biased;
            message = stream.next() => match message {
                Some(message) => messages.push(message?),
                None => break,
            },
            () = tokio::task::yield_now() => {}
        }
    }
    Ok(messages)
}

/// Holds what an answer allows against the oracle.
fn hold(oracle: &Oracle, path: &str, request: &[u8], answer: &[u8]) {
    let Some((_, call)) = path.rsplit_once('/') else { return };
    match call {
        "Check" => check(oracle, &decode(request), &decode(answer)),
        "BatchCheck" => batch(oracle, &decode(request), &decode(answer)),
        "Explain" => explain(oracle, &decode(request), &decode(answer)),
        "ListVisible" => visible(oracle, &decode(request), &decode(answer)),
        "ListActions" => actions(oracle, &decode(request), &decode(answer)),
        "ListSubjects" => subjects(oracle, &decode(request), &decode(answer)),
        "PlanVisible" => plan(&decode(answer)),
        _ => {}
    }
}

/// The resource of a request, which names it in a type of its own; none where it is none.
macro_rules! asked {
    ($resource:expr, $kind:path) => {{
        use $kind as Resource;
        match $resource {
            Some(Resource::Id(id)) => stored(id),
            Some(Resource::Facts(facts)) => inline(facts),
            None => None,
        }
    }};
}

fn check(oracle: &Oracle, request: &pb::CheckRequest, answer: &pb::CheckResponse) {
    let asked = asked!(&request.resource, pb::check_request::Resource);
    let words = [&request.subject, &request.action, &request.entity_type];
    assert_allowed(oracle, words, asked, answer.decision.as_ref());
}

fn batch(oracle: &Oracle, request: &pb::BatchCheckRequest, answer: &pb::BatchCheckResponse) {
    use pb::batch_check_result::Result;
    assert_eq!(request.items.len(), answer.results.len(), "an answer to each question");
    for (item, result) in request.items.iter().zip(&answer.results) {
        let asked = asked!(&item.resource, pb::batch_check_item::Resource);
        let decision = match &result.result {
            Some(Result::Decision(decision)) => Some(decision),
            Some(Result::Error(_)) | None => None,
        };
        assert_allowed(oracle, [&item.subject, &item.action, &item.entity_type], asked, decision);
    }
}

fn explain(oracle: &Oracle, request: &pb::ExplainRequest, answer: &pb::ExplainResponse) {
    let asked = asked!(&request.resource, pb::explain_request::Resource);
    let words = [&request.subject, &request.action, &request.entity_type];
    assert_allowed(oracle, words, asked, answer.decision.as_ref());
}

fn visible(oracle: &Oracle, request: &pb::ListVisibleRequest, answer: &pb::ListVisibleResponse) {
    for id in &answer.ids {
        assert_allows(oracle, [&request.subject, &request.action, &request.entity_type], stored(id));
    }
}

fn actions(oracle: &Oracle, request: &pb::ListActionsRequest, answer: &pb::ListActionsResponse) {
    for action in &answer.actions {
        let asked = asked!(&request.resource, pb::list_actions_request::Resource);
        assert_allows(oracle, [&request.subject, action, &request.entity_type], asked);
    }
}

fn subjects(oracle: &Oracle, request: &pb::ListSubjectsRequest, answer: &pb::ListSubjectsResponse) {
    for user in &answer.users {
        let asked = asked!(&request.resource, pb::list_subjects_request::Resource);
        assert_allows(oracle, [user, &request.action, &request.entity_type], asked);
    }
}

/// A clause has names in quotes and placeholders; nothing of a caller's texts gets out of them.
fn plan(answer: &pb::PlanVisibleResponse) {
    if let Some(clause) = &answer.sql {
        let is_odd = |char: char| char.is_control() || !char.is_ascii() || "';\\#".contains(char);
        assert!(!clause.r#where.contains(is_odd) && !clause.r#where.contains("--"), "{}", clause.r#where);
    }
}

/// The oracle is asked where an answer allows. An allow that another state allows is one of that state, and the states
/// before this one are empty.
fn assert_allowed(
    oracle: &Oracle,
    words: [&String; 3],
    asked: Option<Asked>,
    decision: Option<&pb::Decision>,
) {
    if decision.is_some_and(|it| it.effect() == pb::Effect::Allow) {
        assert_allows(oracle, words, asked);
    }
}

fn assert_allows(oracle: &Oracle, words: [&String; 3], asked: Option<Asked>) {
    let [user, action, entity_type] = words.map(|text| Id::parse(text));
    let shown = format!("an allow for {words:?} on {asked:?}");
    let (Ok(user), Ok(action), Ok(entity_type), Some(resource)) = (user, action, entity_type, asked) else {
        panic!("{shown}, which is no question");
    };
    let answer = oracle.check(&Query { user, action, entity_type, resource });
    assert!(matches!(answer, Ok(Answer::Allow | Answer::AllowOwn)), "{shown}: {answer:?}");
}

fn stored(id: &str) -> Option<Asked> {
    Id::parse(id).ok().map(Asked::Stored)
}

fn inline(facts: &pb::Facts) -> Option<Asked> {
    let one = |text: &str| if text.is_empty() { Some(None) } else { Id::parse(text).ok().map(Some) };
    let many = |texts: &[String]| texts.iter().map(|text| Id::parse(text).ok()).collect::<Option<Vec<_>>>();
    Some(Asked::Inline(Facts {
        author: one(&facts.author)?,
        responsible: one(&facts.responsible)?,
        departments: sorted_set(many(&facts.departments)?),
        stage: one(&facts.stage)?,
        open: facts.open,
        observers: sorted_set(many(&facts.observers)?),
    }))
}

fn decode<M: Message + Default>(bytes: &[u8]) -> M {
    M::decode(bytes).unwrap()
}

/// Messages as bytes, so that any can be sent.
#[derive(Clone, Copy)]
struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        bytes_put(buffer, &item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::default()
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        use prost::bytes::Buf as _;
        Ok(Some(buffer.copy_to_bytes(buffer.remaining()).to_vec()))
    }
}

fn bytes_put(buffer: &mut EncodeBuf<'_>, bytes: &[u8]) {
    use prost::bytes::BufMut as _;
    buffer.put_slice(bytes);
}
