//! Packages of Debian that tests use. A machine of CI is there to be changed, a person's is not: there, tests say what they lack.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::report_progress;

/// Shells that completion is tried in, and what loads its script in one of them: packages, and a file of each.
const SHELLS: [(&str, &str); 3] = [
    ("zsh", "/usr/bin/zsh"),
    ("fish", "/usr/bin/fish"),
    ("bash-completion", "/usr/share/bash-completion/bash_completion"),
];

/// Installs the shells that are missing, where this is a machine of CI.
pub(crate) fn install_shells() -> Result<()> {
    let missing = SHELLS.into_iter().filter(|(_, file)| !Path::new(file).exists());
    let missing: Vec<&str> = missing.map(|(package, _)| package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)
}

/// Installs packages, where this is a machine of CI.
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
