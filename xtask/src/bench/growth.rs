//! How `lint` grows: the time and the memory for ten times as much of the same, for inputs of which a careless program
//! compares everything with everything.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use neo4jbackup_harness::report_progress;

/// How often the memory of a run is looked at.
const LOOK: Duration = Duration::from_millis(2);

/// An input of any size.
struct Shape {
    name: &'static str,
    /// What it is measured at; ten times as much comes second.
    count: usize,
    /// The files of `count` of the same, as name and text.
    files: fn(usize) -> Vec<(String, String)>,
}

const SHAPES: [Shape; 13] = [
    Shape {
        name: "files, one backup each, one namespace",
        count: 10_000,
        files: |count| numbered(count, |index| backup(index, &Backup::default())),
    },
    Shape {
        name: "documents in one file",
        count: 10_000,
        files: |count| one(documents(count, &Backup::default())),
    },
    Shape {
        name: "files of another kind",
        count: 10_000,
        files: |count| {
            numbered(count, |index| {
                format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{index}}}\ndata: {{a: b}}\n")
            })
        },
    },
    Shape {
        name: "backups in one directory, each another database",
        count: 1_000,
        files: |count| {
            one(documents(
                count,
                &Backup {
                    chain: "chainFromBackup: base",
                    ..Backup::default()
                },
            ))
        },
    },
    Shape {
        name: "replication sources in one place",
        count: 1_000,
        files: |count| {
            let mode = "mode: replication-source";
            one(documents(
                count,
                &Backup {
                    chain: mode,
                    path: "same",
                    ..Backup::default()
                },
            ))
        },
    },
    Shape {
        name: "backups that want different identities",
        count: 1_000,
        files: |count| {
            one(documents(
                count,
                &Backup {
                    same_identity: false,
                    ..Backup::default()
                },
            ))
        },
    },
    Shape {
        name: "backups of one instance at the same minute",
        count: 1_000,
        files: |count| {
            let same = Backup {
                same_instance: true,
                schedule: "schedule: \"0 2 * * *\"",
                ..Backup::default()
            };
            one(documents(count, &same))
        },
    },
    Shape {
        name: "backups of one chain on a volume, with schedules",
        count: 1_000,
        files: |count| {
            one((0..count)
                .map(|index| {
                    format!(
                        "---\napiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata: {{name: b{index}}}\nspec:\n  \
                         instanceRef: prod\n  database: neo4j\n  chainFromBackup: base\n  schedule: \"0 2 * * *\"\n  storage: \
                         {{type: pvc, pvc: {{name: data}}}}\n"
                    )
                })
                .collect())
        },
    },
    Shape {
        name: "suppression comments in one object",
        count: 4_000,
        files: |count| {
            let lines = (0..count).map(|index| format!("    - --a{index} # neo4jbackup:ignore NB5001 known\n"));
            one(format!(
                "{}  options:\n    additionalArgs:\n{}",
                backup(0, &Backup::default()),
                lines.collect::<String>()
            ))
        },
    },
    Shape {
        name: "suppression comments on one line",
        count: 4_000,
        files: |count| {
            let comments = " # neo4jbackup:ignore NB5001 known".repeat(count);
            one(format!("{}  suspend: false{comments}\n", backup(0, &Backup::default())))
        },
    },
    Shape {
        name: "unknown fields in one object",
        count: 4_000,
        files: |count| {
            let fields = (0..count).map(|index| format!("  unknownFieldOfSomeLength{index}: 1\n"));
            one(backup(0, &Backup::default()) + &fields.collect::<String>())
        },
    },
    Shape {
        name: "unknown fields on one line of JSON",
        count: 4_000,
        files: |count| {
            let fields: Vec<String> = (0..count)
                .map(|index| format!("\"unknownField{index}\": {{\"a\": [1]}}"))
                .collect();
            let text = format!(
                "{{\"apiVersion\": \"neo4j.neo4j.com/v1beta1\", \"kind\": \"Neo4jBackup\", \"metadata\": {{\"name\": \"b\"}}, \
                 \"spec\": {{{}}}}}",
                fields.join(", ")
            );
            vec![("objects.json".to_owned(), text)]
        },
    },
    Shape {
        name: "annotations of one object that suppress",
        count: 1_000,
        files: |count| {
            let lines = (0..count).map(|index| format!("    neo4jbackup.github.io/ignore-rule-{index}: known\n"));
            let text = backup(0, &Backup::default());
            one(text.replacen(
                "  name: b0\n",
                &format!("  name: b0\n  annotations:\n{}", lines.collect::<String>()),
                1,
            ))
        },
    },
];

/// What the backups of a shape have in common.
struct Backup {
    chain: &'static str,
    path: &'static str,
    schedule: &'static str,
    same_instance: bool,
    same_identity: bool,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            chain: "suspend: false",
            path: "",
            schedule: "",
            same_instance: false,
            same_identity: true,
        }
    }
}

