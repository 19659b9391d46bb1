use std::collections::BTreeSet;

use crate::check::prelude::*;
use crate::operator::{Era, Operator, OperatorVersion, Versions};
use crate::schema::{Difference, Kind};

declare_check! {
    /// The operator and the definitions of its kinds are of different versions.
    ///
    /// ## What it looks at
    /// The version of the operator's image, and the schemas that the cluster serves of `Neo4jBackup` and `Neo4jRestore`: the
    /// fields that only one of the two knows, the fields of a status that the API server would not keep, and whether the
    /// version of the API is served that the operator reads. Of the definitions alone: versions of the API in which objects
    /// may still be stored and that are not served, and versions that are served side by side without a conversion.
    ///
    /// ## Why it matters
    /// `helm upgrade` leaves `CustomResourceDefinitions` as they are. Fields that a newer operator knows are dropped then, also
    /// of what it writes into a status, and a field of newer definitions is stored, and an older operator ignores it.
    ///
    /// ## How to mend it
    /// Bring the older of the two up to date. Definitions come with the chart or the release of the operator and are applied by
    /// hand: `kubectl apply --server-side -f`.
    DefinitionsOfOtherVersion {
        code: "NB9004", name: "definitions-of-other-version", severity: Error,
        looks: [AtCluster], needs: [], explains: ["NB1102"], since: "0.2",
    }
}

/// The kinds whose definitions tell.
const KINDS: [Kind; 2] = [Kind::Neo4jBackup, Kind::Neo4jRestore];
/// So many fields and objects are named.
const MOST: usize = 4;
/// What operators write into the status of a backup and restores depend on: the field of a run, and since when.
const RECORDED: [(&str, Versions); 2] = [
    ("artifactFilename", Versions::range("1.12+")),
    ("databaseArtifacts", Versions::range("1.13+")),
];

impl Check for DefinitionsOfOtherVersion {
    fn check_cluster(&self, cluster: &Cluster<'_>, report: &mut Report) {
        let deployed = deployed(cluster);
        if let Some((installation, version)) = &deployed {
            compare(installation, *version, cluster, report);
        }
        for stored in cluster.snapshot.objects(Resource::Definitions) {
            let definition = stored.node();
            let kind = definition.at("spec.names.kind").and_then(Node::as_str);
            let Some(kind) = kind.and_then(Kind::named).filter(|kind| KINDS.contains(kind)) else {
                continue;
            };
            let Some(reference) = ObjectRef::of(&definition) else {
                continue;
            };
            left_in_storage(&reference, &definition, kind, report);
            not_converted(&reference, &definition, kind, cluster, report);
        }
    }
}

