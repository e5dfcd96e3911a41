//! Dopusk decides who may see which ticket, and says why.

pub mod bundle;
pub mod company;
pub mod domain;
