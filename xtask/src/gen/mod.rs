//! `cargo xtask gen`: writes every generated file, or with `--check` names those that are stale.

pub(crate) mod schema;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};

/// Set in the second run, which must not start a third.
const SECOND_RUN: &str = "NEO4JBACKUP_XTASK_SECOND_RUN";

/// Writes the generated files, or checks that they are what would be written.
pub(crate) fn run(check: bool) -> anyhow::Result<()> {
    let root = repository_root()?;
    let mut stale = Vec::new();
    for (path, text) in schema::render(&root)? {
        let file = root.join(&path);
        if fs::read_to_string(&file).ok().as_deref() != Some(text.as_str()) {
            if !check {
                write(&file, &text)?;
            }
            stale.push(path);
        }
    }
    if check {
        let names: Vec<String> = stale.iter().map(|path| format!("  {}", path.display())).collect();
        ensure!(stale.is_empty(), "these files are stale; run `cargo xtask gen` and commit the result:\n{}", names.join("\n"));
        return Ok(());
    }
    for path in &stale {
        eprintln!("wrote {}", path.display());
    }
    // Some files are rendered by code that was compiled with the tables as they were before this run.
    if stale.iter().any(|path| path.extension().is_some_and(|extension| extension == "rs")) {
        run_again(&root)?;
    }
    Ok(())
}

fn repository_root() -> anyhow::Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(manifest.parent().context("the xtask package has no parent folder")?.to_owned())
}

fn write(file: &Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))
}

fn run_again(root: &Path) -> anyhow::Result<()> {
    if std::env::var_os(SECOND_RUN).is_some() {
        bail!("a generated Rust file differs from one run to the next; the generator must not depend on its own output");
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["run", "--quiet", "--package", "xtask", "--", "gen"])
        .current_dir(root)
        .env(SECOND_RUN, "1")
        .status()
        .context("cannot run cargo for the second pass")?;
    ensure!(status.success(), "the second pass of `cargo xtask gen` failed");
    Ok(())
}
