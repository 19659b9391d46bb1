//! The page of the command line, from the description that also makes the help.

use std::path::PathBuf;

/// The page, by its path below the repository root.
pub(crate) fn page() -> (PathBuf, String) {
    (PathBuf::from("docs/cli.md"), kubectl_neo4jbackup::cli::markdown())
}
