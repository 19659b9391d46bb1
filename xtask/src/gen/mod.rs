//! `cargo xtask gen`: everything that is written by a program and committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

mod chart;
mod cli;
mod policies;
mod rules;
mod schema;

pub(crate) use rules::camel_case;

/// Set in the second run, which must not start a third.
const SECOND_RUN: &str = "NEO4JBACKUP_XTASK_SECOND_RUN";

/// Writes what is stale; with `check`, names it and fails.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for (path, text) in rules::list(root)?.into_iter().chain(schema::render(root)?) {
        update(root, &root.join(path), &text, check, &mut stale)?;
    }
    let compiled = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    if !check && stale.iter().any(compiled) && std::env::var_os(SECOND_RUN).is_none() {
        // Pages and schemas come from what was compiled before this run.
        return rerun(root);
    }
    let pages = rules::pages(root)?;
    let policies = policies::render()?;
    let of_the_policies: Vec<_> = policies.iter().map(|(path, _)| root.join(path)).collect();
    let of_the_pages: Vec<_> = pages.iter().map(|(path, _)| path.clone()).collect();
    let mut unknown = leftovers(root, &root.join("docs/rules"), &of_the_pages)?;
    unknown.extend(leftovers(root, &root.join(chart::folder()), &of_the_policies)?);
    for path in unknown {
        stale.push(path.clone());
        if !check {
            fs::remove_file(root.join(&path)).with_context(|| format!("removing {}", path.display()))?;
        }
    }
    for (path, text) in policies.into_iter().chain([chart::render(root)?]) {
        update(root, &root.join(path), &text, check, &mut stale)?;
    }
    let (page, text) = cli::page();
    update(root, &root.join(page), &text, check, &mut stale)?;
    for (path, text) in pages {
        update(root, &path, &text, check, &mut stale)?;
    }
    if check && !stale.is_empty() {
        let names: Vec<String> = stale.iter().map(|path| format!("  {}", path.display())).collect();
        bail!(
            "these generated files are stale; run `cargo xtask gen`\n{}",
            names.join("\n")
        );
    }
    Ok(())
}

fn update(root: &Path, path: &Path, text: &str, check: bool, stale: &mut Vec<PathBuf>) -> Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    stale.push(path.strip_prefix(root).unwrap_or(path).to_owned());
    if check {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("writing {}", path.display()))
}

/// What lies in a folder of generated files and is none of them.
fn leftovers(root: &Path, folder: &Path, generated: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut leftovers = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if !generated.contains(&path) {
                leftovers.push(path.strip_prefix(root).unwrap_or(&path).to_owned());
            }
        }
    }
    leftovers.sort();
    Ok(leftovers)
}

fn rerun(root: &Path) -> Result<()> {
    let status = Command::new("cargo")
        .args(["xtask", "gen"])
        .current_dir(root)
        .env(SECOND_RUN, "1")
        .status()
        .context("running cargo")?;
    if !status.success() {
        bail!("`cargo xtask gen` failed after it had written the list of rules; the output above says why");
    }
    Ok(())
}
