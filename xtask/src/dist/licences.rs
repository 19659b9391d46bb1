//! The licences of what is linked in, as one text: every licence asks that its text comes with copies of the program.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

use super::crates::Linked;
use super::platform::Platform;

/// How files with licences are called.
const NAMES: [&str; 6] = ["license", "licence", "copying", "notice", "copyright", "unlicense"];
/// Some lie beside the part of the sources that they are for.
const DEPTH: usize = 3;
/// Files of programs, which are called so as well.
const NO_TEXTS: [&str; 4] = ["rs", "py", "toml", "sh"];

/// The text. Equal licences of several crates stand once.
pub(super) fn text(root: &Path, platform: &Platform, crates: &[Linked]) -> Result<String> {
    let own = read(&root.join("LICENSE"))?;
    let mut by_text: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for linked in crates {
        let Some(sources) = &linked.sources else { continue };
        let mut texts = Vec::new();
        for file in files(sources, DEPTH)? {
            texts.push(read(&file)?);
        }
        if texts.is_empty() {
            let expression = linked.licence.replace('/', " OR ");
            ensure!(
                expression.split(" OR ").any(|licence| licence.trim() == "Apache-2.0"),
                "{} {} is under {} and has no file with its text: look for one, and add it",
                linked.name,
                linked.version,
                linked.licence
            );
            texts.push(own.clone());
        }
        for text in texts {
            let users = by_text.entry(text.trim_end().to_owned()).or_default();
            let user = format!("{} {}", linked.name, linked.version);
            if !users.contains(&user) {
                users.push(user);
            }
        }
    }
    let mut all = head(platform);
    for linked in crates.iter().filter(|linked| linked.sources.is_some()) {
        let by = linked.authors.join(", ");
        let from = linked.repository.as_deref().unwrap_or("https://crates.io");
        let by = if by.is_empty() {
            String::new()
        } else {
            format!(", by {by}")
        };
        all += &format!("  {} {}: {}{by}, {from}\n", linked.name, linked.version, linked.licence);
    }
    // The longest list of users first, and texts in a stable order.
    let mut texts: Vec<(String, Vec<String>)> = by_text.into_iter().collect();
    texts.sort_by_key(|(_, users)| std::cmp::Reverse(users.len()));
    for (text, users) in texts {
        all += &format!("\n{}\n{}\n\n{text}\n", "=".repeat(80), users.join(", "));
    }
    Ok(all)
}

fn head(platform: &Platform) -> String {
    let library = if platform.is_linux() {
        "\nThe GNU C Library is linked in statically, under LGPL-2.1-or-later (https://www.gnu.org/software/libc/). The sources of this\n\
         program, with which it can be linked to another version, are at https://github.com/neo4jbackup/neo4jbackup.\n"
    } else {
        ""
    };
    format!(
        "What is linked into kubectl-neo4jbackup, and under which licences.\n\n\
         The program itself is under the Apache License 2.0: see LICENSE. The standard library of Rust is under MIT OR Apache-2.0,\n\
         Copyright (c) The Rust Project Contributors, https://www.rust-lang.org.\n{library}\n"
    )
}

fn files(folder: &Path, depth: usize) -> Result<Vec<PathBuf>> {
    let listing = || format!("listing {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(listing)? {
        let path = entry.with_context(listing)?.path();
        if path.is_dir() {
            if depth > 1 {
                found.extend(files(&path, depth - 1)?);
            }
            continue;
        }
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .to_ascii_lowercase();
        let is_text = path
            .extension()
            .is_none_or(|ending| !NO_TEXTS.iter().any(|known| ending == *known));
        if is_text && NAMES.iter().any(|known| name.starts_with(known)) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Lines end in one way, whatever the machine that packed the crate has.
fn read(file: &Path) -> Result<String> {
    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).replace("\r\n", "\n"))
}
