//! The control groups of one node, in which the kubelet puts its pods.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::error::HarnessError;
use crate::run_directory::RunDirectory;

/// Makes a group of that name in every hierarchy. Their paths are noted first, so that whoever ends the node, this
/// process, the watchdog or another command, knows what to remove.
pub(crate) fn create(directory: &RunDirectory, name: &str) -> Result<(), HarnessError> {
    let groups: Vec<PathBuf> = hierarchies().into_iter().map(|root| root.join(name)).collect();
    let list: String = groups.iter().map(|group| format!("{}\n", group.display())).collect();
    directory.write(crate::run_directory::CONTROL_GROUPS, list.as_bytes())?;
    for group in &groups {
        let could_not_make = || HarnessError::io(format!("make the control group {}", group.display()));
        match fs::create_dir(group) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(could_not_make()(error)),
            _ => {}
        }
        // A new group of this kind has no processor and no memory, and the kubelet's groups inherit that.
        for file in ["cpuset.cpus", "cpuset.mems"] {
            let parent = group.with_file_name(file);
            if parent.exists() {
                let value = fs::read(&parent).map_err(could_not_make())?;
                fs::write(group.join(file), value).map_err(could_not_make())?;
            }
        }
    }
    Ok(())
}

/// The mounted hierarchies of version 1, each once: on most systems some have a second name.
pub(crate) fn hierarchies() -> Vec<PathBuf> {
    let entries = fs::read_dir(ROOT).into_iter().flatten().flatten();
    let real = entries.filter_map(|entry| fs::canonicalize(entry.path()).ok());
    let mut roots: Vec<PathBuf> = real.filter(|path| path.join("cgroup.procs").is_file()).collect();
    roots.sort();
    roots.dedup();
    roots
}

/// Whether the hierarchies of version 1 that the kubelet needs are mounted.
pub(crate) fn has_controller(name: &str) -> bool {
    Path::new(ROOT).join(name).join("tasks").is_file()
}

const ROOT: &str = "/sys/fs/cgroup";