/// The only version of the operator that is deployed.
fn deployed<'c, 's>(cluster: &'c Cluster<'s>) -> Option<(&'c Installation<'s>, OperatorVersion)> {
    let mut found: Option<(&Installation<'_>, OperatorVersion)> = None;
    for installation in &cluster.installations {
        let version = installation.version.as_deref()?.parse().ok()?;
        if found.is_some_and(|(_, other)| other != version) {
            return None;
        }
        found = Some((installation, version));
    }
    found
}

fn compare(installation: &Installation<'_>, version: OperatorVersion, cluster: &Cluster<'_>, report: &mut Report) {
    let era = Era::of(version);
    let api = era.api_version();
    let served: BTreeSet<&str> = cluster
        .served
        .kinds()
        .filter(|(kind, _)| KINDS.contains(kind))
        .map(|(_, version)| version)
        .collect();
    if served.is_empty() {
        return;
    }
    if !served.contains(api) {
        let served: Vec<&str> = served.into_iter().collect();
        let message = format!(
            "operator {version} reads {api} of its kinds, and the cluster serves {}: it sees no object at all",
            name(&served.join(", "))
        );
        let diagnosis = report.say(installation.reference(), message);
        diagnosis
            .affects(Affects::Everything)
            .help(format!(
                "install the CustomResourceDefinitions of operator {version}, or the operator that these are of"
            ))
            .command("kubectl get crds neo4jbackups.neo4j.neo4j.com -o jsonpath='{.spec.versions[*].name}'");
        diagnosis.explains = &["NB9003", "NB9007", "NB9011"];
        return;
    }
    let Some(told) = cluster.served.versions() else { return };
    if Operator::exactly(version).is_in(told) {
        return;
    }
    let differences = KINDS.map(|kind| (kind, cluster.served.difference(kind, era).unwrap_or_default()));
    let all = |of: fn(&Difference) -> &Vec<String>| -> Vec<String> {
        let each = differences.iter().flat_map(|(kind, difference)| {
            of(difference)
                .iter()
                .map(move |field| format!("{} {field}", kind.name()))
        });
        each.collect()
    };
    let (lacking, beyond) = (
        all(|difference| &difference.lacking),
        all(|difference| &difference.beyond),
    );
    let unrecorded = unrecorded(version, cluster);
    if lacking.is_empty() && beyond.is_empty() && unrecorded.is_empty() {
        return;
    }
    let used = used(&differences, cluster);
    let is_older = told.last() < version;
    let message = if is_older {
        let effect = match (unrecorded.is_empty(), lacking.is_empty()) {
            (false, _) => "what it notes of a run is not kept, so that restores do not find what was stored",
            (true, false) => "fields that it knows are dropped",
            (true, true) => "they have fields that it ignores",
        };
        format!("the definitions are those of {told}, and the operator is {version}: {effect}")
    } else {
        let effect = if !unrecorded.is_empty() || !lacking.is_empty() {
            "fields that it knows are dropped"
        } else if used.is_empty() {
            "fields that they have are ignored"
        } else {
            "fields that are set are ignored"
        };
        format!("the operator is {version}, and the definitions are those of {told}: {effect}")
    };
    let object = installation.reference();
    let diagnosis = report.say(object.clone(), message);
    let mut evidence = |text: &str, fields: &[String]| {
        if !fields.is_empty() {
            let more = match fields.len().saturating_sub(MOST) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let fields: Vec<&str> = fields.iter().take(MOST).map(String::as_str).collect();
            diagnosis.evidence(Evidence::fact(
                object.clone(),
                format!("{text}: {}{more}", fields.join(", ")),
            ));
        }
    };
    evidence("dropped from what the operator writes", &unrecorded);
    evidence("set, and ignored by the operator", &used);
    evidence("known to the operator and dropped", &lacking);
    if !is_older || (lacking.is_empty() && unrecorded.is_empty()) {
        evidence("stored and unknown to the operator", &beyond);
    }
    if unrecorded.is_empty() && used.is_empty() {
        diagnosis.severity(Severity::Warning);
    }
    diagnosis.affects(Affects::Everything);
    if is_older {
        diagnosis.help(format!(
            "apply the CustomResourceDefinitions of operator {version} with `kubectl apply --server-side`; helm upgrade does not"
        ));
    } else {
        diagnosis.help("bring the operator up to the version of the definitions; older definitions would drop fields");
    }
}

/// What the operator writes into the history of a backup and the definition does not keep.
fn unrecorded(version: OperatorVersion, cluster: &Cluster<'_>) -> Vec<String> {
    let definition = cluster
        .snapshot
        .objects(Resource::Definitions)
        .iter()
        .find(|stored| *stored.name == *"neo4jbackups.neo4j.neo4j.com");
    let Some(definition) = definition.map(crate::snapshot::StoredObject::node) else {
        return Vec::new();
    };
    let versions = definition
        .at("spec.versions")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let served = versions
        .iter()
        .find(|of| of.get("name").and_then(Node::as_str) == Some(Era::of(version).api_version()));
    let run =
        served.and_then(|of| of.at("schema.openAPIV3Schema.properties.status.properties.history.items.properties"));
    // Where runs are not described at all, everything may be kept.
    let Some(run) = run.and_then(Node::as_map) else {
        return Vec::new();
    };
    let wanted = RECORDED.iter().filter(|(_, versions)| versions.contains(version));
    let lost = wanted.filter(|(field, _)| run.get(field).is_none());
    lost.map(|(field, _)| format!("status.history[].{field}")).collect()
}

/// The fields that objects have and an older operator ignores, with the object.
fn used(differences: &[(Kind, Difference); 2], cluster: &Cluster<'_>) -> Vec<String> {
    let mut used = Vec::new();
    for (kind, difference) in differences {
        for stored in cluster.snapshot.objects(Resource::of_kind(*kind)) {
            let object = stored.node();
            for field in &difference.beyond {
                if object.at(field).is_some_and(says_something) {
                    used.push(format!(
                        "{field} of {} {}/{}",
                        kind.name(),
                        stored.namespace,
                        stored.name
                    ));
                }
            }
        }
    }
    used
}

/// What the API server fills in, or what means the same as nothing, says nothing.
fn says_something(value: &Node<'_>) -> bool {
    match value {
        Node::Null => false,
        Node::Bool(value) => *value,
        Node::Number(text) => text != "0",
        Node::String(text) => !text.is_empty() && text != "standard",
        Node::List(items) => !items.is_empty(),
        Node::Map(map) => !map.is_empty(),
    }
}

/// Says which versions objects may still be stored in, though nobody can read them by it.
fn left_in_storage(reference: &ObjectRef, definition: &Node<'_>, kind: Kind, report: &mut Report) {
    let versions = definition
        .at("spec.versions")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let is_served = |name: &str| {
        versions.iter().any(|version| {
            version.get("name").and_then(Node::as_str) == Some(name)
                && version.get("served").and_then(Node::as_bool) == Some(true)
        })
    };
    let stored = definition
        .at("status.storedVersions")
        .and_then(Node::as_list)
        .unwrap_or_default();
    let left: Vec<&str> = stored
        .iter()
        .filter_map(Node::as_str)
        .filter(|name| !is_served(name))
        .collect();
    if left.is_empty() {
        return;
    }
    let left = left.join(", ");
    let plural = kind.plural();
    report
        .say(
            reference.clone(),
            format!(
                "objects may still be stored as {}, which is not served any more, and new definitions without it are refused",
                name(&left)
            ),
        )
        .severity(Severity::Warning)
        .evidence(Evidence::field(reference.clone(), "status.storedVersions", &left))
        .help("have each object stored anew, which changes nothing in it; then take the version out of status.storedVersions")
        .command(format!("kubectl get {plural} -A -o json | kubectl replace -f -"));
}

/// Says that versions are served side by side and that nobody converts one into the other.
fn not_converted(reference: &ObjectRef, definition: &Node<'_>, kind: Kind, cluster: &Cluster<'_>, report: &mut Report) {
    let strategy = definition.at("spec.conversion.strategy").and_then(Node::as_str);
    let served: Vec<&str> = cluster
        .served
        .kinds()
        .filter(|(of, _)| *of == kind)
        .map(|(_, version)| version)
        .collect();
    let [first, rest @ ..] = &*served else { return };
    let schema = cluster.served.get(kind, first);
    let differs = rest.iter().any(|version| cluster.served.get(kind, version) != schema);
    if strategy == Some("Webhook") || !differs {
        return;
    }
    let versions = served.join(", ");
    report
        .say(
            reference.clone(),
            format!(
                "{} are served without a conversion, and fields of one that the other lacks are dropped",
                name(&versions)
            ),
        )
        .severity(Severity::Warning)
        .evidence(Evidence::field(
            reference.clone(),
            "spec.conversion.strategy",
            strategy.unwrap_or("None"),
        ))
        .help("use one version in all manifests, and stop serving the other");
}
