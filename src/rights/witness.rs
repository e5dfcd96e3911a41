//! Relations that note what the rules ask of them, and what they answer.

use std::cell::RefCell;

use super::{Relation, Relations};

/// What a decision asked, and the answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// How the subject might stand to the resource.
    pub relation: Relation,
    /// Whether he does.
    pub holds: bool,
}

/// Passes each question on, and keeps it with its answer.
pub(super) struct Witness<'a, R> {
    relations: &'a R,
    asked: RefCell<Vec<Asked>>,
}

impl<'a, R: Relations> Witness<'a, R> {
    pub(super) const fn of(relations: &'a R) -> Self {
        Self { relations, asked: RefCell::new(Vec::new()) }
    }

    /// What was asked, in order; each relation once.
    pub(super) fn asked(self) -> Vec<Asked> {
        self.asked.into_inner()
    }
}

impl<R: Relations> Relations for Witness<'_, R> {
    fn has(&self, relation: Relation) -> bool {
        let holds = self.relations.has(relation);
        let asked = Asked { relation, holds };
        let mut all = self.asked.borrow_mut();
        if !all.contains(&asked) {
            all.push(asked);
        }
        holds
    }
}
