//! What of the rights an administrator should look at: conflicts between roles, and advice.
//!
//! Pure like the rights it reviews, and judged by their code: entries of roles are united by the one that compiles
//! rights. Only those count for whom roles decide: active users who are not portal administrators.

mod advice;
mod conflict;
mod crowd;

pub use advice::{About, Advice, AdviceKind, Thresholds, advice};
pub use conflict::{Conflict, ConflictKind, conflicts};
pub use crowd::is_decided_by_roles;
