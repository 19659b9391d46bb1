//! Files that the server writes for others.

use std::path::{Path, PathBuf};

use crate::commands::serve::error::StartError;

/// Writes beside the file and renames, so that nobody who waits for the file sees half of it.
pub(crate) fn write(file: &Path, bytes: &[u8]) -> Result<(), StartError> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let written = std::fs::write(&beside, bytes).and_then(|()| std::fs::rename(&beside, file));
    written.map_err(|source| StartError::Write {
        file: file.to_owned(),
        source,
    })
}
