//! A file that lines are added to, with those that it has grown out of beside it: `FILE.000001`, `FILE.000002`, and so on.
//!
//! A file that has a number never changes. What fails leaves no part of a line: the file is cut back, or what is torn is
//! ended, before anything else is added. A file that another program has moved away is begun anew.

use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The digits of a file's number, at least.
const DIGITS: usize = 6;

/// Where a log is written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileSettings {
    /// The file.
    pub path: PathBuf,
    /// How large it may become before another one is begun.
    pub bytes_max: u64,
    /// The most files that are kept, this one included; none keeps them all.
    pub files_max: Option<u64>,
}

/// An open file.
#[derive(Debug)]
pub(super) struct LogFile {
    settings: FileSettings,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    /// Its device and number, by which a path is known to lead to it.
    place: (u64, u64),
    /// Its bytes, where it is one that keeps them.
    bytes: Option<u64>,
    /// Whether it ends within a line that nobody will end.
    is_torn: bool,
}

impl LogFile {
    /// Opens the file, or makes it.
    pub(super) fn open(settings: FileSettings) -> io::Result<Self> {
        let open = Open::at(&settings.path)?;
        Ok(Self { settings, open: Some(open) })
    }

    /// Adds whole lines. Where that fails, nothing of them is in the file.
    pub(super) fn add(&mut self, lines: &[u8]) -> io::Result<()> {
        let bytes_max = self.settings.bytes_max;
        let open = self.current()?;
        let is_full = open.bytes.is_some_and(|bytes| bytes > 0 && bytes + lines.len() as u64 > bytes_max);
        if is_full {
            self.open = None;
            rotate(&self.settings)?;
        }
        let open = self.current()?;
        let written = open.add(lines);
        if written.is_err() && open.bytes.is_some() {
            self.open = None;
        }
        written
    }

    /// Has what was added put on disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.open.as_ref().map_or(Ok(()), |open| open.file.sync_data())
    }

    /// The open file, which is that of the path.
    fn current(&mut self) -> io::Result<&mut Open> {
        let path = &self.settings.path;
        let same =
            self.open.take().filter(|open| std::fs::metadata(path).is_ok_and(|it| place(&it) == open.place));
        let open = same.map_or_else(|| Open::at(path), Ok)?;
        Ok(self.open.insert(open))
    }
}

impl Open {
    fn at(path: &Path) -> io::Result<Self> {
        // For reading too: to open a pipe that nobody reads yet would else wait for him.
        let file = OpenOptions::new().create(true).read(true).append(true).mode(0o600).open(path)?;
        let data = file.metadata()?;
        let mut last = *b"\n";
        if data.is_file() && data.len() > 0 {
            file.read_exact_at(&mut last, data.len() - 1)?;
        }
        let bytes = data.is_file().then_some(data.len());
        Ok(Self { file, place: place(&data), bytes, is_torn: last != *b"\n" })
    }

    fn add(&mut self, lines: &[u8]) -> io::Result<()> {
        let written = if self.is_torn {
            self.file.write_all(&[b"\n", lines].concat())
        } else {
            self.file.write_all(lines)
        };
        match (&written, &mut self.bytes) {
            (Ok(()), Some(bytes)) => *bytes += lines.len() as u64 + u64::from(self.is_torn),
            (Err(_), Some(bytes)) => self.file.set_len(*bytes)?,
            (_, None) => {}
        }
        self.is_torn = written.is_err() && self.bytes.is_none();
        written
    }
}

fn place(data: &Metadata) -> (u64, u64) {
    (data.dev(), data.ino())
}

/// Gives the file its number, and lets the oldest go.
fn rotate(settings: &FileSettings) -> io::Result<()> {
    let numbered = numbered(&settings.path)?;
    let next = numbered.last().map_or(1, |(number, _)| number + 1);
    std::fs::rename(&settings.path, with_number(&settings.path, next))?;
    let Some(files_max) = settings.files_max else { return Ok(()) };
    let oldest_kept = (next + 2).saturating_sub(files_max);
    for (_, path) in numbered.iter().take_while(|(number, _)| *number < oldest_kept) {
        std::fs::remove_file(path)?;
    }
    if next < oldest_kept {
        std::fs::remove_file(with_number(&settings.path, next))?;
    }
    Ok(())
}

