//! Indices of resources, held against their rows, type by type.

use super::super::Shared;
use super::{Circle, Fault, Mend, Step};
use crate::directory::TypeIndex;
use crate::visibility::VerifyPlace;

/// The type that it is at, and where in its index.
pub(super) struct Indices {
    entity_type: TypeIndex,
    place: VerifyPlace,
}

impl Default for Indices {
    fn default() -> Self {
        Self { entity_type: TypeIndex(0), place: VerifyPlace::START }
    }
}

impl Circle for Indices {
    fn step(&mut self, shared: &Shared) -> Step {
        let published = shared.published.load_full();
        let Some(node) = published.directory().catalog().any(self.entity_type) else {
            *self = Self::default();
            return Step { is_round: true, ..Step::default() };
        };
        let looked = published.snapshot.resources(self.entity_type).verify(self.place);
        let (name, revision) = (&node.entity_type().name, published.snapshot.revision());
        let mend = |at: usize| (at == 0).then_some(Mend::Index(self.entity_type));
        let faults = looked.flaws.iter().enumerate().map(|(at, flaw)| {
            let what = format!("index of {name} at revision {revision}: {flaw}");
            Fault { what, mend: mend(at) }
        });
        let step = Step { verified: looked.verified, faults: faults.collect(), ..Step::default() };
        match looked.next {
            Some(place) => self.place = place,
            None => {
                *self = Self { entity_type: TypeIndex(self.entity_type.0 + 1), place: VerifyPlace::START }
            }
        }
        step
    }
}
