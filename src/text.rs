//! Explanations in words, for people who ask why: a sentence for the user, and all of it for the administrator.
//!
//! The order of what is told is the same in every language; a language has the words alone. Nothing is decided here,
//! and nothing is looked up: what is told is what the explanation holds.

mod advice;
mod en;
mod phrases;
mod preview;
mod review;
mod ru;
mod tree;
mod why_not;

use crate::domain::Named;
use crate::engine::{Explained, Step, WhyNot};
use advice::AdvicePhrases;
use phrases::Phrases;
use review::ReviewPhrases;

pub use advice::{AdviceText, advice_text};
pub use preview::warning_text;
pub use review::review_text;

/// A language that texts are in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// Every language with its code.
    pub const EACH: [(Self, &'static str); 2] = [(Self::English, "en"), (Self::Russian, "ru")];

    /// The language of a code, such as `en`.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::EACH.into_iter().find(|(_, own)| *own == code).map(|(language, _)| language)
    }

    fn phrases(self) -> &'static dyn Phrases {
        match self {
            Self::English => &en::English,
            Self::Russian => &ru::Russian,
        }
    }

    fn advice_phrases(self) -> &'static dyn AdvicePhrases {
        match self {
            Self::English => &advice::English,
            Self::Russian => &advice::Russian,
        }
    }

    fn review_phrases(self) -> &'static dyn ReviewPhrases {
        match self {
            Self::English => &review::English,
            Self::Russian => &review::Russian,
        }
    }
}

/// An explanation in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Texts {
    /// One sentence for the user, without names of the inside.
    pub short: String,
    /// Everything for the administrator, in lines.
    pub full: String,
}

/// An explanation in a language.
#[must_use]
pub fn texts(explained: &Explained, language: Language) -> Texts {
    let phrases = language.phrases();
    Texts { short: phrases.short(explained), full: tree::full(explained, phrases) }
}

/// What would allow a denial, in a language.
#[must_use]
pub fn why_not_texts(why_not: &WhyNot, language: Language) -> Texts {
    let phrases = language.phrases();
    Texts { short: why_not::short(why_not, phrases), full: why_not::full(why_not, phrases) }
}

/// A step of a proposal for somebody, as what is to be done.
#[must_use]
pub fn step_text(subject: &Named, step: &Step, language: Language) -> String {
    language.phrases().step(subject, step)
}
