//! A namespace of a control plane with the CRDs of operators 0.x, and a folder to run the plugin in.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;
use neo4jbackup_core::schema::Era;
use neo4jbackup_harness::{ApiClient, Binaries, ControlPlane, Options, report_progress};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::plugin::{Run, Surroundings};
use serde_json::{Value, json};
use tempfile::TempDir;

pub(super) const MINE: &str = "arn:aws:iam::210987654321:role/mine";
pub(super) const OTHER: &str = "arn:aws:iam::210987654321:role/other";
pub(super) const KEY: &str = "eks.amazonaws.com/role-arn";
/// The field manager of the operator.
pub(super) const OPERATOR: &str = "manager";

/// The control plane of all these tests.
pub(super) fn control_plane() -> &'static ControlPlane {
    static SHARED: OnceLock<ControlPlane> = OnceLock::new();
    SHARED.get_or_init(|| {
        let binaries = Binaries::locate_or_build(&report_progress).unwrap();
        let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
        control_plane.install_crds(&crds::rendered_of(Era::V0_2)).unwrap();
        control_plane
    })
}

pub(super) struct Place {
    pub(super) namespace: String,
    pub(super) folder: TempDir,
}

impl Place {
    /// An empty namespace.
    pub(super) fn empty() -> Self {
        Self {
            namespace: control_plane().create_namespace("rights").unwrap(),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    /// One with a backup that wants this identity.
    pub(super) fn with_backup(identity: Option<&str>) -> Self {
        let place = Self::empty();
        place.back_up("nightly", identity);
        place
    }

    /// One with a backup and all that an operator 0.x makes for it.
    pub(super) fn complete() -> Self {
        let place = Self::with_backup(None);
        place.made_by(
            OPERATOR,
            "serviceaccounts",
            &json!({"metadata": {"name": "neo4j-backup-sa"}}),
        );
        place.made_by(OPERATOR, "roles", &role());
        place.made_by(OPERATOR, "rolebindings", &place.binding());
        place
    }

    pub(super) fn back_up(&self, name: &str, identity: Option<&str>) {
        let annotations = identity.map_or_else(|| json!({}), |identity| json!({KEY: identity}));
        let cloud = json!({
            "provider": "aws", "identity": {"provider": "aws", "autoCreate": {"enabled": true, "annotations": annotations}},
        });
        let backup = json!({
            "apiVersion": "neo4j.neo4j.com/v1alpha1", "kind": "Neo4jBackup", "metadata": {"name": name},
            "spec": {"target": {"kind": "Cluster", "name": "prod"},
                     "storage": {"type": "s3", "bucket": "b", "path": "p", "cloud": cloud}},
        });
        let path = format!(
            "/apis/neo4j.neo4j.com/v1alpha1/namespaces/{}/neo4jbackups",
            self.namespace
        );
        let answer = client().send("POST", &path, &backup);
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    /// Makes an object under a field manager.
    pub(super) fn made_by(&self, manager: &str, plural: &str, object: &Value) {
        let (api_version, kind) = match plural {
            "serviceaccounts" => ("v1", "ServiceAccount"),
            "roles" => ("rbac.authorization.k8s.io/v1", "Role"),
            _ => ("rbac.authorization.k8s.io/v1", "RoleBinding"),
        };
        let mut object = object.clone();
        object["apiVersion"] = api_version.into();
        object["kind"] = kind.into();
        let path = format!("{}?fieldManager={manager}", self.path(plural));
        let answer = client().send("POST", &path, &object);
        assert_eq!(answer.status, 201, "{answer:?}");
    }

    pub(super) fn path(&self, plural: &str) -> String {
        match plural {
            "serviceaccounts" => format!("/api/v1/namespaces/{}/{plural}", self.namespace),
            _ => format!(
                "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/{plural}",
                self.namespace
            ),
        }
    }

    /// The object of this kind that the repair looks after.
    pub(super) fn stored(&self, plural: &str) -> Option<Value> {
        client().get(&self.path_of(plural))
    }

    pub(super) fn path_of(&self, plural: &str) -> String {
        let name = match plural {
            "serviceaccounts" => "neo4j-backup-sa",
            "roles" => "neo4j-backup-role",
            _ => "neo4j-backup-rolebinding",
        };
        format!("{}/{name}", self.path(plural))
    }

    /// Somebody changes an object.
    pub(super) fn edit(&self, plural: &str, manager: &str, patch: &Value) {
        client().merge(&format!("{}?fieldManager={manager}", self.path_of(plural)), patch);
    }

    pub(super) fn binding(&self) -> Value {
        json!({
            "metadata": {"name": "neo4j-backup-rolebinding"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "neo4j-backup-role"},
            "subjects": [{"kind": "ServiceAccount", "name": "neo4j-backup-sa", "namespace": self.namespace}],
        })
    }

    /// Runs `rbac` without a terminal.
    pub(super) fn run(&self, arguments: &[&str]) -> Run {
        self.run_with(None, arguments)
    }

    /// Runs `rbac` on a terminal on which somebody answers.
    pub(super) fn answered(&self, answer: &str, arguments: &[&str]) -> Run {
        self.run_with(Some(answer), arguments)
    }

    /// Runs `rbac` for all namespaces.
    pub(super) fn run_everywhere(&self, arguments: &[&str]) -> Run {
        self.run_words(None, arguments)
    }

    fn run_with(&self, answer: Option<&str>, arguments: &[&str]) -> Run {
        self.run_words(answer, &[arguments, &["-n", &self.namespace]].concat())
    }

    fn run_words(&self, answer: Option<&str>, arguments: &[&str]) -> Run {
        let surroundings = Surroundings {
            input: answer.unwrap_or_default(),
            has_person: answer.is_some(),
            ..Surroundings::of_cluster(self.folder.path(), control_plane().kubeconfig(), Timestamp::now())
        };
        surroundings.run(["rbac"].iter().chain(arguments))
    }

    /// The binding of the Jobs as it is when it gives another role.
    pub(super) fn binding_to_view(&self) -> Value {
        let mut other = self.binding();
        other["roleRef"] = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"});
        other
    }

    /// The undo files, oldest first.
    pub(super) fn undo_files(&self) -> Vec<PathBuf> {
        undo_files(self.folder.path())
    }

    /// Whether the backup account may do something with pods.
    pub(super) fn may(&self, verb: &str, part: &str) -> bool {
        let account = format!("--as=system:serviceaccount:{}:neo4j-backup-sa", self.namespace);
        let part = format!("--subresource={part}");
        let output = control_plane().kubectl(&["auth", "can-i", verb, "pods", &part, &account, "-n", &self.namespace]);
        output.unwrap().success()
    }

    /// Gives a user these rights in the namespace, as a Role of its own.
    pub(super) fn entitle(&self, user: &str, rules: &Value) {
        let name = format!("rights-of-{user}");
        self.made_by("test", "roles", &json!({"metadata": {"name": name}, "rules": rules}));
        self.made_by(
            "test",
            "rolebindings",
            &json!({
                "metadata": {"name": name},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
            }),
        );
    }
}

pub(super) fn undo_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with("neo4jbackup-rbac-undo-")
        })
        .collect();
    files.sort();
    files
}

pub(super) fn client() -> ApiClient {
    control_plane().api_client().unwrap()
}

/// The command, as it is after an upgrade of the operator.
pub(super) fn newer<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &["--operator-version", "1.14"]].concat()
}

/// The Role as an operator 0.x makes it.
pub(super) fn role() -> Value {
    json!({"metadata": {"name": "neo4j-backup-role"}, "rules": [
        {"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list"]},
        {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["create"]},
        {"apiGroups": [""], "resources": ["pods/log"], "verbs": ["get"]},
    ]})
}

/// What it takes to look at a namespace and to write into it.
pub(super) fn rights_of_a_repairer() -> Value {
    json!([
        {"apiGroups": ["neo4j.neo4j.com"], "resources": ["*"], "verbs": ["list"]},
        {"apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get", "create", "patch"]},
        {"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"],
         "verbs": ["get", "list", "create", "patch", "delete"]},
    ])
}
