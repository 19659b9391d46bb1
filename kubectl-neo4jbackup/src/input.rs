//! From paths to texts: files, folders, globs and standard input.
//!
//! Nothing here stops a run. What cannot be read becomes a [`Gap`], and the other files are still judged.

mod find;
mod read;

use std::path::PathBuf;

use neo4jbackup_core::document::Problem;

pub use find::{Exclude, find, reason};
pub use read::{load, load_stdin};

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
    /// A file.
    File(PathBuf),
}

/// A place that could not be read, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The name to show.
    pub file: String,
    /// Why, as the end of a sentence that begins with the name.
    pub reason: String,
}

/// What the paths of a command line lead to.
#[derive(Debug, Default)]
pub struct Inputs {
    /// The files, in the order of the paths, and of names within a folder.
    pub sources: Vec<Source>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
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
    pub problem: Option<Box<Problem>>,
}
