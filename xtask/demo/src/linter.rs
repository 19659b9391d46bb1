//! The linter on the demo's manifests. It needs no cluster, and so has something to show while one is still being built.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::workspace_program;

use super::FOLDER;
use super::screen::Screen;

/// What fits between the margins of the screen.
const WIDTH: usize = 76;

/// Shows what it finds in all of them at once.
pub(super) fn show(screen: &Screen, root: &Path) -> Result<()> {
    screen.heading(
        "The linter, without a cluster, on the manifests that will be applied; the control plane is built meanwhile",
    )?;
    // What the webhook will fill in is not missing.
    let arguments = ["lint", "--assume-webhook", FOLDER];
    let mut command = Command::new(workspace_program("kubectl-neo4jbackup")?);
    command
        .args(arguments)
        .current_dir(root)
        .env("COLUMNS", WIDTH.to_string());
    let output = command.output().context("cannot run the plugin")?;
    let answer = [output.stdout, output.stderr].concat();
    let answer = String::from_utf8_lossy(&answer);
    screen.text(&format!("$ kubectl neo4jbackup {}\n{answer}", arguments.join(" ")))?;
    ensure!(
        output.status.code() == Some(1),
        "the linter did not find what is wrong in {FOLDER}: {}",
        output.status
    );
    Ok(())
}
