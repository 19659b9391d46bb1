//! A control plane with the policies in force.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use neo4jbackup_core::schema::{Era, GROUP, Kind, crd};
use neo4jbackup_harness::{Binaries, ControlPlane, Options, report_progress};
use serde_json::{Value, json};

use super::api_client::{Answer, ApiClient};
use crate::world::{await_something, shared};

/// What the policies do with what they find.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Actions {
    /// All only warn, so that every finding is told and not only the first.
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
    /// With the CRDs of an operator version, by the schema tables.
    pub(crate) fn rendered(era: Era, actions: Actions) -> Self {
        let crds = Kind::ALL.into_iter().filter(|kind| kind.schema().eras.contains(era));
        let crds: Vec<String> = crds.map(|kind| crd(kind, era).to_string()).collect();
        Self::start(&crds, era, actions)
    }

    /// With the CRDs of the operator itself, when they are there. Says so when they are not.
    pub(crate) fn upstream(era: Era, actions: Actions) -> Option<Self> {
        let Some(folder) = shared(&format!("upstream/crds/{era:?}")) else {
            println!("skipped: the operator's own CRDs are not there");
            return None;
        };
        let file = |kind: Kind| folder.join(format!("{GROUP}_{}.yaml", kind.plural()));
        let files = Kind::ALL.into_iter().map(file).filter(|file| file.exists());
        let crds: Vec<String> = files.map(|file| std::fs::read_to_string(file).unwrap()).collect();
        Some(Self::start(&crds, era, actions))
    }

    fn start(crds: &[String], era: Era, actions: Actions) -> Self {
        static BINARIES: OnceLock<Binaries> = OnceLock::new();
        let binaries = BINARIES.get_or_init(|| Binaries::locate_or_build(&report_progress).unwrap());
        let policed = Self {
            control_plane: ControlPlane::start(binaries, &Options::default()).unwrap(),
            version: if era <= Era::C { "v1alpha1" } else { "v1beta1" },
        };
        policed.control_plane.install_crds(&crds.join("\n---\n")).unwrap();
        for file in ["rules.yaml", "warnings.yaml"] {
            let mut manifest = manifest(file);
            if actions == Actions::Warn {
                manifest = manifest.replace("validationActions: [Deny]", "validationActions: [Warn]");
            }
            policed.control_plane.apply_yaml(&manifest).unwrap();
        }
        policed.await_policies();
        policed
    }

    /// The policies take effect after a moment; the last of each file shows that the others have as well.
    fn await_policies(&self) {
        let probe = json!({
            "apiVersion": format!("{GROUP}/{}", self.version), "kind": "Neo4jBackup", "metadata": {"name": "probe"},
            "spec": {
                "target": {"kind": "Cluster", "name": "catalog"}, "instanceRef": "catalog", "allDatabases": true,
                "storage": {"type": "azure", "bucket": "Backups"}, "retention": {"maxAge": "1"},
            },
        });
        let mut client = self.client();
        await_something("the policies", || {
            let answer = self.create(&mut client, "Neo4jBackup", &probe);
            let said = format!("{answer:?}");
            if ["NB7007", "NB7009"].iter().all(|code| said.contains(code)) {
                Ok(())
            } else {
                Err(said)
            }
        });
    }

    pub(crate) fn client(&self) -> ApiClient {
        ApiClient::connect(&self.control_plane)
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
            "/apis/{GROUP}/{}/namespaces/{namespace}/{}",
            self.version,
            kind.plural()
        )
    }
}

/// A file of `policies/`, as a person applies it.
pub(crate) fn manifest(file: &str) -> String {
    std::fs::read_to_string(root().join("policies").join(file)).unwrap()
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
