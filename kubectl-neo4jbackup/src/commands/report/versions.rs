//! `versions.json`: what runs where, as far as it was seen.

use neo4jbackup_core::document::Node;
use neo4jbackup_core::live::Cluster;
use neo4jbackup_core::quoted::printable;
use neo4jbackup_core::snapshot::Resource;
use serde::Serialize;

use crate::report::API_VERSION;

/// `versions.json`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Versions {
    api_version: &'static str,
    kind: &'static str,
    /// The version of this program.
    plugin: &'static str,
    /// The version of the API server; null when it is not known.
    api_server: Option<String>,
    /// Installations of the operator.
    pub(super) operators: Vec<Operator>,
    /// The CRDs of the operator.
    definitions: Vec<Definition>,
}

/// An installation of the operator.
#[derive(Debug, Serialize)]
pub(super) struct Operator {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Its version; null where neither its image nor a label says it.
    pub(super) version: Option<String>,
}

/// A CRD.
#[derive(Debug, Serialize)]
struct Definition {
    name: String,
    /// The versions of the API that are served.
    served: Vec<String>,
    /// The versions in which objects may be stored.
    stored: Vec<String>,
}

impl Versions {
    /// What runs in a cluster.
    pub(super) fn of(cluster: &Cluster<'_>, api_server: Option<&str>) -> Self {
        let operators = cluster.installations.iter().map(|installation| Operator {
            namespace: installation.namespace.to_string(),
            name: installation.name.to_string(),
            version: installation.version.clone(),
        });
        let definitions = cluster.snapshot.objects(Resource::Definitions).iter();
        Self {
            api_version: API_VERSION,
            kind: "Versions",
            plugin: env!("CARGO_PKG_VERSION"),
            api_server: api_server.map(|version| printable(version).into_owned()),
            operators: operators.collect(),
            definitions: definitions
                .map(|object| Definition::of(&object.name, &object.node()))
                .collect(),
        }
    }
}

impl Definition {
    fn of(name: &str, object: &Node<'_>) -> Self {
        let list = |path: &str| object.at(path).and_then(Node::as_list).unwrap_or_default();
        let text = |node: &Node<'_>| node.as_str().map(str::to_owned);
        let served = list("spec.versions").iter().filter(|version| {
            let is_served = version.get("served").and_then(Node::as_bool);
            is_served == Some(true)
        });
        Self {
            name: name.to_owned(),
            served: served
                .filter_map(|version| version.get("name").and_then(text))
                .collect(),
            stored: list("status.storedVersions").iter().filter_map(text).collect(),
        }
    }
}
