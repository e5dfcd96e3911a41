//! Why not: for a denial, the changes that would allow it, each tried on a copy of the state and decided again.
//!
//! What to try is drawn from the explanation. What is tried is never stored; what the rules refuse, or what leads to
//! another denial, is not offered. Two changes together come into question only where none is enough alone.

mod effect;
mod state;

use super::{Engine, Explained, Published, Question, QuestionError};
use crate::difference::Comparison;
use crate::domain::{Affected, Decision, Facts, Object, Reason};
use crate::proposal::{Draft, Drafts, Step};
use crate::snapshot::Outcome;
use effect::Matter;
use state::State;

pub use effect::Effect;

/// The most drafts that are tried for one denial.
const TRIES_MAX: usize = 256;
/// The most proposals that are offered for one denial.
const PROPOSALS_MAX: usize = 32;
/// The most users whose rights the proposals of one denial may touch, all together; those that touch the fewest are
/// offered, at least one. Counting what a change opens costs some 40 microseconds for each.
const TOUCHED_USERS_MAX: usize = 20_000;
/// The most changes that lead a part of the way, on which another one is tried.
const FIRST_STEPS_MAX: usize = 8;

/// A decision, and where it is a denial what would allow it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhyNot {
    /// The decision as it is, and why.
    pub explained: Explained,
    /// What would allow it, the least opening first.
    pub proposals: Vec<Proposal>,
    /// How many changes were tried.
    pub tried: usize,
    /// Whether they were all that came into question.
    pub is_complete: bool,
}

/// A change that would allow what is denied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// What it is.
    pub steps: Vec<Step>,
    /// The objects that a write of it puts.
    pub objects: Vec<Object>,
    /// What the facts of the question would have to be, where they came with it.
    pub facts: Option<Facts>,
    /// The decision after it.
    pub decision: Decision,
    /// What else it changes.
    pub effect: Effect,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WhyNotError {
    /// The question is the caller's error.
    #[error(transparent)]
    Question(#[from] QuestionError),
    /// Nobody waits for the answer any longer.
    #[error("the answer is no longer wanted")]
    Unwanted,
}

impl Engine {
    /// Explains a decision, and looks for what would allow it if it is a denial. Nothing is stored.
    ///
    /// Asks between tries whether the answer is still wanted. Costs a trial write for each try, and the count of what
    /// a change opens for each proposal.
    ///
    /// # Errors
    /// The question is the caller's error (rule 2.4), or the answer is no longer wanted.
    pub fn why_not(
        &self,
        published: &Published,
        question: &Question<'_>,
        is_wanted: &dyn Fn() -> bool,
    ) -> Result<WhyNot, WhyNotError> {
        let explained = self.explain(published, question)?;
        let start = State::of(published.snapshot(), question)?;
        let mut search =
            Search { start, question, is_wanted, found: Vec::new(), tried: 0, is_complete: true };
        search.run(explained.explanation.decision)?;
        let proposals = search.proposals()?;
        Ok(WhyNot { explained, proposals, tried: search.tried, is_complete: search.is_complete })
    }
}

/// A search for what would allow a denial.
struct Search<'a> {
    start: State,
    question: &'a Question<'a>,
    is_wanted: &'a dyn Fn() -> bool,
    /// What would.
    found: Vec<Tried>,
    tried: usize,
    is_complete: bool,
}

/// A draft that the rules take, and what came of it.
struct Tried {
    draft: Draft,
    state: State,
    /// What a write of it would do; none where it changes only facts that the question came with.
    outcome: Option<Outcome>,
    decision: Decision,
}

