//! `cargo xtask gen`: everything that is written by a program and committed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

mod chart;
mod cli;
mod diagnoses;
mod operators;
mod policies;
mod rules;
mod schema;
mod summary;

pub(crate) use rules::camel_case;

/// Set in the second run, which must not start a third.
const SECOND_RUN: &str = "NEO4JBACKUP_XTASK_SECOND_RUN";

/// Makes files that are committed.
trait Generated: Sync {
    /// Returns the files, by path below the root of the repository.
    fn files(&self, root: &Path) -> Result<Vec<(PathBuf, String)>>;

    /// Returns the folder, below the root, in which nothing may lie but these files; `None` where others may.
    fn folder(&self) -> Option<PathBuf> {
        None
    }
}

/// From sources that are read; the others come from what is compiled of these.
const FROM_SOURCES: [&dyn Generated; 2] = [&rules::Lists, &schema::Schemas];
const FROM_CODE: [&dyn Generated; 7] = [
    &rules::Pages,
    &policies::Policies,
    &chart::Readme,
    &cli::Page,
    &operators::Page,
    &diagnoses::Pages,
    &summary::Summary,
];

/// Writes what is stale; with `check`, names it and fails.
pub(crate) fn run(root: &Path, check: bool) -> Result<()> {
    let mut stale = Vec::new();
    write(&FROM_SOURCES, root, check, &mut stale)?;
    let compiled = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    if !check && stale.iter().any(compiled) && std::env::var_os(SECOND_RUN).is_none() {
        return rerun(root);
    }
    write(&FROM_CODE, root, check, &mut stale)?;
    if check && !stale.is_empty() {
        let names: Vec<String> = stale.iter().map(|path| format!("  {}", path.display())).collect();
        bail!(
            "these generated files are stale; run `cargo xtask gen`\n{}",
            names.join("\n")
        );
    }
    Ok(())
}

/// Writes the files of all producers, and removes what earlier versions of them have left; with `check`, only names both.
fn write(producers: &[&dyn Generated], root: &Path, check: bool, stale: &mut Vec<PathBuf>) -> Result<()> {
    for producer in producers {
        let files = producer.files(root)?;
        if let Some(folder) = producer.folder() {
            let own: Vec<PathBuf> = files.iter().map(|(path, _)| root.join(path)).collect();
            for path in leftovers(root, &root.join(folder), &own)? {
                if !check {
                    fs::remove_file(root.join(&path)).with_context(|| format!("removing {}", path.display()))?;
                }
                stale.push(path);
            }
        }
        for (path, text) in files {
            update(root, &root.join(path), &text, check, stale)?;
        }
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use tempfile::TempDir;

    use super::*;

    struct Two;

    impl Generated for Two {
        fn files(&self, _: &Path) -> Result<Vec<(PathBuf, String)>> {
            let file = |name: &str| (PathBuf::from(name), format!("{name}\n"));
            Ok(vec![file("pages/a.md"), file("b.md")])
        }

        fn folder(&self) -> Option<PathBuf> {
            Some(PathBuf::from("pages"))
        }
    }

    #[test]
    fn stale_files_are_named_and_then_written_and_nothing_else_stays_in_the_folder() {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("pages")).unwrap();
        for (name, text) in [
            ("pages/old.md", "old"),
            ("b.md", "changed by hand"),
            ("other.md", "other"),
        ] {
            fs::write(root.path().join(name), text).unwrap();
        }
        let run = |check| {
            let mut stale = Vec::new();
            write(&[&Two], root.path(), check, &mut stale).unwrap();
            stale
        };
        let stale = ["pages/old.md", "pages/a.md", "b.md"].map(PathBuf::from);
        assert_eq!(run(true), stale);
        let read = |name: &str| fs::read_to_string(root.path().join(name)).ok();
        assert_eq!(read("b.md").as_deref(), Some("changed by hand"));
        assert_eq!(run(false), stale);
        assert_eq!(run(true), Vec::<PathBuf>::new());
        assert_eq!(read("b.md").as_deref(), Some("b.md\n"));
        assert_eq!(
            (read("pages/old.md"), read("other.md").as_deref()),
            (None, Some("other"))
        );
    }
}