fn with_number(path: &Path, number: u64) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number:0DIGITS$}"));
    name.into()
}

/// The files that have a number, the oldest first.
pub(super) fn numbered(path: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let own = path.file_name().unwrap_or_default().to_string_lossy().into_owned() + ".";
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name
            .strip_prefix(&own)
            .filter(|it| it.len() >= DIGITS && it.bytes().all(|it| it.is_ascii_digit()));
        found.extend(number.and_then(|it| it.parse().ok()).map(|number| (number, entry.path())));
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn settings(folder: &Path, files_max: Option<u64>) -> FileSettings {
        FileSettings { path: folder.join("log"), bytes_max: 8, files_max }
    }

    /// Every file of a folder with its text, in the order of names.
    fn texts(folder: &Path) -> Vec<(String, String)> {
        let mut found: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap())
            .map(|it| (it.file_name().into_string().unwrap(), fs::read_to_string(it.path()).unwrap()))
            .collect();
        found.sort();
        found
    }

    fn named(texts: &[(&str, &str)]) -> Vec<(String, String)> {
        texts.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    #[test]
    fn a_file_that_is_full_makes_way_for_another_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LogFile::open(settings(folder.path(), Some(3))).unwrap();
        for line in ["1234\n", "56\n", "a longer line\n", "7\n", "8\n"] {
            file.add(line.as_bytes()).unwrap();
        }
        let wanted = [("log", "7\n8\n"), ("log.000001", "1234\n56\n"), ("log.000002", "a longer line\n")];
        assert_eq!(texts(folder.path()), named(&wanted));
        drop(file);
        let mut file = LogFile::open(settings(folder.path(), Some(3))).unwrap();
        file.add(b"12345\n").unwrap();
        let wanted = [("log", "12345\n"), ("log.000002", "a longer line\n"), ("log.000003", "7\n8\n")];
        assert_eq!(texts(folder.path()), named(&wanted));
        let mut file = LogFile::open(settings(folder.path(), Some(1))).unwrap();
        file.add(b"last\n").unwrap();
        assert_eq!(texts(folder.path()), named(&[("log", "last\n")]));
    }

    #[test]
    fn all_files_are_kept_where_nothing_else_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LogFile::open(settings(folder.path(), None)).unwrap();
        (0..20).for_each(|_| file.add(b"a line\n").unwrap());
        assert_eq!(numbered(&folder.path().join("log")).unwrap().len(), 19);
    }

    #[test]
    fn a_file_that_was_moved_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = LogFile::open(settings(folder.path(), None)).unwrap();
        file.add(b"1\n").unwrap();
        fs::rename(folder.path().join("log"), folder.path().join("old")).unwrap();
        file.add(b"2\n").unwrap();
        assert_eq!(texts(folder.path()), named(&[("log", "2\n"), ("old", "1\n")]));
    }

    #[test]
    fn what_fails_is_not_in_the_file_and_what_comes_after_is() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let mut file = LogFile::open(settings(&inner, None)).unwrap();
        file.add(b"1\n").unwrap();
        fs::remove_dir_all(&inner).unwrap();
        assert!(file.add(b"2\n").is_err());
        fs::create_dir(&inner).unwrap();
        file.add(b"3\n").unwrap();
        assert_eq!(texts(&inner), named(&[("log", "3\n")]));
    }

    #[test]
    fn a_line_that_was_torn_is_ended_before_the_next() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("log"), "1\n2").unwrap();
        let mut file = LogFile::open(settings(folder.path(), None)).unwrap();
        file.add(b"3\n").unwrap();
        file.add(b"4\n").unwrap();
        assert_eq!(texts(folder.path()), named(&[("log", "1\n2\n3\n4\n")]));
    }

    #[test]
    fn a_file_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        LogFile::open(settings(folder.path(), None)).unwrap();
        let mode = fs::metadata(folder.path().join("log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}
