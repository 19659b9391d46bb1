//! Builds a program of this workspace and says where it is.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

use crate::error::HarnessError;
use crate::scale::{Scale, drill_scale};

const WEBHOOK: &str = "neo4jbackup-webhook";

/// The variable by which whoever has just built all programs of the workspace says in which folder they are. Each by itself would
/// be built with other features of what it depends on, and so would all of that.
pub const PROGRAMS: &str = "NEO4JBACKUP_PROGRAMS";

/// The packages whose programs run in pods of the tests.
const IN_PODS: [&str; 3] = [WEBHOOK, "kubectl-neo4jbackup", "neo4jbackup-stand-in"];

/// The webhook's program for the drills at hand, as [`webhook_program_for`] finds it; looked for once in a process.
pub fn webhook_program() -> Result<&'static Path, &'static HarnessError> {
    static PROGRAM: OnceLock<Result<PathBuf, HarnessError>> = OnceLock::new();
    let program = PROGRAM.get_or_init(|| webhook_program_for(drill_scale()));
    program.as_ref().map(PathBuf::as_path)
}

/// The webhook's program: `NEO4JBACKUP_WEBHOOK_BIN` when that is set, else what cargo builds, which takes no time when
/// nothing has changed. Long drills get a release build, because they hold it to the figures in the documents.
pub fn webhook_program_for(scale: Scale) -> Result<PathBuf, HarnessError> {
    match env::var_os("NEO4JBACKUP_WEBHOOK_BIN").filter(|value| !value.is_empty()) {
        Some(program) => Ok(PathBuf::from(program)),
        None => match scale {
            Scale::Short => workspace_program(WEBHOOK),
            Scale::Long => static_program(WEBHOOK, "release"),
        },
    }
}

/// Builds the only program of a package of this workspace, unless [`PROGRAMS`] says where it is; cargo's own progress goes to
/// standard error.
///
/// A missing part of the toolchain is cargo's to explain, so its words are shown as they come.
pub fn workspace_program(package: &'static str) -> Result<PathBuf, HarnessError> {
    let built = env::var_os(PROGRAMS).map(|folder| Path::new(&folder).join(program_of(package)));
    match built.filter(|program| program.is_file()) {
        Some(program) => Ok(program),
        None => build(package, cargo().args(["--package", package])),
    }
}

fn program_of(package: &str) -> &str {
    match package {
        "neo4jbackup-emulator" => "neo4jbackup-flood",
        package => package,
    }
}

/// The same with one of cargo's profiles, for Linux on `x86_64`, and with the C library linked in: it needs no other file.
///
/// What is built for a named target has a folder of its own, so that the other builds keep what they have. For tests all are
/// built at once: what they depend on is then built once, with the features of all. A release has those of its own alone.
pub fn static_program(package: &'static str, profile: &str) -> Result<PathBuf, HarnessError> {
    let mut cargo = cargo();
    cargo
        .args(["--target", "x86_64-unknown-linux-gnu", "--profile", profile])
        .env("RUSTFLAGS", "-C target-feature=+crt-static");
    if profile == "dev" {
        for package in IN_PODS {
            cargo.args(["--package", package]);
        }
    } else {
        cargo.args(["--package", package]);
    }
    build(package, &mut cargo)
}

fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    // What cargo tells a test of its package is no setting, and build scripts that look at it, as that of ring does, would
    // make everything above them anew: here, and at the next call from outside.
    let told = env::vars_os().map(|(name, _)| name);
    for name in told.filter(|name| is_of_package(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    command.args(["build", "--message-format=json-render-diagnostics"]);
    command
}

fn is_of_package(variable: &str) -> bool {
    ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "CARGO_CRATE_"]
        .iter()
        .any(|prefix| variable.starts_with(prefix))
}

fn build(package: &'static str, cargo: &mut Command) -> Result<PathBuf, HarnessError> {
    let output = cargo
        .current_dir(crate::locations::root())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(HarnessError::io(format!("run `cargo build --package {package}`")))?;
    let program = executable(&String::from_utf8_lossy(&output.stdout), program_of(package));
    match program.filter(|_| output.status.success()) {
        Some(program) => Ok(program),
        None => Err(HarnessError::CargoBuild { package }),
    }
}

/// The program of this name among what cargo reports.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let messages = messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter(|message| message["target"]["name"] == name);
    programs.find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_is_found_among_what_cargo_says() {
        let messages = r#"{"reason":"compiler-artifact","target":{"name":"core"},"executable":null}
not a message
{"reason":"compiler-artifact","target":{"name":"program"},"executable":"/target/debug/program"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(
            executable(messages, "program"),
            Some(PathBuf::from("/target/debug/program"))
        );
        assert_eq!(executable(messages, "core"), None);
        assert_eq!(
            executable("{\"reason\":\"build-finished\",\"success\":false}", "program"),
            None
        );
    }
}
