//! The full text: what is told, in which order, and how far it is indented.

use super::phrases::{Detail, Phrases, join};
use crate::domain::SupportRole;
use crate::engine::{CrmGrounds, Explained, Grounds, NamedFacts, RoleEntry, SupportGrounds, Weighing};

/// Lines, each a step deeper than what it belongs to.
struct Tree<'a> {
    phrases: &'a dyn Phrases,
    lines: Vec<String>,
}

/// Blanks of a step.
const STEP: &str = "  ";

/// Everything that an explanation holds.
pub(super) fn full(explained: &Explained, phrases: &dyn Phrases) -> String {
    let mut tree = Tree { phrases, lines: Vec::new() };
    tree.decision(explained);
    match &explained.explanation.grounds {
        Grounds::Plain => {}
        Grounds::Crm(crm) => {
            tree.facts(explained.facts.as_ref());
            tree.crm(crm);
        }
        Grounds::Support(support) => tree.support(support),
    }
    tree.lines.join("\n")
}

impl Tree<'_> {
    fn add(&mut self, depth: usize, text: &str) {
        self.lines.push(format!("{}{text}", STEP.repeat(depth)));
    }

    fn decision(&mut self, explained: &Explained) {
        let (phrases, explanation) = (self.phrases, &explained.explanation);
        let decision = &explanation.decision;
        self.add(0, &phrases.verdict(explained));
        let rules = phrases.rules(&explanation.rules());
        self.add(0, &format!("{} {rules}", phrases.reason(explained)));
        if decision.obligation.is_some() {
            self.add(0, phrases.obligation());
        }
    }

    fn facts(&mut self, facts: Option<&NamedFacts>) {
        let (phrases, Some(facts)) = (self.phrases, facts) else { return };
        self.add(0, phrases.facts());
        self.add(1, &phrases.responsible(facts.responsible.as_ref()));
        self.add(1, &phrases.departments(facts));
        self.add(1, &phrases.stage(facts));
        self.add(1, phrases.open(facts));
    }

    fn crm(&mut self, crm: &CrmGrounds) {
        let phrases = self.phrases;
        self.add(0, if crm.roles.is_empty() { phrases.no_roles() } else { phrases.roles() });
        for reached in &crm.roles {
            let reaches: Vec<String> = reached.reaches.iter().map(|it| phrases.reach(it)).collect();
            self.add(1, &format!("{}: {}", reached.role, reaches.join("; ")));
        }
        if let Some(sight) = &crm.sight {
            self.add(0, &phrases.sight(sight));
            self.weighing(crm, sight);
        }
        self.add(0, &phrases.action(&crm.action));
        self.weighing(crm, &crm.action);
    }

    fn weighing(&mut self, crm: &CrmGrounds, weighing: &Weighing) {
        let phrases = self.phrases;
        if weighing.entries.is_empty() {
            self.add(1, phrases.no_entries());
        }
        for entry in &weighing.entries {
            self.entry(crm, weighing, *entry);
        }
        if !weighing.entries.is_empty() {
            self.add(1, &phrases.together(&phrases.level(weighing.united.scopes())));
        }
        for test in &weighing.scopes {
            self.add(2, &phrases.scope(test));
        }
        if weighing.creates {
            self.add(1, phrases.unmatched());
        }
        if let Some(observing) = &weighing.observing {
            self.add(1, &phrases.observing(&names(crm, observing.roles.iter().copied())));
        }
    }

    fn entry(&mut self, crm: &CrmGrounds, weighing: &Weighing, RoleEntry { role, entry }: RoleEntry) {
        let phrases = self.phrases;
        let detail = if entry.is_detailed() { Detail::Detailed } else { Detail::Inherited };
        let fate = if weighing.counts(entry) {
            phrases.counts().to_owned()
        } else {
            phrases.hidden_by(&names(crm, weighing.hiders(entry)))
        };
        let (name, level) = (names(crm, [role]), phrases.level(entry.scopes()));
        self.add(1, &format!("{name}: {level}; {}; {fate}", phrases.kind(weighing, detail)));
    }

    fn support(&mut self, support: &SupportGrounds) {
        let phrases = self.phrases;
        self.add(0, &phrases.support_role(support.role));
        let Some(side) = &support.side else { return };
        self.add(1, &phrases.side(side));
        for row in &side.groups {
            self.add(1, &phrases.group(row));
        }
        if side.groups.is_empty() && !side.is_himself && support.role != SupportRole::Demo {
            self.add(1, phrases.no_groups());
        }
    }
}

/// The names of roles by their places.
fn names(crm: &CrmGrounds, places: impl IntoIterator<Item = usize>) -> String {
    join(places.into_iter().filter_map(|at| crm.role(at)), ", ")
}
