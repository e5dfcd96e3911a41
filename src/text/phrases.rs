//! What a language must have words for.

use crate::domain::{Decision, MemberRole, Named, ScopeSet, SupportRole};
use crate::engine::{
    Effect, Explained, Grounds, GroupRow, NamedFacts, Reach, ScopeTest, Side, Step, Weighing, WhyNot,
};

/// The words of a language. A phrase is a line or a part of one, without the blanks before it.
pub(super) trait Phrases {
    /// The decision in one sentence for the user, without names of the inside.
    fn short(&self, explained: &Explained) -> String;

    /// Who may or may not do what.
    fn verdict(&self, explained: &Explained) -> String;

    /// What a reason means, as a sentence.
    fn reason(&self, explained: &Explained) -> &'static str;

    /// What the caller must see to.
    fn obligation(&self) -> &'static str;

    /// In brackets, the numbers of rules.
    fn rules(&self, rules: &[&str]) -> String;

    /// Opens what a resource of the crm model is judged by.
    fn facts(&self) -> &'static str;

    /// Who is responsible.
    fn responsible(&self, somebody: Option<&Named>) -> String;

    /// Which departments it belongs to, and by whom.
    fn departments(&self, facts: &NamedFacts) -> String;

    /// The stage.
    fn stage(&self, facts: &NamedFacts) -> String;

    /// Whether it is open.
    fn open(&self, facts: &NamedFacts) -> &'static str;

    /// Opens the list of roles.
    fn roles(&self) -> &'static str;

    /// There are no roles.
    fn no_roles(&self) -> &'static str;

    /// How a role reaches the subject.
    fn reach(&self, reach: &Reach) -> String;

    /// Opens what roles say of an action.
    fn action(&self, weighing: &Weighing) -> String;

    /// The same of reading, which comes before another action.
    fn sight(&self, weighing: &Weighing) -> String;

    /// A level: its scopes.
    fn level(&self, level: ScopeSet) -> String;

    /// Whether an entry is detailed.
    fn kind(&self, weighing: &Weighing, is_detailed: Detail) -> &'static str;

    /// The entry counts.
    fn counts(&self) -> &'static str;

    /// These roles' entries hide it.
    fn hidden_by(&self, roles: &str) -> String;

    /// No role has an entry.
    fn no_entries(&self) -> &'static str;

    /// What counts, united.
    fn together(&self, level: &str) -> String;

    /// A scope, and what comes of it.
    fn scope(&self, test: &ScopeTest) -> String;

    /// Scopes are not matched.
    fn unmatched(&self) -> &'static str;

    /// These roles let an observer read; none where the text is empty.
    fn observing(&self, roles: &str) -> String;

    /// The support role.
    fn support_role(&self, role: SupportRole) -> String;

    /// Whom the side is.
    fn side(&self, side: &Side) -> String;

    /// A group that both are in.
    fn group(&self, row: &GroupRow) -> String;

    /// There is no such group.
    fn no_groups(&self) -> &'static str;

    /// What is to be done, without the full stop.
    fn step(&self, subject: &Named, step: &Step) -> String;

    /// Stands between two steps.
    fn then(&self) -> &'static str;

    /// What a proposal changes besides.
    fn effect(&self, effect: Effect) -> String;

    /// Nothing has to be changed.
    fn allowed_already(&self) -> &'static str;

    /// Nothing that was tried would do.
    fn no_proposals(&self) -> &'static str;

    /// No change of rights could do: there is no such user or resource.
    fn beyond_rights(&self) -> &'static str;

    /// Opens the list of proposals.
    fn proposals(&self) -> &'static str;

    /// How many changes were tried, and whether they were all.
    fn tried(&self, why_not: &WhyNot) -> String;
}

/// Whether an entry is of the stage itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Detail {
    /// It names the stage.
    Detailed,
    /// It is the element level.
    Inherited,
}

/// What the user is to the ticket, where that makes another sentence of the same reason.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// He is its responsible or author himself.
    Himself,
    /// He looks at everything.
    Demo,
    /// Anything else.
    Other,
}

impl Part {
    pub(super) fn of(explained: &Explained) -> Self {
        match &explained.explanation.grounds {
            Grounds::Support(support) if support.role == SupportRole::Demo => Self::Demo,
            Grounds::Support(support) if support.side.as_ref().is_some_and(|it| it.is_himself) => {
                Self::Himself
            }
            Grounds::Plain | Grounds::Crm(_) | Grounds::Support(_) => Self::Other,
        }
    }
}

/// Whether the decision obliges to something.
pub(super) const fn obliges(decision: Decision) -> bool {
    decision.obligation.is_some()
}

/// The names, one behind the other.
pub(super) fn join<'a>(named: impl IntoIterator<Item = &'a Named>, between: &str) -> String {
    named.into_iter().map(Named::to_string).collect::<Vec<_>>().join(between)
}

/// The standings of a workgroup in a language's words.
pub(super) const fn standing(role: MemberRole, words: [&'static str; 3]) -> &'static str {
    let [member, moderator, owner] = words;
    match role {
        MemberRole::Member => member,
        MemberRole::Moderator => moderator,
        MemberRole::Owner => owner,
    }
}
