//! What it takes to read a crowd of backups once their pages are there, stage by stage and without an API server: what grows
//! faster than the objects shows here, and so does where the time goes.

use std::io::Write as _;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use jiff::Timestamp;
use neo4jbackup_benches::crowd::{self, Team};
use neo4jbackup_core::document::Node;
use neo4jbackup_core::examine::{Options, examine};
use neo4jbackup_core::live::{Cluster, Health};
use neo4jbackup_core::settings::Settings;
use neo4jbackup_core::snapshot::{Resource, Snapshot, stored};

/// Measures the reading of a snapshot.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many backups there are, of which each has ten Jobs and twenty events; several sizes go one after the other.
    #[arg(default_values_t = [500, 5_000])]
    backups: Vec<usize>,
    /// How often each stage is repeated; the best counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let now: Timestamp = neo4jbackup_benches::NOW.parse().context("the time of the objects")?;
    say(&format!(
        "{:>8}{:>12}{:>12}{:>12}{:>12}{:>12}{:>10}{:>10}{:>10}",
        "backups", "decode ms", "sort ms", "view ms", "health ms", "examine ms", "text MB", "view MB", "peak MB"
    ))?;
    for backups in arguments.backups {
        measure(backups, arguments.rounds, now)?;
    }
    Ok(())
}

fn measure(backups: usize, rounds: usize, now: Timestamp) -> Result<()> {
    let mut snapshot = Snapshot::new(now, None);
    for resource in Resource::ALL {
        snapshot.add(resource, []);
    }
    let mut decoding = 0.0;
    let teams = (0..backups).map(|number| Team::new(number, now).objects());
    for objects in std::iter::once(crowd::ground()).chain(teams) {
        let texts: Vec<String> = objects
            .into_iter()
            .map(|object| crowd::as_served(object).to_string())
            .collect();
        let start = Instant::now();
        for text in &texts {
            let object: Node<'_> = serde_json::from_str(text)?;
            let (resource, object) = stored(object).context("an object of a kind that nobody looks at")?;
            snapshot.add(resource, [object]);
        }
        decoding += start.elapsed().as_secs_f64() * 1e3;
    }
    let ((), sorting) = timed(1, || snapshot.sort());
    let stored = resident_megabytes("VmRSS:")?;
    let (cluster, viewing) = timed(rounds, || Cluster::of(&snapshot));
    let viewed = resident_megabytes("VmRSS:")?;
    let (_, health) = timed(rounds, || {
        let healths = cluster
            .backups
            .iter()
            .map(|backup| Health::of_backup(backup, None, now));
        healths.filter(Health::needs_attention).count()
    });
    let settings = Settings::default();
    let options = Options {
        settings: &settings,
        target: None,
        selects: &|_, _| true,
    };
    let (_, examining) = timed(rounds, || examine(&cluster, &options));
    let text: usize = snapshot
        .resources()
        .flat_map(|resource| snapshot.objects(resource))
        .map(|object| object.text().len())
        .sum();
    say(&format!(
        "{backups:>8}{decoding:>12.0}{sorting:>12.0}{viewing:>12.0}{health:>12.0}{examining:>12.0}{:>10}{:>10}{:>10}",
        text / 1_000_000,
        viewed.saturating_sub(stored),
        resident_megabytes("VmHWM:")?
    ))
}

/// The last answer, and the shortest time in milliseconds.
fn timed<T>(rounds: usize, mut work: impl FnMut() -> T) -> (T, f64) {
    let mut best: Option<(T, f64)> = None;
    for _ in 0..rounds.max(1) {
        // What the round before has made is let go outside of the measured time.
        let before = best.take().map(|(_, time)| time);
        let start = Instant::now();
        let answer = work();
        let time = start.elapsed().as_secs_f64() * 1e3;
        best = Some((answer, before.map_or(time, |before| before.min(time))));
    }
    // There is at least one round.
    best.unwrap_or_else(|| (work(), 0.0))
}

/// How much memory the process has, now with `VmRSS:`, and at most with `VmHWM:`.
fn resident_megabytes(field: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let memory = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = memory.and_then(|memory| memory.trim().strip_suffix(" kB"));
    Ok(kilobytes.context("no memory in /proc/self/status")?.parse::<u64>()? / 1024)
}

fn say(line: &str) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{line}").context("cannot write")
}
