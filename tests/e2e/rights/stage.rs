//! A cluster in which every command of the plugin has something to read.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use kubectl_neo4jbackup::Exit;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{ControlPlane, play};
use neo4jbackup_tests::plugin::{Run, Surroundings};
use neo4jbackup_tests::scenario::{documents, objects, scenarios};
use serde_json::{Value, json};

use crate::world::World;

pub(super) const OPERATOR_NAMESPACE: &str = "ops";

/// A cluster in which every command has something to read.
pub(super) struct Stage {
    world: &'static World,
    pub(super) namespace: String,
    now: Timestamp,
}

impl Stage {
    /// In a namespace of its own, of a cluster that no other test looks at.
    pub(super) fn set() -> Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        let world = WORLD.get_or_init(|| {
            let world = World::of_era(Era::NEWEST);
            let arguments = ["create", "namespace", OPERATOR_NAMESPACE];
            world.control_plane.client().must_run(&arguments, "").unwrap();
            world
        });
        let control_plane = &world.control_plane;
        let namespace = control_plane.create_namespace("rights").unwrap();
        let mut objects = objects(&scenarios().join("run-failure-in-log"));
        for object in &mut objects {
            object["metadata"]["namespace"] = namespace.as_str().into();
        }
        objects.extend(beside(&namespace));
        play(&mut control_plane.api_client().unwrap(), objects);
        // What the operator has left alone since it was made is looked into everywhere.
        let now = Timestamp::now() + SignedDuration::from_hours(1);
        Self { world, namespace, now }
    }

    pub(super) fn control_plane(&self) -> &ControlPlane {
        &self.world.control_plane
    }

    /// Runs the plugin in the name of somebody; of the administrator without a name.
    pub(super) fn run(&self, user: &str, arguments: &[&str]) -> Run {
        let flags = if user.is_empty() { vec![] } else { vec!["--as", user] };
        self.run_words(&[arguments, &flags].concat())
    }

    /// Runs the plugin with a token of somebody.
    pub(super) fn run_with(&self, token: &str, arguments: &[&str]) -> Run {
        self.run_words(&[arguments, &["--token", token]].concat())
    }

    fn run_words(&self, arguments: &[&str]) -> Run {
        let folder = std::env::temp_dir();
        Surroundings::of_cluster(&folder, self.control_plane().kubeconfig(), self.now).run(arguments)
    }

    /// The objects that `rbac generate` prints.
    pub(super) fn generate(&self, arguments: &[&str]) -> Vec<Value> {
        let words = [
            &["rbac", "generate", "--operator-namespace", OPERATOR_NAMESPACE],
            arguments,
        ]
        .concat();
        let run = self.run("", &words);
        assert_eq!(run.exit, Exit::Good, "{run:?}");
        documents(&run.stdout)
    }

    /// The commands that may only look, in one namespace.
    pub(super) fn commands(&self) -> Vec<Vec<&str>> {
        let in_namespace = |words: &[&'static str]| {
            let mut words: Vec<&str> = words.to_vec();
            words.extend(["-n", &self.namespace]);
            words
        };
        vec![
            in_namespace(&["doctor", "-o", "json"]),
            in_namespace(&["rbac", "check", "-o", "json", "--operator-version", "1.19"]),
            in_namespace(&["wait", "backup/nightly", "--timeout", "1s"]),
            in_namespace(&["wait", "restore/back", "--timeout", "1s"]),
            in_namespace(&["wait", "cronjob/plain", "--timeout", "1s"]),
            in_namespace(&["logs", "backup/nightly", "--servers"]),
            in_namespace(&["logs", "backup/of-cluster", "--servers"]),
        ]
    }

    /// Those that look at all namespaces.
    pub(super) fn commands_everywhere() -> Vec<Vec<&'static str>> {
        vec![
            vec!["doctor", "-A", "-o", "json"],
            vec!["rbac", "check", "-A", "-o", "json", "--operator-version", "1.19"],
        ]
    }
}

/// What the scenario lacks: an operator in its own namespace, a webhook of ours, a Secret, a restore, a plain `CronJob`, an
/// object that the operator has never looked at, and a cluster.
fn beside(namespace: &str) -> Vec<Value> {
    let neo4j = "neo4j.neo4j.com/v1beta1";
    let metadata = |name: &str| json!({"name": name, "namespace": namespace});
    let labels = json!({"control-plane": "controller-manager"});
    let image = "ghcr.io/neo4j-partners/neo4j-operator:1.19.0";
    let container = json!({"name": "manager", "image": image});
    let of_operator = |name: &str| json!({"name": name, "namespace": OPERATOR_NAMESPACE, "labels": labels});
    let storage = json!({"type": "s3", "bucket": "backups-of-graph", "cloud": {
        "provider": "aws", "credentialsSecretRef": "cloud"}});
    let admin = json!({"containers": [{"name": "dump", "image": "neo4j:2025.11.0-enterprise",
        "command": ["neo4j-admin", "database", "backup", "neo4j", "--to-path=/backups"]}], "restartPolicy": "Never"});
    vec![
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": of_operator("neo4j-operator"),
            "spec": {"replicas": 1, "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
            "status": {"replicas": 1}}),
        json!({"apiVersion": "v1", "kind": "Pod", "metadata": of_operator("neo4j-operator-6d5f8b7c9-q4z2m"),
            "spec": {"nodeName": "node-1", "containers": [container]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "manager", "ready": false, "restartCount": 0,
                "image": image, "imageID": "", "state": {"running": {"startedAt": "2026-11-01T00:00:00Z"}}}]}}),
        json!({"apiVersion": neo4j, "kind": "Neo4jEnterpriseCluster", "metadata": metadata("core"),
            "spec": {"image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"}, "topology": {"servers": 3},
                "storage": {"className": "standard", "size": "10Gi"}}}),
        json!({"apiVersion": neo4j, "kind": "Neo4jBackup", "metadata": metadata("of-cluster"),
            "spec": {"instanceRef": "core", "database": "neo4j", "storage": storage}}),
        json!({"apiVersion": neo4j, "kind": "Neo4jRestore", "metadata": metadata("back"),
            "spec": {"instanceRef": "prod", "database": "neo4j", "source": {"type": "backup", "backupRef": "nightly"}}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata("cloud"), "type": "Opaque"}),
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": metadata("plain"),
            "spec": {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": {"spec": admin}}}}}),
        json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": "of-rights"}, "webhooks": [{
                "name": "validate.neo4jbackup.github.io", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                "failurePolicy": "Ignore", "clientConfig": {"service": {"name": "hook", "namespace": OPERATOR_NAMESPACE}},
                "rules": [{"apiGroups": ["nobody.example"], "apiVersions": ["*"], "operations": ["CREATE"],
                    "resources": ["nothings"]}]}]}),
    ]
}
