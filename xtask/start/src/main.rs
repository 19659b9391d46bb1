//! `cargo xtask …`: hands everything on to the package `xtask`, which takes minutes to build the first time. This one
//! depends on nothing: it is there at once, and gives whoever asks for the demo something to look at meanwhile.

mod warm_up;

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// What the demo runs. Built in one go, so that what all of them depend on is built once.
const PACKAGES_OF_DEMO: [&str; 3] = ["xtask-demo", "kubectl-neo4jbackup", "neo4jbackup-webhook"];

/// The profile of cargo that builds soonest, and the folder that its programs are in.
const PREVIEW: &str = "preview";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    let has_built = |profile: &str, program: &str| {
        let program = format!("{profile}/{program}{}", env::consts::EXE_SUFFIX);
        target().join(program).is_file()
    };
    let is_developer = has_built("debug", "xtask");
    if arguments != ["demo"] {
        let mut xtask = cargo("run", !is_developer);
        return become_another(xtask.args(["--package", "xtask", "--"]).args(arguments));
    }
    // Who has built for tests already has nearly everything; who has not is there sooner without what only tests need.
    let (profile, folder) = if is_developer {
        ("dev", "debug")
    } else {
        (PREVIEW, PREVIEW)
    };
    let is_first = !has_built(folder, "xtask-demo");
    if is_first && !is_developer {
        eprintln!("==> the linter first, which needs no cluster; everything else is built after it, once");
        warm_up::start(root(), &target());
        // Whatever goes wrong here is said again by what comes next.
        let mut preview = cargo("run", true);
        preview.args(["--profile", PREVIEW, "--package", "xtask-preview", "--"]);
        let _ = preview.arg(root()).status();
        eprintln!("==> the plugin and the webhook");
    }
    let mut build = cargo("build", is_first);
    build.args(["--profile", profile]);
    if !is_developer {
        build.arg("--no-default-features");
    }
    build.args(PACKAGES_OF_DEMO.iter().flat_map(|package| ["--package", package]));
    match build.status() {
        Ok(status) if status.success() => {}
        Ok(_) => return ExitCode::FAILURE,
        Err(error) => return not_run(&build, &error),
    }
    let programs = target().join(folder);
    let mut demo = Command::new(programs.join("xtask-demo"));
    become_another(demo.env("NEO4JBACKUP_PROGRAMS", programs))
}

/// A command of cargo; with its progress where that takes long.
fn cargo(command: &str, shows_progress: bool) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.arg(command).current_dir(root());
    // What cargo tells this program of its package is no setting; build scripts that look at it would run anew.
    let told = env::vars_os().map(|(name, _)| name);
    let is_told = |name: &OsString| {
        let name = name.to_string_lossy();
        ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|begin| name.starts_with(begin))
    };
    for name in told.filter(is_told) {
        cargo.env_remove(name);
    }
    if !shows_progress {
        cargo.arg("--quiet");
    }
    cargo
}

/// Takes this process, so that signals reach who has something to clean up.
#[cfg(unix)]
fn become_another(command: &mut Command) -> ExitCode {
    use std::os::unix::process::CommandExt as _;
    let error = command.exec();
    not_run(command, &error)
}

#[cfg(not(unix))]
fn become_another(command: &mut Command) -> ExitCode {
    match command.status() {
        Ok(status) => status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .map_or(ExitCode::FAILURE, ExitCode::from),
        Err(error) => not_run(command, &error),
    }
}

fn not_run(command: &Command, error: &std::io::Error) -> ExitCode {
    eprintln!("error: cannot run {}: {error}", command.get_program().display());
    ExitCode::FAILURE
}

/// The root of the repository.
fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

fn target() -> PathBuf {
    root().join(env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}
