//! A control plane with the policies in force.

use std::sync::OnceLock;

use neo4jbackup_core::schema::{Era, Kind};
use neo4jbackup_harness::{
    Answer, ApiClient, Binaries, ControlPlane, Options, await_something, report_progress, root, shared,
};
use neo4jbackup_tests::crds;
use serde_json::{Value, json};

const FILE: &str = "rules.yaml";

/// What the policies do with what they find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actions {
    /// All only warn, so that every finding is told and not only the first; and what an expression cannot do is told,
    /// too, where the files say that it is passed over.
    Warn,
    /// As the files say.
    AsWritten,
}

/// A control plane with the policies in force.
pub(crate) struct Policed {
    pub(crate) control_plane: ControlPlane,
    /// The version of the API that its CRDs serve.
    pub(crate) version: &'static str,
}

impl Policed {
    /// With the CRDs that the schema tables give of the newest operator; shared by the tests that do not change it.
    pub(crate) fn warning() -> &'static Self {
        static POLICED: OnceLock<Policed> = OnceLock::new();
        POLICED.get_or_init(|| Self::rendered(Era::NEWEST, Actions::Warn))
    }

    /// The same with the policies as they are written.
    pub(crate) fn denying() -> &'static Self {
        static POLICED: OnceLock<Policed> = OnceLock::new();
        POLICED.get_or_init(|| Self::rendered(Era::NEWEST, Actions::AsWritten))
    }

    /// With the CRDs of an operator version, by the schema tables.
    pub(crate) fn rendered(era: Era, actions: Actions) -> Self {
        Self::start(&crds::rendered_of(era), era, actions)
    }

    /// With the CRDs of the operator itself, when they are there. Says so when they are not.
    pub(crate) fn upstream(era: Era, actions: Actions) -> Option<Self> {
        let folder = shared(&format!("upstream/crds/{}", crds::folder_of(era)?))?;
        Some(Self::start(&crds::read(&folder), era, actions))
    }

    /// With policies that name the version, because types are checked only there.
    pub(crate) fn with_types_checked(era: Era) -> Self {
        let binaries = Binaries::locate_or_build(&report_progress).unwrap();
        let binaries = binaries.with_controller_manager(&report_progress).unwrap();
        let policed = Self {
            control_plane: ControlPlane::start(&binaries, &Options::default()).unwrap(),
            version: "v1beta1",
        };
        policed.control_plane.install_crds(&crds::rendered_of(era)).unwrap();
        let manifest: Value = serde_saphyr::from_str(&manifest(FILE)).unwrap();
        let mut policies = manifest["items"].as_array().cloned().unwrap();
        policies.retain(|item| item["kind"] == "ValidatingAdmissionPolicy");
        for policy in &mut policies {
            policy["spec"]["matchConstraints"]["resourceRules"][0]["apiVersions"] = json!(["v1beta1"]);
            in_one(&mut policy["spec"]["validations"]);
        }
        let list = json!({"apiVersion": "v1", "kind": "List", "items": policies});
        policed.control_plane.apply_yaml(&list.to_string()).unwrap();
        policed
    }

    fn start(crds: &str, era: Era, actions: Actions) -> Self {
        static BINARIES: OnceLock<Binaries> = OnceLock::new();
        let binaries = BINARIES.get_or_init(|| Binaries::locate_or_build(&report_progress).unwrap());
        let policed = Self {
            control_plane: ControlPlane::start(binaries, &Options::default()).unwrap(),
            version: if era <= Era::V1_6 { "v1alpha1" } else { "v1beta1" },
        };
        policed.control_plane.install_crds(crds).unwrap();
        let mut manifest = manifest(FILE);
        if actions == Actions::Warn {
            manifest = manifest
                .replace("validationActions: [Deny]", "validationActions: [Warn]")
                .replace("failurePolicy: Ignore", "failurePolicy: Fail");
        }
        policed.control_plane.apply_yaml(&manifest).unwrap();
        policed.await_policies();
        policed
    }

    /// The policies take effect after a moment, in the order in which they were applied: the last shows that all have.
    fn await_policies(&self) {
        let mut client = self.client();
        await_something("the policies", || {
            let said = format!("{:?}", self.create(&mut client, "Neo4jRestore", &self.probe()));
            if said.contains("[NB8013]") { Ok(()) } else { Err(said) }
        });
    }

    /// What the last policy warns of, and what the first one does.
    fn probe(&self) -> Value {
        json!({
            "apiVersion": Kind::Neo4jRestore.api_version(self.version), "kind": "Neo4jRestore", "metadata": {"name": "probe"},
            "spec": {
                "instanceRef": "catalog", "clusterRef": "catalog", "database": "neo4j", "databaseName": "neo4j",
                "source": {"type": "pitr", "pitr": {
                    "baseBackup": {"type": "backup", "backupRef": "nightly"}, "logStorage": {"type": "pvc", "pvc": {"name": "logs"}},
                }},
            },
        })
    }

    /// Takes the policies away again, and waits until they are out of force.
    pub(crate) fn remove_policies(&self, client: &mut ApiClient) {
        for resource in ["validatingadmissionpolicybindings", "validatingadmissionpolicies"] {
            let path = format!("/apis/admissionregistration.k8s.io/v1/{resource}");
            assert_eq!(client.send("DELETE", &path, &json!({})).status, 200);
        }
        await_something("the end of the policies", || {
            let said = format!("{:?}", self.create(client, "Neo4jRestore", &self.probe()));
            if said.contains("[NB") { Err(said) } else { Ok(()) }
        });
    }

    pub(crate) fn client(&self) -> ApiClient {
        self.control_plane.api_client().unwrap()
    }

    /// Sends an object to be created, by dry run.
    pub(crate) fn create(&self, client: &mut ApiClient, kind: &str, object: &Value) -> Answer {
        let path = format!("{}?dryRun=All&fieldValidation=Ignore", self.path("default", kind));
        client.send("POST", &path, object)
    }

    /// The path of the objects of a kind in a namespace.
    pub(crate) fn path(&self, namespace: &str, kind: &str) -> String {
        let kind = Kind::named(kind).unwrap();
        format!(
            "/apis/{}/namespaces/{namespace}/{}",
            kind.api_version(self.version),
            kind.plural()
        )
    }
}

/// Makes one validation of all, because types of all variables are worked out anew for each.
fn in_one(validations: &mut Value) {
    let all = validations.as_array().unwrap();
    let join = |key: &str, between: &str| {
        let expressions: Vec<String> = all
            .iter()
            .map(|one| format!("({})", one[key].as_str().unwrap()))
            .collect();
        expressions.join(between)
    };
    *validations = json!([{
        "expression": join("expression", " && "),
        "messageExpression": join("messageExpression", " + "),
    }]);
}

/// A file of `policies/`, as a person applies it.
pub(crate) fn manifest(file: &str) -> String {
    std::fs::read_to_string(root().join("charts/neo4jbackup-webhook/files/policies").join(file)).unwrap()
}
