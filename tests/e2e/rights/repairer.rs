//! What `rbac generate --for plugin --level repair` prints beside what it takes to look is enough for `rbac repair`, and none of
//! it is too much.

use jiff::Timestamp;
use kubectl_neo4jbackup::Exit;
use neo4jbackup_harness::{ApiClient, ControlPlane, play};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::plugin::{Run, Surroundings};
use neo4jbackup_tests::scenario::documents;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::proven::{Case, singles};
use crate::world::start_control_plane;

const ROLE_ARN: &str = "arn:aws:iam::210987654321:role/of-settings";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// By which words a repair says that it may not do something.
const WORDS: [&str; 4] = ["forbidden", "you may", "you lack", "the right to"];

/// A namespace with a backup and a restore that declare no identity, and a webhook whose settings declare one. Of a control
/// plane of its own, since these settings hold in all namespaces.
struct Site {
    control_plane: ControlPlane,
    namespace: String,
    folder: TempDir,
}

impl Site {
    fn set() -> Self {
        let control_plane = start_control_plane(&crds::rendered());
        let site = Self {
            namespace: control_plane.create_namespace("site").unwrap(),
            folder: tempfile::tempdir().unwrap(),
            control_plane,
        };
        site.control_plane
            .client()
            .must_run(&["create", "namespace", "neo4jbackup"], "")
            .unwrap();
        play(&mut site.client(), site.surroundings());
        site
    }

    fn client(&self) -> ApiClient {
        self.control_plane.api_client().unwrap()
    }

