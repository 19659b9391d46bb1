//! What `schedule` says of live backups, from bundles.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use kubectl_neo4jbackup::Exit;
use neo4jbackup_tests::plugin::{Run, run_with};

fn scenario(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

fn schedule(folder: &Path, environment: &[(&str, &str)], arguments: &[&str]) -> Run {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: BTreeMap<String, String> = environment.collect();
    let command = ["schedule", "--from-bundle", "."].into_iter();
    run_with(folder, "", environment, command.chain(arguments.iter().copied()))
}

/// Two backups of one instance: the nightly one takes 40 minutes, the hourly one five; and one of another instance.
fn side_by_side() -> tempfile::TempDir {
    let entry = |id: &str, start: &str, end: &str| {
        format!(
            "{{runID: {id}, status: Succeeded, startTime: \"{start}\", completionTime: \"{end}\", artifactFilename: a.backup}}"
        )
    };
    let backup = |name: &str, instance: &str, schedule: &str, entry: &str| {
        format!(
            "apiVersion: neo4j.neo4j.com/v1beta1\nkind: Neo4jBackup\n\
             metadata: {{name: {name}, namespace: graph, generation: 1, creationTimestamp: \"2026-11-20T22:30:00Z\"}}\n\
             spec: {{instanceRef: {instance}, database: neo4j, schedule: \"{schedule}\", storage: {{type: s3, bucket: b}}}}\n\
             status: {{phase: Scheduled, observedGeneration: 1, history: [{entry}]}}\n---\n"
        )
    };
    let nightly = entry("nightly-backup-cron-1", "2026-11-21T01:30:00Z", "2026-11-21T02:10:00Z");
    let hourly = entry("hourly-backup-cron-1", "2026-11-21T04:00:00Z", "2026-11-21T04:05:00Z");
    let folder = tempfile::tempdir().unwrap();
    let objects = [
        backup("nightly", "prod", "30 1 * * *", &nightly),
        backup("hourly", "prod", "0 */2 * * *", &hourly),
        backup("elsewhere", "dev", "0 */2 * * *", &hourly),
        backup("broken", "dev", "0 2 * * * *", ""),
    ];
    fs::write(folder.path().join("objects.yaml"), objects.concat()).unwrap();
    fs::write(
        folder.path().join("bundle.yaml"),
        "takenAt: \"2026-11-21T04:30:00Z\"\nnamespaces: [graph]\ncomplete: true\n",
    )
    .unwrap();
    folder
}

#[test]
fn next_runs_are_told_in_utc_and_by_the_clock_of_the_reader() {
    let run = schedule(
        &scenario("healthy-scheduled-1-14"),
        &[("TZ", "Europe/Berlin"), ("COLUMNS", "80")],
        &["--next", "2"],
    );
    assert_eq!((run.stderr.as_str(), run.exit), ("", Exit::Good));
    insta::assert_snapshot!(run.stdout);
}

#[test]
fn runs_that_will_go_on_at_the_same_time_are_told() {
    let folder = side_by_side();
    for columns in ["80", "120"] {
        let environment = [("TZ", "America/New_York"), ("COLUMNS", columns)];
        let run = schedule(folder.path(), &environment, &[]);
        assert_eq!((run.stderr.as_str(), run.exit), ("", Exit::NotGood));
        insta::assert_snapshot!(format!("side_by_side_{columns}"), run.stdout);
    }
}

#[test]
fn programs_get_the_same() {
    let folder = side_by_side();
    let json = schedule(folder.path(), &[], &["nightly", "-o", "json", "--next", "2"]);
    let list: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (&list["apiVersion"], &list["kind"], &list["localZone"]),
        (
            &"report.neo4jbackup.github.io/v1".into(),
            &"ScheduleList".into(),
            &"UTC".into()
        )
    );
    let item = &list["items"][0];
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(item["next"][1]["utc"], "2026-11-23T01:30:00Z");
    assert_eq!(item["typicalSeconds"], 2_400);
    // The nightly run meets that of two o'clock for five of its minutes, every night of the seven.
    assert_eq!(
        item["overlaps"],
        serde_json::json!([{"name": "hourly", "from": "2026-11-22T02:00:00Z", "seconds": 300, "times": 7, "measured": true}])
    );
    let yaml = schedule(folder.path(), &[], &["nightly", "-o", "yaml", "--next", "2"]);
    let same: serde_json::Value = serde_saphyr::from_str(&yaml.stdout).unwrap();
    assert_eq!(same, list);
    assert_eq!(json.exit, Exit::Good);
}

#[test]
fn missed_runs_are_told_with_the_reason_that_is_known() {
    let behind = schedule(&scenario("run-never-ends"), &[("COLUMNS", "100")], &[]);
    insta::assert_snapshot!("missed_behind", behind.stdout);
    let noted = schedule(&scenario("runs-missed"), &[("COLUMNS", "100")], &[]);
    insta::assert_snapshot!("missed_noted", noted.stdout);
}

#[test]
fn what_cannot_be_used_is_said() {
    let folder = scenario("healthy-scheduled-1-14");
    let zone = schedule(&folder, &[("TZ", "Mars/Olympus")], &[]);
    assert_eq!(
        zone.stderr,
        "TZ is `Mars/Olympus`, which is no time zone: local times are in UTC\n"
    );
    assert_eq!(schedule(&folder, &[("TZ", ":Europe/Paris")], &[]).stderr, "");
    let restore = schedule(&folder, &[], &["restore/x"]);
    assert_eq!(restore.exit, Exit::Usage);
    assert_eq!(
        restore.stderr,
        "error: restore/x is no backup; `doctor` looks at restores\n"
    );
    // The word alone is the other command; with its type it is a backup, which is not there.
    let next = run_with(
        &folder,
        "",
        BTreeMap::new(),
        ["schedule", "next", "@daily", "--from", "2026-01-01T00:00:00Z"],
    );
    assert!(next.stdout.starts_with("@daily\n"), "{}", next.stdout);
    assert_eq!(schedule(&folder, &[], &["backup/next"]).exit, Exit::Usage);
}
