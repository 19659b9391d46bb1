//! One step of `cargo xtask test`: what it runs, and what it counted. Two that only wait may run at once.

use std::env;
use std::fmt;
use std::io::{BufRead as _, BufReader, Read};
use std::ops::AddAssign;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use neo4jbackup_harness::{DRILLS, PROGRAMS, Scale, report_progress, target};

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

/// Whether the programs that tests start are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Programs {
    /// `cargo test` of the whole workspace has just built them, or builds them before it runs the first test.
    Built,
    /// Each test that needs one has it built, which takes no time when nothing has changed.
    Needed,
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
        Self::run_onto(&Screen::shown(), name, |_| work())
    }

    /// Runs two at once: while the first is shown as it goes, what the second says is kept, and shown as soon as the first
    /// has ended.
    ///
    /// Both run in the process group of this program, so that Ctrl-C ends both.
    pub(crate) fn run_two(
        (first, first_work): (&'static str, impl FnOnce(&Screen) -> Result<Tally>),
        (second, second_work): (&'static str, impl FnOnce(&Screen) -> Result<Tally> + Send),
    ) -> [Self; 2] {
        let (shown, kept) = (Screen::shown(), Screen::kept());
        thread::scope(|scope| {
            let second = scope.spawn(|| Self::run_onto(&kept, second, second_work));
            let first = Self::run_onto(&shown, first, first_work);
            kept.show();
            let second = second.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            [first, second]
        })
    }

    fn run_onto(screen: &Screen, name: &'static str, work: impl FnOnce(&Screen) -> Result<Tally>) -> Self {
        screen.say(&format!("==> {name}"));
        let start = Instant::now();
        let tally = work(screen).unwrap_or_else(|error| {
            screen.say(&format!("error: {error:#}"));
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
        let line = command_line(arguments);
        report_progress(&format!("    {line}"));
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
    pub(crate) fn cargo_test(
        screen: &Screen,
        scale: Scale,
        programs: Programs,
        arguments: &[&str],
        more: &[String],
    ) -> Result<Tally> {
        let arguments = [&["test", "--no-fail-fast"], arguments, &["--", "--show-output"]].concat();
        let line = command_line(&arguments);
        screen.say(&format!("    {line}"));
        let could_not_run = || format!("cannot run `{line}`");
        let mut command = Command::new(cargo());
        command.args(&arguments).args(more).stdout(Stdio::piped());
        command.env(DRILLS, scale.choose("short", "long"));
        if programs == Programs::Built {
            command.env(PROGRAMS, target().join("debug"));
        }
        if !screen.is_shown() {
            command.stderr(Stdio::piped());
        }
        let mut child = command.spawn().with_context(could_not_run)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut counter = Counter::default();
        thread::scope(|scope| {
            // Both at once: a pipe that nobody reads holds up whoever writes.
            let errors = scope.spawn(|| each_line(stderr, |line| screen.say(line)));
            let output = each_line(stdout, |line| {
                if counter.take(line) {
                    screen.say(line);
                }
            });
            let errors = errors.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            output.and(errors)
        })
        .with_context(could_not_run)?;
        let status = child.wait().with_context(could_not_run)?;
        // What does not compile, or ends without a result, is no failed test and still a failure.
        if !status.success() && counter.tally.failed == 0 {
            counter.tally.failed = 1;
        }
        Ok(counter.tally)
    }
}

/// Calls `take` with each line of what a program writes, until it ends.
fn each_line(from: Option<impl Read>, mut take: impl FnMut(&str)) -> std::io::Result<()> {
    let Some(from) = from else { return Ok(()) };
    for line in BufReader::new(from).split(b'\n') {
        take(&String::from_utf8_lossy(&line?));
    }
    Ok(())
}

/// Where a step tells what it does. Of two that run at once, one is not shown before its turn.
pub(crate) struct Screen {
    /// The lines that have not been shown; `None` where each is shown at once.
    kept: Mutex<Option<Vec<String>>>,
}

impl Screen {
    /// One on which each line is shown at once.
    pub(crate) fn shown() -> Self {
        Self { kept: Mutex::new(None) }
    }

    fn kept() -> Self {
        Self {
            kept: Mutex::new(Some(Vec::new())),
        }
    }

    fn is_shown(&self) -> bool {
        self.lines().is_none()
    }

    fn say(&self, line: &str) {
        let mut lines = self.lines();
        match lines.as_mut() {
            Some(lines) => lines.push(line.to_owned()),
            None => report_progress(line),
        }
    }

    /// Shows what was kept, and from now on each line at once.
    fn show(&self) {
        let mut lines = self.lines();
        for line in lines.take().into_iter().flatten() {
            report_progress(&line);
        }
    }

    fn lines(&self) -> std::sync::MutexGuard<'_, Option<Vec<String>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
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

fn command_line(arguments: &[&str]) -> String {
    format!("cargo {}", arguments.join(" "))
}

/// The cargo that runs this program, so that both use one toolchain.
pub(crate) fn cargo() -> std::ffi::OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_steps_both_are_counted_and_neither_failure_is_lost() {
        let (begun, other_has_begun) = std::sync::mpsc::channel();
        let first = |_: &Screen| {
            // Only when both run at once does this come.
            other_has_begun.recv()?;
            Ok(Tally::one_passed())
        };
        let second = |screen: &Screen| {
            begun.send(())?;
            screen.say("kept");
            anyhow::bail!("it failed")
        };
        let [first, second] = Step::run_two(("first", first), ("second", second));
        assert_eq!(first.tally, Tally::one_passed());
        assert_eq!(second.tally, Tally::one_failed());
    }

    #[test]
    fn what_is_kept_is_shown_in_its_turn() {
        let screen = Screen::kept();
        screen.say("one");
        assert_eq!(screen.lines().clone(), Some(vec!["one".to_owned()]));
        screen.show();
        assert!(screen.is_shown());
    }

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
