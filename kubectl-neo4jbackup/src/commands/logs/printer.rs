//! How lines are printed: behind their pod and container, with a mark where they tell something, and a sum at the end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;

use neo4jbackup_core::logs::{Class, Line, Severity, Summary, classify};
use unicode_width::UnicodeWidthStr as _;

use super::sources::Source;
use crate::Io;
use crate::cli::Logs;

/// So much is gathered before it is written.
const CHUNK: usize = 1 << 16;

/// The colors of containers.
const COLORS: [u8; 6] = [36, 33, 35, 34, 32, 96];

/// How lines look.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct Style {
    has_prefix: bool,
    has_times: bool,
    color: bool,
    is_ascii: bool,
}

impl Style {
    pub(super) fn new(arguments: &Logs, color: bool, io: &Io<'_>) -> Self {
        Self {
            has_prefix: !arguments.no_prefix,
            has_times: arguments.timestamps,
            color,
            is_ascii: arguments.ascii || !io.is_utf8(),
        }
    }

    fn sign(self, severity: Option<Severity>) -> &'static str {
        match (severity, self.is_ascii) {
            (Some(Severity::Failure), false) => "✗",
            (Some(Severity::Failure), true) => "x",
            (Some(Severity::Warning), _) => "!",
            (Some(Severity::Success), false) => "✓",
            (Some(Severity::Success), true) => "+",
            (_, false) => "│",
            (_, true) => "|",
        }
    }
}

/// Prints lines.
pub(super) struct Printer {
    style: Style,
    width: usize,
    labels: Vec<String>,
    summary: Summary,
    told: BTreeMap<&'static str, (&'static Class, usize)>,
    text: String,
}

impl Printer {
    /// Prints lines of these sources, and of others that may come.
    pub(super) fn new(style: Style, sources: &[Source]) -> Self {
        let mut printer = Self {
            style,
            width: 0,
            labels: Vec::new(),
            summary: Summary::default(),
            told: BTreeMap::new(),
            text: String::new(),
        };
        for source in sources {
            printer.learn(source);
        }
        printer
    }

    /// Makes room for the name of a source.
    pub(super) fn learn(&mut self, source: &Source) {
        if !self.labels.contains(&source.label) {
            self.width = self.width.max(source.label.width());
            self.labels.push(source.label.clone());
        }
    }

    /// Prints a line, sooner or later; false when nobody reads any more.
    pub(super) fn print(&mut self, source: &Source, line: &Line, io: &mut Io<'_>) -> bool {
        let class = classify(&line.text);
        self.summary.add(class);
        let telling = class.filter(|class| class.severity != Severity::Harmless);
        if let Some(class) = telling {
            self.told.entry(&class.name).or_insert((class, 0)).1 += 1;
        }
        if self.style.has_prefix {
            self.prefix(source, telling);
        }
        if let Some(time) = line.time.filter(|_| self.style.has_times) {
            let _ = write!(self.text, "{time} ");
        }
        if let Some(class) = telling.filter(|_| self.style.has_prefix) {
            let _ = write!(self.text, "[{}] ", class.name);
        }
        self.text.push_str(&line.shown());
        self.text.push('\n');
        self.text.len() < CHUNK || self.flush(io)
    }

    fn prefix(&mut self, source: &Source, class: Option<&Class>) {
        let sign = self.style.sign(class.map(|class| class.severity));
        let padding = " ".repeat(self.width.saturating_sub(source.label.width()));
        let label = &source.label;
        if !self.style.color {
            let _ = write!(self.text, "{label}{padding} {sign} ");
            return;
        }
        let position = self.labels.iter().position(|known| known == label).unwrap_or_default();
        let color = COLORS[position % COLORS.len()];
        let of_sign = match class.map(|class| class.severity) {
            Some(Severity::Failure) => 31,
            Some(Severity::Warning) => 33,
            Some(Severity::Success) => 32,
            _ => color,
        };
        let _ = write!(
            self.text,
            "\u{1b}[{color}m{label}\u{1b}[0m{padding} \u{1b}[{of_sign}m{sign}\u{1b}[0m "
        );
    }

    /// Writes what was gathered; false when nobody reads any more.
    pub(super) fn flush(&mut self, io: &mut Io<'_>) -> bool {
        let written = io
            .stdout
            .write_all(self.text.as_bytes())
            .and_then(|()| io.stdout.flush());
        self.text.clear();
        match written {
            Ok(()) => true,
            Err(error) => {
                if error.kind() != io::ErrorKind::BrokenPipe {
                    io.lose_output(&error);
                }
                false
            }
        }
    }

    /// Says what the lines come to.
    pub(super) fn sum_up(&self, io: &mut Io<'_>) {
        if self.summary.lines == 0 {
            io.say("there are no lines");
            return;
        }
        let mut told: Vec<&(&Class, usize)> = self.told.values().collect();
        told.sort_by_key(|(class, count)| (std::cmp::Reverse(class.severity), std::cmp::Reverse(*count)));
        if told.is_empty() {
            return;
        }
        let classes: Vec<String> = told
            .iter()
            .map(|(class, count)| format!("{} {} x{count}", class.severity, class.name))
            .collect();
        io.say(&format!("these lines tell: {}", classes.join(", ")));
        let first = self.summary.cause.or(self.summary.failed);
        let class = first.and_then(|(_, name)| self.told.get(name));
        if let Some((class, _)) = class {
            io.say(&format!("first cause: {}: {}", class.name, class.cause));
            io.say(&format!("to do: {}", class.remedy));
            io.say("`kubectl neo4jbackup logs … --no-prefix | kubectl neo4jbackup explain --log -` says more");
        }
    }
}
