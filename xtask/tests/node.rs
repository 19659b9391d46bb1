//! `cargo xtask cluster … --node` as a person runs it, and what is left when it is killed.

// The helpers are parts of the tests: what they do not find fails the test that asked.
#![allow(clippy::unwrap_used)]

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use neo4jbackup_harness::{NodeBinaries, NodeTraces, RunDirectory, await_that, missing_prerequisites, report_progress};

#[test]
fn up_makes_kubectl_work_and_down_leaves_nothing() {
    let Some(place) = Place::new("up") else { return };
    let up = place.xtask(&["cluster", "up", "--node"]).output().unwrap();
    assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
    let line = String::from_utf8(up.stdout).unwrap();
    let script = format!("{line}\nkubectl get nodes --output=name");
    let nodes = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&nodes.stdout), "node/node\n", "{nodes:?}");

    let mut shell = place.xtask(&["cluster", "shell", "--node"]);
    shell.env(
        "SHELL",
        place.script("shell", "#!/bin/sh\nhostname\nkubectl get nodes --output=name\n"),
    );
    let said = shell.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout), "node\nnode/node\n", "{said:?}");

    let traces = place.traces().unwrap();
    let down = place.xtask(&["cluster", "down"]).output().unwrap();
    assert!(down.status.success(), "{down:?}");
    assert_eq!(traces.found(), Vec::<String>::new());
}

#[test]
fn a_killed_command_takes_its_node_along() {
    let Some(place) = Place::new("killed") else { return };
    let mut command = place.node_in_a_shell();
    let traces = place.traces().unwrap();
    assert!(!traces.found().is_empty());
    // SIGKILL: nothing of the command itself runs after this.
    command.kill().unwrap();
    command.wait().unwrap();
    await_that("the end of everything", || traces.found().is_empty());
}

#[test]
fn down_ends_what_nobody_was_left_to_end() {
    let Some(place) = Place::new("orphan") else { return };
    let mut command = place.node_in_a_shell();
    let traces = place.traces().unwrap();
    let pattern = format!("neo4jbackup-watchdog {}/", place.folder.display());
    let watchdog = Command::new("pgrep").args(["-f", &pattern]).output().unwrap();
    let watchdog = String::from_utf8(watchdog.stdout).unwrap();
    assert!(
        Command::new("kill")
            .args(["-9", watchdog.trim()])
            .status()
            .unwrap()
            .success()
    );
    command.kill().unwrap();
    command.wait().unwrap();
    assert!(!traces.found().is_empty());
    let down = place.xtask(&["cluster", "down"]).output().unwrap();
    let said = String::from_utf8_lossy(&down.stderr);
    assert!(said.contains("ended 1 that a test had left"), "{said}");
    assert_eq!(traces.found(), Vec::<String>::new());
}

/// A target folder of its own, so that a node that the person runs is left alone.
struct Place {
    folder: PathBuf,
    programs: PathBuf,
}

impl Place {
    /// `None`, after saying so, when this machine cannot run a node.
    fn new(name: &str) -> Option<Self> {
        if let Some(prerequisite) = missing_prerequisites().first() {
            println!("skipped: a node needs {prerequisite}");
            return None;
        }
        let folder = env::temp_dir().join(format!("neo4jbackup-{name}-{}", std::process::id()));
        let programs = folder.join("programs");
        fs::create_dir_all(&programs).unwrap();
        // What is built for other tests serves here as well.
        for program in NodeBinaries::locate_or_build(&report_progress).unwrap().all() {
            symlink(program, programs.join(program.file_name().unwrap())).unwrap();
        }
        Some(Self { folder, programs })
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .env("CARGO_TARGET_DIR", &self.folder)
            .env("KUBEBUILDER_ASSETS", &self.programs);
        command
    }

    /// The command that holds a node as long as its shell runs, which is until somebody kills it.
    fn node_in_a_shell(&self) -> Child {
        let reached = self.folder.join("reached");
        let script = format!("#!/bin/sh\ntouch '{}'\nexec sleep 600\n", reached.display());
        let mut command = self.xtask(&["cluster", "shell", "--node"]);
        command.env("SHELL", self.script("shell", &script)).stdin(Stdio::null());
        let command = command.spawn().unwrap();
        await_that("a shell on the node", || reached.exists());
        command
    }

    fn script(&self, name: &str, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let file = self.folder.join(name);
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        file
    }

    /// Of the only node in this place.
    fn traces(&self) -> Option<NodeTraces> {
        let mut runs = fs::read_dir(self.folder.join("cluster/run")).ok()?;
        NodeTraces::of(&RunDirectory::at(&runs.next()?.ok()?.path())).ok()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // A test that failed half way must not leave a cluster behind.
        let _ = self.xtask(&["cluster", "down"]).output();
        let _ = fs::remove_dir_all(&self.folder);
    }
}
