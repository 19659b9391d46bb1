//! The program of a release: its bytes follow from the sources and the toolchain, and not from where they lie.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::PROGRAM;
use super::platform::Platform;
use crate::step::cargo;

/// Builds it from the sources in a folder.
pub(super) fn build(sources: &Path, target: &Path, platform: &Platform, profile: &str) -> Result<PathBuf> {
    ensure!(
        !platform.is_windows(),
        "the program for Windows is built on Windows, as .github/workflows/release.yml does: give it with --program"
    );
    let places = places(sources, target)?;
    let mut command = Command::new(cargo());
    command
        .args(["build", "--locked", "--package", PROGRAM, "--profile", profile])
        .args(["--target", platform.triple, "--target-dir"])
        .arg(target)
        .current_dir(sources)
        .env_remove("RUSTFLAGS")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(platform, &places).join("\x1f"));
    // What is written in C says in which file an assertion failed.
    let in_c: Vec<String> = places
        .iter()
        .map(|(from, to)| format!("-ffile-prefix-map={from}={to}"))
        .collect();
    command.env(format!("CFLAGS_{}", platform.triple.replace('-', "_")), in_c.join(" "));
    let status = command.status().context("cannot run cargo")?;
    ensure!(status.success(), "{PROGRAM} could not be built for {}", platform.triple);
    let folder = if profile == "dev" { "debug" } else { profile };
    Ok(target.join(platform.triple).join(folder).join(platform.program()))
}

/// Folders of this machine that would get into the program, and what stands for them.
fn places(sources: &Path, target: &Path) -> Result<Vec<(String, &'static str)>> {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let home = home.context("nobody says where cargo keeps the sources of crates: set CARGO_HOME")?;
    // Of several that fit, rustc takes the last.
    let places = [
        (sources, "/neo4jbackup"),
        (home.as_path(), "/cargo"),
        (target, "/target"),
    ];
    Ok(places.map(|(from, to)| (from.display().to_string(), to)).to_vec())
}

fn flags(platform: &Platform, places: &[(String, &'static str)]) -> Vec<String> {
    let mut flags: Vec<String> = places
        .iter()
        .map(|(from, to)| format!("--remap-path-prefix={from}={to}"))
        .collect();
    if platform.is_linux() {
        // It needs no library of the machine that it runs on.
        flags.extend(["-C", "target-feature=+crt-static"].map(str::to_owned));
    }
    flags
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// The same crate in two folders, of names of different lengths, with everything that usually brings a path into a program.
    #[test]
    fn where_the_sources_lie_is_not_in_the_program() {
        let platform = Platform::named("x86_64-unknown-linux-gnu").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let build = |name: &str, is_remapped: bool| {
            let sources = folder.path().join(name);
            fs::create_dir_all(&sources).unwrap();
            let source =
                "fn main() { assert!(std::env::args().count() > 1, \"{}\", std::panic::Location::caller()); }\n";
            fs::write(sources.join("main.rs"), source).unwrap();
            let program = sources.join("program");
            let places = places(&sources, &sources.join("target")).unwrap();
            let mut command = Command::new("rustc");
            command
                .args(["-C", "strip=symbols", "-C", "debuginfo=1", "-o"])
                .arg(&program);
            command.arg(sources.join("main.rs"));
            if is_remapped {
                command.args(flags(platform, &places));
            }
            assert!(command.status().unwrap().success());
            fs::read(program).unwrap()
        };
        let (one, other) = (build("one", true), build("a/folder/further/down", true));
        assert!(one == other, "the program depends on the folder");
        // Without all that it would.
        assert!(build("one", false) != build("a/folder/further/down", false));
    }
}
