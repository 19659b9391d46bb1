//! The manifest for krew: `krew-manifest.yaml` with the version and the sums of a release.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::VERSION;
use super::platform::PLATFORMS;
use crate::image;

/// Where the archives of a release are.
pub(super) const RELEASES: &str = "https://github.com/neo4jbackup/neo4jbackup/releases/download/";
/// What stands in the template for the version.
const VERSION_HERE: &str = "v0.0.0";

/// Fills the template with the archives in a folder, which have to be those of all platforms; `url` is where they will be.
pub(super) fn manifest(root: &Path, archives: &Path, url: &str) -> Result<String> {
    let file = root.join("krew-manifest.yaml");
    let mut manifest = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
    for platform in PLATFORMS {
        let archive = archives.join(platform.archive());
        let bytes = fs::read(&archive).with_context(|| format!("the manifest needs {}", archive.display()))?;
        let sum_here = format!("SHA256 of {} {}", platform.os, platform.arch);
        ensure!(
            manifest.matches(&sum_here).count() == 1,
            "{} has not exactly one `{sum_here}`",
            file.display()
        );
        manifest = manifest.replace(&sum_here, &image::sha256(&bytes));
    }
    ensure!(
        manifest.contains(VERSION_HERE),
        "{} has no {VERSION_HERE}",
        file.display()
    );
    // What is said of the template is not said of what was made of it.
    let (_, manifest) = manifest
        .split_once("\n\n")
        .context("the template begins with what it is")?;
    Ok(manifest
        .replace(RELEASES, url)
        .replace(VERSION_HERE, &format!("v{VERSION}")))
}
