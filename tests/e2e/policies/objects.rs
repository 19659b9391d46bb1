//! The objects that are judged twice: every fixture, every manifest of the operator, and changed ones.

use std::collections::BTreeMap;
use std::fs;

use neo4jbackup_core::document::Limits;
use neo4jbackup_core::lint;
use neo4jbackup_core::schema::Kind;
use neo4jbackup_harness::{root, shared};
use neo4jbackup_tests::fixture;
use serde_json::{Map, Value, json};

use crate::guard::random::Random;

/// Every object of the fixtures, stored ones included.
pub(crate) fn of_fixtures() -> Vec<Value> {
    let fixtures = fixture::all();
    let cases = fixtures.iter().flat_map(|fixture| &fixture.cases);
    let texts = cases.flat_map(|case| [Some(&case.manifest), case.old.as_ref(), case.after.as_ref()]);
    texts.flatten().flat_map(|text| objects(text)).collect()
}

/// Every object of the operator's own manifests; none, in words, when they are not there.
pub(crate) fn of_operator() -> Vec<Value> {
    let Some(folder) = shared("upstream/manifests") else {
        println!("skipped: the operator's own manifests are not there");
        return Vec::new();
    };
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .flat_map(|era| fs::read_dir(era.unwrap().path()).unwrap())
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| objects(&fs::read_to_string(file).unwrap()))
        .collect()
}

/// A backup for each schedule of the vectors, whether Kubernetes takes it or not.
pub(crate) fn of_schedules() -> Vec<Value> {
    let text = fs::read_to_string(root().join("tests/vectors/cron.csv")).unwrap();
    let quoted = text.lines().skip(1).filter_map(|line| line.strip_prefix('"'));
    let schedules = quoted.map(|line| line.split("\",").next().unwrap().replace("\"\"", "\""));
    schedules
        .chain(["@every 60s", "@every 61s", "@every 1m1s", "@every -5m", "@every 0"].map(str::to_owned))
        .map(|schedule| {
            json!({"kind": "Neo4jBackup", "spec": {
                "instanceRef": "graph", "allDatabases": true, "schedule": schedule,
                "storage": {"type": "pvc", "pvc": {"name": "backups"}}}})
        })
        .collect()
}

/// A standalone for each of some images.
pub(crate) fn of_images() -> Vec<Value> {
    let tags = [
        "5.26.0-enterprise",
        "5.26-enterprise",
        "5.26.x-enterprise",
        "5.26.0",
        "5.26.0-community",
        "5.26.0-enterprise-ubi9",
        "5.26.0-ubi10-enterprise",
        "5.25.1-enterprise",
        "6.0.0-enterprise",
        "2025.01.0-enterprise",
        "2025.1.0-enterprise",
        "2025.13-enterprise",
        "2025.12.1-enterprise-trixie",
        "2026.01.0-enterprise-trixie",
        "2026.05.0-enterprise-bullseye",
        "2024.12.0-enterprise",
        "v5.26.0-enterprise",
        "neo4j-5.26.0-enterprise",
        "vneo4j-neo4j:5.26.0",
        "latest",
        "latest-community",
        "enterprise",
        "5-enterprise",
        "5.26.0-enterprise@sha256:abc",
        "@5.26.0",
        "-5.26",
        "5.-26",
        "+5.026.1-enterprise",
        "5.26.00-enterprise",
        "5.26.1.2-enterprise",
        "",
    ];
    let repositories = [
        None,
        Some("neo4j"),
        Some("docker.io/library/neo4j"),
        Some("registry.example:5000/neo4j"),
    ];
    repositories
        .into_iter()
        .flat_map(|repository| tags.map(|tag| (repository, tag)))
        .map(|(repository, tag)| {
            let mut image = json!({"tag": tag});
            if let Some(repository) = repository {
                image["repo"] = json!(repository);
            }
            json!({"kind": "Neo4jEnterpriseStandalone", "spec": {
                "image": image, "storage": {"className": "standard", "size": "10Gi"}}})
        })
        .collect()
}

fn objects(text: &str) -> Vec<Value> {
    let file = lint::read(text, &Limits::default());
    let known = file
        .documents
        .iter()
        .filter(|document| Kind::of(&document.root).is_some());
    known
        .map(|document| serde_json::to_value(&document.root).unwrap())
        .collect()
}

/// The object in another version, with a name and in no namespace, so that the API server takes it.
pub(crate) fn prepared(mut object: Value, version: &str, number: usize) -> Value {
    object["apiVersion"] = json!(format!("neo4j.neo4j.com/{version}"));
    if !object["metadata"].is_object() {
        object["metadata"] = json!({});
    }
    let metadata = object["metadata"].as_object_mut().unwrap();
    metadata.retain(|key, _| key == "name");
    let name = metadata.get("name").and_then(Value::as_str).unwrap_or_default();
    let fits = !name.is_empty() && name.len() <= 253;
    let name = if fits {
        name.to_owned()
    } else {
        format!("object-{number}")
    };
    metadata.insert("name".to_owned(), json!(name));
    if version == "v1alpha1" {
        require(&mut object);
    }
    object
}

