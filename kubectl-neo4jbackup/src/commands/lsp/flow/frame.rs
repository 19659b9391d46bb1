//! One bracket of those that are open, and the entry in it that is being read.

use neo4jbackup_core::document::Segment;

/// What stands in a bracket, as far as it was read.
#[derive(Default)]
pub(super) struct Frame<'t> {
    pub(super) is_map: bool,
    /// The column of the line with the bracket, and that of the first line that begins within it.
    pub(super) line: usize,
    pub(super) content: Option<usize>,
    /// The keys so far, and that of the entry that is being read.
    pub(super) keys: Vec<&'t str>,
    pub(super) key: Option<&'t str>,
    /// What will have been a key if a colon follows.
    pub(super) text: Option<&'t str>,
    pub(super) has_value: bool,
    /// Whether the line of the key has ended without a value.
    pub(super) is_late: bool,
}

impl<'t> Frame<'t> {
    pub(super) fn end_entry(&mut self) {
        (self.key, self.text, self.has_value, self.is_late) = (None, None, false, false);
    }

    /// Who ends a line seldom wants to go on with what stands in it, even where a comma is missing.
    pub(super) fn end_line(&mut self) {
        if self.has_value || self.text.is_some() {
            self.end_entry();
        } else {
            self.is_late = self.key.is_some();
        }
    }

    /// Takes a text; says whether that is the value of an entry.
    pub(super) fn take(&mut self, text: &'t str) -> bool {
        let is_value = !self.is_map || (self.key.is_some() && !self.has_value && !self.is_late);
        if !is_value {
            self.end_entry();
            self.text = Some(text);
        }
        self.has_value |= is_value;
        is_value
    }

    pub(super) fn take_colon(&mut self) {
        if let Some(key) = self.text.take().filter(|_| self.is_map) {
            self.end_entry();
            self.key = Some(key);
            self.keys.push(key);
        }
    }

    pub(super) fn segment(&self) -> Option<Segment> {
        if self.is_map {
            self.key.map(|key| Segment::Key(key.to_owned()))
        } else {
            Some(Segment::Index(0))
        }
    }
}
