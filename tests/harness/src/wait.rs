//! Waiting for what happens in a moment that nothing announces: registrations, labels of namespaces, watches, rollouts.

use std::fmt::Display;
use std::slice;
use std::thread;
use std::time::{Duration, Instant};

use crate::daemon::Daemon;
use crate::error::HarnessError;

/// Asks again and again until there is something; panics with the last answer when the deadline is over.
pub fn await_within<T, E: Display>(deadline: Duration, what: &str, ask: impl FnMut() -> Result<T, E>) -> T {
    match poll(deadline, ask) {
        Ok(answer) => answer,
        Err(last) => panic!("{what} did not come about within {} s: {last}", deadline.as_secs()),
    }
}

/// The same with as much time as anything takes that does not wait for a timer.
pub fn await_something<T, E: Display>(what: &str, ask: impl FnMut() -> Result<T, E>) -> T {
    await_within(PATIENCE, what, ask)
}

/// The same for a condition.
pub fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    await_something(what, || if is_so() { Ok(()) } else { Err("not yet") });
}

/// What runs programs, each of which has to go on running.
pub(crate) trait Watched {
    fn daemons(&mut self) -> &mut [Daemon];
}

impl Watched for Daemon {
    fn daemons(&mut self) -> &mut [Daemon] {
        slice::from_mut(self)
    }
}

/// Asks again and again until there is something, a program ends, or patience does. The log that goes with the error is
/// that of the daemon `what`, or else of the last one.
pub(crate) fn wait_for<W: Watched, T>(
    watched: &mut W,
    what: &'static str,
    mut ask: impl FnMut(&W) -> Result<T, String>,
) -> Result<T, HarnessError> {
    let outcome = poll(PATIENCE, || {
        for daemon in watched.daemons() {
            if let Err(error) = daemon.check_running() {
                return Ok(Err(error));
            }
        }
        ask(watched).map(Ok)
    });
    outcome.unwrap_or_else(|last_answer| {
        let daemons = watched.daemons();
        let daemon = daemons.iter().find(|daemon| daemon.name == what).or(daemons.last());
        Err(HarnessError::NotReady {
            what,
            seconds: PATIENCE.as_secs(),
            last_answer,
            log: daemon.map(Daemon::last_log_lines).unwrap_or_default(),
        })
    })
}

/// The first good answer, or the last of the others.
fn poll<T, E>(deadline: Duration, mut ask: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let start = Instant::now();
    loop {
        match ask() {
            Err(_) if start.elapsed() <= deadline => thread::sleep(POLL_INTERVAL),
            answer => return answer,
        }
    }
}

/// Far more than any machine needs; a program that fails ends and is noticed at once.
const PATIENCE: Duration = Duration::from_secs(90);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_good_answer_counts() {
        let mut answers = [Err("no"), Err("no"), Ok(3), Ok(4)].into_iter();
        assert_eq!(await_something("a number", || answers.next().unwrap()), 3);
    }

    #[test]
    #[should_panic(expected = "the moon did not come about within 0 s: not yet")]
    fn what_does_not_come_about_is_told_with_its_reason() {
        await_within(Duration::ZERO, "the moon", || Err::<(), _>("not yet"));
    }
}
