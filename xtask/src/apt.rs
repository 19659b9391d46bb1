//! Packages of Debian that tests use. A machine of CI is there to be changed, a person's is not: there, tests say what they lack.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::{BROWSER_PACKAGE, Browser, report_progress};

/// Shells that completion is tried in, and what loads its script in one of them: packages, and a file of each.
const SHELLS: [(&str, &str); 3] = [
    ("zsh", "/usr/bin/zsh"),
    ("fish", "/usr/bin/fish"),
    ("bash-completion", "/usr/share/bash-completion/bash_completion"),
];

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

/// Installs what tests without a cluster use and lack, where this is a machine of CI: shells, and the browser that takes
/// pictures of pages.
pub(crate) fn install_for_tests() -> Result<()> {
    let missing = SHELLS.into_iter().filter(|(_, file)| !Path::new(file).exists());
    let mut missing: Vec<&str> = missing.map(|(package, _)| package).collect();
    if Browser::find().is_none() {
        missing.push(BROWSER_PACKAGE);
    }
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing)
}
