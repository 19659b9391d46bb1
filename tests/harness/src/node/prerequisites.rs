//! What a machine must have before a node can run on it.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::control_groups;

/// Something that is missing. As text it is a part of a sentence: "a node needs …".
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prerequisite {
    /// Namespaces and control groups are Linux's.
    Linux,
    /// Namespaces, mounts and control groups are root's.
    Root,
    /// Packages of Debian, by name.
    Packages(Vec<&'static str>),
    /// Hierarchies of control groups, version 1, by name.
    ControlGroups(Vec<&'static str>),
    /// A file system of the kernel.
    FileSystem(&'static str),
    /// What `unshare` said when it was tried.
    Namespaces(String),
}

impl fmt::Display for Prerequisite {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Linux => formatter.write_str("Linux"),
            Self::Root => formatter.write_str("root"),
            Self::Packages(packages) => write!(
                formatter,
                "what `apt-get install --no-install-recommends {}` installs",
                packages.join(" ")
            ),
            Self::ControlGroups(names) => write!(
                formatter,
                "the control groups {} in version 1, below /sys/fs/cgroup",
                names.join(", ")
            ),
            Self::FileSystem(name) => write!(formatter, "the file system {name} in the kernel"),
            Self::Namespaces(reason) => write!(formatter, "namespaces, and the system refuses them: {reason}"),
        }
    }
}

/// Everything that is missing here; nothing when a node can run.
pub fn missing_prerequisites() -> Vec<Prerequisite> {
    if !cfg!(target_os = "linux") {
        return vec![Prerequisite::Linux];
    }
    let mut missing = Vec::new();
    if !rustix::process::geteuid().is_root() {
        missing.push(Prerequisite::Root);
    }
    let packages = missing_packages();
    if !packages.is_empty() {
        missing.push(Prerequisite::Packages(packages));
    }
    let groups = CONTROL_GROUPS
        .into_iter()
        .filter(|name| !control_groups::has_controller(name));
    let groups: Vec<&str> = groups.collect();
    if !groups.is_empty() {
        missing.push(Prerequisite::ControlGroups(groups));
    }
    let file_systems = std::fs::read_to_string("/proc/filesystems").unwrap_or_default();
    if !file_systems.lines().any(|line| line.ends_with("\toverlay")) {
        missing.push(Prerequisite::FileSystem("overlay"));
    }
    // Without root the answer is known, and without unshare as well.
    if missing.is_empty()
        && let Err(reason) = try_namespaces()
    {
        missing.push(Prerequisite::Namespaces(reason));
    }
    missing
}

fn missing_packages() -> Vec<&'static str> {
    let missing = PROGRAMS
        .into_iter()
        .filter(|(_, paths)| !paths.iter().all(|path| Path::new(path).exists()));
    missing.map(|(package, _)| package).collect()
}

fn try_namespaces() -> Result<(), String> {
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--mount-proc"])
        .args(["sh", "-c", "mount -t tmpfs none /run"])
        .stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// Debian's packages, and the files of theirs that the node uses.
const PROGRAMS: [(&str, &[&str]); 6] = [
    (
        "containerd",
        &[
            "/usr/bin/containerd",
            "/usr/bin/containerd-shim-runc-v2",
            "/usr/bin/ctr",
        ],
    ),
    ("runc", &["/usr/sbin/runc"]),
    (
        "containernetworking-plugins",
        &["/usr/lib/cni/bridge", "/usr/lib/cni/host-local"],
    ),
    ("iptables", &["/usr/sbin/iptables"]),
    ("iproute2", &["/usr/sbin/ip"]),
    ("util-linux", &["/usr/bin/unshare", "/usr/bin/nsenter"]),
];

/// Those that the kubelet refuses to run without.
const CONTROL_GROUPS: [&str; 4] = ["cpu", "cpuset", "memory", "pids"];
