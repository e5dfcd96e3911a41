//! Every state that a conformance case has, with the plans of everybody and what they must select.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use dopusk::bundle::case::{Case, Step};
use dopusk::domain::{Condition, Id, Resource, Write};
use dopusk::engine::{Consistency, DepartmentForm, Part, Published, VisibleFilter, VisibleQuery};
use dopusk::testing::Office;

use crate::conformance::cases;
use crate::oracle::Oracle;
use crate::world::{Dice, Size, id, puts, random_world};

/// Random worlds beside the cases, of which a clone alone has few.
const RANDOM_WORLDS: u64 = 16;

/// A state of a store.
pub(super) struct State {
    pub(super) name: String,
    pub(super) resources: Vec<Resource>,
    /// User and department.
    pub(super) staff: Vec<(Id, Id)>,
    pub(super) questions: Vec<Question>,
}

/// A plan, and what it must select. Plans that are the same for several users or actions are one.
pub(super) struct Question {
    pub(super) about: String,
    pub(super) entity_type: Id,
    pub(super) condition: Condition,
    pub(super) wanted: Vec<Id>,
}

/// All of them, computed once.
pub(super) fn all() -> &'static [State] {
    static ALL: LazyLock<Vec<State>> = LazyLock::new(|| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.unwrap().block_on(async {
            let mut states = Vec::new();
            for (path, case) in cases() {
                states.extend(states_of(&path, &case).await);
            }
            for seed in 0..RANDOM_WORLDS {
                states.push(random_state(seed).await);
            }
            states
        })
    });
    &ALL
}

async fn random_state(seed: u64) -> State {
    let objects = random_world(&mut Dice::new(seed), Size::SMALL);
    let (office, operations) = (Office::empty(), puts(&objects));
    let oracle = Oracle::default().write(&operations).unwrap();
    office.engine().write(Write { operations, ..Write::default() }).await.unwrap();
    state(format!("random world {seed}"), &office, &oracle)
}

async fn states_of(path: &str, case: &Case) -> Vec<State> {
    let (office, mut oracle, mut states) = (Office::empty(), Oracle::default(), Vec::new());
    for (at, step) in case.steps.iter().enumerate() {
        let operations = match step {
            Step::Load(objects) => puts(objects),
            Step::Write(operations) => operations.clone(),
            Step::Refuse { .. }
            | Step::Checks(_)
            | Step::Lists(_)
            | Step::Subjects(_)
            | Step::Recipients(_) => {
                continue;
            }
        };
        oracle = oracle.write(&operations).unwrap();
        office.engine().write(Write { operations, ..Write::default() }).await.unwrap();
        states.push(state(format!("{path}: step {at}"), &office, &oracle));
    }
    states
}

fn state(name: String, office: &Office, oracle: &Oracle) -> State {
    let published = Arc::clone(&office.engine().at(Consistency::Newest).unwrap());
    let mut questions = BTreeMap::new();
    let users = oracle.users.keys().cloned().chain([id("nobody")]);
    for user in users {
        for entity_type in oracle.types.values() {
            let listable = |action: &&Id| !matches!(action.as_str(), "add" | "import");
            for action in entity_type.actions.iter().filter(listable) {
                ask(office, &published, (&user, action, &entity_type.name), &mut questions);
            }
        }
    }
    let departments = |user: &Id| oracle.users[user].departments.clone();
    let staff =
        oracle.users.keys().flat_map(|it| departments(it).into_iter().map(move |to| (it.clone(), to)));
    State {
        name,
        resources: oracle.resources.values().cloned().collect(),
        staff: staff.collect(),
        questions: questions.into_values().collect(),
    }
}

/// Plans in both forms; the same plan of the same type must be for the same list.
fn ask(
    office: &Office,
    published: &Arc<Published>,
    query: (&Id, &Id, &Id),
    questions: &mut BTreeMap<(Id, Condition), Question>,
) {
    let (user, action, entity_type) = query;
    let about = format!("{user} {action} {entity_type}");
    let query = (user.as_str(), action.as_str(), entity_type.as_str());
    let (subject, done, of) = query;
    let listed = VisibleQuery { subject, action: done, entity_type: of, filter: VisibleFilter::default() };
    let mut list = office.engine().list_visible(Arc::clone(published), &listed, Part::default()).unwrap();
    let mut wanted = Vec::new();
    list.give_next(usize::MAX, &mut |id| wanted.push(id.clone()));
    for form in [DepartmentForm::Resolved, DepartmentForm::Kept] {
        let condition = office.engine().plan_visible(published, query, form).unwrap();
        let question = Question {
            about: about.clone(),
            entity_type: entity_type.clone(),
            condition: condition.clone(),
            wanted: wanted.clone(),
        };
        let known = questions.entry((entity_type.clone(), condition)).or_insert(question);
        assert_eq!(known.wanted, wanted, "{} and {about} have the same plan", known.about);
    }
}
