//! A control plane of its own for the policies, which act on every namespace that is not audited.

use std::collections::BTreeMap;

use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::{Era, Kind, crd};
use neo4jbackup_harness::{Binaries, ControlPlane, Options, await_something, report_progress};
use neo4jbackup_policies::manifest;
use neo4jbackup_webhook::App;
use serde_json::{Value, json};

use super::webhook::webhook;

/// A control plane with the defaults in force.
pub(crate) struct InForce {
    pub(crate) control_plane: ControlPlane,
    /// The webhook that knows the same namespaces.
    pub(crate) webhook: App,
    /// The namespaces of [`DECLARATIONS`], in their order.
    pub(crate) namespaces: Vec<String>,
}

/// What a namespace declares for AWS, Google and Azure; empty for nothing.
pub(crate) type Declaration = [&'static str; 3];

pub(crate) const ROLE: &str = "arn:aws:iam::210987654321:role/neo4j-backup";
pub(crate) const ACCOUNT: &str = "neo4j-backup@acme-graph.iam.gserviceaccount.com";
pub(crate) const CLIENT: &str = "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978";

/// Identities that are, and such that only just are not.
pub(crate) const DECLARATIONS: &[Declaration] = &[
    [ROLE, ACCOUNT, CLIENT],
    ["", "", ""],
    [ROLE, "", ""],
    ["", ACCOUNT, ""],
    ["", "", CLIENT],
    [
        "arn:aws-cn:iam::210987654321:role/team/a/neo4j-backup",
        "neo4j-backup@acme.example.com.iam.gserviceaccount.com",
        "6B1F1B0C-7C1E-4B8E-9F0A-2D3C4B5A6978",
    ],
    [
        "arn:aws-us-gov:iam::210987654321:role/_+=,.@-",
        "210987-compute@developer.gserviceaccount.com",
        "00000000-0000-0000-0000-000000000000",
    ],
    [
        "arn:aws:iam::210987654321:role//x",
        "acme-graph@appspot.gserviceaccount.com",
        "<CLIENT_ID>",
    ],
    [
        "arn:aws:iam::123456789:role/neo4j-backup",
        "neo4j@acme-graph.iam.gserviceaccount.com",
        "6b1f1b0c7c1e4b8e9f0a2d3c4b5a6978",
    ],
    [
        "arn:aws:iam::210987654321:user/neo4j-backup",
        "neo4j-backup@acme-graph-.iam.gserviceaccount.com",
        "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a697g",
    ],
    [
        "arn:aws:iam::210987654321:role/",
        "neo4j-backup@acme..iam.gserviceaccount.com",
        "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a69781",
    ],
    [
        "arn:aws:iam::210987654321:role/a b",
        "Neo4j-backup@acme-graph.iam.gserviceaccount.com",
        " 6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978",
    ],
    [
        "arn:aws:iam::210987654321:role/größe",
        "neo4j-backup@acme-graph.iam.gserviceaccount.com.",
        "6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978\n",
    ],
    [
        "arn:aws:iam:eu-west-1:210987654321:role/neo4j-backup",
        "-compute@developer.gserviceaccount.com",
        "${CLIENT_ID}",
    ],
    [
        "arn:aws:iam::210987654321:role/neo4j-backup\n",
        "neo4j-backup@acme@graph.iam.gserviceaccount.com",
        "6b1f1b0c-7c1e-4b8e-9f0a2-d3c4b5a6978",
    ],
    [
        "arn:AWS:iam::210987654321:role/neo4j-backup",
        "neo4j-backup@developer.gserviceaccount.com",
        "-6b1f1b0c-7c1e-4b8e-9f0a-2d3c4b5a6978",
    ],
];

impl InForce {
    /// With the CRDs that the schema tables give for an operator version.
    pub(crate) fn rendered(era: Era) -> Self {
        Self::start(&crds(era), era)
    }

    /// With these CRDs, of this operator version.
    pub(crate) fn start(crds: &str, era: Era) -> Self {
        let binaries = Binaries::locate_or_build(&report_progress).unwrap();
        let control_plane = ControlPlane::start(&binaries, &Options::default()).unwrap();
        control_plane.install_crds(crds).unwrap();
        control_plane
            .apply_yaml(&manifest::defaults(Some(Operator::of_era(era))))
            .unwrap();
        let mut known = BTreeMap::new();
        let mut manifests = Vec::new();
        for (number, declaration) in DECLARATIONS.iter().enumerate() {
            let annotations = annotations(declaration);
            for (name, labels) in [
                (name_of(number), json!({})),
                (
                    audited(&name_of(number)),
                    json!({"neo4jbackup.github.io/mode": "audit"}),
                ),
            ] {
                manifests.push(json!({
                    "apiVersion": "v1", "kind": "Namespace",
                    "metadata": {"name": name, "labels": labels, "annotations": annotations},
                }));
                known.insert(name, annotations.clone());
            }
        }
        control_plane.apply_yaml(&list(&manifests)).unwrap();
        let in_force = Self {
            control_plane,
            webhook: webhook(&known, Some(Operator::of_era(era))),
            namespaces: (0..DECLARATIONS.len()).map(name_of).collect(),
        };
        in_force.await_policies(era);
        in_force
    }

    /// Creates objects by server dry run. Gives what would be stored, by namespace and name, and what was said of others.
    pub(crate) fn create(&self, objects: &[Value]) -> (BTreeMap<(String, String), Value>, String) {
        let arguments = [
            "create",
            "--dry-run=server",
            "--validate=false",
            "--output=json",
            "--filename=-",
        ];
        let answer = self
            .control_plane
            .kubectl_with_input(&arguments, &list(objects))
            .unwrap();
        let stored = serde_json::Deserializer::from_str(&answer.stdout).into_iter::<Value>();
        let stored = stored.map(|object| {
            let object = object.unwrap();
            let text = |pointer: &str| object.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            ((text("/metadata/namespace"), text("/metadata/name")), object)
        });
        (stored.collect(), answer.stderr)
    }

    /// Waits until each policy has been seen at work.
    fn await_policies(&self, era: Era) {
        let mut probes = vec![
            super::operator_objects::job("probe-job", &self.namespaces[0]),
            super::operator_objects::service_account("neo4j-backup-sa", &self.namespaces[0]),
        ];
        let location = json!({"type": "s3", "bucket": "acme-graph-backups"});
        let mut probe = |kind: Kind, spec: Value| {
            probes.push(json!({
                "apiVersion": kind.api_version(era.api_version()), "kind": kind.name(), "spec": spec,
                "metadata": {"name": format!("probe-{}", kind.plural()), "namespace": self.namespaces[0]},
            }));
        };
        probe(
            Kind::Neo4jBackup,
            json!({"storage": location, "target": {"kind": "Cluster", "name": "graph"}}),
        );
        probe(
            Kind::Neo4jRestore,
            json!({
                "source": {"type": "storage", "storage": location},
                "targetCluster": "graph", "clusterRef": "graph", "databaseName": "neo4j",
            }),
        );
        if era <= Era::V1_6 {
            probe(
                Kind::Neo4jEnterpriseStandalone,
                json!({
                    "image": {"repo": "neo4j", "tag": "5.26.0"}, "storage": {"size": "1Gi", "className": "fast"},
                    "backups": {"defaultStorage": location},
                }),
            );
        }
        let wanted = probes.len();
        let mut refusals = 0;
        await_something("the policies", || {
            let (stored, said) = self.create(&probes);
            refusals += said.matches("ServiceUnavailable").count() + said.matches("not found. There can be").count();
            let filled = stored.values().filter(|object| {
                let text = object["spec"].to_string() + &object["metadata"]["annotations"].to_string();
                text.contains(r#""provider":"aws""#)
                    || text.contains("azure.workload.identity/use")
                    || text.contains("azure.workload.identity/client-id")
            });
            if filled.count() == wanted {
                Ok(())
            } else {
                Err(format!("{said}{stored:#?}"))
            }
        });
        if refusals > 0 {
            report_progress(&format!(
                "the API server refused {refusals} objects because it had not read the schema of their kind yet"
            ));
        }
    }
}

/// The namespace that declares the same and is audited.
pub(crate) fn audited(namespace: &str) -> String {
    format!("audited-{namespace}")
}

fn name_of(number: usize) -> String {
    format!("declares-{number}")
}

fn annotations(declaration: &Declaration) -> BTreeMap<String, String> {
    ["aws-role-arn", "gcp-service-account", "azure-client-id"]
        .iter()
        .zip(declaration)
        .filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (format!("neo4jbackup.github.io/{key}"), (*value).to_owned()))
        .collect()
}

/// Objects as one manifest.
pub(crate) fn list(objects: &[Value]) -> String {
    json!({"apiVersion": "v1", "kind": "List", "items": objects}).to_string()
}

/// The CRDs of the kinds that an operator version has.
pub(crate) fn crds(era: Era) -> String {
    let crds = kinds(era).map(|kind| crd(kind, era).to_string());
    crds.collect::<Vec<_>>().join("\n---\n")
}

/// The kinds that an operator version has.
pub(crate) fn kinds(era: Era) -> impl Iterator<Item = Kind> {
    Kind::ALL
        .into_iter()
        .filter(move |kind| kind.schema().eras.contains(era))
}
