//! A namespace with a backup to a store, and the image that asks it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use kubectl_neo4jbackup::cli::PROBE_IMAGE;
use neo4jbackup_harness::{
    Moto, StaticImage, await_something, await_within, collection, static_program, workspace_program, write_image,
};
use serde_json::{Value, json};

use super::forwarder::Forwarder;
use super::tokens;
use crate::cluster::Cluster;
use crate::diagnoses::Said;

const API: &str = "neo4j.neo4j.com/v1beta1";
/// The image that the plugin names by itself.
pub(super) const IMAGE: &str = PROBE_IMAGE;
/// The annotation of an identity.
const ROLE: &str = "eks.amazonaws.com/role-arn";

/// The cluster with that image.
pub(super) struct Stage {
    cluster: &'static Cluster,
    /// The plugin in the network of the node.
    plugin: PathBuf,
    /// The plugin outside of it.
    outside: PathBuf,
}

impl Stage {
    pub(super) fn set(cluster: &'static Cluster) -> Self {
        let program = static_program("kubectl-neo4jbackup", "dev").unwrap();
        let file = cluster.node.directory().join("probe.tar");
        let image = StaticImage {
            name: IMAGE,
            path: "kubectl-neo4jbackup",
            user: "65532:65532",
        };
        write_image(&file, image, &program).unwrap();
        cluster.node.import_image(&file).unwrap();
        let outside = workspace_program("kubectl-neo4jbackup").unwrap();
        Self {
            cluster,
            plugin: cluster.node.client_command(&outside).unwrap().get_program().into(),
            outside,
        }
    }
}

/// A namespace in which pods have to obey the Restricted standard.
pub(super) struct Place<'s> {
    stage: &'s Stage,
    name: String,
}

