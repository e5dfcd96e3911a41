//! A file that comes into being whole: written beside its place, and moved there when it is on disk.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A file in the making. Dropped before it is finished, it leaves nothing.
#[derive(Debug)]
pub(super) struct Draft {
    place: PathBuf,
    beside: PathBuf,
    file: BufWriter<File>,
}

impl Draft {
    pub(super) fn create(place: &Path) -> anyhow::Result<Self> {
        let mut name = place.file_name().context("the file has no name")?.to_owned();
        name.push(format!(".{:08x}", rand::random::<u32>()));
        let beside = place.with_file_name(name);
        let file = File::create_new(&beside);
        let file = file.with_context(|| format!("{} can't be written", beside.display()))?;
        Ok(Self { place: place.to_owned(), beside, file: BufWriter::new(file) })
    }

    /// Puts the file in its place, in place of one that was there.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        std::fs::rename(&self.beside, &self.place)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it is in its place, there is nothing beside it.
        let _ = std::fs::remove_file(&self.beside);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_whole_or_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("file");
        let mut draft = Draft::create(&place).unwrap();
        draft.write_all(b"half").unwrap();
        drop(draft);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut draft = Draft::create(&place).unwrap();
        draft.write_all(b"whole").unwrap();
        draft.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&place).unwrap(), "whole");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
