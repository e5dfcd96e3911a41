//! What the operating system says of this process, read from `/proc/self`.

use std::path::Path;
use std::time::Duration;

/// A tick of the processor times that `/proc` tells: Linux fixes it at a hundredth of a second.
const TICK: Duration = Duration::from_millis(10);

/// What the operating system says of this process. What can't be read is none.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct ProcessFigures {
    /// The processor time used, user and system.
    pub cpu: Option<Duration>,
    /// Memory in use, in bytes.
    pub resident_bytes: Option<u64>,
    /// Addresses in use, in bytes.
    pub virtual_bytes: Option<u64>,
    /// Open files, sockets among them.
    pub open_files: Option<u64>,
    /// The most files that may be open.
    pub open_files_max: Option<u64>,
    /// Threads.
    pub threads: Option<u64>,
}

/// Asks the operating system; some files are read.
#[must_use]
pub fn process_figures() -> ProcessFigures {
    let own = Path::new("/proc/self");
    let text = |name: &str| std::fs::read_to_string(own.join(name)).unwrap_or_default();
    let (stat, status, limits) = (text("stat"), text("status"), text("limits"));
    let kib = |name| field(&status, name).map(|kib| kib * 1024);
    ProcessFigures {
        cpu: cpu(&stat),
        resident_bytes: kib("VmRSS:"),
        virtual_bytes: kib("VmSize:"),
        // The folder is open while it is read.
        open_files: own.join("fd").read_dir().ok().map(|files| (files.count() as u64).saturating_sub(1)),
        open_files_max: field(&limits, "Max open files"),
        threads: field(&status, "Threads:"),
    }
}

/// The first number behind a name at the beginning of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn cpu(stat: &str) -> Option<Duration> {
    // The name in parentheses may hold spaces; the fields behind it don't. 14 and 15 are utime and stime.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(|it| it.parse::<u32>().ok());
    Some(TICK * (times.next()?? + times.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_stand_behind_a_name_with_spaces_and_parentheses() {
        let stat = "7 (a (b) 1 2) S 1 1 1 0 -1 4194304 100 0 0 0 250 50 0 0 20 0 4 0 100 1 1";
        assert_eq!(cpu(stat), Some(Duration::from_secs(3)));
        assert_eq!(cpu(""), None);
    }

    #[test]
    fn a_number_is_read_behind_its_name() {
        let text = "VmSize:\t  2048 kB\nVmRSS:\t  1024 kB\nMax open files            1024      4096  files\n";
        assert_eq!(field(text, "VmRSS:"), Some(1024));
        assert_eq!(field(text, "Max open files"), Some(1024));
        assert_eq!(field(text, "Threads:"), None);
    }

    #[test]
    fn the_system_knows_this_process() {
        let figures = process_figures();
        assert!(
            figures.resident_bytes > Some(0) && figures.open_files > Some(0) && figures.threads > Some(0)
        );
    }
}
