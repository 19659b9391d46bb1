//! The objects that are judged twice: every fixture, every manifest of the operator, and changed ones.

use std::collections::BTreeMap;
use std::fs;

use neo4jbackup_core::document::Limits;
use neo4jbackup_core::lint;
use serde_json::{Map, Value, json};

use super::policed::root;
use crate::fixture;
use crate::guard::random::Random;
use crate::world::shared;

/// Every object of the fixtures, stored ones included.
pub(crate) fn of_fixtures() -> Vec<Value> {
    let fixtures = fixture::all(&root().join("tests/rules"));
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

fn objects(text: &str) -> Vec<Value> {
    let file = lint::read(text, &Limits::default());
    let known = file
        .documents
        .iter()
        .filter(|document| lint::known_kind(&document.root).is_some());
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
    object
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
        let mut object = self.objects[self.random.below(self.objects.len())].clone();
        for _ in 0..=self.random.below(3) {
            if let Some(spec) = object["spec"].as_object_mut() {
                self.change(spec);
            }
        }
        object
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
