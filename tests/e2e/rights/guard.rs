//! What `rbac generate --for webhook` prints is enough for the webhook with all its parts, and none of it is too much: the program
//! runs with the arguments of the chart and exactly these rights, and says what it lacks without each of them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use kubectl_neo4jbackup::Exit;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{ApiClient, ControlPlane, WebhookReplica, await_within, play, webhook_program};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::plugin::Surroundings;
use neo4jbackup_tests::scenario::documents;
use serde_json::{Value, json};

use super::proven::{Case, Single, singles};
use crate::chart::helm::{self, NAMESPACE};
use crate::world::start_control_plane;

/// The name of the release, which is the one of its objects, too.
const RELEASE: &str = "neo4jbackup-webhook";

/// How long it may take until something that is missing is noticed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A control plane with the CRDs of an operator and the chart with all its parts, but for the pods.
struct Site {
    control_plane: ControlPlane,
    /// What the chart has the program run with.
    arguments: Vec<String>,
    configurations: Vec<String>,
}

impl Site {
    fn set(era: Era) -> Self {
        let control_plane = start_control_plane(&crds::rendered_of(era));
        for namespace in ["ops", "graph", "left"] {
            let arguments = ["create", "namespace", namespace];
            control_plane.client().must_run(&arguments, "").unwrap();
        }
        play(&mut control_plane.api_client().unwrap(), surroundings(era));
        let mut install = helm::command();
        install.env("KUBECONFIG", control_plane.kubeconfig());
        install.args(["install", RELEASE]).arg(helm::chart());
        install.args(["--namespace", NAMESPACE, "--create-namespace"]);
        install.args(["--set=rbac.ensure=true,rbac.legacyRoles=true,operatorDeployment=ops/neo4j-operator"]);
        let output = install.output().unwrap();
        assert!(output.status.success(), "{}", helm::text(&output.stderr));

        let mut client = control_plane.api_client().unwrap();
        let deployment = format!("/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{RELEASE}");
        let deployment = client.get(&deployment).unwrap();
        let arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
            .as_array()
            .unwrap();
        let is_of_pod = |argument: &&str| {
            let of_pods = ["serve", "--listen=", "--status-listen=", "--settings=", "--lame-duck="];
            of_pods.iter().any(|begin| argument.starts_with(begin))
        };
        let arguments = arguments.iter().map(|argument| argument.as_str().unwrap());
        let arguments: Vec<String> = arguments.filter(|one| !is_of_pod(one)).map(str::to_owned).collect();
        let configurations = ["validating", "mutating"].into_iter().flat_map(|kind| {
            let prefix = format!("--{kind}-configuration=");
            let names: Vec<String> = arguments
                .iter()
                .filter_map(|argument| argument.strip_prefix(&prefix))
                .map(|name| format!("/apis/admissionregistration.k8s.io/v1/{kind}webhookconfigurations/{name}"))
                .collect();
            names
        });
        Self {
            configurations: configurations.collect(),
            arguments,
            control_plane,
        }
    }

    fn client(&self) -> ApiClient {
        self.control_plane.api_client().unwrap()
    }

    fn generate(version: &str) -> Vec<Value> {
        let folder = std::env::temp_dir();
        let arguments = [
            "rbac",
            "generate",
            "--for",
            "webhook",
            "--operator-version",
            version,
            "--operator-namespace",
            "ops",
        ];
        let run = Surroundings::new(&folder).run(arguments);
        assert_eq!(run.exit, Exit::Good, "{run:?}");
        documents(&run.stdout)
    }

    /// Takes away what the webhook makes and writes.
    fn reset(&self) {
        let mut client = self.client();
        for path in [ACCOUNT, OF_RESTORES, BINDING] {
            let answer = client.send("DELETE", path, &Value::Null);
            assert!(matches!(answer.status, 200 | 404), "{answer:?}");
        }
        let secret = format!("/api/v1/namespaces/{NAMESPACE}/secrets/{RELEASE}-ca");
        client.merge(&secret, &json!({"data": null}));
        for path in &self.configurations {
            let mut configuration = client.get(path).unwrap();
            for webhook in configuration["webhooks"].as_array_mut().unwrap() {
                webhook["clientConfig"].as_object_mut().unwrap().remove("caBundle");
            }
            let answer = client.send("PUT", path, &configuration);
            assert_eq!(answer.status, 200, "{answer:?}");
        }
    }

