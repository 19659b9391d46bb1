//! Does the person want it?

use std::io::Read;

use crate::Io;

/// The longest answer that is read.
const LONGEST: usize = 1024;

/// What came of the question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Consent {
    /// Go on.
    Given,
    /// Change nothing.
    Denied,
    /// There is nobody to ask.
    NobodyToAsk,
}

/// Asks on the terminal, unless the command line has said yes. Everything but a yes is a no.
pub(super) fn ask(question: &str, yes: bool, io: &mut Io<'_>) -> Consent {
    if yes {
        return Consent::Given;
    }
    if !io.stdin_is_terminal {
        return Consent::NobodyToAsk;
    }
    let _ = write!(io.stderr, "{question} [y/N] ").and_then(|()| io.stderr.flush());
    match line(io.stdin).trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Consent::Given,
        _ => Consent::Denied,
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
