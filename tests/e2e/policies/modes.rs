//! The label of a namespace decides how far findings reach.

use neo4jbackup_harness::await_something;
use serde_json::{Value, json};

use super::policed::Policed;

#[test]
fn the_label_of_the_namespace_decides() {
    let policed = Policed::denying();
    let mut client = policed.client();
    for (namespace, label, is_denied, is_warned) in [
        ("unlabelled", None, true, false),
        ("mistyped", Some("enfroce"), true, false),
        ("enforced", Some("enforce"), true, false),
        ("warned", Some("warn"), false, true),
        ("audited", Some("audit"), false, false),
    ] {
        let labels = label.map_or(json!({}), |mode| json!({"neo4jbackup.github.io/mode": mode}));
        let answer = client.send(
            "POST",
            "/api/v1/namespaces",
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": labels}}),
        );
        assert_eq!(answer.status, 201, "{answer:?}");
        let path = format!("{}?dryRun=All", policed.path(namespace, "Neo4jBackup"));
        // Admission learns of a namespace a moment later.
        await_something("the mode of the namespace", || {
            let answer = client.send("POST", &path, &backup("six", "0 0 2 * * *"));
            let warned = answer.warnings.iter().any(|warning| warning.contains("[NB5001]"));
            if (answer.status == 422, warned) == (is_denied, is_warned) {
                Ok(())
            } else {
                Err(format!("{namespace}: {answer:?}"))
            }
        });
        let answer = client.send("POST", &path, &backup("azure", "0 2 * * *"));
        assert_eq!(answer.status, 201, "a warning denied: {answer:?}");
        let warned = answer.warnings.iter().any(|warning| warning.contains("[NB7009]"));
        assert_eq!(warned, label != Some("audit"), "{namespace}: {answer:?}");
    }
}

fn backup(name: &str, schedule: &str) -> Value {
    json!({
        "apiVersion": "neo4j.neo4j.com/v1beta1", "kind": "Neo4jBackup", "metadata": {"name": name},
        "spec": {
            "instanceRef": "catalog", "allDatabases": true, "schedule": schedule,
            "storage": {"type": "azure", "bucket": "backups", "cloud": {"provider": "azure"}},
        },
    })
}
