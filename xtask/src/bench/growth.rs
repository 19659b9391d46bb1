//! How `lint` grows: the time and the memory for ten times as much of the same, for inputs of which a careless program
//! compares everything with everything.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use neo4jbackup_harness::report_progress;

use super::cost::{Cost, cost};

/// An input of any size.
struct Shape {
    name: &'static str,
    /// What it is measured at; ten times as much comes second.
    count: usize,
    /// So many of the same.
    input: fn(usize) -> Input,
}

/// What a run reads.
enum Input {
    /// One file.
    File(String),
    /// Many, by the numbers that are their names.
    Files(Vec<String>),
    /// Standard input, which is fixed.
    Mended(String),
}

const SHAPES: [Shape; 18] = [
    Shape {
        name: "files of one backup, one namespace",
        count: 10_000,
        input: |count| Input::Files((0..count).map(|index| Backup::usual(index).text()).collect()),
    },
    Shape {
        name: "files of another kind",
        count: 10_000,
        input: |count| {
            let text =
                |index| format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c{index}}}\ndata: {{a: b}}\n");
            Input::Files((0..count).map(text).collect())
        },
    },
    Shape {
        name: "documents in one file",
        count: 10_000,
        input: |count| Input::File(documents(count, |_| {})),
    },
    Shape {
        name: "documents in one file, fixed",
        count: 1_000,
        input: |count| Input::Mended(documents(count, |backup| backup.schedule = String::from("0 0 2 * * *"))),
    },
    Shape {
        name: "backups in one place",
        count: 1_000,
        input: |count| Input::File(documents(count, |backup| backup.path = String::from("same"))),
    },
    Shape {
        name: "backups of other databases in one chain",
        count: 1_000,
        input: |count| {
            Input::File(documents(count, |backup| {
                backup.path = String::from("same");
                backup.more = "  chainFromBackup: base\n";
            }))
        },
    },
    Shape {
        name: "replication sources in one place",
        count: 1_000,
        input: |count| {
            Input::File(documents(count, |backup| {
                backup.path = String::from("same");
                backup.more = "  mode: replication-source\n";
            }))
        },
    },
    Shape {
        name: "backups that want different identities",
        count: 1_000,
        input: |count| Input::File(documents(count, |backup| backup.role = backup.index)),
    },
    Shape {
        name: "backups of one instance at the same minute",
        count: 1_000,
        input: |count| {
            Input::File(documents(count, |backup| {
                backup.instance = 0;
                backup.schedule = String::from("0 2 * * *");
            }))
        },
    },
    Shape {
        name: "differential backups of one chain",
        count: 1_000,
        input: |count| {
            Input::File(documents(count, |backup| {
                backup.more = "  chainFromBackup: b0\n  options: {backupType: DIFF}\n";
            }))
        },
    },
    Shape {
        name: "suppression comments in one object",
        count: 4_000,
        input: |count| {
            let line = |index| format!("    - --a{index} # neo4jbackup:ignore NB5001 known\n");
            let lines: String = (0..count).map(line).collect();
            Input::File(Backup::usual(0).text() + "  options:\n    additionalArgs:\n" + &lines)
        },
    },
    Shape {
        name: "suppression comments on one line",
        count: 4_000,
        input: |count| {
            let comments = " # neo4jbackup:ignore NB5001 known".repeat(count);
            Input::File(Backup::usual(0).text() + "  suspend: false" + &comments + "\n")
        },
    },
    Shape {
        name: "annotations of one object that suppress",
        count: 1_000,
        input: |count| {
            let line = |index| format!("    neo4jbackup.github.io/ignore-rule-{index}: known\n");
            let lines: String = (0..count).map(line).collect();
            let name = "  name: b0\n";
            let with_lines = format!("{name}  annotations:\n{lines}");
            Input::File(Backup::usual(0).text().replacen(name, &with_lines, 1))
        },
    },
    Shape {
        name: "unknown fields in one object",
        count: 4_000,
        input: |count| Input::File(Backup::usual(0).text() + &unknown_fields(count)),
    },
    Shape {
        name: "unknown fields in one object, fixed",
        count: 4_000,
        input: |count| Input::Mended(Backup::usual(0).text() + &unknown_fields(count)),
    },
    Shape {
        name: "placeholders in one object",
        count: 4_000,
        input: |count| Input::File(Backup::usual(0).text() + &placeholders(count)),
    },
    Shape {
        name: "unknown fields beside placeholders",
        count: 4_000,
        input: |count| Input::File(Backup::usual(0).text() + &unknown_fields(count) + &placeholders(count)),
    },
    Shape {
        name: "unknown fields on one line of JSON",
        count: 4_000,
        input: |count| {
            let field = |index| format!(", \"unknownField{index}\": {{\"a\": [1]}}");
            let fields: String = (0..count).map(field).collect();
            Input::File(format!(
                "{{\"apiVersion\": \"neo4j.neo4j.com/v1beta1\", \"kind\": \"Neo4jBackup\", \"metadata\": {{\"name\": \"b\"}}, \
                 \"spec\": {{\"instanceRef\": \"i\"{fields}}}}}\n"
            ))
        },
    },
];

