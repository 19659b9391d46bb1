//! Programs from package registries, installed once below the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::binaries::find_or_build;
use crate::error::HarnessError;
use crate::go_build::{self, GoProgram};
use crate::locations;

/// What is installed, and how to see whether it is.
pub(super) struct Install<'i> {
    /// The name of its folder.
    pub(super) name: &'static str,
    /// The file in that folder in which stands what is installed.
    pub(super) stamp: &'static str,
    /// The file of this repository in which stands what is to be installed.
    pub(super) list: &'i Path,
}

impl Install<'_> {
    /// Its folder; made when it is asked for and what it is to hold has changed. `None` where `make` says that something for
    /// that is not there.
    pub(super) fn folder(
        &self,
        make: impl FnOnce(&Path) -> Result<bool, HarnessError>,
    ) -> Result<Option<PathBuf>, HarnessError> {
        let wanted = fs::read_to_string(self.list);
        let wanted = wanted.map_err(HarnessError::io(format!("read {}", self.list.display())))?;
        let parent = locations::target().join("stores");
        let folder = parent.join(self.name);
        let stamp = folder.join(self.stamp);
        fs::create_dir_all(&parent).map_err(HarnessError::io(format!("create {}", parent.display())))?;
        let lock = parent.join(format!("{}.lock", self.name));
        let lock = File::create(&lock).map_err(HarnessError::io(format!("create {}", lock.display())))?;
        lock.lock()
            .map_err(HarnessError::io("wait for another process that installs"))?;
        if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
            return Ok(Some(folder));
        }
        if !make(&folder)? {
            return Ok(None);
        }
        fs::write(&stamp, wanted).map_err(HarnessError::io(format!("write {}", stamp.display())))?;
        Ok(Some(folder))
    }
}

/// A server that is written in Go, built where it is not built yet. `None`, after saying so, without Go.
pub(super) fn go_program(program: &GoProgram, progress: &dyn Fn(&str)) -> Result<Option<PathBuf>, HarnessError> {
    match go_build::check_possible(&[program]) {
        Ok(()) => find_or_build(program, progress).map(Some),
        Err(HarnessError::NoGo { .. }) => {
            println!(
                "skipped: {} is written in Go, and Go 1.26 or newer is not installed",
                program.name
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Whether a program can be run.
pub(super) fn is_there(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a program to its end; gives what it prints.
pub(super) fn run(name: &'static str, mut command: Command) -> Result<String, HarnessError> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.map_err(HarnessError::io(format!("run {name}")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(HarnessError::Command {
        command: name,
        output: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
