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

/// What the kernel has on account for a process.
pub(super) struct Load {
    /// The time that its threads had a processor.
    pub(super) processor: Duration,
    /// Whether it has ended; the account stays until somebody has waited for it.
    has_ended: bool,
}

impl Load {
    /// The account of a process; of one that is not there, nothing, and that it has ended.
    pub(super) fn of(process: u32) -> Self {
        let account = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        let mut account = account.rsplit(')').next().unwrap_or_default().split_whitespace();
        let has_ended = account.next().is_none_or(|state| state == "Z");
        let ticks = account.skip(10).take(2).filter_map(|ticks| ticks.parse::<u64>().ok());
        Self {
            processor: Duration::from_millis(ticks.sum::<u64>() * MILLISECONDS_PER_TICK),
            has_ended,
        }
    }
}

/// Runs a program to its end; an exit code other than 0 is a failure.
pub(super) fn cost(command: &mut Command) -> Result<Cost> {
    cost_ending(command, &[0])
}

/// Runs a program to its end; an exit code other than these is a failure.
pub(super) fn cost_ending(command: &mut Command, codes: &[i32]) -> Result<Cost> {
    let begin = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run {command:?}"))?;
    let status = format!("/proc/{}/status", child.id());
    let mut kilobytes: f64 = 0.0;
    let processor = loop {
        let load = Load::of(child.id());
        if load.has_ended {
            break load.processor;
        }
        let about = fs::read_to_string(&status).unwrap_or_default();
        let peak = about
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        kilobytes = kilobytes.max(peak.and_then(|peak| peak.parse().ok()).unwrap_or_default());
        std::thread::sleep(LOOK);
    };
    let time = begin.elapsed();
    let exit = child.wait()?;
    ensure!(
        exit.code().is_some_and(|code| codes.contains(&code)),
        "{command:?} ended with {exit}"
    );
    Ok(Cost {
        time,
        processor,
        megabytes: kilobytes / 1024.0,
    })
}
