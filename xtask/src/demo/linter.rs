//! The linter on the demo's manifests. It needs no cluster, and so has something to show while one is still being built.

use std::env;
use std::io::{self, IsTerminal as _};
use std::path::Path;

use anyhow::{Result, ensure};
use jiff::Timestamp;
use kubectl_neo4jbackup::Io;

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
    let locale = env::vars().filter(|(name, _)| name.starts_with('L'));
    let environment = locale.chain([("COLUMNS".to_owned(), WIDTH.to_string())]).collect();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let exit = kubectl_neo4jbackup::run(
        ["kubectl-neo4jbackup"].into_iter().chain(arguments).map(Into::into),
        &mut Io {
            stdin: &mut io::empty(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            environment,
            now: Timestamp::now(),
            current_directory: root.to_owned(),
            machine_zone: || None,
            terminal_width: io::stdout().is_terminal().then_some(WIDTH),
            stdin_is_terminal: false,
            output_lost: false,
        },
    );
    stdout.extend(stderr);
    let answer = String::from_utf8_lossy(&stdout);
    screen.text(&format!("$ kubectl neo4jbackup {}\n{answer}", arguments.join(" ")))?;
    ensure!(
        exit == kubectl_neo4jbackup::Exit::NotGood,
        "the linter found nothing in {FOLDER}"
    );
    Ok(())
}
