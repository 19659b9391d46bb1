//! Random valid objects, and what the webhook fills in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use neo4jbackup_core::document::Node;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::{self, Era, Kind, ObjectSchema, Pattern, Shape};
use serde_json::{Map, Value, json};

use super::random::Random;
use super::scale;
use crate::support::{app, create, mutate};

/// Texts that rules look at, good and bad, for fields that take any text.
const TEXTS: [&str; 20] = [
    "",
    "neo4j",
    "prod",
    "acme-backups",
    "Acme_Backups/",
    "container@account",
    "0 2 * * *",
    "0 0 2 * * *",
    "every day",
    "7d",
    "30m",
    "100Gi",
    "100GB",
    "nightly/2026",
    "2026-11-20T12:00:00Z",
    "arn:aws:iam::123456789012:role/backup",
    "backup@acme.iam.gserviceaccount.com",
    "00000000-0000-0000-0000-000000000000",
    "https://minio.example.com:9000",
    "é \" \\ \u{1}",
];

const KEYS: [&str; 5] = [
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
    "cpu",
    "a~b/c",
];

#[test]
fn what_is_filled_in_is_valid_and_complete_the_first_time() {
    let mut random = Random::new(1);
    let (mut patched, mut valid) = (0, 0);
    let count = scale(2000, 10_000);
    let eras: Vec<_> = Era::ALL
        .into_iter()
        .map(|era| (era, app().with_operator(Some(Operator::of_era(era)))))
        .collect();
    while valid < count {
        let (era, app) = &eras[random.below(eras.len())];
        let kind = Kind::ALL[random.below(Kind::ALL.len())];
        if !kind.schema().eras.contains(*era) {
            continue;
        }
        valid += 1;
        let mut object = object(kind, *era, &mut random);
        assert_valid(kind, *era, &object);
        let Some(patch) = patch(&mutate(app, &create(&object))) else {
            continue;
        };
        patched += 1;
        let before = object.clone();
        json_patch::patch(&mut object, &patch).unwrap();
        assert_valid(kind, *era, &object);
        assert_kept(&before, &object);
        let second = mutate(app, &create(&object));
        assert_eq!(second.get("patch"), None, "{before}\n{object}");
    }
    assert!(
        patched * 20 > count,
        "of {count} objects only {patched} lacked anything"
    );
    println!("figure: random objects: {count} objects, {patched} of them patched");
}

fn patch(response: &Value) -> Option<json_patch::Patch> {
    assert_eq!(response["allowed"], true);
    let bytes = STANDARD.decode(response.get("patch")?.as_str().unwrap()).unwrap();
    Some(serde_json::from_slice(&bytes).unwrap())
}

fn assert_valid(kind: Kind, era: Era, object: &Value) {
    let node = Node::from(object.clone());
    let problems = schema::check(kind, era, &node);
    assert!(problems.is_empty(), "{era:?} {problems:#?} {object}");
}

/// Everything that was there is still there.
fn assert_kept(before: &Value, after: &Value) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                assert_kept(value, &after[key]);
            }
        }
        _ => assert_eq!(before, after),
    }
}

fn object(kind: Kind, era: Era, random: &mut Random) -> Value {
    let annotations: Map<String, Value> = (0..random.below(2)).map(|_| (key(random), text(random))).collect();
    json!({
        "apiVersion": kind.api_version(era.api_version()), "kind": kind.name(),
        "metadata": {"name": "nightly", "namespace": "graph", "annotations": annotations},
        "spec": fields(&kind.schema().spec, era, random),
    })
}

fn fields(schema: &ObjectSchema, era: Era, random: &mut Random) -> Value {
    let mut object = Map::new();
    for field in schema.fields {
        let Some(shape) = field.shape(era) else { continue };
        if field.required.contains(era) || random.one_in(2) {
            object.insert(field.name.to_owned(), value(shape, era, random));
        }
    }
    Value::Object(object)
}

fn value(shape: &Shape, era: Era, random: &mut Random) -> Value {
    match shape {
        Shape::Boolean { .. } => random.one_in(2).into(),
        Shape::Integer { minimum, maximum } => {
            let least = minimum.unwrap_or(-1);
            let most = maximum.unwrap_or(least + 1000).min(least + 1000);
            let width = usize::try_from(most - least).unwrap() + 1;
            (least + i64::try_from(random.below(width)).unwrap()).into()
        }
        Shape::String {
            allowed,
            pattern,
            max_length,
            ..
        } => {
            if !allowed.is_empty() {
                return random.one_of(allowed).into();
            }
            let Some(pattern) = pattern else { return text(random) };
            let text = of_pattern(*pattern, random);
            assert!(pattern.matches(text) && text.len() <= max_length.unwrap_or(usize::MAX));
            text.into()
        }
        Shape::Quantity if random.one_in(2) => random.below(100).into(),
        Shape::Quantity => of_pattern(Pattern::Quantity, random).into(),
        Shape::Object(below) => fields(below, era, random),
        Shape::List { item, .. } => (0..random.below(3)).map(|_| value(item, era, random)).collect(),
        Shape::Map(item) => {
            let entries = (0..random.below(3)).map(|_| (key(random), value(item, era, random)));
            Value::Object(entries.collect())
        }
    }
}

fn text(random: &mut Random) -> Value {
    random.one_of(&TEXTS).into()
}

fn key(random: &mut Random) -> String {
    random.one_of(&KEYS).to_owned()
}

fn of_pattern(pattern: Pattern, random: &mut Random) -> &'static str {
    match pattern {
        Pattern::DatabaseName => random.one_of(&["neo4j", "Orders.v2", "a-b"]),
        Pattern::ResourceName => random.one_of(&["prod", "0", "a.b-c"]),
        Pattern::PageCache => random.one_of(&["4G", "512M", "0"]),
        Pattern::TempSize => random.one_of(&["20Gi", "1Ti", "7"]),
        Pattern::Quantity => random.one_of(&["500m", "2", "4Gi", "-1e3", ".5"]),
    }
}
