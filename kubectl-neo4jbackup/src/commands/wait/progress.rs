//! How it stands while somebody waits: one line on a terminal, elsewhere a line whenever something changes.

use std::time::Duration;

use neo4jbackup_core::quoted::{beginning, printable};

use crate::Io;
use crate::age::span;

/// What was said last.
pub(super) struct Progress {
    /// Whether results go to a terminal, on which a line can be written anew.
    has_line: bool,
    is_shown: bool,
    state: String,
    trouble: String,
}

impl Progress {
    pub(super) fn new(io: &Io<'_>) -> Self {
        Self {
            has_line: io.terminal_width.is_some() && io.variable("TERM") != Some("dumb"),
            is_shown: false,
            state: String::new(),
            trouble: String::new(),
        }
    }

    /// Says how it stands.
    pub(super) fn show(&mut self, state: &str, left: Duration, io: &mut Io<'_>) {
        if self.has_line {
            let left = span(i64::try_from(left.as_secs()).unwrap_or(i64::MAX));
            let (state, end) = (printable(state), format!(" · {left} left"));
            let room = io.width().saturating_sub(end.chars().count() + 1);
            io.print(&format!("\r\u{1b}[2K{}{end}", beginning(&state, room)));
            self.is_shown = true;
        } else if self.state != state {
            io.say(state);
        }
        state.clone_into(&mut self.state);
    }

    /// Says that the cluster does not answer, once for as long as it does not.
    pub(super) fn trouble(&mut self, text: &str, io: &mut Io<'_>) {
        if self.trouble.is_empty() {
            text.clone_into(&mut self.trouble);
            self.clear(io);
            io.say(&format!("{text}; it is asked again until the time is over"));
        }
    }

    /// Says something between.
    pub(super) fn note(&mut self, text: &str, io: &mut Io<'_>) {
        self.trouble.clear();
        self.clear(io);
        io.say(text);
    }

    /// Takes the line away.
    pub(super) fn clear(&mut self, io: &mut Io<'_>) {
        if std::mem::take(&mut self.is_shown) {
            io.print("\r\u{1b}[2K");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::PathBuf;

    use jiff::Timestamp;

    use super::*;

    /// What is written on standard output and standard error while it is shown twice, with trouble between.
    fn written(terminal_width: Option<usize>) -> (String, String) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut io = Io {
            stdin: &mut std::io::empty(),
            stdout: &mut stdout,
            stderr: &mut stderr,
            environment: BTreeMap::new(),
            machine_zone: || None,
            now: Timestamp::UNIX_EPOCH,
            current_directory: PathBuf::new(),
            terminal_width,
            stdin_is_terminal: false,
            output_lost: false,
        };
        let mut progress = Progress::new(&io);
        let state = format!("backup/x is to succeed: {}", "\u{1b}y".repeat(20));
        progress.show(&state, Duration::from_secs(90), &mut io);
        progress.trouble("gone", &mut io);
        progress.trouble("still gone", &mut io);
        progress.show(&state, Duration::from_secs(60), &mut io);
        progress.clear(&mut io);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(stdout), text(stderr))
    }

    #[test]
    fn a_terminal_has_one_line_that_fits_and_goes_away() {
        let (stdout, stderr) = written(Some(60));
        let lines: Vec<&str> = stdout.split("\r\u{1b}[2K").collect();
        let shown = |left: &str| format!("backup/x is to succeed: \\u{{1b}}y\\u{{1b}}y\\u{{1b}}y · {left} left");
        assert_eq!(lines, ["", &shown("90s"), "", &shown("60s"), ""]);
        assert!(lines.iter().all(|line| line.chars().count() < 60), "{lines:?}");
        assert_eq!(stderr, "gone; it is asked again until the time is over\n");
    }

    #[test]
    fn elsewhere_a_line_is_written_when_something_changes() {
        let (stdout, stderr) = written(None);
        assert_eq!(stdout, "");
        let lines: Vec<&str> = stderr.lines().collect();
        assert_eq!(lines.len(), 2, "{stderr}");
        assert!(lines[0].starts_with("backup/x is to succeed: \\u{1b}y"), "{stderr}");
    }
}
