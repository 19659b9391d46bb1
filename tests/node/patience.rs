//! Waiting for what a cluster does when it gets to it.

use std::time::{Duration, Instant};

/// Asks again and again until there is something.
pub(crate) fn await_something<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match ask() {
            Ok(answer) => return answer,
            Err(last) if start.elapsed() > PATIENCE => panic!("{what} did not come about: {last}"),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}

/// The same for a condition.
pub(crate) fn await_that(what: &str, mut is_so: impl FnMut() -> bool) {
    await_something(what, || if is_so() { Ok(()) } else { Err("not yet".to_owned()) });
}

/// What recovers has this long for it, also on a slow machine.
const PATIENCE: Duration = Duration::from_secs(90);
