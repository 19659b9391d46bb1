//! A text that an editor has open.

use std::path::PathBuf;

use gen_lsp_types::{Diagnostic, Range};
use neo4jbackup_core::facts::Fact;

use super::place::{Encoding, Lines};
use super::project;
use crate::input::Text;
use crate::report::Finding;

pub(super) struct Document {
    pub(super) version: i32,
    pub(super) text: Text,
    pub(super) lines: Lines,
    /// Whether it is JSON, and nothing but brackets says what stands in what.
    pub(super) is_json: bool,
    /// Where the file is, or the name of a text that is none.
    pub(super) key: PathBuf,
    /// The folder by whose settings it is judged.
    pub(super) folder: PathBuf,
    /// What it said of its objects when it was last judged.
    pub(super) facts: Vec<Fact>,
    /// What was found then.
    pub(super) findings: Vec<Finding>,
    /// The same as the editor shows it, and for which version.
    pub(super) shown: Option<(i32, Vec<Diagnostic>)>,
    encoding: Encoding,
}

impl Document {
    pub(super) fn new(
        version: i32,
        text: Text,
        is_json: bool,
        key: PathBuf,
        folder: PathBuf,
        encoding: Encoding,
    ) -> Self {
        Self {
            version,
            is_json,
            lines: Lines::of(&text.text, encoding),
            text,
            key,
            folder,
            facts: Vec::new(),
            findings: Vec::new(),
            shown: None,
            encoding,
        }
    }

    /// Puts another text in its place.
    pub(super) fn set(&mut self, text: String) {
        self.text.text = text;
        self.lines = Lines::of(&self.text.text, self.encoding);
    }

    /// Puts a text in the place of a stretch.
    pub(super) fn replace(&mut self, range: Range, by: &str) {
        let text = &self.text.text;
        let start = self.lines.offset(text, range.start);
        let end = self.lines.offset(text, range.end).max(start);
        let mut changed = String::with_capacity(text.len() + by.len());
        changed.push_str(text.get(..start).unwrap_or_default());
        changed.push_str(by);
        changed.push_str(text.get(end..).unwrap_or_default());
        self.set(changed);
    }

    /// Looks again what the files around it say that it is for.
    pub(super) fn look_around(&mut self) {
        self.text.role = project::role(&self.text.source);
    }
}
