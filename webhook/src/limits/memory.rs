//! How much memory the program has, and how it is shared out.
//!
//! The sum of what all connections, bodies and trees may hold stays below three quarters of what the container is given,
//! so that nobody who calls can have it killed.

use std::fs;
use std::path::Path;

/// A mebibyte.
pub(crate) const MIB: usize = 1024 * 1024;

/// What is assumed where nothing says how much there is: the limit that the chart gives.
pub(crate) const ASSUMED: usize = 256 * MIB;

/// What the program takes with nobody connected, the status port and the watch caches of a thousand instances included.
const AT_REST: usize = 32 * MIB;

/// The least that is shared out, however little there is. A container that has less is too small.
const LEAST: usize = 8 * MIB;

/// What one connection may hold: an unfinished TLS handshake up to 64 KiB, or after it the longest header, one TLS
/// record on its way in, and an answer that the caller does not read.
pub(crate) const CONNECTION: usize = 96 * 1024;

/// What may be taken for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shares {
    /// How many connections may be open.
    pub(crate) connections: usize,
    /// For bodies while they arrive and wait, in bytes.
    pub(crate) bodies: usize,
    /// For the trees that they become, in bytes. As much again is kept free: what one has given back, the allocator gives
    /// back to the system within a second and not at once.
    pub(crate) trees: usize,
}

/// Shares out `limit` bytes.
pub(crate) fn share(limit: usize) -> Shares {
    let rest = (limit / 4 * 3).saturating_sub(AT_REST).max(LEAST);
    Shares {
        connections: (rest / 4 / CONNECTION).clamp(16, 4096),
        bodies: rest / 20 * 3,
        trees: rest / 10 * 3,
    }
}

/// What the control group of this process allows, in bytes; `None` where it allows everything or cannot be asked.
pub(crate) fn limit_of_control_group() -> Option<usize> {
    limit_below(
        Path::new("/sys/fs/cgroup"),
        &fs::read_to_string("/proc/self/cgroup").ok()?,
    )
}

/// Looks from the group of the process upwards: the least of what it and those above it allow. In a container its own
/// group is often the root of what can be seen.
fn limit_below(root: &Path, groups: &str) -> Option<usize> {
    let paths = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        let (controllers, path) = rest.split_once(':')?;
        match controllers {
            "" => Some((root.to_owned(), path, "memory.max")),
            _ if controllers.split(',').any(|controller| controller == "memory") => {
                Some((root.join("memory"), path, "memory.limit_in_bytes"))
            }
            _ => None,
        }
    });
    let limits = paths.flat_map(|(root, path, file)| {
        let below = Path::new(path.trim_start_matches('/'));
        let groups: Vec<_> = below.ancestors().map(|group| root.join(group).join(file)).collect();
        groups.into_iter().filter_map(|file| read(&file))
    });
    limits.min()
}

/// Version 1 writes the greatest number of pages that fits where version 2 writes `max`.
fn read(file: &Path) -> Option<usize> {
    const NO_LIMIT: usize = 1 << 60;
    let limit: usize = fs::read_to_string(file).ok()?.trim().parse().ok()?;
    (limit < NO_LIMIT).then_some(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_together_stays_below_three_quarters() {
        for mebibytes in [64, 128, 256, 512, 1024, 8192] {
            let limit = mebibytes * MIB;
            let shares = share(limit);
            let sum = AT_REST + shares.connections * CONNECTION + shares.bodies + 2 * shares.trees;
            assert!(sum <= limit / 4 * 3, "{mebibytes} MiB: {shares:?} is {sum}");
        }
        let shares = share(ASSUMED);
        assert_eq!(
            (shares.connections, shares.bodies / MIB, shares.trees / MIB),
            (426, 24, 48)
        );
    }

    #[test]
    fn the_least_limit_of_all_groups_above_counts() {
        let folder = std::env::temp_dir().join(format!("neo4jbackup-cgroup-{}", std::process::id()));
        let write = |path: &str, text: &str| {
            let file = folder.join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        write("a/b/memory.max", "max\n");
        write("a/memory.max", "268435456\n");
        write("memory/x/memory.limit_in_bytes", "134217728\n");
        write("memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(limit_below(&folder, "0::/a/b\n"), Some(256 * MIB));
        assert_eq!(limit_below(&folder, "7:cpu,memory:/x\n"), Some(128 * MIB));
        assert_eq!(
            limit_below(&folder, "0::/a\n7:memory:/x\n1:name=systemd:/\n"),
            Some(128 * MIB)
        );
        assert_eq!(limit_below(&folder, "7:memory:/\n"), None);
        assert_eq!(limit_below(&folder, "no line of a control group\n"), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
