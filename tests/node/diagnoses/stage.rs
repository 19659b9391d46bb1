//! Where the failures take place: an image in the place of Neo4j, a server to back up, and volumes that can be full.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use neo4jbackup_harness::{
    ApiClient, StaticImage, await_something, collection, report_progress, static_program, workspace_program,
    write_image,
};
use serde_json::{Value, json};

use crate::cluster::Cluster;

/// The image of every instance. Nothing can be pulled on the node: it is there, and no other is.
pub(super) const IMAGE: &str = "neo4j:2025.11.0-enterprise";

/// The cluster, with what all cases share.
pub(super) struct Stage {
    pub(super) cluster: &'static Cluster,
    /// The address of the server that has databases.
    pub(super) server: String,
    /// The plugin in the network of the node.
    plugin: PathBuf,
    /// The namespace of the server: another one each time, so that nobody waits for the end of the last one.
    namespace: String,
}

/// What a run of the plugin came to.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// What it printed, with a blank where a line is broken.
    pub(crate) fn in_one_line(&self) -> String {
        self.stdout.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

impl Stage {
    pub(super) fn set(cluster: &'static Cluster) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        let program = static_program("neo4jbackup-stand-in", "dev").unwrap();
        let file = cluster.node.directory().join("stand-in.tar");
        let image = StaticImage {
            name: &format!("docker.io/library/{IMAGE}"),
            path: "bin/sh",
            user: "7474:7474",
        };
        write_image(&file, image, &program).unwrap();
        cluster.node.import_image(&file).unwrap();
        let mut stage = Self {
            cluster,
            server: String::new(),
            plugin: client(cluster),
            namespace: format!("server-{}", COUNT.fetch_add(1, Ordering::Relaxed)),
        };
        let namespace = stage.namespace.clone();
        stage.create_namespace(&namespace, &json!({}));
        let containers = json!([{"name": "neo4j", "image": IMAGE, "args": ["-c", ""]}]);
        stage.create(json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "prod-0", "namespace": namespace},
            "spec": {"containers": containers, "terminationGracePeriodSeconds": 0},
        }));
        stage.server = await_something("the address of the server", || {
            let pod = stage
                .api()
                .get(&format!("/api/v1/namespaces/{namespace}/pods/prod-0"))
                .unwrap();
            let is_running = pod["status"]["phase"] == "Running";
            let address = pod["status"]["podIP"].as_str().filter(|_| is_running);
            address.map(str::to_owned).ok_or_else(|| pod["status"].to_string())
        });
        report_progress("the server of the diagnoses runs");
        stage
    }

    pub(super) fn api(&self) -> ApiClient {
        self.cluster.node.api_client().unwrap()
    }

    /// A namespace with these labels.
    pub(super) fn create_namespace(&self, name: &str, labels: &Value) {
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
        self.create(namespace);
        // The server refuses pods before their account is there.
        await_something("the account of the namespace", || {
            let account = self
                .api()
                .get(&format!("/api/v1/namespaces/{name}/serviceaccounts/default"));
            account.ok_or("not yet")
        });
    }

    /// Stores an object, its status too; returns it as it is stored.
    pub(super) fn create(&self, mut object: Value) -> Value {
        let mut api = self.api();
        let status = object.as_object_mut().unwrap().remove("status");
        let path = collection(&object);
        let answer = api.send("POST", &path, &object);
        assert_eq!(answer.status, 201, "POST {path}: {answer:?}");
        if let Some(status) = status {
            let name = object["metadata"]["name"].as_str().unwrap();
            api.merge(&format!("{path}/{name}/status"), &json!({"status": status}));
        }
        answer.body
    }

    /// Writes a status, as its controller does.
    pub(super) fn note(&self, object: &Value, status: &Value) {
        let path = format!(
            "{}/{}/status",
            collection(object),
            object["metadata"]["name"].as_str().unwrap()
        );
        self.api().merge(&path, &json!({"status": status}));
    }

    /// The claim `backup-pvc` in a namespace, bound to a volume that everybody may write to. With a size, the volume is a file
    /// system of that size.
    pub(super) fn claim(&self, namespace: &str, size: Option<&str>) {
        self.claim_on(namespace, size, &json!({}));
    }

    /// The same on a volume with more in its spec.
    pub(super) fn claim_on(&self, namespace: &str, size: Option<&str>, volume: &Value) {
        self.volume(namespace, "backup-pvc", size, volume);
        self.create(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "backup-pvc", "namespace": namespace},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "",
                "volumeName": format!("{namespace}-backup-pvc"),
            },
        }));
    }

    /// A volume for a claim: a folder of the node.
    pub(super) fn volume(&self, namespace: &str, claim: &str, size: Option<&str>, spec: &Value) {
        let name = format!("{namespace}-{claim}");
        let folder = self.cluster.node.directory().join("claims").join(&name);
        fs::create_dir_all(&folder).unwrap();
        let on_node = format!("/run/node/claims/{name}");
        if let Some(size) = size {
            let mut mount = self.cluster.node.command("mount");
            mount.args(["-t", "tmpfs", "-o", &format!("size={size},mode=0777"), "none", &on_node]);
            let mounted = mount.output().unwrap();
            assert!(mounted.status.success(), "{mounted:?}");
        } else {
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).unwrap();
        }
        let mut all = json!({
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": on_node},
            "claimRef": {"namespace": namespace, "name": claim}, "storageClassName": "",
        });
        for (key, value) in spec.as_object().unwrap() {
            all[key] = value.clone();
        }
        self.create(json!({
            "apiVersion": "v1", "kind": "PersistentVolume",
            "metadata": {"name": name}, "spec": all,
        }));
    }

    /// Runs the plugin as kubectl does, in the network of the node.
    pub(super) fn plugin(&self, arguments: &[&str]) -> Said {
        let mut command = Command::new(&self.plugin);
        command
            .args(arguments)
            .env("KUBECONFIG", self.cluster.node.kubeconfig());
        let output = command.env("COLUMNS", "1000").output().unwrap();
        Said {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let delete = ["delete", "namespace", "--selector=diagnoses", "--wait=false"];
        // Its end is no part of any test.
        let _ = self.cluster.node.client().run(&delete, "");
        let webhooks = ["delete", "validatingwebhookconfiguration", "--selector=diagnoses"];
        let _ = self.cluster.node.client().run(&webhooks, "");
        let server = ["delete", "namespace", &self.namespace, "--wait=false"];
        let _ = self.cluster.node.client().run(&server, "");
    }
}

/// A program that runs the plugin in the network of the node. Written once: a file that is written cannot be run.
fn client(cluster: &Cluster) -> PathBuf {
    let plugin = workspace_program("kubectl-neo4jbackup").unwrap();
    cluster.node.client_command(&plugin).unwrap().get_program().into()
}
