//! The page of the command line, from the description that also makes the help.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Generated;

/// The page.
pub(super) struct Page;

impl Generated for Page {
    fn files(&self, _: &Path) -> Result<Vec<(PathBuf, String)>> {
        Ok(vec![(
            PathBuf::from("docs/cli.md"),
            kubectl_neo4jbackup::cli::markdown(),
        )])
    }
}
