//! Whether the same commit gives the same bytes in another folder.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::report_progress;

use super::platform::Platform;
use super::{git, make, program};

/// Builds the commit from a copy of it, whose path is longer, and compares with what was made here.
pub(super) fn against_another_folder(
    root: &Path,
    platform: &Platform,
    profile: &str,
    made: &[(String, Vec<u8>)],
) -> Result<()> {
    let changed = git(root, &["status", "--porcelain"])?;
    ensure!(
        changed.is_empty(),
        "a commit is compared, and this is not committed:\n{changed}"
    );
    let top = std::env::temp_dir().join(format!("neo4jbackup-dist-{}", std::process::id()));
    let folder = top.join("in/a/folder/with/a/longer/path");
    fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
    let result = compare(root, &folder, platform, profile, made);
    fs::remove_dir_all(&top).with_context(|| format!("removing {}", top.display()))?;
    result
}

fn compare(root: &Path, folder: &Path, platform: &Platform, profile: &str, made: &[(String, Vec<u8>)]) -> Result<()> {
    let mut archive = Command::new("git")
        .args(["archive", "HEAD"])
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run git")?;
    let commit = archive.stdout.take().context("git writes nowhere")?;
    tar::Archive::new(commit)
        .unpack(folder)
        .context("unpacking the commit")?;
    ensure!(archive.wait()?.success(), "git archive failed");
    let program = program::build(folder, &folder.join("target/dist/build"), platform, profile)?;
    // The copy has no history, and the time is that of the commit.
    let again = make(root, platform, &program, true)?;
    for ((name, one), (_, other)) in made.iter().zip(&again) {
        let differs = one.iter().zip(other).position(|(one, other)| one != other);
        ensure!(
            one == other,
            "{name} is another one when it is built in {}: {} and {} bytes, the first difference at {}",
            folder.display(),
            one.len(),
            other.len(),
            differs.unwrap_or(one.len().min(other.len()))
        );
        report_progress(&format!("{name}: the same bytes in another folder"));
    }
    Ok(())
}