impl Search<'_> {
    fn run(&mut self, denial: Decision) -> Result<(), WhyNotError> {
        let drafts = self.drafts(None)?;
        let mut nearer = Vec::new();
        for draft in drafts {
            let Some(tried) = self.try_out(draft)? else { continue };
            if tried.decision.is_allow() {
                self.found.push(tried);
            } else if steps_left(tried.decision) < steps_left(denial) {
                nearer.push(tried);
            }
        }
        if self.found.is_empty() { self.pair(&nearer) } else { Ok(()) }
    }

    /// Tries what might mend the denials that are left after first steps; each first step has its turn.
    fn pair(&mut self, nearer: &[Tried]) -> Result<(), WhyNotError> {
        self.is_complete &= nearer.len() <= FIRST_STEPS_MAX;
        let mut pairs: Vec<(usize, Draft)> = Vec::new();
        for first in nearer.iter().take(FIRST_STEPS_MAX) {
            let next = self.drafts(Some(&first.state))?;
            pairs.extend(next.into_iter().map(|it| first.draft.then(it)).enumerate());
        }
        pairs.sort_by_key(|(turn, _)| *turn);
        for (_, draft) in pairs {
            if let Some(tried) = self.try_out(draft)?.filter(|it| it.decision.is_allow()) {
                self.found.push(tried);
            }
        }
        Ok(())
    }

    /// What was found, the least opening first, then in the order of kinds and ids.
    fn proposals(&mut self) -> Result<Vec<Proposal>, WhyNotError> {
        let matter = self.start.matter(self.question)?;
        let mut proposals = Vec::new();
        for Tried { draft, outcome, decision, .. } in self.narrowest() {
            let effect = outcome.map_or(Some(Effect::default()), |outcome| self.effect(&outcome, &matter));
            let effect = effect.ok_or(WhyNotError::Unwanted)?;
            let Draft { steps, objects, facts } = draft;
            proposals.push(Proposal { steps, objects, facts, decision, effect });
        }
        proposals.sort_by(|one, other| (one.effect, &one.steps).cmp(&(other.effect, &other.steps)));
        Ok(proposals)
    }

    /// What was found, as far as it touches few enough.
    fn narrowest(&mut self) -> Vec<Tried> {
        let users = self.start.snapshot().directory().user_count();
        let touched = |tried: &Tried| match tried.outcome.as_ref().map(|outcome| &outcome.affected) {
            Some(Affected::All) => users,
            Some(Affected::Users(ids)) => ids.len(),
            None => 0,
        };
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(touched);
        let sums = found.iter().scan(0, |sum, tried| {
            *sum += touched(tried);
            Some(*sum)
        });
        let few = sums.take_while(|sum| *sum <= TOUCHED_USERS_MAX).count().max(1);
        self.is_complete &= found.len() <= few;
        found.truncate(few);
        found
    }

    /// None where the answer is no longer wanted.
    fn effect(&self, outcome: &Outcome, matter: &Matter) -> Option<Effect> {
        let comparison = Comparison::new(self.start.snapshot(), outcome);
        let difference = comparison.difference(&mut || (self.is_wanted)())?;
        Some(Effect::of(&difference, matter))
    }

    fn drafts(&mut self, state: Option<&State>) -> Result<Vec<Draft>, WhyNotError> {
        let Drafts { found, is_complete } = state.unwrap_or(&self.start).drafts(self.question)?;
        self.is_complete &= is_complete;
        Ok(found)
    }

    /// Tries a draft on a copy of the start; none where the rules refuse it, or enough were tried or found.
    fn try_out(&mut self, draft: Draft) -> Result<Option<Tried>, WhyNotError> {
        if !(self.is_wanted)() {
            return Err(WhyNotError::Unwanted);
        }
        if self.tried == TRIES_MAX || self.found.len() == PROPOSALS_MAX {
            self.is_complete = false;
            return Ok(None);
        }
        self.tried += 1;
        let Some((state, outcome)) = self.start.after(&draft) else { return Ok(None) };
        let decision = state.decide(self.question)?;
        Ok(Some(Tried { draft, state, outcome, decision }))
    }
}

/// How many changes a denial is away from being allowed, at the least.
fn steps_left(decision: Decision) -> u8 {
    if decision.reason == Reason::InactiveSubject {
        3
    } else if decision.reason == Reason::NoSight {
        2
    } else {
        1
    }
}
