//! `DecisionService`.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use super::convert::ItemFault;
use super::cursor::Mark;
use super::logging::Topic;
use super::permit::Permit;
use super::reader::Read;
use super::status::{self, Invalid, invalid};
use super::visible::Chunk;
use super::{Context, convert, pb, visible};
use crate::domain::{BATCH_ITEMS_MAX, Id, PAGE_ITEMS_MAX};
use crate::engine::{Published, Question, SubjectsQuery};
use crate::journal::Answer;
use crate::sql::Clause;
use crate::text::texts;

/// The questions of a batch that are answered in one go: about a tenth of a millisecond.
const PART_ITEMS: usize = 128;

/// Answers `DecisionService`.
#[derive(Clone)]
pub struct DecisionApi {
    context: Context,
}

impl DecisionApi {
    /// Answers from a context.
    #[must_use]
    pub fn new(context: Context) -> Self {
        Self { context }
    }

    /// A list in messages whose ids are on the wire already.
    pub(super) async fn list_chunks(
        &self,
        request: Request<pb::ListVisibleRequest>,
    ) -> Result<Response<Read<Chunk>>, Status> {
        let permit = self.context.permit(&request)?;
        let log = self.context.logging("ListVisible", &request, permit);
        permit.entity_type(&request.get_ref().entity_type)?;
        let list = visible::list(&self.context, &request).await?;
        let answer = log.stream(request.get_ref(), list);
        Ok(answer.map(|list| self.context.readers.look_after(list)))
    }

    fn users(&self, published: &Published, query: &SubjectsQuery<'_>) -> Result<Subjects, Status> {
        let users = self.context.engine.list_subjects(published, query);
        users.map(|users| (users, Vec::new())).map_err(|error| status::question(&error))
    }

    fn subjects(&self, published: &Published, query: &SubjectsQuery<'_>) -> Result<Subjects, Status> {
        let subjects = self.context.engine.list_subjects_with_ways(published, query);
        let subjects = subjects.map_err(|error| status::question(&error))?;
        let users = subjects.iter().map(|subject| subject.user.clone()).collect();
        Ok((users, subjects.iter().map(convert::subject).collect()))
    }
}

/// Users, and for each the ways in which he may, where they are asked for.
type Subjects = (Vec<Id>, Vec<pb::Subject>);

