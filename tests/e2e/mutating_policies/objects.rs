//! Random objects that the schema of an operator version takes, the same in each run.

use neo4jbackup_core::schema::{Era, Kind, ObjectSchema, Pattern, Shape};
use serde_json::{Map, Value, json};

use super::places;
use crate::guard::random::Random;

/// What is left out of an object that the schema takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    /// Only what a default can fill in.
    Defaults,
    /// Also what nothing can fill in, so that the API server must refuse the object.
    Anything,
}

/// A random object; some of what the defaults fill in is missing.
pub(crate) fn random_object(
    random: &mut Random,
    kind: Kind,
    era: Era,
    namespace: &str,
    name: &str,
    without: Without,
) -> Value {
    let mut object = json!({
        "apiVersion": kind.api_version(era.api_version()),
        "kind": kind.name(),
        "metadata": {"name": name, "namespace": namespace},
        "spec": self::object(random, &kind.schema().spec, era),
    });
    for place in places::of(kind) {
        thin_out(random, &mut object, kind, place, without);
    }
    object
}

fn object(random: &mut Random, schema: &'static ObjectSchema, era: Era) -> Value {
    let mut map = Map::new();
    for entry in schema.fields {
        let Some(shape) = entry.shape(era) else { continue };
        // What the defaults look at is there more often than not.
        let is_interesting = matches!(
            entry.name,
            "storage"
                | "source"
                | "backups"
                | "cloud"
                | "identity"
                | "provider"
                | "pitr"
                | "baseBackup"
                | "defaultStorage"
        );
        let one_in = if is_interesting { 5 } else { 2 };
        let is_there = entry.required.contains(era) || (random.below(one_in) == 0) != is_interesting;
        if is_there {
            map.insert(entry.name.to_owned(), value(random, entry.name, shape, era));
        }
    }
    Value::Object(map)
}

fn value(random: &mut Random, name: &str, shape: &'static Shape, era: Era) -> Value {
    match shape {
        Shape::Boolean { .. } => json!(random.below(2) == 0),
        Shape::Integer { minimum, maximum } => {
            let (minimum, maximum) = (minimum.unwrap_or(0), maximum.unwrap_or(20));
            let span = usize::try_from(maximum - minimum + 1).unwrap();
            json!(minimum + i64::try_from(random.below(span)).unwrap())
        }
        Shape::Quantity => json!(random.one_of(&["1", "500m", "2Gi", "1e3"])),
        Shape::Object(schema) => object(random, schema, era),
        Shape::List { item, .. } => json!([value(random, name, item, era)]),
        Shape::Map(each) => {
            let mut map = Map::new();
            for _ in 0..random.below(3) {
                map.insert(random.one_of(KEYS).to_owned(), value(random, name, each, era));
            }
            Value::Object(map)
        }
        Shape::String {
            allowed,
            pattern,
            format,
            ..
        } => json!(text(random, name, allowed, *pattern, *format)),
    }
}

fn text<'a>(
    random: &mut Random,
    name: &str,
    allowed: &[&'a str],
    pattern: Option<Pattern>,
    format: Option<&str>,
) -> &'a str {
    if !allowed.is_empty() {
        return random.one_of(allowed);
    }
    match (pattern, format, name) {
        (Some(Pattern::PageCache), ..) => "4G",
        (Some(Pattern::TempSize), ..) => "20Gi",
        (Some(Pattern::Quantity), ..) => "1Gi",
        (Some(Pattern::DatabaseName | Pattern::ResourceName), ..) => random.one_of(&["neo4j", "orders", "a"]),
        (None, Some("date-time"), _) => "2025-01-15T14:30:00Z",
        (None, _, "schedule") => random.one_of(&["0 2 * * *", "@daily", "not a schedule"]),
        (None, _, "credentialsSecretRef") => random.one_of(&["", "", "", "store-keys"]),
        (None, _, "bucket") => random.one_of(&["acme-graph-backups", "Bad_Bucket", ""]),
        _ => random.one_of(&["nightly", "", "10Gi", "arn:aws:iam::210987654321:role/own", "größe 1"]),
    }
}

const KEYS: &[&str] = &[
    "cpu",
    "memory",
    "eks.amazonaws.com/role-arn",
    "iam.gke.io/gcp-service-account",
    "azure.workload.identity/client-id",
    "eks.amazonaws.com/token-expiration",
];

/// Takes away some of what the defaults fill in.
fn thin_out(random: &mut Random, object: &mut Value, kind: Kind, place: &places::Place, without: Without) {
    if random.below(4) == 0 {
        remove(object, place.cloud, "");
    }
    if random.below(3) == 0 {
        remove(object, place.cloud, "/provider");
    }
    if random.below(3) == 0 {
        remove(object, place.cloud, "/identity/autoCreate");
    }
    let can_be_filled_in = without == Without::Anything || places::provider_is_known(object, kind, place);
    if can_be_filled_in && random.below(2) == 0 {
        remove(object, place.cloud, "/identity/provider");
    }
}

fn remove(object: &mut Value, base: &str, below: &str) {
    let pointer = format!("{base}{below}");
    if let Some((parent, key)) = pointer.rsplit_once('/')
        && let Some(map) = object.pointer_mut(parent).and_then(Value::as_object_mut)
    {
        map.remove(key);
    }
}
