//! What a subject sees of a type, compiled: how he stands to each holder or author, and what opens each stage.
//!
//! Whether a resource is visible is then two look-ups and a bit, and the answer is that of the rules, which were put
//! every question beforehand ([`Plan`]). Compiling costs a step for each person and department in his reach.

use super::View;
use super::row::ResourceRow;
use super::shelf::Class;
use crate::directory::UserIndex;
use crate::domain::{GroupKind, Scope};
use crate::rights::{Plan, Relation, Standing};

/// What his standing hangs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// The holder of a resource.
    Holder,
    /// Its author.
    Author,
}

/// What a subject sees. It holds no reference to the state that it was compiled from.
pub(super) struct Sight {
    plan: Plan,
    pub(super) side: Side,
    /// By the place of a holder or the index of an author; beyond its end there is no relation.
    standings: Vec<Standing>,
    /// Those to whom he has any relation.
    known: Vec<u32>,
    /// The subject, where it matters what he observes.
    pub(super) observer: Option<UserIndex>,
    /// What the open flag adds to a standing: nothing where it doesn't matter.
    flagged: Standing,
}

impl Sight {
    pub(super) fn compile(view: View<'_>) -> Self {
        let plan = Plan::compile(view.rights, &view.act);
        let asked = plan.asked();
        let is_asked = |relation| Standing::of(&[relation]).is_within(asked);
        let user = view.rights.user();
        let by_author = is_asked(Relation::Client) || is_asked(Relation::Author);
        let mut sight = Self {
            plan,
            side: if by_author { Side::Author } else { Side::Holder },
            standings: Vec::new(),
            known: Vec::new(),
            observer: is_asked(Relation::Observer).then_some(user),
            flagged: asked.intersection(Standing::of(&[Relation::Open])),
        };
        for relation in asked.relations() {
            sight.relate(view, relation);
        }
        sight
    }

    /// Notes everyone to whom the subject has a relation.
    fn relate(&mut self, view: View<'_>, relation: Relation) {
        let (holders, user) = (view.index.holders(), view.rights.user());
        match relation {
            Relation::Own => self.note_each(relation, holders.of_responsible(Some(user))),
            Relation::Department => self.note_departments(view, relation, Scope::Department),
            Relation::Subdepartments => self.note_departments(view, relation, Scope::Subdepartments),
            Relation::Team => {
                for person in shown(view, GroupKind::Team) {
                    self.note_each(relation, holders.of_responsible(Some(person)));
                }
            }
            Relation::Client => {
                self.note_each(relation, shown(view, GroupKind::Client).into_iter().map(|person| person.0));
            }
            Relation::Author => self.note_each(relation, [user.0]),
            // These are told from the resource itself.
            Relation::Open | Relation::Observer => {}
        }
    }

    fn note_departments(&mut self, view: View<'_>, relation: Relation, scope: Scope) {
        for department in view.rights.reach(scope) {
            self.note_each(relation, view.index.holders().in_department(view.directory, *department));
        }
    }

    fn note_each(&mut self, relation: Relation, places: impl IntoIterator<Item = u32>) {
        for place in places {
            let at = place as usize;
            if self.standings.len() <= at {
                self.standings.resize(at + 1, Standing::NONE);
            }
            let Some(standing) = self.standings.get_mut(at) else { continue };
            if *standing == Standing::NONE {
                self.known.push(place);
            }
            *standing = standing.with(relation);
        }
    }

    /// Those to whom he has any relation, each once.
    pub(super) fn known(&self) -> &[u32] {
        &self.known
    }

    /// Whether all resources of a class are visible, whosever they are.
    pub(super) fn opens_to_all(&self, class: Class) -> bool {
        self.opens(class, Standing::NONE)
    }

    /// Whether the resources of a class are visible that one holder, or author, has.
    pub(super) fn opens_of(&self, class: Class, place: u32) -> bool {
        self.opens(class, self.standing(place))
    }

    /// Whether a resource is visible.
    pub(super) fn opens_row(&self, row: &ResourceRow) -> bool {
        self.opens_unobserved(row) || self.observes(row)
    }

    /// Whether a resource is visible to him although it would not be if he did not observe it.
    pub(super) fn opens_by_observing(&self, row: &ResourceRow) -> bool {
        !self.opens_unobserved(row) && self.observes(row)
    }

    fn opens_unobserved(&self, row: &ResourceRow) -> bool {
        self.opens(row.class(), self.standing_to(row))
    }

    fn observes(&self, row: &ResourceRow) -> bool {
        self.observer.is_some_and(|user| {
            row.observers().binary_search(&user).is_ok()
                && self.opens(row.class(), self.standing_to(row).with(Relation::Observer))
        })
    }

    fn standing_to(&self, row: &ResourceRow) -> Standing {
        match self.side {
            Side::Holder => self.standing(row.holder),
            Side::Author => row.author().map_or(Standing::NONE, |author| self.standing(author.0)),
        }
    }

    fn standing(&self, place: u32) -> Standing {
        self.standings.get(place as usize).copied().unwrap_or_default()
    }

    fn opens(&self, class: Class, standing: Standing) -> bool {
        let standing = if class.is_open() { standing.union(self.flagged) } else { standing };
        self.plan.openings(class.stage()).is_some_and(|openings| openings.has(standing))
    }
}

/// T(u) or C(u) of rule 4.1.
fn shown(view: View<'_>, kind: GroupKind) -> Vec<UserIndex> {
    let groups = view.rights.viewed_groups(kind).iter().filter_map(|group| view.directory.group(*group));
    let members = groups.flat_map(|group| group.members()).map(|(user, _)| *user);
    members.chain([view.rights.user()]).collect()
}
