//! What roles say of an action: each entry with what hides it, and each scope with what it comes to.

use super::super::crm::{self, by_scope, opens, role_reads_something};
use super::super::relation::Facts;
use super::super::way::{Above, Through};
use super::super::{Act, Entry, Relation, Relations as _};
use crate::directory::{ActionKind, Directory, ReachedRole};
use crate::domain::{Decision, Id, Named, Role, Scope, ScopeSet};

/// The roles, and what they say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CrmGrounds {
    /// Every role that reaches the subject, and how (rule 3.3).
    pub roles: Vec<ReachedRole>,
    /// What they say of reading, where the action is another on an existing resource (rule 2.5).
    pub sight: Option<Weighing>,
    /// What they say of the action.
    pub action: Weighing,
}

impl CrmGrounds {
    /// The role at a place.
    #[must_use]
    pub fn role(&self, at: usize) -> Option<&Named> {
        self.roles.get(at).map(|reached| &reached.role)
    }
}

/// What the roles say of one action, by the conflict rule.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weighing {
    /// The action.
    pub action: Id,
    /// The resource's stage.
    pub stage: Option<Id>,
    /// Each role's entry, where it has one.
    pub entries: Vec<RoleEntry>,
    /// Those that count, united.
    pub united: Entry,
    /// Each united scope; none for what creates, where scopes are not matched (rule 3.10).
    pub scopes: Vec<ScopeTest>,
    /// For reading, what he may as an observer (rule 3.9); none where he isn't one.
    pub observing: Option<Observing>,
    /// Whether what the action makes doesn't exist yet, so that scopes are not matched (rule 3.10).
    pub creates: bool,
    /// What comes of it.
    pub decision: Decision,
}

/// What one role says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoleEntry {
    /// The role's place in the grounds.
    pub role: usize,
    /// Its entry.
    pub entry: Entry,
}

/// A scope, put to the facts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopeTest {
    /// The scope.
    pub scope: Scope,
    /// Whether it opens the resource.
    pub opens: bool,
    /// What of the two opens it; lists are empty where it doesn't.
    pub through: Through,
    /// The places of the roles whose counted entries have the scope.
    pub roles: Vec<usize>,
}

/// An observer's reading.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Observing {
    /// The places of the roles that grant him some reading of the type, hidden or not.
    pub roles: Vec<usize>,
}

impl Observing {
    /// Whether he may read what he observes.
    #[must_use]
    pub const fn opens(&self) -> bool {
        !self.roles.is_empty()
    }
}

pub(super) fn crm_grounds(act: &Act<'_>, facts: &Facts<'_>) -> CrmGrounds {
    let roles = facts.directory.reached_roles(facts.rights.user());
    let needs_sight = match act.kind() {
        ActionKind::Read | ActionKind::Create => false,
        ActionKind::Update | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => true,
    };
    let sight = needs_sight.then(|| weigh(&act.sight(), &roles, facts));
    let action = weigh(act, &roles, facts);
    CrmGrounds { roles, sight, action }
}

fn weigh(act: &Act<'_>, roles: &[ReachedRole], facts: &Facts<'_>) -> Weighing {
    let (rights, target) = (facts.rights, facts.target);
    let each = objects(roles, facts.directory)
        .map(|(at, role)| RoleEntry { role: at, entry: Entry::of_role(act, role, target.stage) });
    let entries: Vec<RoleEntry> = each.filter(|it| it.entry.is_present()).collect();
    let united = entries.iter().fold(Entry::ABSENT, |united, it| united.with(it.entry));
    let decision = match act.kind() {
        ActionKind::Read => crm::read(rights, act, target.stage, facts),
        ActionKind::Create => crm::create(rights, act, target),
        ActionKind::Update | ActionKind::ReadHidden | ActionKind::Delete | ActionKind::Other => {
            by_scope(rights.entry(act.node, act.action, target.stage), facts)
        }
    };
    let mut weighing = Weighing {
        action: act.name(),
        stage: target.stage.and_then(|stage| act.node.stage_name(stage)).cloned(),
        entries,
        united,
        scopes: Vec::new(),
        observing: observing(act, roles, facts),
        creates: act.kind() == ActionKind::Create,
        decision,
    };
    if !weighing.creates {
        weighing.scopes = united.scopes().scopes().map(|scope| weighing.test(scope, facts)).collect();
    }
    weighing
}

/// The roles themselves, with their places.
fn objects<'a>(
    roles: &'a [ReachedRole],
    directory: &'a Directory,
) -> impl Iterator<Item = (usize, &'a Role)> {
    let each = roles.iter().enumerate();
    each.filter_map(|(at, reached)| Some((at, directory.role(&reached.role.id)?.as_ref())))
}

fn observing(act: &Act<'_>, roles: &[ReachedRole], facts: &Facts<'_>) -> Option<Observing> {
    if act.kind() != ActionKind::Read || !facts.has(Relation::Observer) {
        return None;
    }
    let reading = objects(roles, facts.directory).filter(|(_, role)| role_reads_something(act, role));
    Some(Observing { roles: reading.map(|(at, _)| at).collect() })
}

impl Weighing {
    /// The number of the rule that entries are weighed by.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        if self.stage.is_some() { "3.5" } else { "3.6" }
    }

    /// Whether an entry counts: detailed ones hide inherited ones (rule 3.5).
    #[must_use]
    pub fn counts(&self, entry: Entry) -> bool {
        entry.is_detailed() == self.united.is_detailed()
    }

    /// The places of the roles whose detailed entries hide an entry; none where it counts.
    pub fn hiders(&self, entry: Entry) -> impl Iterator<Item = usize> {
        let is_hidden = !self.counts(entry);
        self.entries.iter().filter(move |it| is_hidden && it.entry.is_detailed()).map(|it| it.role)
    }

    fn test(&self, scope: Scope, facts: &Facts<'_>) -> ScopeTest {
        let giving = self.entries.iter().filter(|it| self.counts(it.entry) && it.entry.scopes().has(scope));
        ScopeTest {
            scope,
            opens: opens(ScopeSet::from_iter([scope]), facts),
            through: through(scope, facts),
            roles: giving.map(|it| it.role).collect(),
        }
    }
}

/// What a scope goes by, in these facts.
fn through(scope: Scope, facts: &Facts<'_>) -> Through {
    let directory = facts.directory;
    let own = facts.rights.reach(Scope::Department);
    let belongs = facts.target.departments_in(directory);
    match scope {
        Scope::Own => Through::Responsible,
        Scope::Open => Through::Open,
        Scope::All => Through::All,
        Scope::Department => {
            let shared = belongs.iter().filter(|department| own.contains(department));
            Through::Department(shared.filter_map(|it| directory.named_department(*it)).collect())
        }
        Scope::Subdepartments => {
            let pairs = belongs.iter().flat_map(|below| {
                let above = directory.chain(*below).skip(1).filter(|above| own.contains(above));
                above.map(|above| (above, *below))
            });
            let named = pairs.filter_map(|(above, below)| {
                let (above, below) = (directory.named_department(above)?, directory.named_department(below)?);
                Some(Above { above, below })
            });
            Through::Subdepartments(named.collect())
        }
    }
}
