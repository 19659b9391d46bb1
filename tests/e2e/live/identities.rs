//! The identities that files want, and those that the accounts in the cluster have.

use neo4jbackup_harness::play;
use serde_json::{Value, json};

use super::{backup, codes, inhabited, lint};
use crate::world::World;

/// A backup by an identity in the place of a Secret.
pub(super) fn with_identity(name: &str, provider: &str, key: &str, value: &str) -> Value {
    let mut backup = backup(name, "30 5 * * *");
    let (store, bucket) = match provider {
        "gcp" => ("gcs", "acme-backups"),
        "azure" => ("azure", "acme/backups"),
        _ => ("s3", "acme-backups"),
    };
    backup["spec"]["storage"] = json!({
        "type": store, "bucket": bucket, "path": name,
        "cloud": {"provider": provider, "identity": {
            "provider": provider, "autoCreate": {"enabled": true, "annotations": {key: value}},
        }},
    });
    backup
}

fn account(namespace: &str, key: &str, value: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "ServiceAccount",
        "metadata": {"name": "neo4j-backup-sa", "namespace": namespace, "annotations": {key: value}},
    })
}

#[test]
fn an_account_that_has_another_identity_is_named() {
    let control_plane = &World::rendered().control_plane;
    for (provider, key, there, wanted) in [
        (
            "aws",
            "eks.amazonaws.com/role-arn",
            "arn:aws:iam::210987654321:role/by-hand",
            "arn:aws:iam::210987654321:role/new",
        ),
        (
            "gcp",
            "iam.gke.io/gcp-service-account",
            "by-hand@acme-prod.iam.gserviceaccount.com",
            "new-one@acme-prod.iam.gserviceaccount.com",
        ),
        (
            "azure",
            "azure.workload.identity/client-id",
            "11111111-2222-4333-8444-555555555555",
            "99999999-2222-4333-8444-555555555555",
        ),
    ] {
        let namespace = inhabited(control_plane);
        play(
            &mut control_plane.api_client().unwrap(),
            [account(&namespace, key, there)],
        );
        let (_, report) = lint(
            control_plane,
            &namespace,
            &with_identity("hourly", provider, key, wanted),
            &[],
        );
        let findings = report["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["code"] == "NB3014");
        let finding = finding.unwrap_or_else(|| panic!("{provider}: {report:#}"));
        let message = finding["message"].as_str().unwrap();
        assert!(
            message.contains(&format!("`neo4j-backup-sa` has `{there}`")),
            "{message}"
        );
        let related = &finding["related"][0];
        assert_eq!(
            (&related["object"]["kind"], &related["inCluster"]),
            (&json!("ServiceAccount"), &json!(true)),
            "{report:#}"
        );
        let (_, report) = lint(
            control_plane,
            &namespace,
            &with_identity("hourly", provider, key, there),
            &[],
        );
        assert!(!codes(&report).contains("NB3014"), "{provider}: {report:#}");
    }
}

/// Two that want one account to be two, and one that changes what it wanted itself.
#[test]
fn the_identities_of_files_and_cluster_are_compared() {
    let control_plane = &World::rendered().control_plane;
    let namespace = inhabited(control_plane);
    let key = "eks.amazonaws.com/role-arn";
    let [old, new] = ["old", "new"].map(|role| format!("arn:aws:iam::210987654321:role/{role}"));
    let mut stored = with_identity("stored", "aws", key, &old);
    stored["metadata"]["namespace"] = namespace.as_str().into();
    play(
        &mut control_plane.api_client().unwrap(),
        [stored, account(&namespace, key, &old)],
    );
    let (_, report) = lint(
        control_plane,
        &namespace,
        &with_identity("another", "aws", key, &new),
        &[],
    );
    assert!(codes(&report).contains("NB3004"), "{report:#}");
    assert!(!codes(&report).contains("NB3014"), "{report:#}");
    let (_, report) = lint(
        control_plane,
        &namespace,
        &with_identity("stored", "aws", key, &new),
        &[],
    );
    let of_identity = codes(&report)
        .into_iter()
        .filter(|code| ["NB3004", "NB3014"].contains(code));
    assert_eq!(of_identity.count(), 0, "{report:#}");
}
