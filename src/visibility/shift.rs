//! What one user gains and loses by a change, of the resources that the change leaves as they are.
//!
//! Counted as lists are: whoever is in his reach before or after is looked up once, and what people have is read off
//! counts by class. Rows are read where counts can't tell: what he observes, what names departments itself, and
//! all of a type whose model changes, or of the helpdesk's where he changes from one side of its tickets to the other.

use std::cell::OnceCell;

use super::census::{Census, NO_RELATION, Pair};
use super::count::OwnerCounts;
use super::index::ResourceIndex;
use super::list::List;
use super::mark::Marks;
use super::reach::{BY_AUTHOR, Reach, departments_of, people_of};
use super::row::ResourceRow;
use super::turn::{Turn, Turned, Turning};
use crate::directory::{ActionKind, Directory, TypeIndex, TypeNode, UserIndex};
use crate::domain::{Id, Model};
use crate::rights::{EffectiveRights, Relation, Standing};

/// A user in one of two states.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// His rights; none where he doesn't exist.
    pub rights: Option<&'a EffectiveRights>,
}

/// A type in two states, and the resources that are the same in both.
#[derive(Clone, Copy)]
pub struct SharedType<'a> {
    /// Its index.
    pub entity_type: TypeIndex,
    /// The type before the change and after it, as far as it exists.
    pub nodes: [Option<&'a TypeNode>; 2],
    /// The resources, kept as the state before keeps them.
    pub index: &'a ResourceIndex,
}

impl<'a> SharedType<'a> {
    /// The actions that the type has before or after, each once, and what the rules say of them.
    pub fn actions(&self) -> impl Iterator<Item = (&'a Id, ActionKind)> + use<'a> {
        let [before, after] = self.nodes;
        let is_new = move |name: &Id| before.is_none_or(|node| node.action(name.as_str()).is_none());
        let old = before.into_iter().flat_map(|node| node.actions().map(|(at, id)| (id, node.kind(at))));
        let new = after.into_iter().flat_map(|node| node.actions().map(|(at, id)| (id, node.kind(at))));
        old.chain(new.filter(move |(name, _)| is_new(name)))
    }

    fn models(&self) -> [Option<Model>; 2] {
        self.nodes.map(|node| node.map(TypeNode::model))
    }
}

/// One user on both sides of a change.
pub struct Shift<'a> {
    user: UserIndex,
    places: [Place<'a>; 2],
    has_same_rights: bool,
    /// Found once for all types of the crm model.
    crm: OnceCell<[Reach; 2]>,
}

impl<'a> Shift<'a> {
    /// A user before a change and after it.
    #[must_use]
    pub fn new(user: UserIndex, places: [Place<'a>; 2]) -> Self {
        let [before, after] = places;
        // What rights are compiled to depends on the types.
        let has_same_types = std::ptr::eq(before.directory.catalog(), after.directory.catalog());
        let has_same_rights = has_same_types && before.rights == after.rights;
        Self { user, places, has_same_rights, crm: OnceCell::new() }
    }

    /// How many decisions of a type are turned, by action on existing resources; those of which some are.
    #[must_use]
    pub fn count(&self, it: &SharedType<'_>) -> Vec<(Id, Turned)> {
        let count = |look: &Look<'_>| {
            let census = look.census();
            let turned = look.acts.iter().map(|act| (act.action.clone(), act.count(&census)));
            turned.filter(|(_, turned)| !turned.is_none()).collect()
        };
        self.look_at(it, count).unwrap_or_default()
    }

    /// Gives the resources of a type of which the decision for an action is turned, as long as more are wanted; one can
    /// come more than once. Costs up to a step for each that is in his reach.
    pub fn each_turned(&self, it: &SharedType<'_>, action: &str, give: &mut dyn FnMut(&Id, Turn) -> bool) {
        let walk = |look: &Look<'_>| {
            let Some(act) = look.acts.iter().find(|act| act.action.as_str() == action) else { return };
            let mut slots = look.slots(act);
            slots.all(|slot| {
                let Some(row) = it.index.row(slot) else { return true };
                match act.turn(row.class(), look.pair_of(row)) {
                    Turn::Stays => true,
                    turn @ (Turn::Gained | Turn::Lost) => give(row.id(), turn),
                }
            });
        };
        self.look_at(it, walk).unwrap_or_default();
    }

    /// Looks at a type; not at all where both what opens and who is in his reach are the same on both sides.
    fn look_at<T>(&self, it: &SharedType<'_>, then: impl FnOnce(&Look<'_>) -> T) -> Option<T> {
        if it.index.is_empty() {
            return None;
        }
        let is_crm = it.models() == [Some(Model::Crm); 2];
        if is_crm && self.has_same_rights && !is_other(self.crm()) {
            return None;
        }
        let [before, after] = self.places;
        let acts = Turning::each(it, [before.rights, after.rights]);
        if is_crm {
            return self.look_by(it, acts, (self.crm(), Method::Responsible), then);
        }
        let none = [Standing::NONE; 2];
        let asked = acts.iter().map(Turning::asked).fold(none, |[a, b], [c, d]| [a.union(c), b.union(d)]);
        self.look_by(it, acts, (&self.reaches(asked), Method::of(it.models(), asked)), then)
    }

    fn look_by<T>(
        &self,
        it: &SharedType<'_>,
        acts: Vec<Turning>,
        (reaches, method): (&[Reach; 2], Method),
        then: impl FnOnce(&Look<'_>) -> T,
    ) -> Option<T> {
        let has_same_plans = acts.iter().all(|act| !act.is_other());
        let look = Look { user: self.user, it: *it, acts, reaches, method, has_same_plans };
        (!has_same_plans || is_other(reaches)).then(|| then(&look))
    }

    fn crm(&self) -> &[Reach; 2] {
        self.crm.get_or_init(|| self.reaches([Standing::of(Relation::of_model(Model::Crm)); 2]))
    }

    fn reaches(&self, [before, after]: [Standing; 2]) -> [Reach; 2] {
        let reach = |place: Place<'_>, relations| {
            place.rights.map(|rights| Reach::of(place.directory, rights, relations)).unwrap_or_default()
        };
        let [place_before, place_after] = self.places;
        [reach(place_before, before), reach(place_after, after)]
    }
}

