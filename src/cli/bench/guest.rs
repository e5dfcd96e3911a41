//! The load against a server that runs already, on the data that it holds: questions are drawn from its users and
//! resources. A no-op service stands beside it all the same; what processor time the server takes isn't known here.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail, ensure};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use tonic::transport::Channel;

use super::load::Place;
use super::process::Process;
use super::question::{Calls, Drawn, Seers};
use super::report::Row;
use super::round::{Options, Side, Transport, measure, record};
use crate::api::pb;
use crate::api::pb::decision_service_client::DecisionServiceClient;
use crate::api::pb::directory_service_client::DirectoryServiceClient;
use crate::api::pb::object::Object;
use crate::domain::{MESSAGE_BYTES_MAX, PAGE_ITEMS_MAX};

/// The most users, and the most resources of each type, that questions are drawn from.
const DRAWN_FROM_MAX: usize = 20_000;
/// How many questions are drawn.
const QUESTIONS: usize = 100_000;
/// Among how many users it is looked for who sees the most and who the fewest.
const SEERS_TRIED: usize = 200;

/// Measures a running server beside a no-op service that is started here.
///
/// # Errors
/// The server can't be reached, holds nothing to ask about, or a call fails.
pub(super) async fn run(
    options: &Options,
    server: &str,
    folder: &Path,
    say: &mut (dyn FnMut(&str) -> Result<()> + Send),
) -> Result<Vec<Row>> {
    let (place, transport) = reach(server)?;
    say("drawing questions from what the server holds")?;
    let channel = place.channel(transport).await?;
    let held = Held::read(channel.clone()).await?;
    let calls = Arc::new(held.calls(options.size.seed, channel).await?);
    let tape = folder.join("recording");
    record(&place, transport, &calls).await?.save(&tape)?;
    let tape = tape.display().to_string();
    let noop = Process::start(&["bench-noop", "--recording", &tape], &folder.join("noop.sock"))?;
    let mut rows = Vec::new();
    for case in &options.cases {
        say(&format!("{} over {}", case.name(), transport.name()))?;
        let sides = (Side::of(&place), Side::from(&noop));
        rows.push(measure(options, (*case, transport), sides, &calls).await?);
    }
    noop.stop()?;
    Ok(rows)
}

fn reach(server: &str) -> Result<(Place, Transport)> {
    ensure!(
        !server.starts_with("https:"),
        "a load is sent without TLS: give http://HOST:PORT or unix:///PATH"
    );
    Ok(match server.strip_prefix("unix://") {
        Some(path) => {
            (Place { address: String::new(), socket: path.into(), security: None }, Transport::Unix)
        }
        None => (
            Place { address: server.to_owned(), socket: Path::new("").into(), security: None },
            Transport::Tcp,
        ),
    })
}

/// What questions are drawn from.
struct Held {
    users: Vec<String>,
    /// With the actions that are listed, and some resources; types without resources are left out.
    types: Vec<(pb::EntityType, Vec<pb::Resource>)>,
}

impl Held {
    async fn read(channel: Channel) -> Result<Self> {
        let mut client =
            DirectoryServiceClient::new(channel).max_decoding_message_size(4 * MESSAGE_BYTES_MAX);
        let users = objects(&mut client, pb::Kind::User, "").await?.into_iter().filter_map(user).collect();
        let mut types = Vec::new();
        for object in objects(&mut client, pb::Kind::EntityType, "").await? {
            let Object::EntityType(it) = object else { continue };
            let resources = objects(&mut client, pb::Kind::Resource, &it.name).await?;
            let resources: Vec<pb::Resource> = resources.into_iter().filter_map(resource).collect();
            if !resources.is_empty() {
                types.push((it, resources));
            }
        }
        Ok(Self { users, types })
    }

    async fn calls(&self, seed: u64, channel: Channel) -> Result<Calls> {
        let mut draw = StdRng::seed_from_u64(seed);
        let most = self.types.iter().max_by_key(|(_, resources)| resources.len());
        let (Some((entity_type, _)), false) = (most, self.users.is_empty()) else {
            bail!("the server holds no users or no resources to ask about");
        };
        let drawn: Vec<Drawn> = (0..QUESTIONS).filter_map(|_| self.draw(&mut draw)).collect();
        let tried = self.users.sample(&mut draw, SEERS_TRIED).map(String::as_str);
        let seers = seers(DecisionServiceClient::new(channel), &entity_type.name, tried).await?;
        Ok(Calls::of(&drawn, &seers))
    }

    /// A question: half of them are asked for those whom the resource names.
    fn draw(&self, draw: &mut StdRng) -> Option<Drawn> {
        let (entity_type, resources) = self.types.choose(draw)?;
        let resource = resources.choose(draw)?;
        let facts = resource.facts.clone().unwrap_or_default();
        let anyone = self.users.choose(draw)?.clone();
        let subject = [facts.responsible.clone(), facts.author.clone(), anyone.clone(), anyone.clone()];
        let subject = subject.choose(draw).filter(|it| !it.is_empty()).cloned().unwrap_or(anyone);
        let actions: Vec<&String> =
            entity_type.actions.iter().filter(|it| !matches!(it.as_str(), "add" | "import")).collect();
        let action = (*actions.choose(draw)?).clone();
        Some(Drawn { subject, action, entity_type: entity_type.name.clone(), id: resource.id.clone(), facts })
    }
}

fn user(object: Object) -> Option<String> {
    if let Object::User(it) = object { Some(it.id) } else { None }
}

fn resource(object: Object) -> Option<pb::Resource> {
    if let Object::Resource(it) = object { Some(it) } else { None }
}

/// Objects of a kind, at most [`DRAWN_FROM_MAX`].
async fn objects(
    client: &mut DirectoryServiceClient<Channel>,
    kind: pb::Kind,
    entity_type: &str,
) -> Result<Vec<Object>> {
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = pb::ListObjectsRequest {
            kind: kind.into(),
            entity_type: entity_type.to_owned(),
            page_size: u32::try_from(PAGE_ITEMS_MAX)?,
            page_token,
            ..pb::ListObjectsRequest::default()
        };
        let page = client.list_objects(request).await?.into_inner();
        found.extend(page.objects.into_iter().filter_map(|it| it.object));
        page_token = page.next_page_token;
        if page_token.is_empty() || found.len() >= DRAWN_FROM_MAX {
            return Ok(found);
        }
    }
}

/// Who of some users sees the most resources of a type, who the fewest, and who is in the middle; all see something.
async fn seers(
    mut client: DecisionServiceClient<Channel>,
    entity_type: &str,
    users: impl Iterator<Item = &str>,
) -> Result<Seers> {
    let mut found = Vec::new();
    for user in users {
        let request = pb::CountVisibleRequest {
            subject: user.to_owned(),
            action: "read".to_owned(),
            entity_type: entity_type.to_owned(),
            ..pb::CountVisibleRequest::default()
        };
        let total = client.count_visible(request).await?.into_inner().total;
        if total > 0 {
            found.push((total, user.to_owned()));
        }
    }
    found.sort_unstable();
    let at = |place: usize| found.get(place).map(|(_, user)| user.clone());
    let nobody = || format!("none of {SEERS_TRIED} users sees any {entity_type}");
    Ok(Seers {
        entity_type: entity_type.to_owned(),
        narrow: at(0).with_context(nobody)?,
        between: at(found.len() / 2).with_context(nobody)?,
        all: at(found.len().saturating_sub(1)).with_context(nobody)?,
    })
}
