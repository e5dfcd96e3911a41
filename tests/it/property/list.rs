//! Lists in random orders, narrowed at random, in chunks of random size from random places on, and their totals.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use dopusk::company::{Company, Size as CompanySize};
use dopusk::directory::{Directory, StageIndex, TypeNode, UserIndex};
use dopusk::domain::{Id, Object, Resource, Revision};
use dopusk::rights::{Act, EffectiveRights, decide};
use dopusk::snapshot::Snapshot;
use dopusk::visibility::{Direction, Facets, Filter, Key, Listing, Order, Part, Position, Tally, View};

use crate::oracle::Oracle;
use crate::world::Dice;

/// What a list is narrowed to, in ids.
#[derive(Default, Debug)]
struct Narrow {
    stages: Option<Vec<Option<Id>>>,
    open: Option<bool>,
    responsibles: Option<Vec<Option<Id>>>,
    authors: Option<Vec<Option<Id>>>,
    departments: Option<Vec<Id>>,
    ids: Option<Vec<Id>>,
}

impl Narrow {
    fn random(dice: &mut Dice, resources: &[&Resource]) -> Self {
        let mut narrow = Self::default();
        let facts = |dice: &mut Dice| dice.pick(resources).map(|it| it.facts.clone()).unwrap_or_default();
        if dice.percent(25) {
            narrow.stages = Some(vec![facts(dice).stage, facts(dice).stage]);
        }
        if dice.percent(20) {
            narrow.open = Some(dice.percent(50));
        }
        if dice.percent(20) {
            narrow.responsibles = Some(vec![facts(dice).responsible, facts(dice).responsible]);
        }
        if dice.percent(20) {
            narrow.authors = Some(vec![facts(dice).author, facts(dice).author]);
        }
        if dice.percent(20) {
            narrow.departments = Some([facts(dice).departments, facts(dice).departments].concat());
        }
        if dice.percent(20) {
            let ids: Vec<Id> = resources.iter().map(|it| it.id.clone()).collect();
            narrow.ids = Some(dice.some(&ids, 5));
        }
        narrow
    }

    fn admits(&self, oracle: &Oracle, it: &Resource) -> bool {
        let facts = &it.facts;
        let responsible = facts.responsible.as_ref().and_then(|user| oracle.users.get(user));
        let departments = match facts.departments.as_slice() {
            [] => responsible.map(|user| user.departments.clone()).unwrap_or_default(),
            own => own.to_vec(),
        };
        self.stages.as_ref().is_none_or(|wanted| wanted.contains(&facts.stage))
            && self.open.is_none_or(|open| open == facts.open)
            && self.responsibles.as_ref().is_none_or(|wanted| wanted.contains(&facts.responsible))
            && self.authors.as_ref().is_none_or(|wanted| wanted.contains(&facts.author))
            && self.departments.as_ref().is_none_or(|wanted| wanted.iter().any(|it| departments.contains(it)))
            && self.ids.as_ref().is_none_or(|wanted| wanted.contains(&it.id))
    }

    fn to_filter(&self, directory: &Directory, node: &TypeNode) -> Filter {
        Filter {
            stages: self
                .stages
                .as_ref()
                .map(|it| sorted(it.iter().map(|stage| stage_of(node, stage.as_ref())))),
            open: self.open,
            responsibles: self.responsibles.as_ref().map(|it| people(directory, it)),
            authors: self.authors.as_ref().map(|it| people(directory, it)),
            departments: self
                .departments
                .as_ref()
                .map(|it| sorted(it.iter().filter_map(|id| directory.find_department(id.as_str())))),
            ids: self.ids.as_ref().map(|ids| sorted(ids.iter().cloned())),
        }
    }
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort();
    items
}

fn stage_of(node: &TypeNode, stage: Option<&Id>) -> Option<StageIndex> {
    stage.map(|stage| node.stage(stage).unwrap())
}

fn user_of(directory: &Directory, user: Option<&Id>) -> Option<UserIndex> {
    user.map(|id| directory.find_user(id.as_str()).map_or(UserIndex::STRANGER, |(user, _)| user))
}

fn people(directory: &Directory, ids: &[Option<Id>]) -> Vec<Option<UserIndex>> {
    sorted(ids.iter().map(|id| user_of(directory, id.as_ref())))
}

/// Narrowed at random, in a random order, from the start and from a random place.
pub(super) fn assert_same(oracle: &Oracle, view: View<'_>, allowed: &[Id], dice: &mut Dice) {
    let entity_type = view.act.node.entity_type();
    let all: Vec<&Resource> = oracle.resources_of(&entity_type.name).collect();
    let narrow = if dice.percent(50) { Narrow::random(dice, &all) } else { Narrow::default() };
    let order = random_order(dice);
    let mut wanted: Vec<&Resource> =
        all.into_iter().filter(|it| allowed.contains(&it.id) && narrow.admits(oracle, it)).collect();
    wanted.sort_by(|a, b| compare(order, a, b));
    let filter = narrow.to_filter(view.directory, view.act.node);
    let about = format!("{:?} {:?} {order:?} {narrow:?}", view.rights.user(), entity_type.name);
    assert_tally(view, &filter, &wanted, &about);
    let chunk = 1 + dice.below(9);
    assert_eq!(list(view, &filter, order, (None, chunk)), ids(&wanted), "{about}");
    let behind = dice.pick(&wanted).copied();
    let rest: Vec<&Resource> =
        wanted.into_iter().filter(|it| behind.is_none_or(|at| compare(order, it, at).is_gt())).collect();
    let behind = behind.map(|it| Position { sort_key: it.sort_key, id: it.id.clone() });
    assert_eq!(list(view, &filter, order, (behind, chunk)), ids(&rest), "{about}");
}

