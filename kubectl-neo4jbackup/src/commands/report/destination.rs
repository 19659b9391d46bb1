//! Where a report goes: a file that is there whole or not at all, or standard output.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use neo4jbackup_core::quoted::Name;

use super::redaction::UNREDACTED;
use crate::cli::CollectReport;
use crate::directory::Directory;
use crate::{Exit, Io, replace};

/// Why a report cannot be written.
#[derive(Debug, thiserror::Error)]
pub(super) enum DestinationError {
    /// A file is in the way.
    #[error("{} is there already; --force replaces it", Name(&.0.to_string_lossy()))]
    Exists(PathBuf),
    /// Something else is in the way.
    #[error("{} is no file, and stays as it is; `-o -` writes to standard output", Name(&.0.to_string_lossy()))]
    NoFile(PathBuf),
    /// Standard output is a terminal.
    #[error("an archive is nothing for a terminal; name a file with -o, or send it through a pipe")]
    Terminal,
    /// It is no name of a file.
    #[error("{} names no file", Name(&.0.to_string_lossy()))]
    NoName(PathBuf),
    /// The folder is not there, or nothing may be written in it.
    #[error("{} cannot be written: {source}", Name(&file.to_string_lossy()))]
    Folder {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It cannot be written.
    #[error("{} cannot be written: {source}", Name(&file.to_string_lossy()))]
    Write {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Not all of it went to standard output.
    #[error("standard output did not take the whole archive")]
    Output,
    /// It cannot be packed.
    #[error("the archive cannot be made: {0}")]
    Pack(#[source] io::Error),
}

impl DestinationError {
    /// What the shell is told.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Exists(_) | Self::NoFile(_) | Self::Terminal => Exit::Refused,
            Self::NoName(_) | Self::Folder { .. } => Exit::Usage,
            Self::Write { .. } | Self::Output | Self::Pack(_) => Exit::Incomplete,
        }
    }
}

/// Where a report goes.
#[derive(Debug)]
pub(super) enum Destination {
    /// Standard output.
    Output,
    /// A file.
    File {
        /// The folder.
        folder: Directory,
        /// Its name in the folder.
        name: OsString,
        /// The file as the command line has it.
        shown: PathBuf,
    },
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output => formatter.write_str("the archive to standard output"),
            Self::File { shown, .. } => Name(&shown.to_string_lossy()).fmt(formatter),
        }
    }
}

impl Destination {
    /// Finds out where it goes; `default` is the file unless one is named. What is in the way and is to stay is an error.
    pub(super) fn choose(arguments: &CollectReport, default: &Path, io: &Io<'_>) -> Result<Self, DestinationError> {
        let named = arguments.output.as_deref();
        if named == Some(Path::new("-")) {
            return match io.terminal_width {
                Some(_) => Err(DestinationError::Terminal),
                None => Ok(Self::Output),
            };
        }
        let asked = named.unwrap_or(default);
        let Some(name) = asked.file_name().filter(|_| !ends_in_folder(asked)) else {
            return Err(DestinationError::NoName(asked.to_owned()));
        };
        let name = if arguments.no_redact {
            marked(name)
        } else {
            name.to_owned()
        };
        let shown = asked.with_file_name(&name);
        let path = io.current_directory.join(&shown);
        let folder = Directory::open(path.parent().unwrap_or(&io.current_directory));
        let folder = folder.map_err(|source| DestinationError::Folder {
            file: shown.clone(),
            source,
        })?;
        if folder.has(&name) {
            if !folder.has_file(&name) {
                return Err(DestinationError::NoFile(shown));
            }
            if !arguments.force {
                return Err(DestinationError::Exists(shown));
            }
        }
        Ok(Self::File { folder, name, shown })
    }

    /// Writes the archive. A file is readable for its owner alone, and is there whole or not at all.
    pub(super) fn write(&self, archive: &[u8], replaces: bool, io: &mut Io<'_>) -> Result<(), DestinationError> {
        match self {
            Self::Output if io.print_bytes(archive) => Ok(()),
            Self::Output => Err(DestinationError::Output),
            Self::File { folder, name, shown } => {
                replace::sweep(folder);
                replace::put_private(folder, name, archive, replaces).map_err(|source| match source.kind() {
                    io::ErrorKind::AlreadyExists => DestinationError::Exists(shown.clone()),
                    _ => DestinationError::Write {
                        file: shown.clone(),
                        source,
                    },
                })
            }
        }
    }

    /// Whether it is standard output.
    pub(super) fn is_output(&self) -> bool {
        matches!(self, Self::Output)
    }

    /// The file as the command line has it.
    pub(super) fn shown(&self) -> Option<&Path> {
        match self {
            Self::Output => None,
            Self::File { shown, .. } => Some(shown),
        }
    }
}

fn ends_in_folder(path: &Path) -> bool {
    let text = path.to_string_lossy();
    text.ends_with(std::path::is_separator) || text.ends_with("/.")
}

/// A name that says that nothing is redacted.
fn marked(name: &OsStr) -> OsString {
    if name.to_string_lossy().contains(UNREDACTED) {
        return name.to_owned();
    }
    let mut marked = OsString::from(format!("{UNREDACTED}-"));
    marked.push(name);
    marked
}