    fn surroundings(&self) -> Vec<Value> {
        let neo4j = "neo4j.neo4j.com/v1beta1";
        let metadata = |name: &str| json!({"name": name, "namespace": self.namespace});
        let storage = json!({"type": "s3", "bucket": "b", "cloud": {"provider": "aws"}});
        let ours = json!({"name": "neo4jbackup-webhook", "namespace": "neo4jbackup",
            "labels": {"app.kubernetes.io/name": "neo4jbackup-webhook"}});
        let container = json!({"name": "webhook", "image": "webhook", "args": ["serve", "--settings=/etc/s/settings.yaml"],
            "volumeMounts": [{"name": "settings", "mountPath": "/etc/s"}]});
        let pod = json!({"metadata": {"labels": {"app": "webhook"}}, "spec": {"containers": [container],
            "volumes": [{"name": "settings", "configMap": {"name": "neo4jbackup-webhook"}}]}});
        vec![
            json!({"apiVersion": neo4j, "kind": "Neo4jBackup", "metadata": metadata("nightly"),
                "spec": {"instanceRef": "core", "database": "neo4j", "storage": storage}}),
            json!({"apiVersion": neo4j, "kind": "Neo4jRestore", "metadata": metadata("back"),
                "spec": {"instanceRef": "core", "database": "neo4j", "source": {"type": "backup", "backupRef": "nightly"}}}),
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": ours,
                "spec": {"selector": {"matchLabels": {"app": "webhook"}}, "template": pod}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": ours,
                "data": {"settings.yaml": format!("identity:\n  awsRoleArn: {ROLE_ARN}\n")}}),
        ]
    }

    fn path(&self, plural: &str) -> String {
        let api = if plural.starts_with("serviceaccounts") {
            "/api/v1"
        } else {
            "/apis/rbac.authorization.k8s.io/v1"
        };
        format!("{api}/namespaces/{}/{plural}", self.namespace)
    }

    /// Takes away what a repair makes, and leaves these objects in its place, as if the operator had made them.
    fn reset(&self, left: &[(&str, Value)]) {
        let mut client = self.client();
        for name in [
            "serviceaccounts/neo4j-backup-sa",
            "serviceaccounts/neo4j-restore-sa",
            "rolebindings/neo4j-backup-rolebinding",
            "roles/neo4j-backup-role",
        ] {
            let answer = client.send("DELETE", &self.path(name), &Value::Null);
            assert!(matches!(answer.status, 200 | 404), "{answer:?}");
        }
        for (plural, object) in left {
            let answer = client.send("POST", &format!("{}?fieldManager=manager", self.path(plural)), object);
            assert_eq!(answer.status, 201, "{answer:?}");
        }
    }

    fn binding(&self, kind: &str, name: &str) -> Value {
        json!({"apiVersion": RBAC, "kind": "RoleBinding", "metadata": {"name": "neo4j-backup-rolebinding"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": self.namespace}]})
    }

    fn run(&self, arguments: &[&str]) -> Run {
        let kubeconfig = self.control_plane.kubeconfig();
        Surroundings::of_cluster(self.folder.path(), kubeconfig, Timestamp::now()).run(arguments)
    }

    fn generate(&self, level: &str, version: &str) -> Vec<Value> {
        let arguments = [
            "rbac",
            "generate",
            "--for",
            "plugin",
            "--level",
            level,
            "--operator-version",
            version,
        ];
        let run = self.run(
            &[
                &arguments[..],
                &[
                    "-n",
                    &self.namespace,
                    "--operator-namespace",
                    "neo4jbackup",
                    "--user",
                    "nobody",
                ],
            ]
            .concat(),
        );
        assert_eq!(run.exit, Exit::Good, "{run:?}");
        documents(&run.stdout)
    }

    /// Repairs in the name of somebody. What is lost is the text of a run that has not done and proven everything.
    fn repair(&self, user: &str, version: &str, further: &[&str], proof: &str) -> Result<(), String> {
        let arguments = [
            "rbac",
            "repair",
            "--yes",
            "--operator-version",
            version,
            "-n",
            &self.namespace,
            "--as",
            user,
        ];
        let run = self.run(&[&arguments[..], further].concat());
        let text = format!("{:?}\n{}{}", run.exit, run.stdout, run.stderr);
        let is_proven = run.stdout.contains(proof) && run.stdout.contains("(asked by SubjectAccessReview)");
        let has_identity = |name: &str| {
            let account = self.client().get(&self.path(&format!("serviceaccounts/{name}")));
            account.is_some_and(|account| account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"] == ROLE_ARN)
        };
        // Operators 0.x have no account for restores.
        let has_both = version == "0.9" || has_identity("neo4j-restore-sa");
        let is_done = run.exit == Exit::Good && is_proven && has_identity("neo4j-backup-sa") && has_both;
        let is_refused = WORDS.iter().any(|word| run.stderr.contains(word));
        if is_done && !is_refused { Ok(()) } else { Err(text) }
    }

    fn prove(&self, who: &str, version: &str, attempt: impl Fn(&str) -> Result<(), String> + Sync) {
        // The authorizer is asked once in a namespace.
        let awaited = self.control_plane.create_namespace("awaited").unwrap();
        let case = Case {
            who,
            control_plane: &self.control_plane,
            namespace: &awaited,
            objects: self.generate("repair", version),
            elsewhere: singles(&self.generate("read", version)),
            // They all repair the same.
            side_by_side: 1,
        };
        case.prove(|user, is_it| attempt(user).err().filter(|text| is_it(text)));
    }
}

#[test]
fn the_role_for_repairing_is_enough_for_each_operator_and_none_of_it_is_too_much() {
    let site = Site::set();
    site.prove("repairer-of-0-9", "0.9", |user| {
        site.reset(&[]);
        let may = "may get pods, list pods, create pods/exec, get pods/log";
        site.repair(user, "0.9", &[], may)?;
        site.reset(&[("rolebindings", site.binding("ClusterRole", "view"))]);
        site.repair(user, "0.9", &["--allow-recreate"], may)
    });

    let rules = json!([
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]);
    let role = json!({"apiVersion": RBAC, "kind": "Role", "metadata": {"name": "neo4j-backup-role"}, "rules": rules});
    site.prove("repairer-of-1-19", "1.19", |user| {
        site.reset(&[
            ("roles", role.clone()),
            ("rolebindings", site.binding("Role", "neo4j-backup-role")),
        ]);
        site.repair(
            user,
            "1.19",
            &["--prune"],
            "may not get pods, list pods, create pods/exec, get pods/log",
        )
    });
    let diff = site.run(&["rbac", "diff", "--operator-version", "1.19", "-n", &site.namespace]);
    assert!(
        diff.stderr
            .contains("the one of neo4jbackup/configmap/neo4jbackup-webhook counts"),
        "{diff:?}"
    );

    // Another webhook that says otherwise: nobody knows which of them counts.
    let mut others = site.surroundings();
    for object in &mut others[2..] {
        object["metadata"]["name"] = "another".into();
    }
    others[2]["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] = "another".into();
    others[3]["data"]["settings.yaml"] = format!("identity:\n  awsRoleArn: {ROLE_ARN}s\n").into();
    play(&mut site.client(), others.split_off(2));
    let diff = site.run(&["rbac", "diff", "--operator-version", "1.19", "-n", &site.namespace]);
    assert!(
        diff.stderr
            .contains("declare different identities, and none of them counts"),
        "{diff:?}"
    );
}
