//! What a node has on the machine while it runs, for tests that look whether it is gone.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::HarnessError;
use crate::run_directory::{CONTROL_GROUPS, RunDirectory, has_ended, parse_process_id};

use super::namespaces::Namespaces;

/// The processes, mounts, control groups and files of one node, noted while it ran.
#[derive(Debug)]
pub struct NodeTraces {
    directory: PathBuf,
    control_groups: Vec<PathBuf>,
    /// Of the processes, as `/proc` shows it: `pid:[4026532201]`.
    process_namespace: PathBuf,
    /// As long as it is open, no other namespace gets that number.
    _held: File,
}

impl NodeTraces {
    /// Notes what to look for; the node must run.
    pub fn of(directory: &RunDirectory) -> Result<Self, HarnessError> {
        let could_not_read = |what: &Path| HarnessError::io(format!("read {}", what.display()));
        let file = directory.path().join(CONTROL_GROUPS);
        let groups = fs::read_to_string(&file).map_err(could_not_read(&file))?;
        let link = Namespaces::of(directory)?.process_namespace();
        Ok(Self {
            directory: directory.path().to_owned(),
            control_groups: groups.lines().map(PathBuf::from).collect(),
            process_namespace: fs::read_link(&link).map_err(could_not_read(&link))?,
            _held: File::open(&link).map_err(could_not_read(&link))?,
        })
    }

    /// What of it is there now, each in words.
    pub fn found(&self) -> Vec<String> {
        let mut found = self.processes();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        let directory = self.directory.display().to_string();
        found.extend(
            mounts
                .lines()
                .filter(|line| line.contains(&directory))
                .map(|line| format!("mount {line}")),
        );
        let files = self.control_groups.iter().chain([&self.directory]);
        found.extend(
            files
                .filter(|path| path.exists())
                .map(|path| path.display().to_string()),
        );
        found
    }

    /// Those that have ended and whose parent has not asked for them yet hold nothing any more.
    fn processes(&self) -> Vec<String> {
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
            let namespace = fs::read_link(entry.path().join("ns/pid"));
            let process = entry.file_name().to_str().and_then(parse_process_id);
            if namespace.is_ok_and(|namespace| namespace == self.process_namespace)
                && process.is_some_and(|process| !has_ended(process))
            {
                let name = fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
                found.push(format!("process {} {}", entry.file_name().display(), name.trim()));
            }
        }
        found
    }
}
