//! `cargo xtask dist`: what a release of the plugin consists of, for one platform after the other.
//!
//! ```text
//! program.rs (cargo build) ─┐
//! man.rs (of the description of the command line) ──────┤
//! crates.rs (what is linked in) → licences.rs, sbom.rs ─┴→ archive.rs → SHA256SUMS → krew.rs (of all platforms)
//! ```

mod archive;
mod crates;
mod krew;
mod licences;
mod man;
#[cfg(test)]
mod one_version;
mod platform;
mod program;
mod sbom;
mod verify;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use jiff::Timestamp;
use kubectl_neo4jbackup::commands::completion;
use neo4jbackup_harness::{report_progress, target};

use self::archive::Entry;
use self::platform::Platform;
use crate::image;

const PROGRAM: &str = "kubectl-neo4jbackup";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "neo4jbackup.yaml";

/// What to make, and where to put it.
#[derive(Args)]
pub(crate) struct Options {
    /// The platform, as rustc calls it
    #[arg(long, value_name = "TRIPLE", default_value = "x86_64-unknown-linux-gnu")]
    target: String,
    /// Built with this profile of cargo
    #[arg(long, value_name = "PROFILE", default_value = "release")]
    profile: String,
    /// Packs this program instead of building one
    #[arg(long, value_name = "FILE", conflicts_with = "profile")]
    program: Option<PathBuf>,
    /// Where to write; `target/dist` when absent
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Builds the commit a second time in another folder, and compares every byte
    #[arg(long, conflicts_with = "program")]
    verify: bool,
    /// Builds nothing: makes the manifest for krew of the archives of all platforms in the output folder
    #[arg(long, conflicts_with_all = ["target", "profile", "program", "verify"])]
    manifest: bool,
    /// With --manifest: where the archives of all releases will be
    #[arg(long, value_name = "URL", requires = "manifest", default_value = krew::RELEASES)]
    url: String,
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let output = options.output.clone().unwrap_or_else(|| target().join("dist"));
    if options.manifest {
        let manifest = krew::manifest(root, &output, &options.url)?;
        // As the repository of an index has it.
        let file = output.join("index/plugins").join(MANIFEST);
        write(&file, manifest.as_bytes())?;
        // As a release has it, beside the archives.
        write(&output.join(MANIFEST), manifest.as_bytes())?;
        write(&output.join(SUMS), sums(&output)?.as_bytes())?;
        report_progress(&format!("{}", file.display()));
        return Ok(());
    }
    let platform = Platform::named(&options.target)?;
    let program = match &options.program {
        Some(program) => program.clone(),
        None => program::build(root, &target().join("dist/build"), platform, &options.profile)?,
    };
    let made = make(root, platform, &program, options.program.is_none())?;
    for (name, bytes) in &made {
        write(&output.join(name), bytes)?;
        report_progress(&format!("{}  {}", image::sha256(bytes), output.join(name).display()));
    }
    write(&output.join(SUMS), sums(&output)?.as_bytes())?;
    if options.verify {
        verify::against_another_folder(root, platform, &options.profile, &made)?;
    }
    Ok(())
}

/// The files of a release for a platform, by name.
fn make(root: &Path, platform: &Platform, program: &Path, is_ours: bool) -> Result<Vec<(String, Vec<u8>)>> {
    let bytes = fs::read(program).with_context(|| format!("reading {}", program.display()))?;
    ensure!(
        !is_ours || !platform.is_linux() || image::is_static(&bytes),
        "{} is not static: it would need the libraries of the machine that it was built on",
        program.display()
    );
    let crates = crates::linked(root, platform)?;
    let licence = fs::read(root.join("LICENSE")).context("reading LICENSE")?;
    let entry = |name: &str, is_program, content| Entry {
        name: name.to_owned(),
        is_program,
        content,
    };
    let (shim, script) = completion::script_for_kubectl(platform.is_windows());
    let mut entries = vec![
        entry(&platform.program(), true, bytes.clone()),
        entry(shim, true, script.into_bytes()),
        entry("LICENSE", false, licence),
        entry(
            "THIRD-PARTY-LICENSES.txt",
            false,
            licences::text(root, platform, &crates)?.into_bytes(),
        ),
    ];
    // Nobody on Windows has a reader for them.
    if !platform.is_windows() {
        let pages = man::pages(kubectl_neo4jbackup::cli::command())?;
        entries.extend(pages.into_iter().map(|(name, text)| entry(&name, false, text)));
    }
    let document = sbom::document(platform, &crates, &bytes, &time(root)?);
    let document = serde_json::to_string_pretty(&document).context("writing what is in it")? + "\n";
    Ok(vec![
        (platform.archive(), archive::pack(platform, &entries)?),
        (format!("{}.cdx.json", platform.stem()), document.into_bytes()),
    ])
}

/// When the commit was made, or what `SOURCE_DATE_EPOCH` says instead.
fn time(root: &Path) -> Result<String> {
    let seconds = match env::var("SOURCE_DATE_EPOCH") {
        Ok(seconds) => seconds,
        Err(_) => git(root, &["log", "-1", "--format=%ct"])?,
    };
    let seconds: i64 = seconds
        .trim()
        .parse()
        .context("SOURCE_DATE_EPOCH is a number of seconds")?;
    let time = Timestamp::from_second(seconds).context("SOURCE_DATE_EPOCH is no time")?;
    Ok(time.to_string())
}

fn git(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(root)
        .output()
        .context("cannot run git")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "git {}: {}", arguments.join(" "), said.trim());
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The sums of all files of a release in a folder, as `sha256sum --check` reads them.
fn sums(folder: &Path) -> Result<String> {
    let mut lines = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(&format!("{PROGRAM}_v{VERSION}_")) || name == MANIFEST {
            let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            lines.push((name, image::sha256(&bytes)));
        }
    }
    lines.sort();
    Ok(lines
        .into_iter()
        .map(|(name, sum)| format!("{sum}  {name}\n"))
        .collect())
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    fs::write(file, bytes).with_context(|| format!("writing {}", file.display()))
}