/// Whether somebody stands to other people or departments after than before.
fn is_other(reaches: &[Reach; 2]) -> bool {
    let [before, after] = reaches;
    people_of(reaches).any(|it| before.people.get(it.0) != after.people.get(it.0))
        || departments_of(reaches).any(|it| before.departments.get(it.0) != after.departments.get(it.0))
}

/// By what resources are counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    /// By what responsibles have.
    Responsible,
    /// By what authors have.
    Author,
    /// Row by row.
    Row,
}

impl Method {
    fn of(models: [Option<Model>; 2], asked: [Standing; 2]) -> Self {
        let [before, after] = asked;
        let people = before.union(after);
        let by_author = people.intersection(Standing::of(&BY_AUTHOR));
        let [one, other] = models;
        match (one == other, by_author == Standing::NONE, people == by_author) {
            (true, true, _) => Self::Responsible,
            (true, false, true) => Self::Author,
            (true, false, false) | (false, _, _) => Self::Row,
        }
    }
}

/// A user and a type, on both sides.
struct Look<'a> {
    user: UserIndex,
    it: SharedType<'a>,
    acts: Vec<Turning>,
    reaches: &'a [Reach; 2],
    method: Method,
    has_same_plans: bool,
}

impl Look<'_> {
    /// How he stands to every resource that can be of interest; the others are counted as if he had no relation to them.
    fn census(&self) -> Census {
        let index = self.it.index;
        let mut census = Census::new(index);
        match self.method {
            Method::Responsible => self.relate_people(&mut census, index.lists().responsible_counts()),
            Method::Author => self.relate_people(&mut census, index.lists().author_counts()),
            Method::Row => {
                let rows = index.slots().filter_map(|slot| index.row(slot));
                rows.for_each(|row| census.shift(row.class(), NO_RELATION, self.pair_of(row)));
                return census;
            }
        }
        let mut seen = Marks::new(index);
        let rows = self.elsewhere().filter(|slot| seen.mark(*slot)).filter_map(|slot| index.row(slot));
        rows.for_each(|row| census.shift(row.class(), NO_RELATION, self.unobserved_pair_of(row)));
        for row in self.observed().filter_map(|slot| index.row(slot)) {
            let pair = self.unobserved_pair_of(row);
            let from = if self.matters(pair) { pair } else { NO_RELATION };
            census.shift(row.class(), from, self.pair_of(row));
        }
        census
    }

    fn relate_people(&self, census: &mut Census, counts: &OwnerCounts) {
        for person in people_of(self.reaches) {
            let pair = self.pair_to(person);
            if self.matters(pair) {
                census.relate(counts.of(person.0), pair);
            }
        }
    }

    /// Whether a decision can be turned by standing so: where the same opens, only if he stands otherwise.
    fn matters(&self, (before, after): Pair) -> bool {
        !self.has_same_plans || before != after
    }

    /// What names departments itself and to which he may stand in a way that matters.
    fn elsewhere(&self) -> impl Iterator<Item = u32> {
        let [before, after] = self.reaches;
        let departments = departments_of(self.reaches)
            .filter(move |it| self.matters((before.departments.get(it.0), after.departments.get(it.0))));
        let lists = self.it.index.lists();
        let named = departments.flat_map(|it| [lists.of_department(it), lists.shared(it)]);
        named.chain([lists.elsewhere(self.user)]).flatten().flat_map(List::iter)
    }

    fn observed(&self) -> impl Iterator<Item = u32> {
        self.it.index.lists().of_observer(self.user).into_iter().flat_map(List::iter)
    }

    /// The slots of all rows whose decision for an action may be turned; some come more than once.
    fn slots<'b>(&'b self, act: &'b Turning) -> Box<dyn Iterator<Item = u32> + 'b> {
        let index = self.it.index;
        let is_turned = move |pair| move |class| act.turn(class, pair) != Turn::Stays;
        let classes = || index.counts().iter().map(|(class, _)| class);
        let list_of = move |person| match self.method {
            Method::Responsible => index.lists().of_responsible(person),
            Method::Author => index.lists().of_author(person),
            Method::Row => None,
        };
        if self.method == Method::Row || classes().any(is_turned(NO_RELATION)) {
            return Box::new(index.slots());
        }
        let people = people_of(self.reaches).filter(move |it| classes().any(is_turned(self.pair_to(*it))));
        let theirs = people.filter_map(list_of).flat_map(List::iter);
        Box::new(theirs.chain(self.elsewhere()).chain(self.observed()))
    }

    fn pair_to(&self, person: UserIndex) -> Pair {
        let [before, after] = self.reaches;
        (before.people.get(person.0), after.people.get(person.0))
    }

    fn pair_of(&self, row: &ResourceRow) -> Pair {
        let (before, after) = self.unobserved_pair_of(row);
        if row.observers().binary_search(&self.user).is_err() {
            return (before, after);
        }
        (before.with(Relation::Observer), after.with(Relation::Observer))
    }

    fn unobserved_pair_of(&self, row: &ResourceRow) -> Pair {
        let [before, after] = self.reaches;
        let [model_before, model_after] = self.it.models();
        (before.to_row(row, model_before), after.to_row(row, model_after))
    }
}
