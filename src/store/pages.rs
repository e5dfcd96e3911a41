//! The pages that a group edits: each is read once and written once, however many resources of it are edited.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::domain::Id;

use super::fault::Fault;
use super::overlay::{Overlay, Stored};
use super::page::Page;
use super::record::RecordError;
use super::summary::Summary;
use super::tree::Tree;
use super::{key, part};

/// Pages by their keys.
///
/// INVARIANT: no page is cut or removed until all are finished, so the bounds in the tree are those of the edits.
#[derive(Default)]
pub(super) struct Pages {
    edited: HashMap<Vec<u8>, Edited>,
}

struct Edited {
    page: Page,
    /// As it is in the tree, with its count of resources.
    before: Option<(Stored, u64)>,
}

impl Pages {
    /// Puts a resource's record or removes it, and says whether there was one.
    pub(super) fn replace(
        &mut self,
        overlay: &Overlay<'_>,
        (entity_type, id): (&Id, &Id),
        record: Option<Vec<u8>>,
    ) -> Result<bool, Fault> {
        let (base, found) = find(overlay.tree(), entity_type, id)?;
        let edited = match self.edited.entry(base) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let edited = Edited::read(overlay, entry.key(), found)?;
                entry.insert(edited)
            }
        };
        Ok(edited.page.replace(id.as_str().as_bytes(), record))
    }

    /// Writes the pages; the key of one that is too large if there is one.
    pub(super) fn finish(self, overlay: &mut Overlay<'_>, summary: &mut Summary) -> Result<(), Vec<u8>> {
        for (base, edited) in self.edited {
            if let Some((stored, resources)) = edited.before {
                // What is stored is taken out of the sum as it is, whatever was made of it.
                summary.remove(&base, &stored.bytes, resources);
                overlay.remove(&base, stored.last_part);
            }
            let mut bound = base;
            for (number, piece) in edited.page.pieces().into_iter().enumerate() {
                if number > 0 {
                    bound = key::with_bound(&bound, &piece.first);
                }
                summary.add(&bound, &piece.bytes, piece.resources);
                if overlay.put(&bound, &piece.bytes).is_none() {
                    return Err(bound);
                }
            }
        }
        Ok(())
    }
}

impl Edited {
    fn read(overlay: &Overlay<'_>, base: &[u8], found: Found) -> Result<Self, Fault> {
        let broken = |source| Fault::record(base, source);
        let stored = match found {
            Found::Nothing => return Ok(Self { page: Page::default(), before: None }),
            Found::Whole(bytes) => Stored { bytes, last_part: 0 },
            Found::Parts => overlay.stored(base)?.ok_or_else(|| broken(RecordError::Parts))?,
        };
        let page = Page::parse(&stored.bytes).map_err(broken)?;
        let resources = page.resources();
        Ok(Self { page, before: Some((stored, resources)) })
    }
}

/// What of a page comes with its place.
enum Found {
    Nothing,
    /// Nearly every page is one part, which is not looked up again.
    Whole(Vec<u8>),
    Parts,
}

/// The key of the page that an id belongs to.
fn find(tree: &Tree, entity_type: &Id, id: &Id) -> Result<(Vec<u8>, Found), Fault> {
    let Some((key, value)) = tree.last(key::pages_up_to(entity_type, id))? else {
        return Ok((key::first_page(entity_type), Found::Nothing));
    };
    let broken = |source| Fault::record(&key, source);
    let (base, number) = key::split_part(&key).map_err(broken)?;
    let (following, bytes) = part::parse(&value).map_err(broken)?;
    let found = if (number, following) == (0, 0) { Found::Whole(bytes.to_vec()) } else { Found::Parts };
    Ok((base.to_vec(), found))
}
