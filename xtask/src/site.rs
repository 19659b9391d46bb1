//! `cargo xtask site`: the documentation as pages for a browser, made by mdBook. What leads nowhere is an error.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use neo4jbackup_harness::{report_progress, target};

use crate::tools;

const FOLDER: &str = "site";

/// Makes the pages, and says where they are.
pub(crate) fn run(root: &Path) -> Result<()> {
    let program = tools::mdbook()?;
    let folder = target().join(FOLDER);
    let status = Command::new(program)
        .args(["build", "--dest-dir"])
        .arg(&folder)
        .arg(root)
        .status();
    ensure!(status.context("cannot run mdbook")?.success(), "mdbook failed");
    // mdBook calls the first page of a folder index.html, and leaves the links to README.md as they are.
    let rules = folder.join("rules");
    fs::copy(rules.join("index.html"), rules.join("README.html")).context("the page of all rules")?;
    let broken = broken_links(&folder)?;
    ensure!(broken.is_empty(), "links that lead nowhere:\n  {}", broken.join("\n  "));
    report_progress(&format!("{}", folder.join("index.html").display()));
    Ok(())
}

/// The links between pages, and to parts of pages, which lead nowhere.
fn broken_links(folder: &Path) -> Result<Vec<String>> {
    let mut broken = Vec::new();
    for page in pages(folder)? {
        let text = fs::read_to_string(&page).with_context(|| page.display().to_string())?;
        for link in values(&text, "href=\"") {
            if link.contains("://") || link.starts_with("mailto:") || link.starts_with('/') {
                continue;
            }
            let (file, part) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() {
                page.clone()
            } else {
                page.parent().unwrap_or(folder).join(file)
            };
            let leads = if part.is_empty() {
                target.is_file()
            } else {
                fs::read_to_string(&target).is_ok_and(|text| values(&text, "id=\"").contains(part))
            };
            if !leads {
                let page = page.strip_prefix(folder).unwrap_or(&page);
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    Ok(broken)
}

fn pages(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            pages.extend(self::pages(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "html")
            // All pages in one, and what stands where a page is missing.
            && !path.ends_with("print.html")
            && !path.ends_with("404.html")
            && !path.ends_with("toc.html")
        {
            pages.push(path);
        }
    }
    pages.sort();
    Ok(pages)
}

/// The values of an attribute.
fn values<'t>(page: &'t str, attribute: &str) -> BTreeSet<&'t str> {
    let parts = page.split(attribute).skip(1);
    parts.filter_map(|part| part.split('"').next()).collect()
}
