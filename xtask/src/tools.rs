//! Programs that the checks use and that are no part of a toolchain.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use neo4jbackup_harness::{report_progress, target};

use crate::step::{Tally, cargo};

/// Newer ones may know new lints; a check that changes its mind overnight helps nobody.
const CARGO_DENY: &str = "0.20.2";

/// Another one may write other pages, and find other links.
const MDBOOK: &str = "0.5.4";

/// What the tests leave out, and who does it. The database changes without a commit, so that a commit that was good would
/// be bad the next day; and it lies behind a network that not everybody has.
pub(crate) const NO_ADVISORIES: &str = "advisories (known vulnerabilities of dependencies) were not checked: `cargo xtask advisories` does, with a network, \
     and .github/workflows/advisories.yml every day";

/// Checks licences, sources and duplicates of all dependencies against `deny.toml`.
pub(crate) fn check_dependencies(root: &Path) -> Result<Tally> {
    let program = match cargo_deny() {
        Ok(program) => program,
        // A person without a network can still run everything else; CI must not lose a check unnoticed.
        Err(error) if env::var_os("CI").is_none() => {
            report_progress(&format!("skipped: {error:#}"));
            return Ok(Tally::one_skipped());
        }
        Err(error) => return Err(error),
    };
    Ok(if deny(root, &program, &["bans", "licenses", "sources"])? {
        Tally::one_passed()
    } else {
        Tally::one_failed()
    })
}

/// Checks all dependencies against the database of `RustSec`, which is fetched anew.
pub(crate) fn check_advisories(root: &Path) -> Result<()> {
    let is_good = deny(root, &cargo_deny()?, &["advisories"])?;
    ensure!(
        is_good,
        "the advisories are not clean, or their database could not be fetched from https://github.com/RustSec/advisory-db: \
         the lines above say which. Update what is named (`cargo update --package NAME`), or list it below \
         `[advisories] ignore` in deny.toml with the reason why it does not reach us"
    );
    Ok(())
}

/// Runs checks of cargo-deny; whether they found nothing.
fn deny(root: &Path, program: &Path, checks: &[&str]) -> Result<bool> {
    report_progress(&format!("    cargo deny check {}", checks.join(" ")));
    let status = Command::new(program)
        .arg("check")
        .args(checks)
        .current_dir(root)
        .status();
    let status = status.with_context(|| format!("cannot run {}", program.display()))?;
    Ok(status.success())
}

fn cargo_deny() -> Result<PathBuf> {
    program("cargo-deny", CARGO_DENY, &[])
}

/// What makes the documentation into pages for a browser; without what serves them.
pub(crate) fn mdbook() -> Result<PathBuf> {
    program("mdbook", MDBOOK, &["--no-default-features"])
}

/// The program in `PATH` if it is of that version, else the one that was built here, else one that is built now.
fn program(name: &str, version: &str, features: &[&str]) -> Result<PathBuf> {
    let built = target().join("tools/bin").join(name);
    let mut candidates = [PathBuf::from(name), built.clone()].into_iter();
    if let Some(program) = candidates.find(|program| is_of(version, program)) {
        return Ok(program);
    }
    report_progress(&format!("    building {name} {version}, once: a few minutes"));
    let folder = target().join("tools");
    let mut command = Command::new(cargo());
    command
        // Its own speed matters less than that of its build.
        .args(["install", name, "--locked", "--debug", "--version", version])
        .args(features)
        .arg("--root")
        .arg(&folder)
        // Nothing of its build is of use to ours.
        .env_remove("CARGO_TARGET_DIR");
    let status = command
        .status()
        .with_context(|| format!("cannot run `cargo install {name}`"))?;
    if !status.success() || !is_of(version, &built) {
        bail!("{name} is not there and cannot be installed");
    }
    Ok(built)
}

/// `mdbook v0.5.4`, `cargo-deny 0.20.2`.
fn is_of(version: &str, program: &Path) -> bool {
    let output = Command::new(program).arg("--version").stderr(Stdio::null()).output();
    output.is_ok_and(|output| {
        let said = String::from_utf8_lossy(&output.stdout);
        output.status.success()
            && said
                .split_whitespace()
                .any(|word| word.trim_start_matches('v') == version)
    })
}
