//! English.

mod why_not;

use super::phrases::{Detail, Part, Phrases, join, obliges, standing};
use crate::domain::{self, GroupKind, Named, Reason, Scope, ScopeSet, SupportRole};
use crate::engine::{
    Above, Effect, Explained, GroupRow, NamedFacts, Reach, ScopeTest, Side, Step, Through, Weighing, WhyNot,
};

/// The words of English.
pub(super) struct English;

impl Phrases for English {
    fn short(&self, explained: &Explained) -> String {
        let decision = explained.explanation.decision;
        let part = Part::of(explained);
        let text = match decision.reason {
            Reason::UnknownSubject => "No access: there is no such user.",
            Reason::InactiveSubject => "No access: this account is switched off.",
            Reason::UnknownResource => "No access: there is no such record here.",
            Reason::PortalAdmin => "You may: you are an administrator.",
            Reason::NoSight => "You may not: you don't have access to this at all.",
            Reason::NoGrant => "You may not: nobody has given you this right.",
            Reason::DetailedEntry | Reason::InheritedEntry if obliges(decision) => {
                "You may, if you are responsible for it yourself."
            }
            Reason::DetailedEntry => "You may: you have the right on this stage.",
            Reason::InheritedEntry => "You may: you have the right.",
            Reason::DetailedEntryClosed => "You may not: your rights on this stage don't reach this.",
            Reason::InheritedEntryClosed => "You may not: your rights don't reach this.",
            Reason::Observer => "You may: you are an observer.",
            Reason::ResponsibleIsAnother => "You may not: you may create only what you are responsible for.",
            Reason::SupportAdmin => "You may: you administer the helpdesk.",
            Reason::Team if part == Part::Himself => "You may: you are responsible for this ticket.",
            Reason::Team => "You may: you follow the tickets of the colleague who is responsible.",
            Reason::Client if part == Part::Himself => "You may: this ticket is yours.",
            Reason::Client => "You may: you follow the tickets of the colleague who filed it.",
            Reason::Demo => "You may: you have demo access to the helpdesk.",
            Reason::SupportRole => "You may: you may create tickets.",
            Reason::SupportRoleClosed => "You may not: what you are to the helpdesk doesn't include this.",
            Reason::OutOfReach if part == Part::Demo => {
                "You may not: with demo access you change only what you filed yourself."
            }
            Reason::OutOfReach => "You may not: this ticket is neither yours nor of anybody whom you follow.",
        };
        text.to_owned()
    }

    fn verdict(&self, explained: &Explained) -> String {
        let (subject, action) = (&explained.subject, &explained.action);
        let may = match explained.explanation.decision.effect {
            domain::Effect::Allow => "may",
            domain::Effect::Deny => "may not",
        };
        let entity_type = &explained.entity_type;
        match &explained.resource {
            Some(id) => format!("{subject} {may} {action} {entity_type} {id}."),
            None => format!("{subject} {may} {action} a {entity_type} with these facts."),
        }
    }

