//! A terminal in which a program runs, and what can be read there.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::Child;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{self, Pty};
use vt100::Parser;

/// The program, as it was built for the tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_kubectl-neo4jbackup");

/// Rows that have scrolled out of the screen are kept up to this number.
const KEPT: usize = 1000;
/// What puts the cursor at the top.
const TOP: &[u8] = b"\x1b[H";
/// Far more than any machine needs.
const PATIENCE: Duration = Duration::from_secs(120);
/// So long nothing happens before a key is pressed once more.
const BEFORE_NEXT_KEY: Duration = Duration::from_secs(3);

pub(crate) struct Terminal {
    pty: Pty,
    child: Child,
    output: Receiver<Vec<u8>>,
    emulator: Parser,
    written: Vec<u8>,
}

impl Terminal {
    /// With the program of these tests.
    pub(crate) fn start(rows: u16, columns: u16, arguments: &[&str]) -> Self {
        let command = blocking::Command::new(PROGRAM).args(arguments).env_clear();
        Self::of(rows, columns, command)
    }

    /// With another program, and the variables that it is given.
    pub(crate) fn of(rows: u16, columns: u16, command: blocking::Command) -> Self {
        let (pty, pts) = blocking::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        let command = command.env("TERM", "xterm-256color").env("LANG", "C.UTF-8");
        let child = command.spawn(pts).unwrap();
        let mut reader = File::from(pty.as_fd().try_clone_to_owned().unwrap());
        let (sender, output) = mpsc::channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // When nobody has the terminal any more, reading fails.
            while let Ok(length @ 1..) = reader.read(&mut buffer) {
                let _ = sender.send(buffer[..length].to_owned());
            }
        });
        Self {
            pty,
            child,
            output,
            emulator: emulator(rows, columns),
            written: Vec::new(),
        }
    }

    /// Waits until all is drawn of a screen of which this is so. Returns what it shows.
    pub(crate) fn await_frame(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        self.await_screen(what, |shown, column| {
            let is_whole = shown
                .lines()
                .last()
                .is_some_and(|line| line.ends_with("until Ctrl-C") && column == 0);
            is_whole && is_it(shown)
        })
    }

    /// Waits for a screen of which this is so, with the column of the cursor. Returns what it shows.
    pub(crate) fn await_screen(&mut self, what: &str, is_it: impl Fn(&str, u16) -> bool) -> String {
        self.await_pressing(what, None, is_it)
    }

    /// The same, where a key may come to nothing on a busy machine, and has to be pressed again.
    pub(crate) fn press_until(&mut self, key: &str, what: &str, is_it: impl Fn(&str, u16) -> bool) -> String {
        self.press(key);
        self.await_pressing(what, Some(key), is_it)
    }

    fn await_pressing(&mut self, what: &str, key: Option<&str>, is_it: impl Fn(&str, u16) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let shown = self.emulator.screen().contents();
            if is_it(&shown, self.emulator.screen().cursor_position().1) {
                return shown;
            }
            let patience = if key.is_some() { BEFORE_NEXT_KEY } else { PATIENCE };
            match (self.output.recv_timeout(patience), key) {
                (Err(RecvTimeoutError::Timeout), Some(key)) if Instant::now() < deadline => self.press(key),
                (Ok(bytes), _) if Instant::now() < deadline => self.process(&bytes),
                (Ok(_), _) => panic!("{what} is not shown:\n{shown}"),
                (Err(error), _) => panic!("{what}: {error}:\n{shown}"),
            }
        }
    }

    fn process(&mut self, bytes: &[u8]) {
        self.written.extend(bytes);
        self.emulator.process(bytes);
    }

    /// What a new terminal would show of that which was drawn last.
    pub(crate) fn last_frame_alone(&self) -> String {
        let mut places = self.written.windows(TOP.len());
        let start = places.rposition(|bytes| bytes == TOP).unwrap();
        let (rows, columns) = self.emulator.screen().size();
        let mut emulator = emulator(rows.into(), columns.into());
        emulator.process(&self.written[start..]);
        emulator.screen().contents()
    }

    /// How many rows have left the screen at its top.
    pub(crate) fn rows_scrolled(&mut self) -> usize {
        let screen = self.emulator.screen_mut();
        screen.set_scrollback(KEPT);
        let rows = screen.scrollback();
        screen.set_scrollback(0);
        rows
    }

    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        self.pty.resize(Size::new(rows, columns)).unwrap();
        let screen = self.emulator.screen_mut();
        screen.set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
    }

    pub(crate) fn press_ctrl_c(&mut self) {
        self.press("\x03");
    }

    pub(crate) fn press(&mut self, keys: &str) {
        (&self.pty).write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for the end. Returns the exit code, and what stands below the last drawing.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().unwrap();
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.process(&bytes);
        }
        let shown = self.emulator.screen().contents();
        let rest = shown.lines().skip_while(|line| !line.starts_with("looked at "));
        (status.code(), rest.skip(1).collect())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn emulator(rows: u16, columns: u16) -> Parser {
    Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), KEPT)
}
