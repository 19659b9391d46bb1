//! The text of a file, read only when it is of a sensible size.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use neo4jbackup_core::document;

use super::find::reason;
use super::{Gap, NotText, Origin, Role, Source, Text, names_us};
use crate::directory::Directory;

/// Reads files.
#[derive(Debug)]
pub struct Reader {
    /// The folders in which files were found, each opened once.
    folders: HashMap<Arc<Path>, Directory>,
    /// The most bytes that are read of one file.
    limit: usize,
}

impl Reader {
    /// For some files, of each at most `limit` bytes.
    pub fn new(sources: &[Source], limit: usize) -> Self {
        let mut folders: HashMap<Arc<Path>, Directory> = HashMap::new();
        for source in sources {
            if let Origin::Found { folder, .. } = &source.origin
                && !folders.contains_key(folder)
                && let Ok(opened) = Directory::open(folder)
            {
                folders.insert(Arc::clone(folder), opened);
            }
        }
        Self { folders, limit }
    }

    /// Reads one of them.
    pub fn load(&self, source: &Source) -> Result<Text, Gap> {
        let failed = |error: io::Error| gap(source, reason(&error));
        let opened = match &source.origin {
            Origin::Stdin => return Err(gap(source, "is standard input, which was not read".to_owned())),
            Origin::Named(path) => File::open(path).and_then(|file| Ok((file.metadata()?, file))),
            Origin::Found { folder, below } => match self.folders.get(folder) {
                Some(folder) => folder.open_file(below),
                None => Directory::open(folder).and_then(|folder| folder.open_file(below)),
            },
        };
        let (about, file) = opened.map_err(failed)?;
        let length = about.len();
        // Before anything is read: a sparse file of many gigabytes costs nothing to make.
        if length > self.limit as u64 {
            return Err(too_large(source, Some(length), self.limit));
        }
        let capacity = usize::try_from(length).unwrap_or_default();
        from_reader(source, file, capacity, self.limit)
    }
}

/// Reads standard input.
pub fn load_stdin(source: &Source, stdin: &mut dyn Read, limit: usize) -> Result<Text, Gap> {
    from_reader(source, stdin, 0, limit)
}

fn from_reader(source: &Source, reader: impl Read, capacity: usize, limit: usize) -> Result<Text, Gap> {
    let mut bytes = Vec::with_capacity(capacity + 1);
    // The length that was announced may be wrong: files grow, and pipes announce nothing.
    let read = reader.take(limit as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|error| gap(source, reason(&error)))?;
    if bytes.len() > limit {
        return Err(too_large(source, None, limit));
    }
    text(source, bytes)
}

fn text(source: &Source, bytes: Vec<u8>) -> Result<Text, Gap> {
    let decoded = document::decode(&bytes).map(|text| match text {
        Cow::Borrowed(_) => None,
        Cow::Owned(text) => Some(text),
    });
    let (text, is_verbatim, problem) = match decoded {
        Ok(None) => (String::from_utf8(bytes).unwrap_or_default(), true, None),
        Ok(Some(text)) => (text, false, None),
        Err(_) if bytes.contains(&0) => return Err(gap(source, "is a binary file".to_owned())),
        Err(problem) => {
            // What is in none of the encodings that are read mostly has the letters of ASCII all the same.
            let names_us = names_us(&String::from_utf8_lossy(&bytes));
            (String::new(), false, Some(NotText { problem, names_us }))
        }
    };
    Ok(Text {
        source: source.clone(),
        text,
        is_verbatim,
        problem,
        role: Role::Manifests,
    })
}

fn too_large(source: &Source, length: Option<u64>, limit: usize) -> Gap {
    let size = length.map_or_else(|| "more".to_owned(), |length| format!("{}, more", megabytes(length)));
    gap(
        source,
        format!(
            "has {size} than the {} that are read of one file",
            megabytes(limit as u64)
        ),
    )
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    match (tenths / 10, tenths % 10) {
        (whole, 0) => format!("{whole} MiB"),
        (whole, tenth) => format!("{whole}.{tenth} MiB"),
    }
}

fn gap(source: &Source, reason: String) -> Gap {
    Gap {
        file: source.name.clone(),
        reason,
    }
}
