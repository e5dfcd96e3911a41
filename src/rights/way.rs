//! The ways in which a subject may do what he may: what of him and of the resource opens it, and through which roles.
//!
//! Each way is enough by itself, as far as the counted entries go: they are read off an explanation, where every scope
//! is put to the code that decides.

use super::explain::{CrmGrounds, Explanation, Grounds, Side, SupportGrounds, Weighing};
use crate::directory::ReachedRole;
use crate::domain::{Named, Reason, SupportRole};

/// A department of the subject's and one of the resource's that lies under it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Above {
    /// The subject's.
    pub above: Named,
    /// The resource's.
    pub below: Named,
}

/// What opens a resource to a subject.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Through {
    /// He is a portal administrator (rule 2.3).
    PortalAdmin,
    /// His support role is admin (rule 4.2).
    SupportAdmin,
    /// His support role is demo (rule 4.2).
    Demo,
    /// He is responsible (rules 3.2, 4.1).
    Responsible,
    /// It is in these departments of his (rule 3.2).
    Department(Vec<Named>),
    /// It is in departments under his (rule 3.2).
    Subdepartments(Vec<Above>),
    /// It is flagged open (rule 3.2).
    Open,
    /// Everything is opened (rule 3.2).
    All,
    /// He observes it (rule 3.9).
    Observer,
    /// These team groups show him the responsible's tickets (rule 4.1).
    Team(Vec<Named>),
    /// He is its author (rule 4.1).
    Author,
    /// These client groups show him the author's tickets (rule 4.1).
    Client(Vec<Named>),
}

/// One way in which a subject may do an action.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Way {
    /// What opens the resource.
    pub through: Through,
    /// For the crm model, the roles whose counted entries open it so, or which let an observer read.
    pub roles: Vec<ReachedRole>,
}

impl Way {
    const fn plain(through: Through) -> Self {
        Self { through, roles: Vec::new() }
    }
}

impl Explanation {
    /// The ways in which the subject may do the action; none where he may not, or where it creates.
    #[must_use]
    pub fn ways(&self) -> Vec<Way> {
        if !self.decision.is_allow() {
            return Vec::new();
        }
        match &self.grounds {
            Grounds::Plain if self.decision.reason == Reason::PortalAdmin => {
                vec![Way::plain(Through::PortalAdmin)]
            }
            Grounds::Plain => Vec::new(),
            Grounds::Crm(crm) => crm.ways(&crm.action),
            Grounds::Support(support) => support.ways(),
        }
    }

    /// The ways in which he sees the resource, where the action is another than reading it (rule 2.5).
    #[must_use]
    pub fn sight_ways(&self) -> Vec<Way> {
        match &self.grounds {
            Grounds::Crm(crm) if self.decision.is_allow() => {
                crm.sight.as_ref().map(|sight| crm.ways(sight)).unwrap_or_default()
            }
            Grounds::Plain | Grounds::Crm(_) | Grounds::Support(_) => Vec::new(),
        }
    }
}

impl CrmGrounds {
    fn ways(&self, weighing: &Weighing) -> Vec<Way> {
        let roles = |places: &[usize]| places.iter().filter_map(|at| self.roles.get(*at).cloned()).collect();
        let opening = weighing.scopes.iter().filter(|test| test.opens);
        let scoped = opening.map(|test| Way { through: test.through.clone(), roles: roles(&test.roles) });
        let observing = weighing.observing.as_ref().filter(|it| it.opens());
        let observed = observing.map(|it| Way { through: Through::Observer, roles: roles(&it.roles) });
        scoped.chain(observed).collect()
    }
}

impl SupportGrounds {
    fn ways(&self) -> Vec<Way> {
        match (self.role, &self.side) {
            (SupportRole::Admin, _) => vec![Way::plain(Through::SupportAdmin)],
            (SupportRole::Demo, _) => vec![Way::plain(Through::Demo)],
            (SupportRole::Staff, Some(side)) => side.ways(Through::Responsible, Through::Team),
            (SupportRole::Client, Some(side)) => side.ways(Through::Author, Through::Client),
            (SupportRole::Staff | SupportRole::Client, None) | (SupportRole::None, _) => Vec::new(),
        }
    }
}

impl Side {
    fn ways(&self, himself: Through, groups: impl Fn(Vec<Named>) -> Through) -> Vec<Way> {
        let shown: Vec<Named> =
            self.groups.iter().filter(|row| row.can_view).map(|row| row.group.clone()).collect();
        let own = self.is_himself.then_some(himself);
        let shown = Some(shown).filter(|it| !it.is_empty()).map(groups);
        own.into_iter().chain(shown).map(Way::plain).collect()
    }
}