impl<'s> Place<'s> {
    /// With the account of the Jobs, which names this role.
    pub(super) fn create(stage: &'s Stage, name: &str, role: Option<&str>) -> Self {
        let place = Self {
            stage,
            name: name.to_owned(),
        };
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        place.create_object(
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}),
        );
        let annotations = role.map_or(json!({}), |role| json!({ROLE: role}));
        place.put(json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "neo4j-backup-sa", "annotations": annotations},
        }));
        place
    }

    /// From now on the pods of the account get a token.
    pub(super) fn give_tokens(&self, role: &str) {
        for object in tokens::policy(&self.name, role) {
            self.create_object(&object);
        }
        // A policy is in force a moment after it is stored.
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "asked", "namespace": self.name},
            "spec": {"serviceAccountName": "neo4j-backup-sa", "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
                "containers": [{"name": "c", "image": IMAGE, "securityContext": {
                    "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
                }}]},
        });
        await_something("the policy that gives tokens", || {
            let path = format!("/api/v1/namespaces/{}/pods?dryRun=All", self.name);
            let answer = self.api().send("POST", &path, &pod);
            let text = answer.body.to_string();
            if text.contains("aws-iam-token") {
                Ok(())
            } else {
                Err(text)
            }
        });
    }

    /// A backup on a schedule to a store of moto's, and its `CronJob`, whose container may be changed. It never fires.
    pub(super) fn scheduled(&self, moto: &Moto, change: impl FnOnce(&mut Value)) {
        let storage = json!({"type": "s3", "bucket": "backups", "path": self.name, "cloud": {"provider": "aws"}});
        self.backup(&storage, Some("0 0 1 1 *"));
        let variable = |name: &str, value: &str| json!({"name": name, "value": value});
        let mut container = json!({
            "name": "backup", "image": "neo4j:2025.11.0-enterprise",
            "env": [
                variable("BACKUP_RUN_ID", "x"), variable("AWS_REGION", "us-east-1"),
                variable("AWS_ENDPOINT_URL_S3", &moto.endpoint()), variable("AWS_ENDPOINT_URL_STS", &moto.token_service()),
            ],
        });
        change(&mut container);
        self.put(json!({
            "apiVersion": "batch/v1", "kind": "CronJob",
            "metadata": {"name": "nightly-backup-cron", "labels": {
                "app.kubernetes.io/name": "neo4j-backup", "app.kubernetes.io/instance": "nightly",
            }},
            "spec": {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": {
                "metadata": {"labels": {"app.kubernetes.io/component": "backup-cron"}},
                "spec": {
                    "serviceAccountName": "neo4j-backup-sa", "restartPolicy": "Never",
                    "nodeSelector": {"kubernetes.io/hostname": "node"}, "containers": [container],
                },
            }}}},
        }));
    }

    /// No node has what its pods want.
    pub(super) fn keep_from_nodes(&self) {
        let path = format!("/apis/batch/v1/namespaces/{}/cronjobs/nightly-backup-cron", self.name);
        let selector = json!({"kubernetes.io/hostname": "nowhere"});
        self.api().merge(
            &path,
            &json!({"spec": {"jobTemplate": {"spec": {"template": {"spec": {"nodeSelector": selector}}}}}}),
        );
    }

    /// A backup that has never run, with keys in a Secret that is not there.
    pub(super) fn once_with_secret(&self, moto: &Moto) {
        let cloud = json!({"provider": "aws", "credentialsSecretRef": "s3-keys", "endpointURL": moto.endpoint()});
        self.backup(
            &json!({"type": "s3", "bucket": "backups", "path": self.name, "cloud": cloud}),
            None,
        );
    }

    /// A cluster whose servers, of whom none runs, fetch the backup themselves, and a restore of it.
    pub(super) fn restored_by_servers(&self, moto: &Moto) {
        self.once_with_secret(moto);
        self.put(json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "prod"}}));
        self.put(json!({
            "apiVersion": API, "kind": "Neo4jEnterpriseCluster", "metadata": {"name": "prod"},
            "spec": {
                "acceptLicenseAgreement": "eval", "image": {"repo": "neo4j", "tag": "2025.11.0-enterprise"},
                "auth": {"adminSecret": "admin"}, "topology": {"servers": 3},
                "storage": {"className": "standard", "size": "1Gi"},
            },
        }));
        let variable = json!({"name": "AWS_ENDPOINT_URL_S3", "value": moto.endpoint()});
        let server = json!({"name": "neo4j", "image": "neo4j:2025.11.0-enterprise", "env": [variable]});
        let labels = json!({"app.kubernetes.io/instance": "prod"});
        self.put(json!({
            "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "prod-server"},
            "spec": {
                "replicas": 0, "serviceName": "prod-headless", "selector": {"matchLabels": labels},
                "template": {
                    "metadata": {"labels": labels},
                    "spec": {
                        "serviceAccountName": "prod", "nodeSelector": {"kubernetes.io/hostname": "node"},
                        "containers": [server],
                    },
                },
            },
        }));
        self.put(json!({
            "apiVersion": API, "kind": "Neo4jRestore", "metadata": {"name": "back"},
            "spec": {
                "instanceRef": "prod", "database": "neo4j", "source": {"type": "backup", "backupRef": "nightly"},
                "options": {"replaceExisting": true},
            },
        }));
    }

    /// The servers get the Secret, as `spec.extraEnvFrom` gives it to them.
    pub(super) fn give_servers_secret(&self) {
        let from = json!([{"op": "add", "path": "/spec/template/spec/containers/0/envFrom",
            "value": [{"secretRef": {"name": "s3-keys"}}]}]);
        let patched = self.stage.cluster.node.client().run(
            &[
                "patch",
                "statefulset",
                "prod-server",
                "-n",
                &self.name,
                "--type=json",
                "-p",
                &from.to_string(),
            ],
            "",
        );
        assert!(patched.unwrap().success(), "{from}");
    }

    pub(super) fn secret(&self, keys: &[String]) {
        let values = json!({"AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1], "AWS_REGION": "us-east-1"});
        self.put(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3-keys"}, "stringData": values}));
    }

    /// Names another role on the account.
    pub(super) fn annotate(&self, role: &str) {
        let path = format!("/api/v1/namespaces/{}/serviceaccounts/neo4j-backup-sa", self.name);
        self.api()
            .merge(&path, &json!({"metadata": {"annotations": {ROLE: role}}}));
    }

    /// Gives somebody exactly what `rbac generate` prints for a level.
    pub(super) fn grant(&self, level: &str, user: &str) {
        let mut command = Command::new(&self.stage.outside);
        let of_level = ["rbac", "generate", "--for", "plugin", "--level", level, "--user", user];
        command.args(of_level).args(["--namespace-only", "-n", &self.name]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let roles = String::from_utf8(output.stdout).unwrap();
        let applied = self.stage.cluster.node.client().run(&["apply", "-f", "-"], &roles);
        assert!(applied.unwrap().success(), "{roles}");
    }

    /// Runs the plugin in it.
    pub(super) fn plugin(&self, arguments: &[&str]) -> Said {
        let mut command = self.command(arguments, None);
        let output = command.output().unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Begins to run it.
    pub(super) fn begin(&self, arguments: &[&str], by: Option<&Forwarder>) -> Child {
        let mut command = self.command(arguments, by);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    fn command(&self, arguments: &[&str], by: Option<&Forwarder>) -> Command {
        let node = &self.stage.cluster.node;
        let mut command = match by {
            None => Command::new(&self.stage.plugin),
            Some(forwarder) => {
                let mut command = Command::new(&self.stage.outside);
                command.args(["--server", &forwarder.address]);
                command
            }
        };
        command
            .args(arguments)
            .args(["--namespace", &self.name])
            .stdin(Stdio::null());
        command.env("KUBECONFIG", node.kubeconfig()).env("COLUMNS", "1000");
        command
    }

    /// The Jobs of probes.
    pub(super) fn jobs(&self) -> Vec<String> {
        self.names(&format!("/apis/batch/v1/namespaces/{}/jobs", self.name))
    }

    pub(super) fn await_pod(&self) {
        let path = format!("/api/v1/namespaces/{}/pods", self.name);
        await_something("the pod of the probe", || {
            if self.names(&path).is_empty() {
                Err("none")
            } else {
                Ok(())
            }
        });
    }

    /// Waits until neither a Job nor a pod of a probe is there.
    pub(super) fn await_no_pod(&self, deadline: Duration) {
        let path = format!("/api/v1/namespaces/{}/pods", self.name);
        await_within(deadline, "the end of all pods and Jobs of probes", || {
            let left = [self.names(&path), self.jobs()].concat();
            if left.is_empty() {
                Ok(())
            } else {
                Err(format!("{left:?}"))
            }
        });
    }

    fn names(&self, path: &str) -> Vec<String> {
        let list = self.api().get(path).unwrap();
        let items = list["items"].as_array().unwrap().iter();
        let names = items.filter_map(|item| item["metadata"]["name"].as_str());
        names
            .filter(|name| name.starts_with("neo4jbackup-probe-"))
            .map(str::to_owned)
            .collect()
    }

    fn backup(&self, storage: &Value, schedule: Option<&str>) {
        let mut spec = json!({"instanceRef": "prod", "database": "neo4j", "storage": storage});
        if let Some(schedule) = schedule {
            spec["schedule"] = schedule.into();
        }
        self.put(json!({"apiVersion": API, "kind": "Neo4jBackup", "metadata": {"name": "nightly"}, "spec": spec}));
    }

    fn put(&self, mut object: Value) {
        object["metadata"]["namespace"] = self.name.as_str().into();
        self.create_object(&object);
    }

    fn create_object(&self, object: &Value) {
        let path = collection(object);
        let answer = self.api().send("POST", &path, object);
        assert_eq!(answer.status, 201, "POST {path}: {answer:?}");
    }

    fn api(&self) -> neo4jbackup_harness::ApiClient {
        self.stage.cluster.node.api_client().unwrap()
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let client = self.stage.cluster.node.client();
        // Its end is no part of any test.
        let _ = client.run(&["delete", "namespace", &self.name, "--wait=false"], "");
        let policies = "mutatingadmissionpolicybinding,mutatingadmissionpolicy";
        let _ = client.run(&["delete", policies, &self.name, "--ignore-not-found"], "");
    }
}
