//! The page that says which operators are known: the eras of the schema, and what depends on the version.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use neo4jbackup_core::operator::{Era, NEWEST};
use neo4jbackup_core::registry;

use super::Generated;

/// `docs/operators.md`.
pub(super) struct Page;

impl Generated for Page {
    fn files(&self, _: &Path) -> Result<Vec<(PathBuf, String)>> {
        let mut text = include_str!("../templates/operators.md.txt").replace("{{newest}}", &NEWEST.to_string());
        writeln!(
            text,
            "\n## The states of the schema\n\n| versions | `apiVersion` | what is new |\n|---|---|---|"
        )?;
        for era in Era::ALL {
            writeln!(
                text,
                "| {} | `neo4j.neo4j.com/{}` | {} |",
                era.versions(),
                era.api_version(),
                era.text()
            )?;
        }
        writeln!(
            text,
            "\n## What depends on the version beside the fields\n\n| rule | versions | finding | what happens |\n|---|---|---|---|"
        )?;
        for meta in registry::all().iter().map(|rule| rule.meta()) {
            for behavior in meta.operators {
                let finding = behavior
                    .severity
                    .map_or_else(|| "none".to_owned(), |severity| severity.to_string());
                writeln!(
                    text,
                    "| [{0}](rules/{0}.md) `{1}` | {2} | {finding} | {3} |",
                    meta.code, meta.name, behavior.operators, behavior.text
                )?;
            }
        }
        writeln!(
            text,
            "\n## Parts of rules that depend on the version\n\n| rule | versions | what is otherwise there |\n|---|---|---|"
        )?;
        for meta in registry::all().iter().map(|rule| rule.meta()) {
            for change in meta.changes {
                writeln!(
                    text,
                    "| [{0}](rules/{0}.md) `{1}` | {2} | {3} |",
                    meta.code, meta.name, change.operators, change.text
                )?;
            }
        }
        Ok(vec![(PathBuf::from("docs/operators.md"), text)])
    }
}
