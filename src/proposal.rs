//! Proposals: changes that might allow what is denied, drawn from the explanation of the denial.
//!
//! What failed says what to try: the entries that hide, the scopes that are missing, the side of the ticket that is not
//! shown. Nothing is promised here: each draft is yet to be tried on a copy of the state by the code that decides.
//! Ids and actions that nobody knows, and making somebody a portal administrator, are not mended.

mod crm;
mod edit;
mod support;

use crate::directory::Directory;
use crate::domain::{Facts, Id, Key, Named, Object, Reason, Resource, ScopeSet, SupportRole, User};
use crate::rights::{Act, EffectiveRights, Explanation, Grounds, Target};

/// The most drafts of one kind of step. More of a kind seldom say more; they are counted as left out.
pub const DRAFTS_OF_KIND_MAX: usize = 16;

/// A change in words of the field. Those that touch one person or one resource come first.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Step {
    /// Let the user be active again.
    Activate,
    /// Put him among the observers.
    Observe,
    /// Make him responsible.
    Assign,
    /// Move the resource to a stage.
    Move(Id),
    /// Flag the resource open.
    Open,
    /// Give him `can_view` in a group that he is in.
    View(Named),
    /// Put him into a group, with `can_view`.
    JoinGroup(Named),
    /// Put him into a department.
    JoinDepartment(Named),
    /// Take out the detailed entries of roles.
    TakeOut {
        /// Of which action.
        action: Id,
        /// Of which stage.
        stage: Id,
        /// The roles.
        roles: Vec<Named>,
    },
    /// Put a scope more into an entry of a role of his.
    Widen {
        /// The role.
        role: Named,
        /// Of which action.
        action: Id,
        /// Where.
        field: Field,
        /// All that the entry then has.
        level: ScopeSet,
    },
    /// Give him a role by his own name.
    GiveRole(Named),
    /// Give a role to a department of his.
    GiveRoleToDepartment {
        /// The role.
        role: Named,
        /// The department.
        department: Named,
    },
    /// Make him something else to the helpdesk.
    SetSupportRole(SupportRole),
}

/// A field of a grant.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Field {
    /// The detailed entry of a stage, as it is.
    Stage(Id),
    /// A detailed entry of a stage that inherits, with what it inherits.
    NewStage(Id),
    /// The element level.
    Element,
}

/// A change that is yet to be tried.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// What it is, in the order in which it came together.
    pub steps: Vec<Step>,
    /// The objects that it puts, each key once.
    pub objects: Vec<Object>,
    /// What the facts of a question that came with them would have to be.
    pub facts: Option<Facts>,
}

impl Draft {
    fn put(step: Step, object: Object) -> Self {
        Self { steps: vec![step], objects: vec![object], facts: None }
    }

    /// This one and then another that was drawn on its end state.
    #[must_use]
    pub fn then(&self, next: Self) -> Self {
        let later: Vec<Key> = next.objects.iter().map(Object::key).collect();
        let kept = self.objects.iter().filter(|it| !later.contains(&it.key()));
        Self {
            steps: self.steps.iter().cloned().chain(next.steps).collect(),
            objects: kept.cloned().chain(next.objects).collect(),
            facts: next.facts.or_else(|| self.facts.clone()),
        }
    }
}

/// A denial to be mended.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The organisation.
    pub directory: &'a Directory,
    /// What he wants to do.
    pub act: &'a Act<'a>,
    /// Whose rights are too few.
    pub rights: &'a EffectiveRights,
    /// The resource in indices.
    pub target: &'a Target<'a>,
    /// The same in ids.
    pub facts: &'a Facts,
    /// The resource, where it is stored.
    pub stored: Option<&'a Resource>,
    /// Why he may not.
    pub explanation: &'a Explanation,
}

impl Case<'_> {
    fn subject(&self) -> Option<&User> {
        self.directory.user(self.rights.user())?.user().map(|user| &**user)
    }

    /// The change of the subject himself.
    fn with_user(&self, step: Step, change: impl FnOnce(&mut User)) -> Option<Draft> {
        let mut user = self.subject()?.clone();
        change(&mut user);
        Some(Draft::put(step, Object::User(user.into())))
    }

    /// The change of the resource: of the stored one, or of the question's facts.
    fn with_facts(&self, step: Step, change: impl FnOnce(&mut Facts)) -> Draft {
        let mut facts = self.facts.clone();
        change(&mut facts);
        match self.stored {
            Some(stored) => {
                Draft::put(step, Object::Resource(Box::new(Resource { facts, ..stored.clone() })))
            }
            None => Draft { steps: vec![step], objects: Vec::new(), facts: Some(facts) },
        }
    }

    /// Makes the subject responsible, if he isn't.
    fn assigned(&self) -> Option<Draft> {
        let id = &self.subject()?.id;
        let is_another = self.facts.responsible.as_ref() != Some(id);
        is_another.then(|| self.with_facts(Step::Assign, |facts| facts.responsible = Some(id.clone())))
    }
}

/// Drafts, and whether they are all that came into question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drafts {
    /// The drafts: the first of each kind, then the second ones, and so on, so that a bound is fair to every kind.
    pub found: Vec<Draft>,
    /// Whether none was left out.
    pub is_complete: bool,
}

impl Drafts {
    /// There is nothing to try.
    pub const NONE: Self = Self { found: Vec::new(), is_complete: true };

    /// What might mend a denial. None for an allowed case, and for a user or resource that doesn't exist.
    ///
    /// Costs some microseconds for each role there is.
    #[must_use]
    pub fn of(case: &Case<'_>) -> Self {
        if case.explanation.decision.is_allow() {
            return Self::NONE;
        }
        let mut drafts = Draw { found: Vec::new(), is_complete: true };
        match &case.explanation.grounds {
            Grounds::Plain if case.explanation.decision.reason == Reason::InactiveSubject => {
                drafts.add(case.with_user(Step::Activate, |user| user.active = true));
            }
            Grounds::Plain => {}
            Grounds::Crm(grounds) => crm::draw(case, grounds, &mut drafts),
            Grounds::Support(grounds) => support::draw(case, grounds, &mut drafts),
        }
        drafts.found.sort_by_key(|(turn, _)| *turn);
        let found = drafts.found.into_iter().map(|(_, draft)| draft);
        Self { found: found.collect(), is_complete: drafts.is_complete }
    }
}

/// Drafts in the making, each with its turn among those of its kind.
struct Draw {
    found: Vec<(usize, Draft)>,
    is_complete: bool,
}

impl Draw {
    /// Adds the drafts of one kind.
    fn add(&mut self, drafts: impl IntoIterator<Item = Draft>) {
        let mut drafts = drafts.into_iter();
        self.found.extend(drafts.by_ref().take(DRAFTS_OF_KIND_MAX).enumerate());
        self.is_complete &= drafts.next().is_none();
    }
}
