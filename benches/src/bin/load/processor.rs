//! The processor time of a program that runs.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};

/// The time that the threads of a process have spent on a processor so far, those that have ended left out.
pub(crate) fn time_of(process_id: u32) -> Result<Duration> {
    let threads = format!("/proc/{process_id}/task");
    let mut nanoseconds = 0;
    for thread in fs::read_dir(&threads).with_context(|| format!("reading {threads}"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        nanoseconds += text.split_whitespace().next().unwrap_or_default().parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}
