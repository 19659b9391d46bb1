//! `cargo xtask bench`: builds what is measured, measures, and prints ratios, which hold on other machines as well.

mod cost;
mod editor;
mod growth;
mod lint;
mod live;
mod policies;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use neo4jbackup_harness::{ChartTools, controller_runtime_peer, report_progress};
use serde_json::Value;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Subject {
    /// The core in process: decode, rules, answers, parsing, lint, schedules
    Core {
        /// Only benchmarks whose name matches; `rules|answer`
        filter: Option<String>,
    },
    /// The language server: from a keystroke to the findings, in texts of 200, 2,000 and 20,000 lines
    Editor {
        /// How many keystrokes
        #[arg(long, default_value_t = 200)]
        strokes: usize,
    },
    /// The linter: time and memory for ten times as much, where everything could be compared with everything
    Growth {
        /// Only inputs whose name contains this; `comments`
        filter: Option<String>,
        /// How often each is measured; the best counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
    },
    /// `status` and `doctor` beside `kubectl get` of the same kinds, on a real API server that it fills first
    Live {
        /// How many backups there are; each has ten Jobs and twenty events. A tenth of them is measured first
        #[arg(long, default_value_t = 5_000)]
        backups: usize,
        /// How often each command has its turn; the best counts
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Only the plugin's commands: how they grow, without what they are compared with, which takes most of the time
        #[arg(long)]
        only_ours: bool,
        /// Only what happens once the pages are there, stage by stage, with objects that are made in memory
        #[arg(long)]
        in_memory: bool,
    },
    /// The linter beside kubeconform, over 10,000 documents: time, processor, memory
    Lint {
        /// How often each has its turn; the best counts
        #[arg(long, default_value_t = 5)]
        rounds: usize,
    },
    /// The API server with no engine, policies, the webhook, and both: dry-run creates a second
    Policies {
        /// How often each engine has its turn
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// How long a turn takes, in milliseconds
        #[arg(long, default_value_t = 2000)]
        turn: u64,
    },
    /// The webhook beside a constant-reply server, a webhook on kube's types and one on controller-runtime, over TLS
    Webhook {
        /// How often each server has its turn
        #[arg(long, default_value_t = 5)]
        rounds: usize,
        /// How long a turn takes, in milliseconds
        #[arg(long, default_value_t = 1000)]
        turn: u64,
    },
}

/// The benchmarks that are set against each other: name, measured, and what it is a ratio of.
const RATIOS: [(&str, &str, &str); 13] = [
    (
        "decode 2.5 kB against serde_json::Value",
        "decode 2.5kB/borrowed",
        "decode 2.5kB/serde_json::Value",
    ),
    (
        "decode 40 kB against serde_json::Value",
        "decode 40kB/borrowed",
        "decode 40kB/serde_json::Value",
    ),
    (
        "rules of a backup against decoding it",
        "rules/backup",
        "decode 2.5kB/borrowed",
    ),
    (
        "rules of a restore against decoding a backup",
        "rules/restore",
        "decode 2.5kB/borrowed",
    ),
    (
        "validate backup 2.5 kB against decode to Value",
        "answer/validate backup 2.5kB",
        "decode 2.5kB/serde_json::Value",
    ),
    (
        "validate update 40 kB against decode to Value",
        "answer/validate update 40kB",
        "decode 40kB/serde_json::Value",
    ),
    (
        "document::parse against saphyr-parser alone",
        "parse 1MB/document::parse",
        "parse 1MB/saphyr-parser alone",
    ),
    (
        "lint on 2 threads against 1",
        "lint 10000 documents/2 threads",
        "lint 10000 documents/1 thread",
    ),
    (
        "cron parse against crate cron, nightly",
        "cron nightly/parse",
        "cron nightly/parse, crate cron",
    ),
    (
        "cron next against crate cron, nightly",
        "cron nightly/next",
        "cron nightly/next, crate cron",
    ),
    (
        "cron parse against crate cron, steps",
        "cron steps/parse",
        "cron steps/parse, crate cron",
    ),
    (
        "cron next against crate cron, steps",
        "cron steps/next",
        "cron steps/next, crate cron",
    ),
    (
        "cron next against crate cron, leap day",
        "cron leap day/next",
        "cron leap day/next, crate cron",
    ),
];

/// Measures.
pub(crate) fn run(root: &Path, subject: &Subject) -> Result<()> {
    match subject {
        Subject::Core { filter } => core(root, filter.as_deref()),
        Subject::Editor { strokes } => {
            in_memory(root, "editor", |program, folder| editor::run(program, folder, *strokes))
        }
        Subject::Growth { filter, rounds } => in_memory(root, "growth", |program, folder| {
            growth::run(program, folder, filter.as_deref(), *rounds)
        }),
        Subject::Lint { rounds } => {
            let tools = ChartTools::locate_or_build(&report_progress)?;
            in_memory(root, "lint", |program, folder| {
                lint::run(program, &tools.kubeconform, folder, *rounds)
            })
        }
        Subject::Live {
            backups,
            rounds,
            only_ours,
            in_memory,
        } => live(root, *backups, *rounds, *only_ours, *in_memory),
        Subject::Webhook { rounds, turn } => webhook(root, *rounds, *turn),
        Subject::Policies { rounds, turn } => policies::run(root, &built(root)?, *rounds, *turn),
    }
}

