//! Packages of Debian that some tests need, on machines that are there to be changed.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::report_progress;

/// Installs packages where CI asks for the tests. A person's machine is not ours to change: there the tests that need them say
/// that they were skipped.
pub(crate) fn install(packages: &[&str]) -> Result<()> {
    if env::var_os("CI").is_none_or(|value| value != "true") || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(());
    }
    let install = [&["install", "--yes", "--no-install-recommends"], packages].concat();
    for arguments in [&["update"][..], &install] {
        report_progress(&format!("    apt-get {}", arguments.join(" ")));
        let mut command = Command::new("apt-get");
        command
            .arg("--quiet=2")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        let status = command.status().context("cannot run apt-get")?;
        ensure!(status.success(), "`apt-get {}` failed", arguments.join(" "));
    }
    Ok(())
}
