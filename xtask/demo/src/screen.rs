//! Text for a terminal of 80 columns.

use std::io::{self, Write};

use neo4jbackup_harness::KubectlOutput;

const WIDTH: usize = 80;
const INDENT: &str = "    ";

/// Where the demo is shown.
pub(super) struct Screen {
    output: fn() -> Box<dyn Write>,
}

impl Screen {
    pub(super) fn standard_output() -> Self {
        Self {
            output: || Box::new(io::stdout()),
        }
    }

    /// What holds for all that follows, or for all that was shown.
    pub(super) fn heading(&self, text: &str) -> io::Result<()> {
        writeln!((self.output)(), "\n{}", wrapped(text, ""))
    }

    /// A file, and what it is about.
    pub(super) fn title(&self, name: &str, comment: &str) -> io::Result<()> {
        let line = format!("── {name} ");
        let rule = "─".repeat(WIDTH.saturating_sub(line.chars().count()));
        writeln!((self.output)(), "\n{line}{rule}\n{}", wrapped(comment, ""))
    }

    /// A command as a person would type it, and what kubectl printed. Only the ends of lines are ours.
    pub(super) fn command(&self, arguments: &[&str], answer: &KubectlOutput) -> io::Result<()> {
        writeln!((self.output)(), "\n{INDENT}$ kubectl {}", arguments.join(" "))?;
        for line in answer.stderr.lines().chain(answer.stdout.lines()) {
            writeln!((self.output)(), "{}", wrapped(line, INDENT))?;
        }
        writeln!((self.output)())
    }

    /// What it means.
    pub(super) fn note(&self, text: &str) -> io::Result<()> {
        writeln!((self.output)(), "{}", wrapped(text, ""))
    }

    /// Lines that are kept as they are.
    pub(super) fn text(&self, text: &str) -> io::Result<()> {
        writeln!((self.output)())?;
        text.lines()
            .try_for_each(|line| writeln!((self.output)(), "{INDENT}{line}"))
    }
}

/// Breaks at blanks, never within a word or a short quotation: what is copied from the screen is what kubectl said.
fn wrapped(text: &str, indent: &str) -> String {
    let mut lines = vec![indent.to_owned()];
    for piece in pieces(text) {
        let line = lines.last().map_or("", String::as_str);
        let is_empty = line.trim().is_empty();
        if !is_empty && line.chars().count() + 1 + piece.chars().count() > WIDTH {
            lines.push(format!("{indent}{piece}"));
        } else if let Some(line) = lines.last_mut() {
            line.push_str(if is_empty { "" } else { " " });
            line.push_str(&piece);
        }
    }
    lines.join("\n")
}

/// Words, and words between backticks as one piece where that is short.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match pieces.last_mut() {
            Some(piece) if piece.matches('`').count() % 2 == 1 && piece.len() < WIDTH / 2 => {
                piece.push(' ');
                piece.push_str(word);
            }
            _ => pieces.push(word.to_owned()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_longer_than_the_screen_unless_a_word_is() {
        let text = format!("{} {}", "word ".repeat(40), "x".repeat(100));
        let lines = wrapped(&text, INDENT);
        assert!(
            lines
                .lines()
                .all(|line| line.chars().count() <= WIDTH || line.trim().len() == 100),
            "{lines}"
        );
        assert_eq!(lines.split_whitespace().count(), 41);
        assert_eq!(wrapped("a b", INDENT), "    a b");
    }

    #[test]
    fn a_schedule_stays_on_one_line() {
        let text = format!("{}`0 2 * * *` has", "x".repeat(75) + " ");
        assert_eq!(wrapped(&text, "").lines().nth(1), Some("`0 2 * * *` has"));
    }
}
