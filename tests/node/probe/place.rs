//! A namespace with a backup to a store, and the image that asks it.

use std::fs;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use kubectl_neo4jbackup::cli::PROBE_IMAGE;
use neo4jbackup_harness::{
    Moto, Node, StaticImage, await_something, await_within, static_program, workspace_program, write_image,
};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::diagnoses::{Said, list};

const API: &str = "neo4j.neo4j.com/v1beta1";
/// The image that the plugin names by itself.
pub(super) const IMAGE: &str = PROBE_IMAGE;
/// Where the webhook of EKS puts its tokens.
const TOKENS: &str = "/var/run/secrets/eks.amazonaws.com/serviceaccount";
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
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}),
        );
        let annotations = role.map_or(json!({}), |role| json!({ROLE: role}));
        place.put(json!({
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "neo4j-backup-sa", "annotations": annotations},
        }));
        place
    }

    /// In the place of the webhook of EKS, which reads the annotation and gives the pods of the account a token.
    pub(super) fn give_tokens(&self, role: &str) {
        let add = |list: &str, path: &str, items: &[String]| {
            let each = |item: &String| format!("JSONPatch{{op: 'add', path: '{path}/-', value: {item}}}");
            let each: Vec<String> = items.iter().map(each).collect();
            let all = items.join(", ");
            format!(
                "(has({list}) ? [{}] : [JSONPatch{{op: 'add', path: '{path}', value: [{all}]}}])",
                each.join(", ")
            )
        };
        let variable =
            |name: &str, value: &str| format!("Object.spec.containers.env{{name: '{name}', value: '{value}'}}");
        let projected = "Object.spec.volumes.projected";
        let volume = format!(
            "Object.spec.volumes{{name: 'aws-iam-token', projected: {projected}{{sources: [{projected}.sources{{serviceAccountToken: \
             {projected}.sources.serviceAccountToken{{audience: 'sts.amazonaws.com', expirationSeconds: 3600, path: 'token'}}}}]}}}}"
        );
        let mount = format!(
            "Object.spec.containers.volumeMounts{{name: 'aws-iam-token', readOnly: true, mountPath: '{TOKENS}'}}"
        );
        let variables = [
            variable("AWS_ROLE_ARN", role),
            variable("AWS_WEB_IDENTITY_TOKEN_FILE", &format!("{TOKENS}/token")),
        ];
        let expression = [
            add("object.spec.volumes", "/spec/volumes", &[volume]),
            add("object.spec.containers[0].env", "/spec/containers/0/env", &variables),
            add(
                "object.spec.containers[0].volumeMounts",
                "/spec/containers/0/volumeMounts",
                &[mount],
            ),
        ]
        .join(" + ");
        self.create_object(json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicy", "metadata": {"name": self.name},
            "spec": {
                "matchConstraints": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.name}},
                    "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
                },
                "matchConditions": [{"name": "account", "expression": "object.spec.serviceAccountName == 'neo4j-backup-sa'"}],
                "failurePolicy": "Fail", "reinvocationPolicy": "Never",
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}],
            },
        }));
        self.create_object(json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": self.name}, "spec": {"policyName": self.name},
        }));
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
        command.args([
            "rbac", "generate", "--for", "plugin", "--level", level, "--user", user, "-n", &self.name,
        ]);
        command.args(["--name", &format!("{}-{user}", self.name)]);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let file = self
            .stage
            .cluster
            .node
            .directory()
            .join(format!("{}-{user}.yaml", self.name));
        fs::write(&file, output.stdout).unwrap();
        let file = file.to_str().unwrap();
        let applied = self.stage.cluster.node.client().run(&["apply", "-f", file], "");
        assert!(applied.is_ok_and(|applied| applied.success()), "{file}");
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
        self.create_object(object);
    }

    fn create_object(&self, object: Value) {
        let path = list(&object);
        let answer = self.api().send("POST", &path, &object);
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

/// A way to the API server from outside of the node's network, until the value is dropped.
pub(super) struct Forwarder {
    pub(super) address: String,
    connections: Arc<Mutex<Option<Vec<TcpStream>>>>,
}

impl Forwarder {
    pub(super) fn start(node: &'static Node) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("https://{}", listener.local_addr().unwrap());
        let connections = Arc::new(Mutex::new(Some(Vec::new())));
        let kept = Arc::clone(&connections);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut kept = kept.lock().unwrap();
                let Some(kept) = kept.as_mut() else { break };
                let server = node.connect(node.api_port()).unwrap();
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    std::thread::spawn(move || {
                        let _ = std::io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
                kept.extend([client, server]);
            }
        });
        Self { address, connections }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        for connection in self.connections.lock().unwrap().take().into_iter().flatten() {
            let _ = connection.shutdown(Shutdown::Both);
        }
    }
}
