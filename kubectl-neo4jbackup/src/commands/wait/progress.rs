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
