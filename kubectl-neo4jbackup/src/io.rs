//! Everything that a run takes from its surroundings, so that a test can give it other ones.

use std::collections::BTreeMap;
use std::io::{self, BufWriter, IsTerminal as _, Read, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use neo4jbackup_core::quoted::printable;

/// The width of lines when nobody knows the terminal.
const USUAL_WIDTH: usize = 100;

/// The surroundings of a run.
pub struct Io<'a> {
    /// Standard input, which another thread than that of the results may read.
    pub stdin: &'a mut (dyn Read + Send),
    /// Standard output: results only.
    pub stdout: &'a mut dyn Write,
    /// Standard error: everything else.
    pub stderr: &'a mut dyn Write,
    /// The environment variables that are valid Unicode.
    pub environment: BTreeMap<String, String>,
    /// The time of the run.
    pub now: Timestamp,
    /// The folder that relative paths start from.
    pub current_directory: PathBuf,
    /// Asks which time zone this machine is in: `Europe/Berlin`; `None` when it does not tell.
    pub machine_zone: fn() -> Option<String>,
    /// The width of the terminal that standard output is; `None` when it is none.
    pub terminal_width: Option<usize>,
    /// Whether a person can answer on standard input.
    pub stdin_is_terminal: bool,
    /// Whether results could not be written, to a full disk for example; begins as `false`.
    pub output_lost: bool,
}

impl Io<'_> {
    /// A variable of the environment; an empty one counts as absent.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// Whether the locale can show more than ASCII.
    pub fn is_utf8(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
            .into_iter()
            .find_map(|name| self.variable(name));
        locale.is_some_and(|locale| {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        })
    }

    /// The width to wrap text at, in columns.
    pub fn width(&self) -> usize {
        let columns = self.variable("COLUMNS").and_then(|columns| columns.parse().ok());
        let width = columns.or(self.terminal_width).unwrap_or(USUAL_WIDTH);
        width.clamp(40, 160)
    }

    /// Writes results. A reader that has gone away, as `head` does, is no fault of ours and nobody is left to tell.
    pub fn print(&mut self, text: &str) {
        self.print_to_reader(text);
    }

    /// The same. Returns whether somebody still reads.
    pub(crate) fn print_to_reader(&mut self, text: &str) -> bool {
        self.print_bytes(text.as_bytes())
    }

    /// The same for what is no text.
    pub(crate) fn print_bytes(&mut self, bytes: &[u8]) -> bool {
        let written = self.stdout.write_all(bytes).and_then(|()| self.stdout.flush());
        let Err(error) = written else { return true };
        if error.kind() != io::ErrorKind::BrokenPipe {
            self.lose_output(&error);
        }
        false
    }

    /// Tells that results are lost. Who relies on them must not take this for a good run.
    pub(crate) fn lose_output(&mut self, error: &io::Error) {
        self.output_lost = true;
        self.say(&format!("error: cannot write to standard output: {error}"));
    }

    /// Tells the person something that is no result, in one line.
    pub fn say(&mut self, text: &str) {
        self.say_lines(&printable(text));
    }

    /// Tells the person something in the lines that it has; what others wrote in it must be printable already.
    pub(crate) fn say_lines(&mut self, text: &str) {
        // When standard error is gone, there is no place left to complain.
        let _ = writeln!(self.stderr, "{text}");
    }
}

/// Runs `body` with the surroundings of this process.
pub(crate) fn with_process<T>(body: impl FnOnce(&mut Io<'_>) -> T) -> T {
    // Without the lock, which could not leave this thread.
    let mut stdin = io::stdin();
    // Not the handle of the standard library itself, which writes every line on its own.
    let mut stdout = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut stderr = io::stderr().lock();
    let variables =
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    body(&mut Io {
        stdin: &mut stdin,
        stdout: &mut stdout,
        stderr: &mut stderr,
        environment: variables.collect(),
        now: Timestamp::now(),
        current_directory: std::env::current_dir().unwrap_or_default(),
        machine_zone: || iana_time_zone::get_timezone().ok(),
        terminal_width: terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| usize::from(width.0)),
        stdin_is_terminal: io::stdin().is_terminal(),
        output_lost: false,
    })
}
