//! The tests that need a node: what they need is made or installed first, and where that cannot be, they say so.

use std::env;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::{ChartTools, NodeBinaries, Prerequisite, Scale, missing_prerequisites, report_progress};

use crate::image;
use crate::step::{Step, Tally};

/// The packages with such tests, in a test program `node` behind a feature of that name.
const PACKAGES: [&str; 3] = ["neo4jbackup-harness", "neo4jbackup-tests", "xtask"];

/// Runs them; `arguments` go to the test programs. Without a prerequisite each of them counts as skipped.
pub(crate) fn run(scale: Scale, arguments: &[String]) -> Result<Tally> {
    install_packages()?;
    if let Some(obstacle) = obstacle() {
        report_progress(&format!("    skipped: {obstacle}"));
    } else {
        // Before the tests, so that minutes of building are not taken for a test that hangs.
        NodeBinaries::locate_or_build(&report_progress)?;
        ChartTools::locate_or_build(&report_progress)?;
        image::run(&image::Options::for_tests(scale))?;
    }
    let mut command = vec!["--workspace".to_owned(), "--test".to_owned(), "node".to_owned()];
    for package in PACKAGES {
        command.extend(["--features".to_owned(), format!("{package}/node")]);
    }
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    Step::cargo_test(scale, &command, arguments)
}

/// Why they cannot run here, as a sentence.
pub(crate) fn obstacle() -> Option<String> {
    let missing: Vec<String> = missing_prerequisites().iter().map(ToString::to_string).collect();
    (!missing.is_empty()).then(|| format!("a node needs {}", missing.join("; and ")))
}

/// A machine of CI is there to be changed, a person's is not.
fn install_packages() -> Result<()> {
    let missing = missing_prerequisites();
    let [Prerequisite::Packages(packages)] = missing.as_slice() else {
        return Ok(());
    };
    if env::var_os("CI").is_none_or(|value| value != "true") || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(());
    }
    let install = [&["install", "--yes", "--no-install-recommends"], packages.as_slice()].concat();
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
