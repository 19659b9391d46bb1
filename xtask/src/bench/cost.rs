//! What a run of a program costs.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

/// How often the memory of a run is looked at.
const LOOK: Duration = Duration::from_millis(2);
/// The unit of the kernel's account, the same on every Linux that programs see.
const MILLISECONDS_PER_TICK: u64 = 10;

/// What a run took.
pub(super) struct Cost {
    pub(super) time: Duration,
    /// The time that its threads had a processor, which is the same when others run.
    pub(super) processor: Duration,
    pub(super) megabytes: f64,
}

/// Runs a program to its end; an exit code other than 0 is a failure.
pub(super) fn cost(command: &mut Command) -> Result<Cost> {
    let begin = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
    let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap_or_default();
    let mut kilobytes: f64 = 0.0;
    let processor = loop {
        // Of a program that has ended and that nobody has waited for, the account is still there.
        let account = read("stat");
        let mut account = account.rsplit(')').next().unwrap_or_default().split_whitespace();
        if account.next().is_none_or(|state| state == "Z") {
            let ticks = account.skip(10).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
            break Duration::from_millis(ticks.sum::<u64>() * MILLISECONDS_PER_TICK);
        }
        let about = read("status");
        let peak = about
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        kilobytes = kilobytes.max(peak.and_then(|peak| peak.parse().ok()).unwrap_or_default());
        std::thread::sleep(LOOK);
    };
    let time = begin.elapsed();
    let exit = child.wait()?;
    ensure!(exit.success(), "{command:?} ended with {exit}");
    Ok(Cost {
        time,
        processor,
        megabytes: kilobytes / 1024.0,
    })
}
