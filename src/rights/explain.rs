//! Why a decision is as it is: what was asked, what was weighed, and how each part of it came to be.
//!
//! The decision is made by the code of every decision, by way of a witness; roles' entries are united by the code that
//! compiles rights; each scope is put to the rules alone. What is added here is who, by which way, and where.

mod side;
mod weighing;

use super::relation::Facts;
use super::witness::Witness;
use super::{Act, Asked, EffectiveRights, Target, decide_by};
use crate::directory::Directory;
use crate::domain::{Decision, Model, SupportRole};
use side::support_grounds;
use weighing::crm_grounds;

pub use side::{GroupRow, Side, SupportGrounds};
pub use weighing::{CrmGrounds, Observing, RoleEntry, ScopeTest, Weighing};

/// A decision with its grounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// The decision.
    pub decision: Decision,
    /// How the subject stands to the resource, as far as the decision asked, in the order in which it did.
    pub asked: Vec<Asked>,
    /// What it was made from.
    pub grounds: Grounds,
}

impl Explanation {
    /// A decision that was made before any rights were looked at (section 2).
    #[must_use]
    pub const fn plain(decision: Decision) -> Self {
        Self { decision, asked: Vec::new(), grounds: Grounds::Plain }
    }

    /// The numbers of the rules that decided.
    #[must_use]
    pub fn rules(&self) -> Vec<&'static str> {
        let rules = self.decision.reason.rules();
        match &self.grounds {
            // Which entries count is told by 3.6 where there is no stage; what may be created by 3.10 besides.
            Grounds::Crm(crm) => {
                let weighed = |rule| if rule == "3.5" { crm.action.rule() } else { rule };
                let creation = (crm.action.creates && !rules.contains(&"3.10")).then_some("3.10");
                rules.iter().copied().map(weighed).chain(creation).collect()
            }
            // Groups don't matter to one who looks at everything.
            Grounds::Support(support) if support.role == SupportRole::Demo => vec!["4.2"],
            Grounds::Plain | Grounds::Support(_) => rules.to_vec(),
        }
    }
}

/// What a decision was made from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Grounds {
    /// Nothing but the user and the resource being what they are (section 2).
    Plain,
    /// Roles (section 3).
    Crm(CrmGrounds),
    /// A support role and helpdesk groups (section 4).
    Support(SupportGrounds),
}

/// Explains the decision on an existing resource, or on one to be created with these facts.
///
/// Costs some 10 microseconds for a user with a few roles.
#[must_use]
pub fn explain(
    directory: &Directory,
    rights: &EffectiveRights,
    act: &Act<'_>,
    target: &Target<'_>,
) -> Explanation {
    let facts = Facts { directory, rights, target };
    let witness = Witness::of(&facts);
    let decision = decide_by(rights, act, target, &witness);
    let grounds = match (rights.blanket(), act.node.model()) {
        (Some(_), _) => Grounds::Plain,
        (None, Model::Crm) => Grounds::Crm(crm_grounds(act, &facts)),
        (None, Model::Support) => Grounds::Support(support_grounds(act, &facts)),
    };
    Explanation { decision, asked: witness.asked(), grounds }
}
