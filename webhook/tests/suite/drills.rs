//! Drills: what a server lives through in months, in seconds, or in minutes when `NEO4JBACKUP_DRILLS=long`.
//!
//! They assert counts and memory and never times, so that a slow machine takes longer and fails nothing.

mod attacks;
mod full;
mod hostile;
mod random;
mod random_objects;
mod steady;
mod worst_body;

use std::time::Duration;

use crate::program::Program;
use crate::support::{eventually, get};

/// The size of a drill.
fn scale(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

fn is_long() -> bool {
    std::env::var("NEO4JBACKUP_DRILLS").is_ok_and(|drills| drills == "long")
}

/// What the program holds in memory, in KiB.
fn resident(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.child.id().unwrap())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap()
}

/// Waits until no connection is left but those of the test and memory does not go down any more, and returns what it
/// came to, in KiB.
async fn settled(program: &Program) -> u64 {
    eventually("the connections are closed", async || {
        (open_connections(program).await == 0).then_some(())
    })
    .await;
    let (mut least, mut same) = (resident(program), 0);
    while same < 8 {
        tokio::time::sleep(Duration::from_millis(250)).await;
        let now = resident(program);
        same = if now < least { 0 } else { same + 1 };
        least = least.min(now);
    }
    least
}

async fn open_connections(program: &Program) -> u64 {
    let (_, metrics) = get(program.status, "/metrics").await;
    value(&metrics, "connections")
}

/// The value of a metric without labels, or with these.
fn value(metrics: &str, name: &str) -> u64 {
    let line = metrics.lines().find_map(|line| {
        line.strip_prefix("neo4j_backup_webhook_")?
            .strip_prefix(name)?
            .strip_prefix(' ')
    });
    line.map_or(0, |value| value.parse().unwrap())
}
