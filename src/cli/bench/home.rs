//! Where the store of the measured company is: among the other temporary files, or in a directory that is kept, so that
//! a large company is imported once for many runs.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::company::Size;

/// What says which company a kept directory holds; it is written when the import is done.
const NOTE: &str = "company";

/// The place of a store.
pub(super) struct Home {
    folder: PathBuf,
    is_kept: bool,
}

impl Home {
    /// In a directory that is kept, if one is given, or else in a temporary one.
    pub(super) fn new(kept: Option<&Path>, temporary: &Path) -> Self {
        Self { folder: kept.unwrap_or(temporary).to_owned(), is_kept: kept.is_some() }
    }

    /// The store.
    pub(super) fn store(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Whether the company is in the store already.
    ///
    /// # Errors
    /// The store holds something else.
    pub(super) fn holds(&self, size: Size) -> Result<bool> {
        if !self.store().exists() {
            return Ok(false);
        }
        match std::fs::read_to_string(self.folder.join(NOTE)) {
            Ok(note) if note == describe(size) => Ok(true),
            Ok(note) => bail!("{} holds another company: {note}", self.folder.display()),
            Err(_) => bail!("{} holds a store that no import was ended in", self.folder.display()),
        }
    }

    /// Says that the company is in the store; of no use where that is not kept.
    ///
    /// # Errors
    /// The note can't be written.
    pub(super) fn note(&self, size: Size) -> Result<()> {
        if self.is_kept {
            std::fs::write(self.folder.join(NOTE), describe(size)).context("the note of the kept company")?;
        }
        Ok(())
    }
}

fn describe(size: Size) -> String {
    format!("{size:?}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_company_is_known_again_and_no_other_is_taken_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::new(Some(folder.path()), Path::new("/nowhere"));
        let other = Size { resources: 7, ..Size::default() };
        assert!(!home.holds(other).unwrap());
        std::fs::create_dir(home.store()).unwrap();
        assert!(home.holds(other).unwrap_err().to_string().contains("no import was ended"));
        home.note(other).unwrap();
        assert!(home.holds(other).unwrap());
        assert!(home.holds(Size::default()).unwrap_err().to_string().contains("another company"));
    }
}
