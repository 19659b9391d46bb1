//! What the webhook fills in, and that it fills in nothing else.

use neo4jbackup_harness::manifests;
use neo4jbackup_harness::{Namespace, Way, await_something};
use neo4jbackup_tests::transcript::{assert_transcript, of};
use serde_json::{Value, json};

use crate::world::{World, on_each_control_plane};

on_each_control_plane!(
    the_cloud_the_identity_and_its_role_are_filled_in,
    a_dry_run_shows_them_and_stores_nothing,
    applying_again_changes_nothing,
    each_store_gets_its_own_cloud,
    what_a_person_wrote_stays,
    what_is_missing_on_update_stays_missing,
);

fn the_cloud_the_identity_and_its_role_are_filled_in(world: &'static World) {
    for way in [Way::Apply, Way::Create, Way::ServerSideApply] {
        let namespace = world.guarded_namespace();
        let answer = namespace.send(way, manifests::GOOD_BACKUP);
        assert!(answer.success() && answer.stderr.is_empty(), "{answer:?}");
        assert_eq!(storage(&namespace)["cloud"], filled_in());
    }
}

fn a_dry_run_shows_them_and_stores_nothing(world: &'static World) {
    let namespace = world.guarded_namespace();
    let answer = namespace.send_with(&["apply", "--dry-run=server", "--output=json"], manifests::GOOD_BACKUP);
    let shown: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert_eq!(shown["spec"]["storage"]["cloud"], filled_in());
    assert_eq!(namespace.stored("neo4jbackup/nightly"), None);
}

fn applying_again_changes_nothing(world: &'static World) {
    for (way, snapshot) in [
        (Way::Apply, "applying-twice"),
        (Way::ServerSideApply, "applying-twice-server-side"),
    ] {
        let namespace = world.guarded_namespace();
        let line = format!("kubectl {} -f manifest.yaml", way.arguments().join(" "));
        let first = of(&namespace, &line, &namespace.send(way, manifests::GOOD_BACKUP));
        let stored = namespace.stored("neo4jbackup/nightly").unwrap();
        let second = of(&namespace, &line, &namespace.send(way, manifests::GOOD_BACKUP));
        let dry = namespace.send(Way::DryRun, manifests::GOOD_BACKUP);
        let again = namespace.stored("neo4jbackup/nightly").unwrap();
        assert_transcript(snapshot, &format!("{first}{second}"));
        assert!(
            dry.stdout.contains("unchanged") || matches!(way, Way::ServerSideApply),
            "{dry:?}"
        );
        assert_eq!(again["metadata"]["generation"], 1);
        assert_eq!(
            again["metadata"]["resourceVersion"],
            stored["metadata"]["resourceVersion"]
        );
        assert_eq!(again["spec"], stored["spec"]);
        assert_eq!(again["spec"]["storage"]["cloud"], filled_in());
    }
}

fn each_store_gets_its_own_cloud(world: &'static World) {
    let namespace = world.guarded_namespace();
    let annotations = [
        "neo4jbackup.github.io/gcp-service-account=neo4j-backup@acme-graph.iam.gserviceaccount.com",
        "neo4jbackup.github.io/azure-client-id=6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978",
    ];
    namespace.must(&[&["annotate", "namespace", &namespace.name][..], &annotations].concat());
    let stores = [
        ("gcs", "acme-graph-backups", "gcp", "iam.gke.io/gcp-service-account"),
        (
            "azure",
            "acmegraphbackups/backups",
            "azure",
            "azure.workload.identity/client-id",
        ),
    ];
    for (store, bucket, provider, annotation) in stores {
        let manifest = manifests::GOOD_BACKUP
            .replace("type: s3", &format!("type: {store}"))
            .replace("acme-graph-backups", bucket);
        // The annotation of the namespace reaches the webhook through a watch.
        let cloud = await_something("the identity of the namespace", || {
            let arguments = ["create", "--dry-run=server", "--output=jsonpath={.spec.storage.cloud}"];
            let answer = namespace.send_with(&arguments, &manifest);
            let cloud: Value = serde_json::from_str(&answer.stdout).unwrap_or_default();
            if cloud["identity"].is_object() {
                Ok(cloud)
            } else {
                Err(format!("{answer:?}"))
            }
        });
        assert_eq!(
            (&cloud["provider"], &cloud["identity"]["provider"]),
            (&json!(provider), &json!(provider))
        );
        assert!(
            cloud["identity"]["autoCreate"]["annotations"][annotation].is_string(),
            "{cloud}"
        );
    }
}

fn what_a_person_wrote_stays(world: &'static World) {
    let namespace = world.guarded_namespace();
    let manifest = format!(
        "{}    cloud: {{provider: aws, credentialsSecretRef: s3-keys}}\n",
        manifests::GOOD_BACKUP
    );
    namespace.must_apply(&manifest);
    assert_eq!(
        storage(&namespace)["cloud"],
        json!({"provider": "aws", "credentialsSecretRef": "s3-keys"})
    );
}

/// Filling in on an update would fight with whoever owns the manifest.
fn what_is_missing_on_update_stays_missing(world: &'static World) {
    let namespace = world.namespace();
    namespace.must_apply(manifests::GOOD_BACKUP);
    namespace.guard_with(&world.webhook);
    let answer = namespace.must(&[
        "patch",
        "neo4jbackup/nightly",
        "--type=merge",
        "--patch={\"spec\":{\"suspend\":true}}",
    ]);
    assert!(answer.stderr.contains("[NB3001]"), "{answer:?}");
    assert_eq!(storage(&namespace).get("cloud"), None);
}

fn storage(namespace: &Namespace) -> Value {
    namespace.stored("neo4jbackup/nightly").unwrap()["spec"]["storage"].clone()
}

fn filled_in() -> Value {
    json!({
        "provider": "aws",
        "identity": {
            "provider": "aws",
            "serviceAccount": "neo4j-backup-sa",
            "autoCreate": {"enabled": true, "annotations": {"eks.amazonaws.com/role-arn": manifests::ROLE}},
        },
    })
}
