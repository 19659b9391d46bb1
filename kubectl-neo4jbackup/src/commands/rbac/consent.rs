//! Does the person want it?

use std::io::Read;

use crate::{Exit, Io};

/// The longest answer that is read.
const LONGEST: usize = 1024;

/// Asks on the terminal, unless the command line has said yes. Everything but a yes is a no, after which nothing is to be
/// changed: that is said, and the exit code is the error.
pub(super) fn ask(question: &str, yes: bool, io: &mut Io<'_>) -> Result<(), Exit> {
    if yes {
        return Ok(());
    }
    if !io.stdin_is_terminal {
        io.say("error: there is no terminal to ask on; --yes answers in advance. Nothing was changed");
        return Err(Exit::Refused);
    }
    let _ = write!(io.stderr, "{question} [y/N] ").and_then(|()| io.stderr.flush());
    match line(io.stdin).trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => {
            io.say("nothing was changed");
            Err(Exit::NotGood)
        }
    }
}

/// One line, or as much as there is of it.
fn line(input: &mut dyn Read) -> String {
    let mut line = Vec::new();
    let mut byte = [0];
    while line.len() < LONGEST {
        match input.read(&mut byte) {
            Ok(1) if byte[0] != b'\n' => line.push(byte[0]),
            _ => break,
        }
    }
    String::from_utf8_lossy(&line).into_owned()
}