fn random_order(dice: &mut Dice) -> Order {
    let key = if dice.percent(50) { Key::Id } else { Key::SortKey };
    let direction = if dice.percent(50) { Direction::Ascending } else { Direction::Descending };
    Order { key, direction }
}

fn compare(order: Order, a: &Resource, b: &Resource) -> Ordering {
    let ascending = match order.key {
        Key::Id => a.id.cmp(&b.id),
        Key::SortKey => (a.sort_key, &a.id).cmp(&(b.sort_key, &b.id)),
    };
    if order.direction == Direction::Ascending { ascending } else { ascending.reverse() }
}

fn ids(resources: &[&Resource]) -> Vec<Id> {
    resources.iter().map(|it| it.id.clone()).collect()
}

/// A whole list in chunks.
fn list(view: View<'_>, filter: &Filter, order: Order, (after, chunk): (Option<Position>, usize)) -> Vec<Id> {
    let likely = if chunk.is_multiple_of(2) { u64::MAX } else { chunk as u64 };
    let part = Part { order, after, wanted: Some(likely), facets: None };
    let mut listing = Listing::new(view, filter.clone(), part);
    let mut ids = Vec::new();
    loop {
        let more = listing.next(view, chunk);
        let is_over = more.len() < chunk;
        assert!(is_over || listing.position().map(|it| &it.id) == more.last());
        ids.extend(more);
        if is_over {
            return ids;
        }
    }
}

fn assert_tally(view: View<'_>, filter: &Filter, wanted: &[&Resource], about: &str) {
    let tally = |facets| {
        let part = Part { wanted: Some(0), facets: Some(facets), ..Part::default() };
        Listing::new(view, filter.clone(), part).tally().unwrap().clone()
    };
    let total = wanted.len() as u64;
    assert_eq!(tally(Facets::default()), Tally { total, ..Tally::default() }, "{about}");
    for (stages, responsibles) in [(true, false), (false, true), (true, true)] {
        let (mut by_stage, mut by_responsible) = (BTreeMap::new(), BTreeMap::new());
        for it in wanted {
            if stages {
                *by_stage.entry(stage_of(view.act.node, it.facts.stage.as_ref())).or_default() += 1;
            }
            if responsibles {
                let responsible = user_of(view.directory, it.facts.responsible.as_ref());
                *by_responsible.entry(responsible).or_default() += 1;
            }
        }
        let found = tally(Facets { stages, responsibles });
        let wanted = Tally { total, stages: by_stage, responsibles: by_responsible };
        assert_eq!(found, wanted, "{about}");
    }
}

/// Long enough that lists are walked, given up, marked and picked; loaded as a store is.
#[test]
fn long_lists_are_those_of_single_decisions_in_every_order() {
    let size = CompanySize { employees: 300, clients: 60, resources: 30_000, ..CompanySize::default() };
    let company = Company::new(size);
    let mut snapshot = Snapshot::at(Revision::new(1));
    let mut objects: Vec<Object> = company.objects().collect();
    objects.sort_by_key(Object::key);
    for object in &objects {
        snapshot.load(object).unwrap();
    }
    snapshot.end_load();
    let oracle = Oracle::of(&objects);
    let dice = &mut Dice::new(11);
    let mut lengths = Vec::new();
    for subject in (0..40).map(|n| format!("u{}", n * 7)).chain((0..6).map(|n| format!("c{n}"))) {
        let directory = snapshot.directory();
        let Some((user, _)) = directory.find_user(&subject) else { continue };
        let Some(rights) = EffectiveRights::compile(directory, user) else { continue };
        for (entity_type, node) in directory.catalog().iter() {
            let act = Act { entity_type, node, action: node.read() };
            let index = snapshot.resources(entity_type);
            let view = View { directory, rights: &rights, act, index };
            let is_allowed = |row: &&dopusk::visibility::ResourceRow| {
                decide(directory, &rights, &act, &row.target()).is_allow()
            };
            let allowed: Vec<Id> =
                index.iter_after(None).filter(is_allowed).map(|row| row.id().clone()).collect();
            lengths.push(allowed.len());
            assert_long(&oracle, view, &allowed, dice);
        }
    }
    lengths.sort_unstable();
    let (least, most) = (lengths[0], lengths[lengths.len() - 1]);
    assert!(least == 0 && most > 5_000 && lengths.iter().any(|it| (500..2_500).contains(it)), "{lengths:?}");
}

/// As whole lists and as pages, in every order.
fn assert_long(oracle: &Oracle, view: View<'_>, allowed: &[Id], dice: &mut Dice) {
    let resources: BTreeMap<&Id, &Resource> =
        oracle.resources_of(&view.act.node.entity_type().name).map(|it| (&it.id, it)).collect();
    let mut wanted: Vec<&Resource> = allowed.iter().map(|id| resources[id]).collect();
    let order = random_order(dice);
    wanted.sort_by(|a, b| compare(order, a, b));
    let filter = Filter::default();
    assert_tally(view, &filter, &wanted, "a long list");
    assert_eq!(list(view, &filter, order, (None, 1_000)), ids(&wanted));
    let behind = dice.pick(&wanted).copied();
    let rest: Vec<&Resource> =
        wanted.into_iter().filter(|it| behind.is_none_or(|at| compare(order, it, at).is_gt())).collect();
    let behind = behind.map(|it| Position { sort_key: it.sort_key, id: it.id.clone() });
    assert_eq!(list(view, &filter, order, (behind, 51)), ids(&rest));
}
