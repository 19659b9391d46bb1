//! The schema tables beside the definitions that the operator ships, when those are there.

use std::path::Path;

use neo4jbackup_core::schema::{Era, Kind, crd};
use neo4jbackup_harness::shared;
use neo4jbackup_tests::crds::folder_of;
use serde_json::{Value, json};

/// The eras with definitions.
fn shipped() -> impl Iterator<Item = Era> {
    Era::ALL.into_iter().filter(|era| folder_of(*era).is_some())
}

fn upstream_crd(folder: &Path, kind: Kind, era: Era) -> Option<Value> {
    let file = folder
        .join(folder_of(era)?)
        .join(format!("neo4j.neo4j.com_{}.yaml", kind.plural()));
    let exists = file.exists();
    assert_eq!(
        exists,
        kind.schema().eras.contains(era),
        "{} in era {era:?}",
        kind.name()
    );
    exists.then(|| {
        let text = std::fs::read_to_string(file).unwrap();
        let mut definition = serde_saphyr::from_str(&text).unwrap();
        normalise(&mut definition);
        definition
    })
}

fn our_crd(kind: Kind, era: Era) -> Value {
    let mut definition = crd(kind, era);
    normalise(&mut definition);
    definition
}

/// Descriptions are ours, and the order of required names and of an enum means nothing.
fn normalise(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if map.get("description").is_some_and(Value::is_string) {
                map.remove("description");
            }
            for key in ["required", "enum"] {
                if let Some(Value::Array(names)) = map.get_mut(key) {
                    names.sort_by_key(ToString::to_string);
                }
            }
            map.values_mut().for_each(normalise);
        }
        Value::Array(items) => items.iter_mut().for_each(normalise),
        _ => {}
    }
}

fn spec_of(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
}

fn differences(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            for key in ours.keys().chain(theirs.keys().filter(|key| !ours.contains_key(*key))) {
                let (left, right) = (
                    ours.get(key).unwrap_or(&Value::Null),
                    theirs.get(key).unwrap_or(&Value::Null),
                );
                differences(&format!("{path}/{key}"), left, right, found);
            }
        }
        _ if ours == theirs => {}
        _ => found.push(format!("{path}: ours {ours}, theirs {theirs}")),
    }
}

#[test]
fn backup_and_restore_are_what_the_operator_ships() {
    let Some(folder) = shared("upstream/crds") else { return };
    let mut found = Vec::new();
    for kind in [Kind::Neo4jBackup, Kind::Neo4jRestore] {
        for era in shipped() {
            let (ours, theirs) = (our_crd(kind, era), upstream_crd(&folder, kind, era).unwrap());
            let at = format!("{} {era:?}", kind.name());
            assert!(spec_of(&theirs).is_object(), "{at} has a spec");
            differences(&at, spec_of(&ours), spec_of(&theirs), &mut found);
            for key in ["group", "names", "scope"] {
                differences(
                    &format!("{at} {key}"),
                    &ours["spec"][key],
                    &theirs["spec"][key],
                    &mut found,
                );
            }
            for key in ["name", "served", "storage", "subresources", "additionalPrinterColumns"] {
                let (ours, theirs) = (&ours["spec"]["versions"][0][key], &theirs["spec"]["versions"][0][key]);
                differences(&format!("{at} {key}"), ours, theirs, &mut found);
            }
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_other_kinds_say_nothing_that_the_operator_does_not_ship() {
    let Some(folder) = shared("upstream/crds") else { return };
    let mut found = Vec::new();
    for kind in Kind::ALL {
        for era in shipped() {
            let Some(theirs) = upstream_crd(&folder, kind, era) else {
                continue;
            };
            let at = format!("{} {era:?} spec", kind.name());
            contained(&at, spec_of(&our_crd(kind, era)), spec_of(&theirs), &mut found);
        }
    }
    assert!(found.is_empty(), "{} differences:\n{}", found.len(), found.join("\n"));
}

/// What we say is so there; an object that leaves something out is declared open.
fn contained(path: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let is_open = ours["x-kubernetes-preserve-unknown-fields"] == json!(true);
    for (key, value) in ours.as_object().unwrap() {
        match key.as_str() {
            "properties" => {
                for (name, below) in value.as_object().unwrap() {
                    match theirs["properties"].get(name) {
                        Some(other) => contained(&format!("{path}.{name}"), below, other, found),
                        None => found.push(format!("{path}.{name} does not exist")),
                    }
                }
            }
            "items" | "additionalProperties" => contained(&format!("{path}.{key}"), value, &theirs[key], found),
            "required" if is_open => {
                let known = theirs[key].as_array().unwrap();
                if !value.as_array().unwrap().iter().all(|name| known.contains(name)) {
                    found.push(format!("{path}: ours {value}, theirs {}", theirs[key]));
                }
            }
            "x-kubernetes-preserve-unknown-fields" => {}
            _ => differences(&format!("{path}/{key}"), value, &theirs[key], found),
        }
    }
    if !is_open && ours["properties"].is_object() {
        for name in theirs["properties"].as_object().unwrap().keys() {
            if ours["properties"].get(name).is_none() {
                found.push(format!("{path}.{name} is left out of an object that is not open"));
            }
        }
    }
}
