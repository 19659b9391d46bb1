//! The crates that are linked into the program, as cargo says it for a platform: no build script, no macro, no test.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::PROGRAM;
use super::platform::Platform;
use crate::step::cargo;

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Linked {
    pub(super) name: String,
    pub(super) version: String,
    /// The expression of its manifest.
    pub(super) licence: String,
    pub(super) authors: Vec<String>,
    pub(super) repository: Option<String>,
    /// Where its sources are; `None` for those of this repository.
    pub(super) sources: Option<PathBuf>,
}

/// All of them, by name and version.
pub(super) fn linked(root: &Path, platform: &Platform) -> Result<Vec<Linked>> {
    let tree = ask(
        root,
        &[
            "tree",
            "--locked",
            "--package",
            PROGRAM,
            "--target",
            platform.triple,
            "--edges",
            "normal,no-proc-macro",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ],
    )?;
    let metadata = ask(
        root,
        &[
            "metadata",
            "--locked",
            "--format-version",
            "1",
            "--filter-platform",
            platform.triple,
        ],
    )?;
    let metadata: Value = serde_json::from_str(&metadata).context("reading what cargo says of the crates")?;
    let packages = metadata["packages"].as_array().context("cargo names no packages")?;
    let mut linked = BTreeMap::new();
    for line in tree.lines() {
        let mut words = line.split(' ');
        let (name, version) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let version = version.trim_start_matches('v');
        let is_it = |package: &&Value| package["name"] == name && package["version"] == version;
        let package = packages.iter().find(is_it);
        let package = package.with_context(|| format!("cargo says nothing of {name} {version}"))?;
        linked.insert((name.to_owned(), version.to_owned()), described(package)?);
    }
    ensure!(!linked.is_empty(), "cargo names no crate of {PROGRAM}");
    Ok(linked.into_values().collect())
}

fn described(package: &Value) -> Result<Linked> {
    let text = |field: &str| package[field].as_str().map(str::to_owned);
    let name = text("name").context("a package without a name")?;
    let authors = package["authors"].as_array().into_iter().flatten();
    let manifest = text("manifest_path").map(PathBuf::from);
    Ok(Linked {
        version: text("version").unwrap_or_default(),
        licence: text("license").with_context(|| format!("{name} does not say under which licence it is"))?,
        authors: authors
            .filter_map(|author| author.as_str().map(str::to_owned))
            .collect(),
        repository: text("repository"),
        sources: text("source").and(manifest.and_then(|manifest| Some(manifest.parent()?.to_owned()))),
        name,
    })
}

fn ask(root: &Path, arguments: &[&str]) -> Result<String> {
    let output = Command::new(cargo())
        .args(arguments)
        .current_dir(root)
        .output()
        .context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {}: {}", arguments[0], said.trim());
    String::from_utf8(output.stdout).context("cargo wrote no text")
}