/// Adds what the first operators required and later ones do not have.
fn require(object: &mut Value) {
    let required: &[(&str, Value)] = match object["kind"].as_str() {
        Some("Neo4jBackup") => &[("target", json!({"kind": "Cluster", "name": "catalog"}))],
        Some("Neo4jRestore") => &[("clusterRef", json!("catalog")), ("databaseName", json!("neo4j"))],
        _ => return,
    };
    if let Some(spec) = object["spec"].as_object_mut() {
        for (key, value) in required {
            spec.entry(*key).or_insert_with(|| value.clone());
        }
    }
}

/// Objects made from others, the same in each run: values and blocks of the same name change places, texts are
/// damaged, fields go.
pub(crate) struct Mutations<'o> {
    random: Random,
    objects: &'o [Value],
    /// What stands under each key in any object.
    values: BTreeMap<String, Vec<Value>>,
}

impl<'o> Mutations<'o> {
    pub(crate) fn new(objects: &'o [Value], seed: u64) -> Self {
        let mut values: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for object in objects {
            collect(&object["spec"], &mut values);
        }
        for list in values.values_mut() {
            list.sort_by_key(Value::to_string);
            list.dedup();
        }
        Self {
            random: Random::new(seed),
            objects,
            values,
        }
    }

    /// The next object.
    pub(crate) fn next(&mut self) -> Value {
        let object = self.objects[self.random.below(self.objects.len())].clone();
        self.changed(object)
    }

    /// An object with one to three changes in its `spec`.
    pub(crate) fn changed(&mut self, mut object: Value) -> Value {
        for _ in 0..=self.random.below(3) {
            if let Some(spec) = object["spec"].as_object_mut() {
                self.change(spec);
            }
        }
        if object["kind"] == "Neo4jBackup" && object["spec"].is_object() && self.random.below(4) == 0 {
            object["spec"]["schedule"] = json!(self.schedule());
        }
        object
    }

    /// Five fields, more or less, of pieces that are good in some of them.
    fn schedule(&mut self) -> String {
        const PIECES: [&str; 30] = [
            "*", "*", "*", "?", "0", "1", "2", "4", "5", "6", "7", "12", "13", "23", "29", "30", "31", "59", "60",
            "feb", "APR", "sun", "Sat", "+3", "007", "", "x", "1-3", "30-31", "5-3",
        ];
        const STEPS: [&str; 8] = ["1", "2", "0", "70", "-1", "9999999999999999999", "x", "1/2"];
        let count = [5, 5, 5, 5, 5, 5, 5, 4, 6][self.random.below(9)];
        let mut fields = Vec::new();
        for _ in 0..count {
            let mut field = self.random.one_of(&PIECES).to_owned();
            match self.random.below(8) {
                0 => field = format!("{field},{}", self.random.one_of(&PIECES)),
                1 => {
                    let step = self.random.one_of(&STEPS);
                    field = format!("{field}/{step}");
                }
                2 => field = format!("{field}-{}", self.random.one_of(&PIECES)),
                3 => ",".clone_into(&mut field),
                _ => {}
            }
            fields.push(field);
        }
        fields.join(self.random.one_of(&[" ", " ", " ", "  ", "\t", "\u{3000}"]))
    }

    fn change(&mut self, block: &mut Map<String, Value>) {
        let keys: Vec<String> = block.keys().cloned().collect();
        if keys.is_empty() {
            return;
        }
        let key = &keys[self.random.below(keys.len())];
        let is_block = block[key].as_object().is_some_and(|below| !below.is_empty());
        if is_block && self.random.below(5) > 0 {
            return self.change(block[key].as_object_mut().unwrap());
        }
        match self.random.below(8) {
            0 => drop(block.remove(key)),
            1 | 2 => self.damage(&mut block[key]),
            // A field that stands beside this one somewhere else.
            3 => {
                let all: Vec<&String> = self.values.keys().collect();
                let key = all[self.random.below(all.len())].clone();
                let value = self.value(&key);
                block.insert(key, value);
            }
            _ => {
                let value = self.value(key);
                block.insert(key.clone(), value);
            }
        }
    }

    fn value(&mut self, key: &str) -> Value {
        let Some(values) = self.values.get(key) else {
            return Value::Null;
        };
        values[self.random.below(values.len())].clone()
    }

    fn damage(&mut self, value: &mut Value) {
        const ALPHABET: [char; 28] = [
            '0', '1', '5', '9', 'a', 'm', 'Z', 'i', 'd', ' ', '/', '/', '-', '*', ',', '.', ':', '_', '@', '=', '+',
            '?', 'é', '\'', '{', '%', '\t', '\u{3000}',
        ];
        match value {
            Value::String(text) => *text = self.random.mutated(text, &ALPHABET),
            Value::Bool(is) => *is = !*is,
            Value::Number(_) => *value = json!(self.random.below(5)),
            Value::Object(_) | Value::Array(_) | Value::Null => *value = json!({}),
        }
    }
}

fn collect(value: &Value, values: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                values.entry(key.clone()).or_default().push(value.clone());
                collect(value, values);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, values)),
        _ => {}
    }
}