#[tonic::async_trait]
impl pb::decision_service_server::DecisionService for DecisionApi {
    async fn check(&self, request: Request<pb::CheckRequest>) -> Result<Response<pb::CheckResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("Check", &request, permit);
        let request = request.get_ref();
        let question = convert::question(request)?;
        permit.question(question.entity_type, &question.resource)?;
        let published = self.context.at(request.consistency.as_ref()).await?;
        let decision =
            self.context.engine.check(&published, &question).map_err(|error| status::question(&error))?;
        log.decision(&question, decision, published.token());
        Ok(log.answer(pb::CheckResponse {
            decision: Some(convert::decision(decision)),
            revision: published.token().to_owned(),
        }))
    }

    async fn batch_check(
        &self,
        request: Request<pb::BatchCheckRequest>,
    ) -> Result<Response<pb::BatchCheckResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("BatchCheck", &request, permit);
        let request = request.get_ref();
        let count = request.items.len();
        if count == 0 || count > BATCH_ITEMS_MAX {
            let text = format!("{count} questions; a batch has 1 to {BATCH_ITEMS_MAX}");
            return Err(invalid(&[Invalid::new("items", text)]));
        }
        let (_turn, published) = self.context.turn_at(request.consistency.as_ref()).await?;
        let parsed: Vec<_> = request.items.iter().map(|item| item_question(item, permit)).collect();
        let questions: Vec<_> = parsed.iter().filter_map(|it| it.as_ref().ok()).copied().collect();
        let mut answers = Vec::with_capacity(questions.len());
        for part in questions.chunks(PART_ITEMS) {
            if !answers.is_empty() {
                // Light calls come between the parts.
                tokio::task::yield_now().await;
            }
            answers.extend(self.context.engine.check_each(&published, part));
        }
        let asked = parsed.iter().enumerate().filter_map(|(at, it)| Some((at, it.as_ref().ok()?)));
        let decided = asked.zip(&answers).filter_map(|((at, question), answer)| {
            answer.as_ref().ok().map(|decision| (at, *question, *decision))
        });
        log.decisions(decided, published.token());
        let mut answers = answers.into_iter();
        let results = parsed.into_iter().enumerate().filter_map(|(at, parsed)| {
            let answer = match parsed {
                Ok(_) => answers.next()?.map_err(ItemFault::Question),
                Err(fault) => Err(fault),
            };
            Some(convert::batch_result(at, answer))
        });
        Ok(log.answer(pb::BatchCheckResponse {
            results: results.collect(),
            revision: published.token().to_owned(),
        }))
    }

    type ListVisibleStream = Pin<Box<dyn Stream<Item = Result<pb::ListVisibleResponse, Status>> + Send>>;

    async fn list_visible(
        &self,
        request: Request<pb::ListVisibleRequest>,
    ) -> Result<Response<Self::ListVisibleStream>, Status> {
        let chunks = self.list_chunks(request).await?;
        Ok(chunks
            .map(|chunks| Box::pin(chunks.map(|chunk| chunk?.into_message())) as Self::ListVisibleStream))
    }

    async fn count_visible(
        &self,
        request: Request<pb::CountVisibleRequest>,
    ) -> Result<Response<pb::CountVisibleResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("CountVisible", &request, permit);
        let request = request.get_ref();
        permit.entity_type(&request.entity_type)?;
        let answer = visible::count(&self.context, request).await?;
        let of = every(&request.subject, &request.action, &request.entity_type);
        log.list(of, Answer::Count(answer.total), &answer.revision);
        Ok(log.answer(answer))
    }

    async fn list_subjects(
        &self,
        request: Request<pb::ListSubjectsRequest>,
    ) -> Result<Response<pb::ListSubjectsResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("ListSubjects", &request, permit);
        let request = request.get_ref();
        let resource = convert::resource_ref(request)?;
        permit.question(&request.entity_type, &resource)?;
        if request.with_ways {
            permit.explanation("with_ways")?;
        }
        let (_turn, published) = self.context.turn_at(request.consistency.as_ref()).await?;
        let mark = subjects_mark(request);
        let after = subjects_behind(mark, &request.page_token)?;
        let size = match request.page_size as usize {
            0 => PAGE_ITEMS_MAX,
            size => size.min(PAGE_ITEMS_MAX),
        };
        let query = SubjectsQuery {
            action: &request.action,
            entity_type: &request.entity_type,
            resource,
            after: after.as_ref().map(Id::as_str),
            count_max: size + 1,
        };
        let (mut users, mut subjects) = if request.with_ways {
            self.subjects(&published, &query)?
        } else {
            self.users(&published, &query)?
        };
        let has_more = users.len() > size;
        users.truncate(size);
        subjects.truncate(size);
        let last = users.last().filter(|_| has_more);
        let (action, entity_type) = (Some(request.action.as_str()), request.entity_type.as_str());
        let of = Topic { subject: None, action, entity_type, resource: Some(resource) };
        log.list(of, Answer::Count(users.len() as u64), published.token());
        Ok(log.answer(pb::ListSubjectsResponse {
            next_page_token: last.map(|last| mark.seal(last.as_str())).unwrap_or_default(),
            users: users.iter().map(Id::to_string).collect(),
            subjects,
            revision: published.token().to_owned(),
        }))
    }

    async fn list_actions(
        &self,
        request: Request<pb::ListActionsRequest>,
    ) -> Result<Response<pb::ListActionsResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("ListActions", &request, permit);
        let request = request.get_ref();
        let query = (request.subject.as_str(), request.entity_type.as_str(), convert::resource_ref(request)?);
        permit.question(query.1, &query.2)?;
        let published = self.context.at(request.consistency.as_ref()).await?;
        let actions =
            self.context.engine.list_actions(&published, query).map_err(|error| status::question(&error))?;
        let (subject, entity_type, resource) = query;
        let of = Topic { subject: Some(subject), action: None, entity_type, resource: Some(resource) };
        log.list(of, Answer::Count(actions.len() as u64), published.token());
        Ok(log.answer(pb::ListActionsResponse {
            actions: actions.iter().map(Id::to_string).collect(),
            revision: published.token().to_owned(),
        }))
    }

    async fn list_recipients(
        &self,
        request: Request<pb::ListRecipientsRequest>,
    ) -> Result<Response<pb::ListRecipientsResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("ListRecipients", &request, permit);
        let request = request.get_ref();
        let query = (request.entity_type.as_str(), convert::resource_ref(request)?);
        permit.question(query.0, &query.1)?;
        let (_turn, published) = self.context.turn_at(request.consistency.as_ref()).await?;
        let event = convert::news_event(request.event())?;
        let told = self
            .context
            .engine
            .list_recipients(&published, query, event)
            .map_err(|error| status::question(&error))?;
        let of = Topic { subject: None, action: None, entity_type: query.0, resource: Some(query.1) };
        log.list(of, Answer::Count(told.len() as u64), published.token());
        let recipients =
            told.into_iter().map(|it| pb::Recipient { user: it.user.to_string(), can_read: it.can_read });
        Ok(log.answer(pb::ListRecipientsResponse {
            recipients: recipients.collect(),
            revision: published.token().to_owned(),
        }))
    }

    async fn explain(
        &self,
        request: Request<pb::ExplainRequest>,
    ) -> Result<Response<pb::ExplainResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("Explain", &request, permit);
        let request = request.get_ref();
        let (question, language) =
            (convert::explained_question(request)?, convert::language(&request.language)?);
        permit.question(question.entity_type, &question.resource)?;
        let (_turn, published) = self.context.turn_at(request.consistency.as_ref()).await?;
        let explained =
            self.context.engine.explain(&published, &question).map_err(|error| status::question(&error))?;
        let texts = texts(&explained, language);
        log.decision(&question, explained.explanation.decision, published.token());
        Ok(log.answer(pb::ExplainResponse {
            decision: Some(convert::decision(explained.explanation.decision)),
            explanation: Some(convert::explanation(&explained)),
            short: texts.short,
            full: texts.full,
            revision: published.token().to_owned(),
        }))
    }

    async fn plan_visible(
        &self,
        request: Request<pb::PlanVisibleRequest>,
    ) -> Result<Response<pb::PlanVisibleResponse>, Status> {
        let permit = self.context.permit(&request)?;
        let mut log = self.context.logging("PlanVisible", &request, permit);
        let request = request.get_ref();
        permit.entity_type(&request.entity_type)?;
        let (_turn, published) = self.context.turn_at(request.consistency.as_ref()).await?;
        let form = convert::department_form(request.departments).map_err(|fault| invalid(&[fault]))?;
        let target = request.sql.as_ref().map(convert::sql_target).transpose();
        let target = target.map_err(|faults| invalid(&faults))?;
        let query = (request.subject.as_str(), request.action.as_str(), request.entity_type.as_str());
        let condition = self.context.engine.plan_visible(&published, query, form);
        let condition = condition.map_err(|error| status::question(&error))?;
        let clause =
            target.map(|(dialect, mapping)| Clause::write(&condition, dialect, &mapping)).transpose();
        let sql = clause.map_err(|error| status::sql(&error))?.map(convert::clause);
        let (kind, condition) = convert::plan(&condition);
        let revision = published.token().to_owned();
        log.list(every(query.0, query.1, query.2), Answer::Plan(convert::plan_kind_name(kind)), &revision);
        Ok(log.answer(pb::PlanVisibleResponse { kind: kind.into(), condition, sql, revision }))
    }
}

