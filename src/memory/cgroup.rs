//! The limit that the kernel holds this process to, as a container or a unit of systemd has one.

use std::path::Path;

/// Where the hierarchies are mounted.
const MOUNTED: &str = "/sys/fs/cgroup";
/// What version 1 says where there is no limit is a little less than 2^63; no machine has as much.
const NONE: u64 = 1 << 60;

/// The least limit of this process's group and those above it, in bytes; none where there is none, or no groups.
#[must_use]
pub fn cgroup_limit() -> Option<u64> {
    let groups = std::fs::read_to_string("/proc/self/cgroup").ok()?;
    limit_of(&groups, Path::new(MOUNTED))
}

fn limit_of(groups: &str, mounted: &Path) -> Option<u64> {
    // A line is NUMBER:CONTROLLERS:PATH; that of version 2 has no controllers.
    let lines = groups.lines().filter_map(|line| line.split_once(':')?.1.split_once(':'));
    let limits = lines.filter_map(|(controllers, group)| {
        if controllers.is_empty() {
            least(mounted, group, "memory.max")
        } else if controllers.split(',').any(|it| it == "memory") {
            least(&mounted.join("memory"), group, "memory.limit_in_bytes")
        } else {
            None
        }
    });
    limits.min()
}

/// The least limit from a group up to the root. In a namespace of its own the path may say more than can be seen.
fn least(root: &Path, group: &str, file: &str) -> Option<u64> {
    let group = Path::new(group.trim_start_matches('/'));
    let limits = group.ancestors().filter_map(|group| {
        let text = std::fs::read_to_string(root.join(group).join(file)).ok()?;
        text.trim().parse().ok().filter(|limit| *limit < NONE)
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    #[test]
    fn version_2_counts_with_the_groups_above() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "system.slice/dopusk.service/memory.max", "max\n");
        assert_eq!(limit_of("0::/system.slice/dopusk.service\n", root.path()), None);
        write(root.path(), "system.slice/memory.max", "1073741824\n");
        assert_eq!(limit_of("0::/system.slice/dopusk.service\n", root.path()), Some(1 << 30));
        write(root.path(), "memory.max", "536870912\n");
        assert_eq!(limit_of("0::/\n", root.path()), Some(512 << 20), "as a container sees it");
    }

    #[test]
    fn version_1_says_a_great_number_where_there_is_none() {
        let root = tempfile::tempdir().unwrap();
        let groups = "5:cpu,cpuacct:/\n4:memory:/a/b\n0::/\n";
        write(root.path(), "memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(limit_of(groups, root.path()), None);
        write(root.path(), "memory/a/b/memory.limit_in_bytes", "268435456\n");
        assert_eq!(limit_of(groups, root.path()), Some(256 << 20));
    }

    #[test]
    fn what_is_no_group_has_no_limit() {
        let root = tempfile::tempdir().unwrap();
        for groups in ["", "x", "0:", "0::/a", "1:memory"] {
            assert_eq!(limit_of(groups, root.path()), None, "{groups}");
        }
    }
}