    /// Whether everything is done that there is to do; what is missing where not.
    fn done(&self, replica: &WebhookReplica, is_old: bool) -> Result<(), String> {
        let mut client = self.client();
        for path in [ACCOUNT, if is_old { BINDING } else { OF_RESTORES }] {
            client.get(path).ok_or_else(|| format!("there is no {path}"))?;
        }
        for path in &self.configurations {
            let configuration = client.get(path).unwrap();
            let bundle = configuration["webhooks"][0]["clientConfig"]["caBundle"].as_str();
            bundle.ok_or_else(|| format!("{path} has no bundle"))?;
        }
        match replica.status("/readyz") {
            Ok((200, text)) if !text.contains("[!]") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    }

    /// Runs the program in the name of a user until it says what is looked for, or has done everything.
    fn lost(&self, version: &str, user: &str, is_it: &dyn Fn(&str) -> bool) -> Option<String> {
        self.reset();
        let kubeconfig = self.control_plane.directory().join(format!("{user}.kubeconfig"));
        let text = std::fs::read_to_string(self.control_plane.kubeconfig()).unwrap();
        let mut content: Value = serde_json::from_str(&text).unwrap();
        content["users"][0]["user"]["as"] = user.into();
        std::fs::write(&kubeconfig, content.to_string()).unwrap();
        let mut arguments = self.arguments.clone();
        arguments.extend([
            format!("--kubeconfig={}", kubeconfig.display()),
            format!("--operator-version={version}"),
            "--lame-duck=0s".to_owned(),
            "--certificate-tick=250ms".to_owned(),
        ]);
        let replica = WebhookReplica::start(webhook_program().unwrap(), None, &arguments).unwrap();
        let said = || {
            let log = replica.log();
            let (_, ready) = replica.status("/readyz").unwrap_or_default();
            let (_, metrics) = replica.status("/metrics").unwrap_or_default();
            let refused = metrics
                .lines()
                .filter(|line| line.contains("forbidden") && !line.ends_with(" 0"));
            let lines = log.lines().chain(ready.lines()).chain(refused);
            let is_refusal = |line: &&str| line.contains("orbidden") || line.contains("not allowed");
            // Whoever may not bind a role is told of the rights in it.
            let named = |line: &str| {
                line.replace(
                    "attempting to grant",
                    "not to bind clusterroles neo4jbackup-legacy-jobs: grant",
                )
            };
            lines.filter(is_refusal).map(named).collect::<Vec<_>>()
        };
        if user.ends_with("-whole") {
            await_within(PATIENCE, "all that there is to do", || {
                self.done(&replica, version.starts_with('0'))
                    .map_err(|why| format!("{why}\n{}", replica.log()))
            });
            return said().into_iter().find(|text| is_it(text));
        }
        let ends = Instant::now() + PATIENCE;
        while Instant::now() < ends {
            if let Some(text) = said().into_iter().find(|text| is_it(text)) {
                return Some(text);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        eprintln!("{user}: {}", replica.log());
        None
    }

    fn prove(&self, who: &str, version: &str, elsewhere: BTreeSet<Single>) {
        let case = Case {
            who,
            control_plane: &self.control_plane,
            namespace: "graph",
            objects: Self::generate(version),
            elsewhere,
            // They all look after the same.
            side_by_side: 1,
        };
        case.prove(|user, is_it| self.lost(version, user, is_it));
    }
}

const ACCOUNT: &str = "/api/v1/namespaces/graph/serviceaccounts/neo4j-backup-sa";
const OF_RESTORES: &str = "/api/v1/namespaces/graph/serviceaccounts/neo4j-restore-sa";
const BINDING: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/graph/rolebindings/neo4j-backup-rolebinding";

/// A backup, from 1.0 on a restore, an operator, and what an operator 0.x has left in another namespace with a backup.
fn surroundings(era: Era) -> Vec<Value> {
    let is_old = era == Era::V0_2;
    let version = if is_old { "v1alpha1" } else { "v1beta1" };
    let object = |kind: &str, namespace: &str, spec: &Value| {
        json!({"apiVersion": format!("neo4j.neo4j.com/{version}"), "kind": kind,
            "metadata": {"name": "nightly", "namespace": namespace}, "spec": spec})
    };
    let mut spec = json!({"storage": {"type": "s3", "bucket": "b", "path": "p"}});
    if is_old {
        spec["target"] = json!({"kind": "Cluster", "name": "prod"});
    } else {
        spec["instanceRef"] = "prod".into();
        spec["database"] = "neo4j".into();
    }
    let source = json!({"type": "backup", "backupRef": "nightly"});
    let restore = json!({"instanceRef": "prod", "database": "neo4j", "source": source});
    let labels = json!({"control-plane": "controller-manager"});
    let tag = if is_old { "0.9.0" } else { "1.19.0" };
    let image = format!("ghcr.io/neo4j-partners/neo4j-operator:{tag}");
    let container = json!({"name": "manager", "image": image});
    let rbac = "rbac.authorization.k8s.io";
    let left = |name: &str| json!({"name": name, "namespace": "left"});
    let mut objects = vec![
        object("Neo4jBackup", "graph", &spec),
        object("Neo4jBackup", "left", &spec),
        json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "neo4j-operator", "namespace": "ops", "labels": labels},
            "spec": {"selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}}}),
        json!({"apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": left("neo4j-backup-role"),
            "rules": [{"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]}]}),
        json!({"apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": left("neo4j-backup-rolebinding"),
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "neo4j-backup-role"},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": "left"}]}),
    ];
    if !is_old {
        objects.push(object("Neo4jRestore", "graph", &restore));
    }
    objects
}

/// Beside an operator 0.x there is no account for restores, and no Role is left over, of which an Event would tell.
fn is_of_newer_operators(single: &Single) -> bool {
    single.resource == "events" || (single.name.as_deref() == Some("neo4j-restore-sa") && is_write(single))
}

fn is_write(single: &Single) -> bool {
    ["create", "patch"].contains(&&*single.verb)
}

#[test]
fn the_role_of_the_webhook_is_enough_beside_an_operator_0_x_and_none_of_it_is_too_much() {
    let site = Site::set(Era::V0_2);
    let elsewhere = singles(&Site::generate("0.9"))
        .into_iter()
        .filter(is_of_newer_operators);
    site.prove("guard-of-0-9", "0.9", elsewhere.collect());
}

#[test]
fn the_role_of_the_webhook_is_enough_beside_a_newer_operator_and_none_of_it_is_too_much() {
    let site = Site::set(Era::NEWEST);
    let elsewhere = singles(&Site::generate("1.19"))
        .into_iter()
        .filter(|single| !is_of_newer_operators(single));
    site.prove("guard-of-1-19", "1.19", elsewhere.collect());
}