/// All resources of a type, as a list is of.
fn every<'a>(subject: &'a str, action: &'a str, entity_type: &'a str) -> Topic<'a> {
    Topic { subject: Some(subject), action: Some(action), entity_type, resource: None }
}

/// The question of an item of a batch, if it may be asked.
fn item_question<'a>(item: &'a pb::BatchCheckItem, permit: Permit<'_>) -> Result<Question<'a>, ItemFault> {
    let question = convert::batch_question(item).map_err(ItemFault::Invalid)?;
    match permit.denial(question.entity_type, &question.resource) {
        Some((field, denial)) => Err(ItemFault::Denied { field, denial }),
        None => Ok(question),
    }
}

/// What binds a page token to its question.
fn subjects_mark(request: &pb::ListSubjectsRequest) -> Mark {
    Mark::of(&pb::ListSubjectsRequest {
        page_size: 0,
        with_ways: false,
        page_token: String::new(),
        consistency: None,
        ..request.clone()
    })
}

fn subjects_behind(mark: Mark, page_token: &str) -> Result<Option<Id>, Status> {
    if page_token.is_empty() {
        return Ok(None);
    }
    let id = mark.open(page_token).and_then(|id| Id::parse(id).ok());
    let text = "is not one that an answer to this question carried";
    id.map(Some).ok_or_else(|| invalid(&[Invalid::new("page_token", text)]))
}
