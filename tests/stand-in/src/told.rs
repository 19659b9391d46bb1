//! A program that was told what to say: the log of a scenario, as if it were written now, and then its end.

use std::env;
use std::io::{Write as _, stdout};
use std::process::ExitCode;
use std::thread;

use crate::log;

/// The variable with the log.
const LOG: &str = "STAND_IN_LOG";
/// The variable with the exit code; without it, the program goes on.
const EXIT: &str = "STAND_IN_EXIT";

/// Says and ends; `None` where nobody has told it anything.
pub(crate) fn run() -> Option<ExitCode> {
    let text = env::var(LOG).ok()?;
    let mut out = stdout().lock();
    for line in text.lines() {
        // Nobody is there to be told that the log cannot be written.
        let _ = writeln!(out, "{}", now(line));
    }
    let _ = out.flush();
    let Some(code) = env::var(EXIT).ok().and_then(|code| code.parse::<u8>().ok()) else {
        loop {
            thread::park();
        }
    };
    Some(ExitCode::from(code))
}

/// The same line with the time that it is: `2026-11-21 06:02:57.871+0000 ERROR …`.
fn now(line: &str) -> String {
    let time = |text: &str| text.starts_with("20") && text.ends_with("+0000");
    match line.split_at_checked(LENGTH) {
        Some((before, rest)) if time(before) => format!("{}{rest}", log::time()),
        _ => line.to_owned(),
    }
}

/// Of a time in a log.
const LENGTH: usize = "2026-11-21 06:02:57.871+0000".len();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_time_at_which_it_is_written() {
        let line = now("2026-11-21 06:02:57.871+0000 ERROR [c.n.b.b.BackupExecutor] é");
        assert!(line.ends_with(" ERROR [c.n.b.b.BackupExecutor] é"), "{line}");
        assert!(!line.starts_with("2026-11-21 06:02:57.871"), "{line}");
        for line in [
            "",
            "\tat java.base/sun.nio.ch",
            "20 files were copied and none of them is äöü",
        ] {
            assert_eq!(now(line), line);
        }
    }
}