/// One backup of many.
struct Backup {
    index: usize,
    instance: usize,
    role: usize,
    path: String,
    schedule: String,
    /// More lines of its `spec`.
    more: &'static str,
}

impl Backup {
    /// One that has nothing in common with the others but bucket and identity.
    fn usual(index: usize) -> Self {
        Self {
            index,
            instance: index,
            role: 0,
            path: format!("p{index}"),
            schedule: format!("{} {} * * *", index % 60, index / 60 % 24),
            more: "",
        }
    }

    fn text(&self) -> String {
        let Self {
            index,
            instance,
            role,
            path,
            schedule,
            more,
        } = self;
        format!(
            "apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jBackup
metadata:
  name: b{index}
  namespace: graph
spec:
  instanceRef: i{instance}
  database: d{index}
  schedule: \"{schedule}\"
  storage:
    type: s3
    bucket: backups
    path: {path}
    cloud:
      provider: aws
      identity:
        provider: aws
        autoCreate:
          enabled: true
          annotations:
            eks.amazonaws.com/role-arn: arn:aws:iam::210987654321:role/r{role}
{more}"
        )
    }
}

/// So many backups in one text, each changed in the same way.
fn documents(count: usize, change: impl Fn(&mut Backup)) -> String {
    let text = |index| {
        let mut backup = Backup::usual(index);
        change(&mut backup);
        format!("---\n{}", backup.text())
    };
    (0..count).map(text).collect()
}

fn unknown_fields(count: usize) -> String {
    (0..count)
        .map(|index| format!("  unknownFieldOfSomeLength{index}: 1\n"))
        .collect()
}

fn placeholders(count: usize) -> String {
    let line = |index| format!("    - --argument={index}-${{VALUE_{index}}}\n");
    let lines: String = (0..count).map(line).collect();
    format!("  options:\n    additionalArgs:\n{lines}")
}

/// Measures every shape whose name contains `filter`, at its size and at ten times that; each the best of `rounds`.
pub(super) fn run(program: &Path, folder: &Path, filter: Option<&str>, rounds: usize) -> Result<()> {
    report_progress(&format!(
        "{:<44}{:>8}{:>9}{:>9}{:>10}{:>10}{:>7}{:>8}{:>8}{:>7}{:>9}",
        "", "count", "ms", "ms x 10", "processor", "x 10", "ratio", "MB", "MB x 10", "ratio", "report"
    ));
    let is_wanted = |shape: &&Shape| filter.is_none_or(|filter| shape.name.contains(filter));
    for shape in SHAPES.iter().filter(is_wanted) {
        let (small, small_report) = measure(program, folder, &(shape.input)(shape.count), rounds)?;
        let (large, large_report) = measure(program, folder, &(shape.input)(shape.count * 10), rounds)?;
        report_progress(&format!(
            "{:<44}{:>8}{:>9.0}{:>9.0}{:>10.0}{:>10.0}{:>7.1}{:>8.1}{:>8.1}{:>7.1}{:>8.1}x",
            shape.name,
            shape.count,
            small.time.as_secs_f64() * 1e3,
            large.time.as_secs_f64() * 1e3,
            small.processor.as_secs_f64() * 1e3,
            large.processor.as_secs_f64() * 1e3,
            large.processor.as_secs_f64() / small.processor.as_secs_f64(),
            small.megabytes,
            large.megabytes,
            large.megabytes / small.megabytes,
            ratio(large_report, small_report),
        ));
    }
    Ok(())
}

#[allow(clippy::cast_precision_loss, reason = "no report has so many bytes")]
fn ratio(large: u64, small: u64) -> f64 {
    large as f64 / small.max(1) as f64
}

/// The best of several runs, and the bytes of its report.
fn measure(program: &Path, folder: &Path, input: &Input, rounds: usize) -> Result<(Cost, u64)> {
    let place = folder.join("input");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place)?;
    match input {
        Input::File(text) | Input::Mended(text) => fs::write(place.join("objects.yaml"), text)?,
        Input::Files(texts) => {
            for (index, text) in texts.iter().enumerate() {
                // A thousand in a folder; nobody keeps more.
                let folder = place.join((index / 1_000).to_string());
                fs::create_dir_all(&folder)?;
                fs::write(folder.join(format!("{index}.yaml")), text)?;
            }
        }
    }
    let report = folder.join("report.json");
    let mut best: Option<(Cost, u64)> = None;
    for _ in 0..rounds.max(1) {
        let mut command = Command::new(program);
        command.args(["lint", "-o", "json", "--fail-on", "never", "--allow-incomplete"]);
        command.stdout(fs::File::create(&report)?).stderr(Stdio::null());
        if matches!(input, Input::Mended(_)) {
            let text = fs::File::open(place.join("objects.yaml"))?;
            command.args(["-", "--fix", "--unsafe"]).stdin(text);
        } else {
            command.arg(&place);
        }
        let cost = cost(&mut command)?;
        if best.as_ref().is_none_or(|(best, _)| cost.processor < best.processor) {
            best = Some((cost, fs::metadata(&report)?.len()));
        }
    }
    fs::remove_dir_all(&place)?;
    best.context("nothing was measured")
}