fn backup(index: usize, like: &Backup) -> String {
    let path = if like.path.is_empty() && like.chain.starts_with("suspend") {
        format!("p{index}")
    } else {
        like.path.to_owned()
    };
    let schedule = if like.schedule.is_empty() {
        format!("schedule: \"{} {} * * *\"", index % 60, index / 60 % 24)
    } else {
        like.schedule.to_owned()
    };
    let instance = if like.same_instance { 0 } else { index };
    let role = if like.same_identity { 0 } else { index };
    let chain = if like.chain.starts_with("suspend") {
        "backupHistoryLimit: 3"
    } else {
        like.chain
    };
    format!(
        "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\nmetadata:\n  name: b{index}\n  namespace: graph\nspec:\n  \
         instanceRef: i{instance}\n  database: d{index}\n  {schedule}\n  {chain}\n  storage:\n    type: s3\n    bucket: backups\n    \
         path: \"{path}\"\n    cloud:\n      provider: aws\n      identity:\n        provider: aws\n        autoCreate:\n          \
         enabled: true\n          annotations:\n            eks.amazonaws.com/role-arn: \
         arn:aws:iam::210987654321:role/r{role}\n"
    )
}

fn documents(count: usize, like: &Backup) -> String {
    (0..count)
        .map(|index| format!("---\n{}", backup(index, like)))
        .collect()
}

fn one(text: String) -> Vec<(String, String)> {
    vec![("objects.yaml".to_owned(), text)]
}

fn numbered(count: usize, text: impl Fn(usize) -> String) -> Vec<(String, String)> {
    // A thousand in a folder, as nobody keeps more.
    (0..count)
        .map(|index| (format!("{}/{index}.yaml", index / 1_000), text(index)))
        .collect()
}

/// What a run took.
struct Cost {
    time: Duration,
    megabytes: f64,
    output: u64,
}

/// Measures every shape whose name contains `filter`, at its size and at ten times that; each the best of `rounds`.
pub(super) fn run(program: &Path, folder: &Path, filter: Option<&str>, rounds: usize) -> Result<()> {
    report_progress(&format!(
        "{:<52}{:>8}{:>10}{:>10}{:>8}{:>9}{:>9}{:>8}{:>9}",
        "", "count", "ms", "ms x 10", "ratio", "MB", "MB x 10", "ratio", "output"
    ));
    for shape in SHAPES
        .iter()
        .filter(|shape| filter.is_none_or(|filter| shape.name.contains(filter)))
    {
        let small = measure(program, folder, &(shape.files)(shape.count), rounds)?;
        let large = measure(program, folder, &(shape.files)(shape.count * 10), rounds)?;
        report_progress(&format!(
            "{:<52}{:>8}{:>10.0}{:>10.0}{:>8.1}{:>9.1}{:>9.1}{:>8.1}{:>8.1}x",
            shape.name,
            shape.count,
            small.time.as_secs_f64() * 1e3,
            large.time.as_secs_f64() * 1e3,
            large.time.as_secs_f64() / small.time.as_secs_f64(),
            small.megabytes,
            large.megabytes,
            large.megabytes / small.megabytes,
            ratio(large.output, small.output),
        ));
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "no output has so many bytes")]
fn ratio(large: u64, small: u64) -> f64 {
    large as f64 / small.max(1) as f64
}

fn measure(program: &Path, folder: &Path, files: &[(String, String)], rounds: usize) -> Result<Cost> {
    let inputs = folder.join("input");
    let _ = fs::remove_dir_all(&inputs);
    for (name, text) in files {
        let file = inputs.join(name);
        fs::create_dir_all(file.parent().unwrap_or(&inputs))?;
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    }
    let mut best: Option<Cost> = None;
    for _ in 0..rounds.max(1) {
        let cost = lint(program, &inputs, &folder.join("report.json"))?;
        if best.as_ref().is_none_or(|best| cost.time < best.time) {
            best = Some(cost);
        }
    }
    fs::remove_dir_all(&inputs)?;
    best.context("nothing was measured")
}

fn lint(program: &Path, inputs: &Path, report: &PathBuf) -> Result<Cost> {
    let begin = Instant::now();
    let mut child = Command::new(program)
        .arg("lint")
        .arg(inputs)
        .args(["-o", "json", "--fail-on", "never"])
        .stdout(fs::File::create(report)?)
        .stderr(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot run {}", program.display()))?;
    let status = format!("/proc/{}/status", child.id());
    let mut kilobytes: f64 = 0.0;
    let exit = loop {
        if let Some(exit) = child.try_wait()? {
            break exit;
        }
        let peak = fs::read_to_string(&status).unwrap_or_default();
        let peak = peak
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        kilobytes = kilobytes.max(peak.unwrap_or_default());
        std::thread::sleep(LOOK);
    };
    let time = begin.elapsed();
    ensure!(exit.success(), "lint of {} ended with {exit}", inputs.display());
    Ok(Cost {
        time,
        megabytes: kilobytes / 1024.0,
        output: fs::metadata(report)?.len(),
    })
}
