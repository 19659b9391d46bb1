//! A line of the log of a container, as the kubelet gives it with its time.

use std::borrow::Cow;

use jiff::Timestamp;

use crate::quoted::printable;

/// More of a line than this is not kept.
pub const LONGEST: usize = 16 * 1024;

/// A line of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When the container wrote it; `None` for a line that is not the container's, such as an error of the kubelet.
    pub time: Option<Timestamp>,
    /// What it wrote, without the end of the line; at most [`LONGEST`] bytes of it.
    pub text: String,
    /// How many bytes it wrote.
    pub bytes: usize,
}

impl Line {
    /// Reads a line that begins with its time. `bytes` is how many there were, of which `raw` is the beginning.
    pub fn read(raw: &[u8], bytes: usize) -> Self {
        let raw = raw.strip_suffix(b"\n").unwrap_or(raw);
        let raw = raw.strip_suffix(b"\r").unwrap_or(raw);
        let whole = String::from_utf8_lossy(raw);
        // A line without text ends behind its time.
        let (first, rest) = whole.split_once(' ').unwrap_or((&whole, ""));
        match first.parse::<Timestamp>() {
            Ok(time) => Self {
                time: Some(time),
                text: rest.to_owned(),
                bytes: bytes.saturating_sub(first.len() + 1),
            },
            Err(_) => Self {
                time: None,
                text: whole.into_owned(),
                bytes,
            },
        }
    }

    /// The text as it can be shown: tabs stay, everything else that cannot be seen is escaped, and of a line that was cut
    /// its length is said.
    pub fn shown(&self) -> Cow<'_, str> {
        let shown: Cow<'_, str> = if self.text.contains('\t') {
            let parts: Vec<Cow<'_, str>> = self.text.split('\t').map(printable).collect();
            parts.join("\t").into()
        } else {
            printable(self.text.as_str())
        };
        if self.bytes > LONGEST {
            return format!("{shown}… (cut; the line has {} bytes)", self.bytes).into();
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Line {
        Line::read(raw.as_bytes(), raw.len())
    }

    #[test]
    fn a_line_has_its_time_or_is_taken_whole() {
        let line = read("2026-11-21T06:00:00.123456789Z INFO  a\tb\r\n");
        assert_eq!(line.time, "2026-11-21T06:00:00.123456789Z".parse().ok());
        assert_eq!((line.text.as_str(), &*line.shown()), ("INFO  a\tb", "INFO  a\tb"));
        assert_eq!(read("2026-11-21T06:00:00+01:00 \n").text, "");
        let other = read("unable to retrieve container logs for x");
        assert_eq!(
            (other.time, &*other.text),
            (None, "unable to retrieve container logs for x")
        );
    }

    #[test]
    fn a_line_moves_no_cursor_and_forges_nothing() {
        let line = read("2026-11-21T06:00:00Z \u{1b}[2J\u{202e}x\ty\u{7}");
        assert_eq!(line.shown(), "\\u{1b}[2J\\u{202e}x\ty\\u{7}");
        let long = Line::read(&[b'x'; LONGEST], 1 << 20);
        assert!(long.shown().ends_with("x… (cut; the line has 1048576 bytes)"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_one_line(raw in proptest::collection::vec(any::<u8>(), 0..200)) {
            let line = Line::read(&raw, raw.len());
            let is_shown = |letter: char| letter == '\t' || crate::quoted::is_printable(letter);
            prop_assert!(line.shown().chars().all(is_shown));
        }
    }
}