fn core(root: &Path, filter: Option<&str>) -> Result<()> {
    let results = root.join("target/criterion");
    let mut command = cargo();
    command
        .args(["bench", "--package", "neo4jbackup-benches", "--bench", "core", "--"])
        .args(filter);
    finish(command.env("CRITERION_HOME", &results), "cargo bench")?;
    let estimates = estimates(&results)?;
    let time = |name: &str| estimates.iter().find(|(other, _)| other == name).map(|(_, time)| *time);
    report_progress("");
    for (name, time) in &estimates {
        report_progress(&format!("{name:<48}{:>12}", in_words(*time)));
    }
    report_progress("");
    for (words, measured, against) in RATIOS {
        if let Some((measured, against)) = time(measured).zip(time(against)) {
            report_progress(&format!("{words:<52}{:>8.2}", measured / against));
        }
    }
    Ok(())
}

/// The median of every benchmark that criterion has written down, in nanoseconds, by name.
fn estimates(results: &Path) -> Result<Vec<(String, f64)>> {
    let mut found = Vec::new();
    for group in folders(results)? {
        for benchmark in folders(&group)? {
            let read = |file: &str| -> Option<Value> {
                serde_json::from_slice(&fs::read(benchmark.join("new").join(file)).ok()?).ok()
            };
            let Some((about, estimates)) = read("benchmark.json").zip(read("estimates.json")) else {
                continue;
            };
            let name = about["full_id"].as_str().unwrap_or_default().to_owned();
            found.push((name, estimates["median"]["point_estimate"].as_f64().unwrap_or_default()));
        }
    }
    found.sort_by(|left, right| left.0.cmp(&right.0));
    Ok(found)
}

fn folders(parent: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(parent).with_context(|| format!("cannot read {}", parent.display()))?;
    let paths: Result<Vec<PathBuf>, _> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    Ok(paths?.into_iter().filter(|path| path.is_dir()).collect())
}

fn in_words(nanoseconds: f64) -> String {
    match nanoseconds {
        time if time < 1e3 => format!("{time:.0} ns"),
        time if time < 1e6 => format!("{:.1} µs", time / 1e3),
        time => format!("{:.1} ms", time / 1e6),
    }
}

/// Builds the linter and measures it with files in a folder of their own, which is gone afterwards.
fn in_memory(root: &Path, name: &str, measure: impl FnOnce(&Path, &Path) -> Result<()>) -> Result<()> {
    let mut command = cargo();
    command.args(["build", "--release", "--package", "kubectl-neo4jbackup"]);
    finish(&mut command, "cargo build")?;
    let built = target(root)?.join("release");
    // In memory where there is such a folder, so that no disk is measured.
    let memory = Path::new("/dev/shm");
    let parent = if memory.is_dir() { memory } else { &built };
    let folder = parent.join(format!("neo4jbackup-bench-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let measured = measure(&built.join("kubectl-neo4jbackup"), &folder);
    fs::remove_dir_all(&folder)?;
    measured
}

/// Builds the plugin and what fills the API server, and measures.
fn live(root: &Path, backups: usize, rounds: usize, only_ours: bool, in_memory: bool) -> Result<()> {
    let mut command = cargo();
    command.args(["build", "--release", "--package", "kubectl-neo4jbackup"]);
    command.args(["--package", "neo4jbackup-benches", "--bins"]);
    finish(&mut command, "cargo build")?;
    let built = target(root)?.join("release");
    if in_memory {
        let mut command = Command::new(built.join("snapshot"));
        command.args(["--rounds", &rounds.to_string()]);
        command.args([backups / 10, backups].map(|backups| backups.to_string()));
        return finish(&mut command, "the program that reads a snapshot");
    }
    live::run(&built.join("kubectl-neo4jbackup"), &built, backups, rounds, only_ours)
}

fn webhook(root: &Path, rounds: usize, turn: u64) -> Result<()> {
    ensure!(
        std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1),
        "two cores are needed, one for the servers and one for the client"
    );
    let built = built(root)?;
    let mut command = Command::new("taskset");
    command.args(["-c", "1"]).arg(built.join("load"));
    command
        .arg("--webhook")
        .arg(built.join("neo4jbackup-webhook"))
        .arg("--peer")
        .arg(built.join("peer"));
    if let Some(peer) = controller_runtime_peer(&report_progress)? {
        command.arg("--go-peer").arg(peer);
    }
    command.arg("--folder").arg(built.join("bench-webhook"));
    command.args(["--rounds", &rounds.to_string(), "--turn", &turn.to_string()]);
    finish(&mut command, "taskset (of util-linux) with the load program")
}

/// Builds what is measured and what measures; gives the folder.
fn built(root: &Path) -> Result<PathBuf> {
    let mut command = cargo();
    command.args([
        "build",
        "--release",
        "--package",
        "neo4jbackup-benches",
        "--package",
        "neo4jbackup-webhook",
    ]);
    finish(&mut command, "cargo build")?;
    Ok(target(root)?.join("release"))
}

/// Where cargo builds, which its configuration may have moved.
fn target(root: &Path) -> Result<PathBuf> {
    let output = cargo()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()?;
    let metadata: Value = serde_json::from_slice(&output.stdout).context("cannot read what `cargo metadata` says")?;
    Ok(PathBuf::from(
        metadata["target_directory"]
            .as_str()
            .context("`cargo metadata` names no folder")?,
    ))
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

fn finish(command: &mut Command, what: &str) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {what}"))?;
    ensure!(status.success(), "{what} failed");
    Ok(())
}
