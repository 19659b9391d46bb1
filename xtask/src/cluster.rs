//! `cargo xtask cluster`: a control plane for a person, the same that the tests start for themselves.

use std::env;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use neo4jbackup_harness::{Binaries, ControlPlane, Options, RunDirectory, end_orphans, report_progress};

#[derive(Subcommand)]
pub(crate) enum Action {
    /// Builds the programs of the control plane with Go, unless they are there
    Build(Parts),
    /// Starts a control plane in the background and prints the line that makes kubectl use it
    Up(Parts),
    /// Stops it, and what tests that were killed may have left
    Down,
    /// Opens a shell whose kubectl talks to the running control plane, or to one that ends with the shell
    Shell(Parts),
}

#[derive(Args)]
pub(crate) struct Parts {
    /// With kube-controller-manager, which makes Jobs of `CronJobs` and `ServiceAccounts` of namespaces
    #[arg(long)]
    controller_manager: bool,
}

pub(crate) fn run(action: &Action) -> Result<()> {
    match action {
        Action::Build(parts) => build(parts),
        Action::Up(parts) => up(parts),
        Action::Down => down(),
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

fn down() -> Result<()> {
    let stopped = RunDirectory::named(NAME).end()?;
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
