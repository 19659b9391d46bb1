//! A file to its documents, at the lines where kubectl splits.

use super::place::Lines;

/// One stretch of a file that holds one YAML document, or some JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    /// The first byte.
    pub(super) start: usize,
    /// The byte after the last.
    pub(super) end: usize,
    /// Whether kubectl reads another document at this place and passes over this one: it splits at `---` that stands
    /// alone, and of what lies between two such lines it reads the first document.
    pub(super) unread: bool,
    /// The line of a `%` directive before the document, counted from 0.
    pub(super) directive: Option<usize>,
}

/// Every chunk that has content; empty and comment-only ones are left out.
pub(super) fn split(lines: &Lines<'_>) -> Vec<Chunk> {
    let mut splitter = Splitter {
        chunks: Vec::new(),
        start: lines.starts[0],
        content: false,
        occupied: false,
        directive: None,
    };
    for (index, start) in lines.starts.iter().copied().enumerate() {
        splitter.line(index, start, lines.line(index));
    }
    splitter.finish(lines.text.len());
    splitter.chunks
}

struct Splitter {
    chunks: Vec<Chunk>,
    start: usize,
    /// Whether the current chunk has anything but blanks and comments.
    content: bool,
    /// Whether a document precedes in what kubectl takes for one.
    occupied: bool,
    directive: Option<usize>,
}

impl Splitter {
    fn line(&mut self, index: usize, start: usize, line: &str) {
        match line.as_bytes().first() {
            Some(b'-') if line.starts_with("---") => {
                let rest = &line[3..];
                let trimmed = rest.trim_start();
                if trimmed.is_empty() || trimmed.starts_with('#') {
                    self.finish(start);
                    self.occupied = false;
                    self.start = start + 3;
                    return;
                }
                if rest.starts_with([' ', '\t']) {
                    self.finish(start);
                    self.start = start;
                }
                self.content = true;
            }
            Some(b'.') if is_end(line) => {
                self.finish(start);
                self.start = start + 3;
            }
            Some(b'%') if !self.content => {
                self.directive.get_or_insert(index);
                self.start = start + line.len();
            }
            None | Some(b'#') => {}
            Some(b' ' | b'\t') => {
                let trimmed = line.trim_start();
                self.content |= !trimmed.is_empty() && !trimmed.starts_with('#');
            }
            Some(_) => self.content = true,
        }
    }

    fn finish(&mut self, end: usize) {
        if self.content || self.directive.is_some() {
            self.chunks.push(Chunk {
                start: self.start,
                end: end.max(self.start),
                unread: self.occupied && self.content,
                directive: self.directive.take(),
            });
        }
        self.occupied |= self.content;
        self.content = false;
    }
}

fn is_end(line: &str) -> bool {
    line.strip_prefix("...").is_some_and(|rest| {
        let trimmed = rest.trim_start();
        trimmed.is_empty() || (trimmed.starts_with('#') && trimmed.len() < rest.len())
    })
}
