//! `cargo xtask cluster`: a control plane for a person, the same that the tests start for themselves.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use neo4jbackup_harness::{
    Binaries, ControlPlane, Node, NodeBinaries, Options, RunDirectory, end_orphans, enter_node, missing_prerequisites,
    report_progress,
};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Builds the programs of the control plane with Go, unless they are there
    Build(Parts),
    /// Starts a control plane in the background and prints the line that makes kubectl use it
    Up(Parts),
    /// Stops it, the cluster with a node too, and what tests that were killed may have left
    Down,
    /// Opens a shell whose kubectl talks to the running control plane, or to one that ends with the shell
    Shell(Parts),
}

#[derive(Args)]
pub(crate) struct Parts {
    /// With kube-controller-manager, which makes Jobs of `CronJobs` and `ServiceAccounts` of namespaces
    #[arg(long)]
    controller_manager: bool,
    /// A whole cluster, with a kubelet and a container runtime in namespaces of their own; needs root, Linux and packages
    #[arg(long)]
    node: bool,
}

pub(crate) fn run(action: &Action) -> Result<()> {
    match action {
        Action::Build(parts) if parts.node => build_node(),
        Action::Build(parts) => build(parts),
        Action::Up(parts) if parts.node => up_with_node(),
        Action::Up(parts) => up(parts),
        Action::Down => down(),
        Action::Shell(parts) if parts.node => shell_on_node(),
        Action::Shell(parts) => shell(parts),
    }
}

fn build(parts: &Parts) -> Result<()> {
    let binaries = binaries(parts)?;
    report_progress(&format!("the programs are in {}", binaries.folder().display()));
    Ok(())
}

fn up(parts: &Parts) -> Result<()> {
    let directory = RunDirectory::named(NAME);
    if directory.is_running() {
        report_progress("it runs already");
    } else {
        let options = Options {
            name: Some(NAME.to_owned()),
            ..Options::default()
        };
        let control_plane = ControlPlane::start(&binaries(parts)?, &options)?;
        report_progress(&format!(
            "{} serves; `cargo xtask cluster down` stops it",
            control_plane.url()
        ));
        control_plane.detach()?;
    }
    // The only line on standard output, for `eval "$(cargo xtask cluster up)"`.
    writeln!(
        std::io::stdout(),
        "export KUBECONFIG='{}'",
        directory.kubeconfig().display()
    )?;
    Ok(())
}

fn build_node() -> Result<()> {
    let binaries = NodeBinaries::locate_or_build(&report_progress)?;
    report_progress(&format!("the programs are in {}", parent(&binaries.kubelet).display()));
    Ok(())
}

fn up_with_node() -> Result<()> {
    let directory = RunDirectory::named(NODE_NAME);
    if directory.is_running() {
        report_progress("it runs already");
    } else {
        let node = start_node(Some(NODE_NAME))?;
        report_progress(
            "the node is ready; `cargo xtask cluster shell --node` opens a shell on it, `cargo xtask cluster down` stops it",
        );
        node.detach()?;
    }
    // The kubectl in this folder enters the node's network, because nothing else leads there.
    writeln!(
        std::io::stdout(),
        "export KUBECONFIG='{}' PATH='{}':\"$PATH\"",
        directory.kubeconfig().display(),
        directory.path().join("bin").display()
    )?;
    Ok(())
}

fn shell_on_node() -> Result<()> {
    let directory = RunDirectory::named(NODE_NAME);
    if directory.is_running() {
        return open_shell_on_node(&directory);
    }
    let node = start_node(None)?;
    report_progress("the node runs until you leave this shell");
    let result = open_shell_on_node(&node.run_directory());
    node.stop();
    result
}

fn start_node(name: Option<&str>) -> Result<Node> {
    let missing = missing_prerequisites();
    if !missing.is_empty() {
        let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
        bail!("a node needs {}", missing.join(", and "));
    }
    Ok(Node::start(&NodeBinaries::locate_or_build(&report_progress)?, name)?)
}

/// On the node, kubectl is the program itself: the script of that name would enter what it is in already.
fn open_shell_on_node(directory: &RunDirectory) -> Result<()> {
    let kubectl = Binaries::locate_or_build(&report_progress)?;
    let shell = env::var_os("SHELL").unwrap_or_else(|| "sh".into());
    let mut command = enter_node(directory, Path::new(&shell))?;
    command
        .env("KUBECONFIG", directory.kubeconfig())
        .env("PATH", path_with(kubectl.folder())?);
    command
        .status()
        .with_context(|| format!("cannot run nsenter with {}", shell.display()))?;
    Ok(())
}

fn parent(program: &Path) -> &Path {
    program.parent().unwrap_or(program)
}

fn down() -> Result<()> {
    let mut stopped = false;
    for name in [NAME, NODE_NAME] {
        stopped |= RunDirectory::named(name).end()?;
    }
    report_progress(if stopped { "stopped" } else { "it did not run" });
    match end_orphans()? {
        0 => {}
        count => report_progress(&format!("ended {count} that a test had left")),
    }
    Ok(())
}

fn shell(parts: &Parts) -> Result<()> {
    let binaries = binaries(parts)?;
    let directory = RunDirectory::named(NAME);
    if directory.is_running() {
        return open_shell(&binaries, &directory.kubeconfig());
    }
    let control_plane = ControlPlane::start(&binaries, &Options::default())?;
    report_progress(&format!("{} serves until you leave this shell", control_plane.url()));
    let result = open_shell(&binaries, control_plane.kubeconfig());
    control_plane.stop();
    result
}

/// Whether the shell's last command succeeded is nobody's business, so its exit code is not ours.
fn open_shell(binaries: &Binaries, kubeconfig: &Path) -> Result<()> {
    let shell = env::var_os("SHELL").unwrap_or_else(|| "sh".into());
    let mut command = Command::new(&shell);
    command
        .env("KUBECONFIG", kubeconfig)
        .env("PATH", path_with(binaries.folder())?);
    command
        .status()
        .with_context(|| format!("cannot run {}", shell.display()))?;
    Ok(())
}

fn path_with(folder: &Path) -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_owned()].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).context("cannot add the folder of kubectl to PATH")
}

fn binaries(parts: &Parts) -> Result<Binaries> {
    let binaries = Binaries::locate_or_build(&report_progress)?;
    if parts.controller_manager {
        Ok(binaries.with_controller_manager(&report_progress)?)
    } else {
        Ok(binaries)
    }
}

/// The name of the control plane that `up` starts; each user of a checkout has one.
const NAME: &str = "up";
/// And one with a node.
const NODE_NAME: &str = "node";
