//! Real shells, in a terminal: somebody types, presses the tabulator, and reads.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use pty_process::blocking::Command;

use super::{CONTEXT, api_server, at_home};
use crate::pty::{PROGRAM, Terminal};
use crate::support::Sandbox;

const BASH_COMPLETION: &str = "/usr/share/bash-completion/bash_completion";

#[test]
fn bash_completes() {
    try_shell("bash", &["--noprofile", "-i"]);
}

#[test]
fn zsh_completes() {
    try_shell("zsh", &["-i"]);
}

#[test]
fn fish_completes() {
    try_shell("fish", &["--interactive"]);
}

fn try_shell(shell: &str, arguments: &[&str]) {
    let Some(program) = installed(shell) else {
        println!("skipped: {shell} is not installed");
        return;
    };
    let server = api_server();
    let home = home_for(shell, &server.url);
    let mut command = Command::new(program).args(arguments).env_clear();
    for (name, value) in &home.environment {
        command = command.env(name, value);
    }
    let mut terminal = Terminal::of(40, 200, command.current_dir(home.path("work")));
    terminal.press("echo rea''dy\r");
    terminal.await_screen("a prompt", |shown, _| shown.lines().any(|line| line.trim() == "ready"));
    for (typed, completed) in [
        ("kubectl-neo4jbackup expl", "kubectl-neo4jbackup explain"),
        (
            "kubectl-neo4jbackup lint --fail-on=w",
            "kubectl-neo4jbackup lint --fail-on=warning",
        ),
        ("kubectl-neo4jbackup lint back", "kubectl-neo4jbackup lint backup.yaml"),
        (
            "kubectl-neo4jbackup doctor restore/",
            "kubectl-neo4jbackup doctor restore/nightly",
        ),
        (
            "kubectl-neo4jbackup logs -n dev backup/",
            "kubectl-neo4jbackup logs -n dev backup/adhoc",
        ),
        (
            "kubectl-neo4jbackup status --context arn:aws:eks:eu",
            &format!("kubectl-neo4jbackup status --context {CONTEXT}"),
        ),
    ] {
        let is_shown = |shown: &str, _| shown.contains(completed) || shown.contains(&completed.replace(':', "\\:"));
        terminal.press(typed);
        terminal.press_until("\t", completed, is_shown);
        // The rest of the line is thrown away.
        terminal.press("\x15");
    }
}

/// A home in which completion is installed for a shell, as its owner would.
fn home_for(shell: &str, server: &str) -> Sandbox {
    let sandbox = at_home(server);
    sandbox.write("work/backup.yaml", "");
    sandbox.write("bin/kept", "");
    symlink(PROGRAM, sandbox.path("bin/kubectl-neo4jbackup")).unwrap();
    let path = format!("{}:/usr/bin:/bin", sandbox.path("bin").display());
    let sandbox = sandbox.set("PATH", &path).set("SHELL", shell);
    let run = sandbox.run(&["completion", "install"]);
    assert_eq!(run.exit, 0, "{run:?}");
    if shell == "bash" {
        let script = sandbox.path(".local/share/bash-completion/completions/kubectl-neo4jbackup");
        // The package loads the script when it is first needed.
        let reads = if Path::new(BASH_COMPLETION).is_file() {
            BASH_COMPLETION.to_owned()
        } else {
            script.display().to_string()
        };
        sandbox.write(".bashrc", format!("source '{reads}'\n"));
    }
    sandbox
}

fn installed(shell: &str) -> Option<PathBuf> {
    let folders = ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"];
    folders
        .map(|folder| Path::new(folder).join(shell))
        .into_iter()
        .find(|program| program.is_file())
}
