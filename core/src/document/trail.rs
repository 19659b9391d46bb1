//! The way down to a value, while somebody goes it.

use super::path::{Path, Segment};

/// The way down to a value, on the stack; it becomes a path only when there is something to report.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trail<'t> {
    above: Option<&'t Trail<'t>>,
    step: Step<'t>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

impl<'t> Trail<'t> {
    /// A key of the whole object.
    pub(crate) fn root(key: &'t str) -> Self {
        Self {
            above: None,
            step: Step::Key(key),
        }
    }

    /// A key below.
    pub(crate) fn key(&'t self, key: &'t str) -> Trail<'t> {
        Trail {
            above: Some(self),
            step: Step::Key(key),
        }
    }

    /// A position below.
    pub(crate) fn index(&'t self, index: usize) -> Trail<'t> {
        Trail {
            above: Some(self),
            step: Step::Index(index),
        }
    }

    /// The whole way.
    pub(crate) fn path(&self) -> Path {
        let mut path = self.above.map(Trail::path).unwrap_or_default();
        path.0.push(match self.step {
            Step::Key(key) => Segment::Key(key.to_owned()),
            Step::Index(index) => Segment::Index(index),
        });
        path
    }

    /// The last key, or the empty text.
    pub(crate) fn last_key(&self) -> &'t str {
        match self.step {
            Step::Key(key) => key,
            Step::Index(_) => "",
        }
    }
}
