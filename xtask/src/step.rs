//! One step of `cargo xtask test`: what it runs, and what it counted.

use std::env;
use std::fmt;
use std::io::{BufRead as _, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use neo4jbackup_harness::{DRILLS, Scale, report_progress};

/// How many tests or checks came out how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Not run, because something that the person may not have is missing.
    pub(crate) skipped: usize,
}

impl Tally {
    pub(crate) fn one_passed() -> Self {
        Self {
            passed: 1,
            ..Self::default()
        }
    }

    pub(crate) fn one_failed() -> Self {
        Self {
            failed: 1,
            ..Self::default()
        }
    }

    pub(crate) fn one_skipped() -> Self {
        Self {
            skipped: 1,
            ..Self::default()
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

/// A step that has run.
pub(crate) struct Step {
    name: &'static str,
    pub(crate) tally: Tally,
    took: Duration,
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:<18}{} in {} s",
            self.name,
            self.tally,
            self.took.as_secs()
        )
    }
}

impl Step {
    /// Runs `work`. An error is one failure, with its reason on the screen.
    pub(crate) fn run(name: &'static str, work: impl FnOnce() -> Result<Tally>) -> Self {
        report_progress(&format!("==> {name}"));
        let start = Instant::now();
        let tally = work().unwrap_or_else(|error| {
            report_progress(&format!("error: {error:#}"));
            Tally::one_failed()
        });
        Self {
            name,
            tally,
            took: start.elapsed(),
        }
    }

    /// Runs cargo; its exit code is the result.
    pub(crate) fn cargo(arguments: &[&str]) -> Result<Tally> {
        let line = announce(arguments);
        let status = Command::new(cargo()).args(arguments).status();
        let status = status.with_context(|| format!("cannot run `{line}`"))?;
        Ok(if status.success() {
            Tally::one_passed()
        } else {
            Tally::one_failed()
        })
    }

    /// Runs `cargo test` to its end and counts the tests. `scale` is the size of their drills; `more` goes to the test
    /// programs.
    pub(crate) fn cargo_test(scale: Scale, arguments: &[&str], more: &[String]) -> Result<Tally> {
        let arguments = [&["test", "--no-fail-fast"], arguments, &["--", "--show-output"]].concat();
        let line = announce(&arguments);
        let could_not_run = || format!("cannot run `{line}`");
        let mut command = Command::new(cargo());
        command.args(&arguments).args(more).stdout(Stdio::piped());
        command.env(DRILLS, scale.choose("short", "long"));
        let mut child = command.spawn().with_context(could_not_run)?;
        let mut counter = Counter::default();
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).split(b'\n') {
                let line = line.with_context(could_not_run)?;
                let line = String::from_utf8_lossy(&line);
                if counter.take(&line) {
                    report_progress(&line);
                }
            }
        }
        let status = child.wait().with_context(could_not_run)?;
        // What does not compile, or ends without a result, is no failed test and still a failure.
        if !status.success() && counter.tally.failed == 0 {
            counter.tally.failed = 1;
        }
        Ok(counter.tally)
    }
}

/// Reads the output of test programs.
#[derive(Default)]
struct Counter {
    tally: Tally,
    in_successes: bool,
    /// Tests of the program at hand that have tested nothing; it counts them among those that passed.
    pretended: usize,
}

impl Counter {
    /// Counts what a line says; false when it need not be shown.
    fn take(&mut self, line: &str) -> bool {
        if line == "successes:" {
            self.in_successes = true;
        } else if line == "failures:" || line.starts_with("test result: ") {
            self.in_successes = false;
        }
        if line.starts_with("skipped: ") {
            self.pretended += 1;
            return true;
        }
        if let Some(result) = line.strip_prefix("test result: ") {
            let pretended = std::mem::take(&mut self.pretended);
            self.tally += Tally {
                passed: number_before(result, " passed").saturating_sub(pretended),
                failed: number_before(result, " failed"),
                skipped: number_before(result, " ignored") + pretended,
            };
        }
        // What drills measured is worth reading also where all is well.
        !self.in_successes || line.starts_with("figure: ")
    }
}

/// The number in front of a word, as in `ok. 12 passed; 0 failed; …`.
fn number_before(text: &str, word: &str) -> usize {
    let before = text.find(word).map_or("", |end| &text[..end]);
    let digits = before.rsplit(' ').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

fn announce(arguments: &[&str]) -> String {
    let line = format!("cargo {}", arguments.join(" "));
    report_progress(&format!("    {line}"));
    line
}

/// The cargo that runs this program, so that both use one toolchain.
pub(crate) fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up_and_what_successes_printed_is_not_shown() {
        let output = "
running 2 tests
test a ... ok
test b ... ok

successes:

---- a stdout ----
noise
figure: 3 ms
skipped: recordings are not there

successes:
    a
    b

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

test c ... FAILED
test result: FAILED. 3 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
";
        let mut counter = Counter::default();
        let shown: Vec<&str> = output.lines().filter(|line| counter.take(line)).collect();
        assert_eq!(
            counter.tally,
            Tally {
                passed: 4,
                failed: 1,
                skipped: 2
            }
        );
        assert!(
            !shown.contains(&"noise") && shown.contains(&"skipped: recordings are not there"),
            "{shown:?}"
        );
        assert!(shown.contains(&"figure: 3 ms"), "{shown:?}");
        assert!(shown.contains(&"test c ... FAILED"), "{shown:?}");
        assert_eq!(
            Tally {
                passed: 4,
                failed: 1,
                skipped: 2
            }
            .to_string(),
            "4 passed, 1 failed, 2 skipped"
        );
    }
}