    fn reason(&self, explained: &Explained) -> &'static str {
        let part = Part::of(explained);
        match explained.explanation.decision.reason {
            Reason::UnknownSubject => "There is no such user",
            Reason::InactiveSubject => "The user is inactive",
            Reason::UnknownResource => "There is no such resource",
            Reason::PortalAdmin => "The user is a portal administrator",
            Reason::NoSight => "Every action needs read too, which the user doesn't have here",
            Reason::NoGrant => "No role of the user says anything of this action",
            Reason::DetailedEntry => "Detailed entries count for this stage, and one of them opens it",
            Reason::InheritedEntry => "Inherited entries count, and one of them opens it",
            Reason::DetailedEntryClosed => "Detailed entries count for this stage, and none of them opens it",
            Reason::InheritedEntryClosed => "Inherited entries count, and none of them opens it",
            Reason::Observer => "The user observes it, and a role of his grants some reading of the type",
            Reason::ResponsibleIsAnother => "The level is exactly self, and the responsible is another",
            Reason::SupportAdmin => "The support role admin may do everything with tickets",
            Reason::Team if part == Part::Himself => "The user is responsible for it",
            Reason::Team => "A team group shows the responsible's tickets to the user",
            Reason::Client if part == Part::Himself => "The user is its author",
            Reason::Client => "A client group shows the author's tickets to the user",
            Reason::Demo => "The support role demo reads all tickets and updates those that the user filed",
            Reason::SupportRole => "The support role may create tickets",
            Reason::SupportRoleClosed => "The support role never does this",
            Reason::OutOfReach if part == Part::Demo => {
                "The support role demo changes only tickets that the user filed"
            }
            Reason::OutOfReach => "The ticket is shown to the user neither by himself nor by a group",
        }
    }

    fn obligation(&self) -> &'static str {
        "Obligation: the responsible must be the user."
    }

    fn rules(&self, rules: &[&str]) -> String {
        let word = if rules.len() == 1 { "rule" } else { "rules" };
        format!("({word} {}).", rules.join(", "))
    }

    fn facts(&self) -> &'static str {
        "Judged by:"
    }

    fn responsible(&self, somebody: Option<&Named>) -> String {
        somebody.map_or_else(|| "responsible: nobody known".to_owned(), |it| format!("responsible: {it}"))
    }

    fn departments(&self, facts: &NamedFacts) -> String {
        let whose = if facts.has_departments { "its own" } else { "the responsible's" };
        match join(&facts.departments, ", ") {
            none if none.is_empty() => "departments: none known".to_owned(),
            names => format!("departments: {names} ({whose})"),
        }
    }

    fn stage(&self, facts: &NamedFacts) -> String {
        facts.stage.as_ref().map_or_else(|| "stage: none".to_owned(), |stage| format!("stage: {stage}"))
    }

    fn open(&self, facts: &NamedFacts) -> &'static str {
        if facts.open { "flagged open" } else { "not flagged open" }
    }

    fn roles(&self) -> &'static str {
        "Roles of the user (rule 3.3):"
    }

    fn no_roles(&self) -> &'static str {
        "No role reaches the user (rule 3.3)."
    }

    fn reach(&self, reach: &Reach) -> String {
        match reach {
            Reach::User(_) => "personal".to_owned(),
            Reach::UserAndManagers(_) => "personal, given to his managers too".to_owned(),
            Reach::Manager { of, path } => format!("as a manager of {of}, by {}", join(path, " < ")),
            Reach::Department(department) => format!("by department {department}"),
            Reach::DepartmentTree(path) => format!("by department {}", join(path, " < ")),
            Reach::Workgroup { workgroup, role, .. } => {
                format!("as {} of workgroup {workgroup}", standing(*role, ["member", "moderator", "owner"]))
            }
            Reach::Everyone => "given to everyone".to_owned(),
        }
    }

    fn action(&self, weighing: &Weighing) -> String {
        format!("What they say of {}{} (rule {}):", weighing.action, on_stage(weighing), weighing.rule())
    }

    fn sight(&self, weighing: &Weighing) -> String {
        let (action, rule) = (&weighing.action, weighing.rule());
        format!("Sight first: what they say of {action}{} (rules 2.5, {rule}):", on_stage(weighing))
    }

    fn level(&self, level: ScopeSet) -> String {
        let scopes: Vec<&str> = level.scopes().map(Scope::name).collect();
        if scopes.is_empty() { "none".to_owned() } else { scopes.join(", ") }
    }

    fn kind(&self, weighing: &Weighing, is_detailed: Detail) -> &'static str {
        match is_detailed {
            Detail::Detailed => "detailed",
            Detail::Inherited if weighing.stage.is_none() => "element level",
            Detail::Inherited => "inherited",
        }
    }

    fn counts(&self) -> &'static str {
        "counts"
    }

    fn hidden_by(&self, roles: &str) -> String {
        format!("hidden by {roles}")
    }

    fn no_entries(&self) -> &'static str {
        "no role has an entry"
    }

    fn together(&self, level: &str) -> String {
        format!("together: {level}")
    }

    fn scope(&self, test: &ScopeTest) -> String {
        let why = match &test.through {
            Through::Department(shared) if test.opens => format!("both are in {}", join(shared, ", ")),
            Through::Department(_) => "no department in common".to_owned(),
            Through::Subdepartments(pairs) if test.opens => {
                let over = |it: &Above| format!("{} is over {}", it.above, it.below);
                pairs.iter().map(over).collect::<Vec<_>>().join(", ")
            }
            Through::Subdepartments(_) => "no department of the user's is over it".to_owned(),
            Through::Responsible if test.opens => "the user is responsible".to_owned(),
            Through::Responsible => "the user is not responsible".to_owned(),
            Through::Open if test.opens => "it is flagged open".to_owned(),
            Through::Open => "it is not flagged open".to_owned(),
            Through::All
            | Through::PortalAdmin
            | Through::SupportAdmin
            | Through::Demo
            | Through::Observer
            | Through::Team(_)
            | Through::Author
            | Through::Client(_) => "everything".to_owned(),
        };
        format!("{}: {} ({why})", test.scope.name(), if test.opens { "yes" } else { "no" })
    }

    fn unmatched(&self) -> &'static str {
        "scopes are not matched: there is no resource yet (rule 3.10)"
    }

    fn observing(&self, roles: &str) -> String {
        if roles.is_empty() {
            "observer: yes, but no role grants any reading of the type (rule 3.9)".to_owned()
        } else {
            format!("observer: yes, and some reading of the type is granted by {roles} (rule 3.9)")
        }
    }

    fn support_role(&self, role: SupportRole) -> String {
        format!("Support role of the user: {} (rule 4.2)", support_role(role))
    }

    fn side(&self, side: &Side) -> String {
        let whom = match side.kind {
            GroupKind::Team => "responsible",
            GroupKind::Client => "author",
        };
        match &side.somebody {
            Some(_) if side.is_himself => format!("{whom}: the user himself"),
            Some(somebody) => format!("{whom}: {somebody}"),
            None => format!("{whom}: nobody known"),
        }
    }

    fn group(&self, GroupRow { group, can_view }: &GroupRow) -> String {
        let flag = if *can_view { "the user has can_view" } else { "the user doesn't have can_view" };
        format!("both are in {group}: {flag} (rule 4.1)")
    }

    fn no_groups(&self) -> &'static str {
        "no group in common (rule 4.1)"
    }

    fn step(&self, subject: &Named, step: &Step) -> String {
        why_not::step(subject, step)
    }

    fn then(&self) -> &'static str {
        why_not::THEN
    }

    fn effect(&self, effect: Effect) -> String {
        why_not::effect(effect)
    }

    fn allowed_already(&self) -> &'static str {
        why_not::ALLOWED_ALREADY
    }

    fn no_proposals(&self) -> &'static str {
        why_not::NO_PROPOSALS
    }

    fn beyond_rights(&self) -> &'static str {
        why_not::BEYOND_RIGHTS
    }

    fn proposals(&self) -> &'static str {
        why_not::PROPOSALS
    }

    fn tried(&self, why_not: &WhyNot) -> String {
        why_not::tried(why_not)
    }
}

fn on_stage(weighing: &Weighing) -> String {
    weighing.stage.as_ref().map(|stage| format!(" on stage {stage}")).unwrap_or_default()
}

const fn support_role(role: SupportRole) -> &'static str {
    match role {
        SupportRole::None => "none",
        SupportRole::Client => "client",
        SupportRole::Staff => "staff",
        SupportRole::Demo => "demo",
        SupportRole::Admin => "admin",
    }
}
