//! Object by object: what is stored under the policies, and what is stored of an object that the webhook has patched.

use neo4jbackup_core::document::{Limits, Node};
use neo4jbackup_core::fix::{self, Edit};
use neo4jbackup_core::lint;
use neo4jbackup_core::schema::{Era, Kind, SchemaProblem, check};
use neo4jbackup_harness::{report_progress, shared};
use neo4jbackup_tests::crds;
use neo4jbackup_tests::fixture;
use serde_json::{Value, json};

use super::in_force::{InForce, audited, kinds};
use super::objects::{Without, random_object};
use super::operator_objects;
use super::webhook::{mutated, patch};
use crate::guard::random::Random;

#[test]
fn equal_with_the_fields_of_the_current_operator() {
    compare_all(&InForce::rendered(Era::V1_14), Era::V1_14);
}

#[test]
fn equal_with_the_fields_of_the_first_stable_operator() {
    compare_all(&InForce::rendered(Era::V1_6), Era::V1_6);
}

#[test]
fn equal_with_the_crds_of_the_current_operator() {
    match shared("upstream/crds/F") {
        Some(folder) => compare_all(&InForce::start(&crds::read(&folder), Era::V1_14), Era::V1_14),
        None => println!("skipped: the operator's own CRDs are not there"),
    }
}

/// What became of the objects.
#[derive(Debug, Default)]
struct Counts {
    /// Stored as both would have them, and nothing was filled in.
    untouched: usize,
    /// Stored, with the same filled in.
    filled_in: usize,
    /// Refused by the schema either way.
    refused: usize,
}

fn compare_all(in_force: &InForce, era: Era) {
    let mut counts = Counts::default();
    compare(in_force, &fixtures(in_force, era), &mut counts);
    compare(in_force, &random_objects(in_force, era), &mut counts);
    let declared: Vec<_> = in_force
        .namespaces
        .iter()
        .flat_map(|namespace| each_store(namespace, era))
        .collect();
    compare(in_force, &declared, &mut counts);
    report_progress(&format!("{era:?}: {counts:?}, no differences"));
    assert!(
        counts.untouched >= 50 && counts.filled_in >= 100 && counts.refused >= 20,
        "too few objects of a sort: {counts:?}"
    );
}

/// An object as it is sent, and as it reaches a webhook.
struct Sent {
    object: Value,
    pruned: Value,
}

fn compare(in_force: &InForce, sent: &[Sent], counts: &mut Counts) {
    let objects: Vec<_> = sent.iter().map(|sent| sent.object.clone()).collect();
    let (by_policy, _) = in_force.create(&objects);
    let patched: Vec<_> = sent
        .iter()
        .map(|sent| {
            let mut object = mutated(&in_force.webhook, &sent.pruned);
            object["metadata"]["namespace"] = json!(audited(text(&object, "namespace")));
            object
        })
        .collect();
    let (by_webhook, _) = in_force.create(&patched);
    let mut differences = Vec::new();
    for (sent, patched) in sent.iter().zip(&patched) {
        let stored = |by: &std::collections::BTreeMap<_, Value>, object: &Value| {
            let key = (text(object, "namespace").to_owned(), text(object, "name").to_owned());
            by.get(&key).cloned().map(without_server_metadata)
        };
        match (stored(&by_policy, &sent.object), stored(&by_webhook, patched)) {
            (None, None) => counts.refused += 1,
            (left, right) if left != right => differences.push(format!(
                "{}\nby policy:  {}\nby webhook: {}",
                sent.object,
                left.unwrap_or_default(),
                right.unwrap_or_default()
            )),
            _ if patch(&in_force.webhook, &sent.pruned).is_some() => counts.filled_in += 1,
            _ => counts.untouched += 1,
        }
    }
    assert!(
        differences.is_empty(),
        "{} differences\n{}",
        differences.len(),
        differences[..differences.len().min(5)].join("\n\n")
    );
}

