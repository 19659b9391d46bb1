//! `cargo xtask test` and `cargo xtask e2e`: what CI runs and what a contributor runs before a commit.

use std::env;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use neo4jbackup_harness::{Binaries, report_progress};

/// The packages with tests on a real API server, behind their feature `e2e`.
const END_TO_END_PACKAGES: [&str; 1] = ["neo4jbackup-harness"];

/// Runs every check and every test; the fast ones first.
pub(crate) fn test() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    cargo(
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "--deny=warnings",
        ],
        &[],
    )?;
    cargo(&["test", "--workspace"], &[])?;
    end_to_end(&[])
}

/// Runs the tests on a real API server; `arguments` go to the test programs.
pub(crate) fn end_to_end(arguments: &[String]) -> Result<()> {
    // Before the tests, so that minutes of building are not taken for a test that hangs.
    Binaries::locate_or_build(&report_progress)?.with_controller_manager(&report_progress)?;
    let mut command = vec!["test", "--features", "e2e"];
    for package in END_TO_END_PACKAGES {
        command.extend(["--package", package]);
    }
    command.push("--");
    cargo(&command, arguments)
}

fn cargo(arguments: &[&str], more: &[String]) -> Result<()> {
    let line = format!("cargo {}", arguments.join(" "));
    report_progress(&format!("==> {line}"));
    let start = Instant::now();
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(arguments)
        .args(more)
        .status()
        .with_context(|| format!("cannot run `{line}`"))?;
    ensure!(status.success(), "`{line}` failed");
    report_progress(&format!("==> done in {} s", start.elapsed().as_secs()));
    Ok(())
}
