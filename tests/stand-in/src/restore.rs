//! A restore: the newest artifact of a database is read.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::log;
use crate::script::RestoreOptions;

/// Why nothing was restored, in the words of neo4j-admin.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    #[error("java.nio.file.NoSuchFileException: {}", .0.display())]
    NoFolder(PathBuf, #[source] io::Error),
    #[error("Path '{}' does not exist.", .0.display())]
    NoArtifact(PathBuf),
}

/// Reads the artifact to its end.
pub(crate) fn run(options: &RestoreOptions) -> Result<(), RestoreError> {
    let missing = |source| RestoreError::NoFolder(options.from.clone(), source);
    let entries = fs::read_dir(&options.from).map_err(missing)?;
    let prefix = format!("{}-", options.database);
    let mut artifacts: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| name.to_string_lossy().starts_with(&prefix))
        })
        .collect();
    artifacts.sort();
    let Some(newest) = artifacts.pop() else {
        return Err(RestoreError::NoArtifact(options.from.join(format!("{prefix}*.backup"))));
    };
    let store = fs::read(&newest).map_err(missing)?;
    let text = format!(
        "Restore of database '{}' completed successfully, {} bytes.",
        options.database,
        store.len()
    );
    log::info("c.n.b.r.RestoreDatabaseCommand", &text);
    Ok(())
}