fn text<'v>(object: &'v Value, key: &str) -> &'v str {
    object["metadata"][key].as_str().unwrap()
}

fn without_server_metadata(mut object: Value) -> Value {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for key in [
        "namespace",
        "uid",
        "creationTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
    ] {
        metadata.remove(key);
    }
    // Where an object says what was applied, kubectl says it anew, and names the namespace.
    if let Some(annotations) = object
        .pointer_mut("/metadata/annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    // The API server puts the uid of a Job into its selector and the labels of its pods.
    for pointer in ["/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        if let Some(labels) = object.pointer_mut(pointer).and_then(Value::as_object_mut) {
            labels.retain(|key, _| !key.ends_with("controller-uid"));
        }
    }
    object
}

/// Every object of every fixture that this API server has a kind for.
fn fixtures(in_force: &InForce, era: Era) -> Vec<Sent> {
    let mut found = Vec::new();
    for fixture in fixture::all() {
        for case in &fixture.cases {
            for document in lint::read(&case.manifest, &Limits::default()).documents {
                let Some((kind, version)) = Kind::of(&document.root) else {
                    continue;
                };
                let mut object = serde_json::to_value(&document.root).unwrap();
                if version != era.api_version() || !object["metadata"].is_object() {
                    continue;
                }
                let number = found.len();
                object["metadata"]["name"] = json!(format!("fixture-{number}-x"));
                object["metadata"]["namespace"] = json!(in_force.namespaces[number % 5]);
                let pruned = pruned(&object, kind, era);
                found.push(Sent { object, pruned });
            }
        }
    }
    found
}

/// The object without the fields that the API server drops before it asks anybody. It drops none from what the table
/// describes only in part.
fn pruned(object: &Value, kind: Kind, era: Era) -> Value {
    if kind.schema().spec.open {
        return object.clone();
    }
    let node = Node::from(object.clone());
    let dropped: Vec<Edit> = check(kind, era, &node)
        .into_iter()
        .filter_map(|problem| match problem {
            SchemaProblem::Unknown { path, .. } | SchemaProblem::OtherVersion { path, .. } => {
                Some(Edit::Remove { path })
            }
            _ => None,
        })
        .collect();
    serde_json::to_value(fix::apply(&node, &dropped)).unwrap()
}

fn random_objects(in_force: &InForce, era: Era) -> Vec<Sent> {
    let mut random = Random::new(0x0def_a017);
    let kinds: Vec<_> = kinds(era).collect();
    let object = |number: usize| {
        // Most defaults are about these two.
        let kind = match number % 3 {
            0 => Kind::Neo4jBackup,
            1 => Kind::Neo4jRestore,
            _ => kinds[random.below(kinds.len())],
        };
        let namespace = &in_force.namespaces[random.below(5)];
        let name = format!("random-{number}-x");
        let object = random_object(&mut random, kind, era, namespace, &name, Without::Anything);
        Sent {
            pruned: object.clone(),
            object,
        }
    };
    (0..400).map(object).collect()
}

/// A backup for each cloud, and what the operator makes of one: the identities that the namespace declares decide.
///
/// The webhook knows of no backup here, so that it has nothing but the namespace to go by for a Job.
fn each_store(namespace: &str, era: Era) -> Vec<Sent> {
    let backup = |store: &str| {
        json!({
            "apiVersion": format!("neo4j.neo4j.com/{}", era.api_version()), "kind": "Neo4jBackup",
            "metadata": {"name": format!("{store}-x"), "namespace": namespace},
            "spec": {"target": {"kind": "Cluster", "name": "graph"}, "storage": {"type": store}},
        })
    };
    let backups = ["s3", "gcs", "azure"].map(backup);
    backups
        .into_iter()
        .chain(operator_objects::all(namespace))
        .map(|object| Sent {
            pruned: object.clone(),
            object,
        })
        .collect()
}
