//! `lint` with every rule beside kubeconform with the schema alone, over the backups of ten thousand teams.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use neo4jbackup_harness::report_progress;

use super::cost::{Cost, cost};

/// How many teams there are; each has one backup in a namespace of its own.
const TEAMS: usize = 10_000;
const SCHEMA: &str = "neo4jbackup";

/// Measures both programs in turns, over one file of all documents and over a file for each team.
pub(super) fn run(program: &Path, kubeconform: &Path, folder: &Path, rounds: usize) -> Result<()> {
    let file = folder.join("all.yaml");
    let all: String = (0..TEAMS).map(|team| format!("---\n{}", backup(team))).collect();
    fs::write(&file, &all)?;
    let files = folder.join("teams");
    for team in 0..TEAMS {
        let folder = files.join(format!("team-{team}"));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("backup.yaml"), backup(team))?;
    }
    let schema = Command::new(program).args(["schema", SCHEMA]).output()?;
    ensure!(schema.status.success(), "{} schema {SCHEMA} failed", program.display());
    fs::write(folder.join(format!("{SCHEMA}.json")), schema.stdout)?;

    report_progress(&format!(
        "{TEAMS} documents, {:.1} MB; the best of {rounds} rounds\n",
        in_megabytes(all.len())
    ));
    report_progress(&format!(
        "{:<24}{:<14}{:>9}{:>14}{:>9}",
        "", "", "ms", "processor ms", "MB"
    ));
    for (name, input) in [("one file", &file), ("a file for each", &files)] {
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for _ in 0..rounds.max(1) {
            let mut command = Command::new(program);
            ours.push(run_over(command.args(["lint", "--fail-on", "never"]), input)?);
            let mut command = Command::new(kubeconform);
            let location = folder.join("{{ .ResourceKind }}.json");
            theirs.push(run_over(
                command.args(["-strict", "-summary", "-schema-location"]).arg(location),
                input,
            )?);
        }
        let ours = Best::of(&ours).context("nothing was measured")?;
        let theirs = Best::of(&theirs).context("nothing was measured")?;
        for (name, program, best) in [(name, "lint", &ours), ("", "kubeconform", &theirs)] {
            report_progress(&format!(
                "{name:<24}{program:<14}{:>9.0}{:>14.0}{:>9.1}",
                best.time * 1e3,
                best.processor * 1e3,
                best.megabytes
            ));
        }
        report_progress(&format!(
            "{:<24}{:<14}{:>8.1}x{:>13.1}x{:>8.2}x",
            "",
            "ratio",
            theirs.time / ours.time,
            theirs.processor / ours.processor,
            ours.megabytes / theirs.megabytes
        ));
    }
    Ok(())
}

fn run_over(command: &mut Command, input: &Path) -> Result<Cost> {
    cost(command.arg(input).stdout(Stdio::null()).stderr(Stdio::null()))
}

/// The shortest times of several runs, which other programs disturb least, and the most memory; seconds and megabytes.
struct Best {
    time: f64,
    processor: f64,
    megabytes: f64,
}

impl Best {
    fn of(costs: &[Cost]) -> Option<Self> {
        Some(Self {
            time: costs.iter().map(|cost| cost.time).min()?.as_secs_f64(),
            processor: costs.iter().map(|cost| cost.processor).min()?.as_secs_f64(),
            megabytes: costs.iter().map(|cost| cost.megabytes).fold(0.0, f64::max),
        })
    }
}

#[allow(clippy::cast_precision_loss, reason = "no input has so many bytes")]
fn in_megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// The backup of a team as a person writes it, with nothing wrong.
pub(super) fn backup(team: usize) -> String {
    format!(
        "apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: nightly
  namespace: team-{team}
  labels:
    app.kubernetes.io/managed-by: argocd
    team: team-{team}
spec:
  instanceRef: graph
  database: customers
  schedule: \"{minute} {hour} * * *\"
  storage:
    type: s3
    bucket: acme-graph-backups
    path: teams/team-{team}
    cloud:
      provider: aws
      identity:
        provider: aws
        serviceAccount: neo4j-backup-sa
        autoCreate:
          enabled: true
          annotations:
            eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/team-{team}
  options:
    compress: true
    backupType: FULL
    pageCache: 4G
    # Longer than the usual six hours: the first run of a month copies everything.
    additionalArgs:
      - --verbose
",
        minute = team % 60,
        hour = team / 60 % 24,
    )
}
