//! The file that a repair can be undone with.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use neo4jbackup_core::quoted::Name;
use neo4jbackup_core::rbac::repair::Undo;

use crate::json::pretty;

/// What such a file is called unless somebody has said another name.
const PREFIX: &str = "neo4jbackup-rbac-undo-";
/// The largest file that is read.
const LARGEST: u64 = 64 << 20;
/// How many files of the same second there may be.
const MOST_OF_A_SECOND: usize = 100;

/// Why there is no such file.
#[derive(Debug, thiserror::Error)]
pub(super) enum UndoFileError {
    /// It would replace another one.
    #[error("{} is there already, and no undo file replaces anything", Name(&.0.to_string_lossy()))]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("cannot write the undo file {}", Name(&.0.to_string_lossy()))]
    Write(PathBuf, #[source] io::Error),
    /// It cannot be read.
    #[error("cannot read {}", Name(&.0.to_string_lossy()))]
    Read(PathBuf, #[source] io::Error),
    /// It is something else.
    #[error("{} is no undo file of `rbac repair`", Name(&.0.to_string_lossy()))]
    Other(PathBuf, #[source] Option<serde_json::Error>),
}

/// Writes a new file that only its owner may read, and returns once it is on the disk.
pub(super) fn write(
    named: Option<&Path>,
    folder: &Path,
    now: Timestamp,
    undo: &Undo,
) -> Result<PathBuf, UndoFileError> {
    let time = now.strftime("%Y%m%dT%H%M%SZ");
    let of_second = |number: usize| match number {
        1 => folder.join(format!("{PREFIX}{time}.json")),
        number => folder.join(format!("{PREFIX}{time}-{number}.json")),
    };
    let paths: Vec<PathBuf> = match named {
        Some(path) => vec![folder.join(path)],
        None => (1..MOST_OF_A_SECOND).map(of_second).collect(),
    };
    let mut last = PathBuf::new();
    for path in paths {
        match create(&path) {
            Ok(mut file) => {
                let written = file.write_all(pretty(undo).as_bytes()).and_then(|()| file.sync_all());
                return match written {
                    Ok(()) => Ok(path),
                    Err(error) => Err(UndoFileError::Write(path, error)),
                };
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = path,
            Err(error) => return Err(UndoFileError::Write(path, error)),
        }
    }
    Err(UndoFileError::Exists(last))
}

/// Makes a file where there is nothing, not even a link.
fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Reads such a file.
pub(super) fn read(path: &Path) -> Result<Undo, UndoFileError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    read.map_err(|error| UndoFileError::Read(path.to_owned(), error))?;
    let undo: Undo = serde_json::from_str(&text).map_err(|error| UndoFileError::Other(path.to_owned(), Some(error)))?;
    if undo.is_known()
        && undo
            .steps
            .iter()
            .all(neo4jbackup_core::rbac::repair::UndoStep::is_consistent)
    {
        Ok(undo)
    } else {
        Err(UndoFileError::Other(path.to_owned(), None))
    }
}

/// The files of this sort in a folder that can be read, by name.
pub(super) fn all_in(folder: &Path) -> Vec<(PathBuf, Undo)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|file_type| file_type.is_file()))
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(PREFIX) && name.ends_with(".json")
        })
        .collect();
    paths.sort();
    let read = paths.into_iter().filter_map(|path| {
        let undo = read(&path).ok()?;
        Some((path, undo))
    });
    read.collect()
}
