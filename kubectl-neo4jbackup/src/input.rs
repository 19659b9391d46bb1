//! From paths to texts: files, folders, globs and standard input.
//!
//! Nothing here stops a run. What cannot be read becomes a [`Gap`], and the other files are still judged.

mod block;
mod embedded;
mod find;
mod read;
mod role;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use neo4jbackup_core::document::Problem;
use neo4jbackup_core::schema::Group;

use crate::directory::Directory;

pub use block::Block;
pub use embedded::{blocks_of, unfold};
pub use find::{Exclude, ExcludeError, find, reason};
pub use read::{Reader, load_stdin};
pub use role::{Role, roles};

/// What standard input is called that has no name.
pub const STDIN: &str = "<stdin>";

/// A file that is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name to show, as the person wrote it.
    pub name: String,
    /// Where it is.
    pub origin: Origin,
}

/// Where a text comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Standard input.
    Stdin,
    /// A file that was named itself, and that is read through whatever links its name has.
    Named(PathBuf),
    /// A file that was found in a folder, and that is read through no link that stands there now.
    Found {
        /// The folder, with every link resolved.
        folder: Arc<Path>,
        /// The file, from the folder on, with every link resolved.
        below: PathBuf,
    },
}

impl Origin {
    /// Whether it is standard input.
    pub fn is_stdin(&self) -> bool {
        matches!(self, Self::Stdin)
    }

    /// Where the file is.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Self::Stdin => None,
            Self::Named(path) => Some(path.clone()),
            Self::Found { folder, below } => Some(folder.join(below)),
        }
    }

    /// The folder that holds the file, and the file's name there.
    pub fn parent(&self) -> io::Result<(Directory, OsString)> {
        match self {
            Self::Stdin => Err(io::ErrorKind::InvalidInput.into()),
            Self::Named(path) => Directory::of_file(path),
            Self::Found { folder, below } => Directory::open(folder)?.parent_of(below),
        }
    }
}

/// A place that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The name to show.
    pub file: String,
    /// Why, as the end of a sentence that begins with the name.
    pub reason: String,
}

/// The real folders that were gone through and hold no kustomization; one that an ignore file leaves out does not count.
#[derive(Debug, Default)]
pub struct PlainFolders(HashSet<PathBuf>);

/// What the paths of a command line lead to.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The files, in the order of the paths, and of names within a folder.
    pub sources: Vec<Source>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// Where nobody need look for a kustomization.
    pub plain_folders: PlainFolders,
}

impl Inputs {
    /// Gives standard input the name of a file, whose place its text takes.
    pub fn name_stdin(&mut self, file: &Path, current_directory: &Path) {
        let real = std::fs::canonicalize(current_directory.join(file)).ok();
        let is_it = |source: &Source| {
            let path = source.origin.path();
            real.is_some() && path.and_then(|path| std::fs::canonicalize(path).ok()) == real
        };
        self.sources.retain(|source| source.origin.is_stdin() || !is_it(source));
        for source in self.sources.iter_mut().filter(|source| source.origin.is_stdin()) {
            source.name = file.to_string_lossy().into_owned();
        }
    }
}

/// The text of a file.
#[derive(Debug)]
pub struct Text {
    /// Where it came from.
    pub source: Source,
    /// The text; empty when `problem` says that it is none.
    pub text: String,
    /// Whether the bytes of the file are exactly those of `text`, so that a changed text may replace them.
    pub is_verbatim: bool,
    /// Why the file is no text.
    pub problem: Option<NotText>,
    /// What the file is for.
    pub role: Role,
}

impl Text {
    /// The position, in a list of texts, of the file that it stands in; `position` is its own.
    pub fn position_of_file(&self, position: usize) -> usize {
        match &self.role {
            Role::Block(block) => position - block.number,
            _ => position,
        }
    }
}

/// Whether a text names an API group of ours; what does not is for others to judge.
pub fn names_us(text: &str) -> bool {
    Group::ALL.iter().any(|group| text.contains(group.name()))
}

/// Why a file is no text.
#[derive(Debug)]
pub struct NotText {
    /// What is wrong with it.
    pub problem: Box<Problem>,
    /// Whether an API group of ours stands among its bytes.
    pub names_us: bool,
}
