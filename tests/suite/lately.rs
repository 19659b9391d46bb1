//! For how long it counts what somebody wrote in a cluster: a webhook that failed a day ago says nothing of today.

use std::fs;

use neo4jbackup_tests::plugin::run;
use neo4jbackup_tests::scenario::{file_name, scenarios};
use serde_json::Value;

/// The scenario in which only an event tells of the webhook; it is looked at at `2026-11-21T10:00:00Z`.
const SCENARIO: &str = "webhook-in-the-way-expired";
/// When the event was seen last.
const SEEN: &str = "lastTimestamp: \"2026-11-21T09:48:00Z\"";
/// The webhook of which something speaks.
const CODE: &str = "NB9010";

/// A restore that failed because of another webhook.
const RESTORE: &str = "---
apiVersion: neo4j.neo4j.com/v1beta1
kind: Neo4jRestore
metadata: {name: back, namespace: graph, generation: 1, creationTimestamp: \"2026-11-20T09:00:00Z\"}
spec: {instanceRef: prod, database: neo4j, stopCluster: true, source: {type: backup, backupRef: nightly}}
status:
  phase: Failed
  message: 'failed to create restore job: Internal error occurred: failed calling webhook \"jobs.example.org\": failed to call
    webhook: Post \"https://jobs.policy.svc:443/?timeout=10s\": context deadline exceeded'
  observedGeneration: 1
  startTime: \"2026-11-20T09:00:00Z\"
  completionTime: \"ENDED\"
";

/// How many webhooks are said to be in the way, when the event was seen last and the restore ended at these times.
fn webhooks_in_the_way(seen: &str, restore_ended: &str) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for file in ["bundle.yaml", "objects.yaml"] {
        let source = scenarios().join(SCENARIO).join(file);
        let mut text = fs::read_to_string(&source).unwrap();
        if file == "objects.yaml" {
            assert!(text.contains(SEEN), "{} tells of no event", file_name(&source));
            text = text.replace(SEEN, &format!("lastTimestamp: \"{seen}\""));
            text += &RESTORE.replace("ENDED", restore_ended);
        }
        fs::write(folder.path().join(file), text).unwrap();
    }
    let said = run(folder.path(), "", ["doctor", "--from-bundle", ".", "-o", "json"]);
    let report: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter(|finding| finding["code"] == CODE).count()
}

#[test]
fn a_call_that_failed_counts_for_a_day() {
    let (lately, long_ago) = ("2026-11-20T10:00:01Z", "2026-11-20T09:59:59Z");
    assert_eq!(webhooks_in_the_way(lately, lately), 2);
    assert_eq!(webhooks_in_the_way(lately, long_ago), 1);
    assert_eq!(webhooks_in_the_way(long_ago, lately), 1);
    assert_eq!(webhooks_in_the_way(long_ago, long_ago), 0);
}
