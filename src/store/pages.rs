//! The pages that a group edits: each is read once and written once, however many resources of it are edited.

use std::collections::HashMap;

use crate::domain::Id;

use super::fault::Fault;
use super::key;
use super::overlay::{Overlay, Stored};
use super::page::Page;
use super::summary::Summary;
use super::tree::Tree;

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
        let base = page_of(overlay.tree(), entity_type, id)?;
        let page = match self.edited.remove(&base) {
            Some(edited) => edited,
            None => Edited::read(overlay, &base)?,
        };
        let edited = self.edited.entry(base).or_insert(page);
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
    fn read(overlay: &Overlay<'_>, base: &[u8]) -> Result<Self, Fault> {
        let Some(stored) = overlay.stored(base)? else {
            return Ok(Self { page: Page::default(), before: None });
        };
        let page = Page::parse(&stored.bytes).map_err(|source| Fault::record(base, source))?;
        let resources = page.resources();
        Ok(Self { page, before: Some((stored, resources)) })
    }
}

/// The key of the page that an id belongs to, which need not be there.
fn page_of(tree: &Tree, entity_type: &Id, id: &Id) -> Result<Vec<u8>, Fault> {
    match tree.last_key(key::pages_up_to(entity_type, id))? {
        Some(found) => {
            let (base, _) = key::split_part(&found).map_err(|source| Fault::record(&found, source))?;
            Ok(base.to_vec())
        }
        None => Ok(key::first_page(entity_type)),
    }
}
