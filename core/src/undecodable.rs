//! Values that the API server stores and that the operator, a program in Go with a type for each kind, cannot decode. One of
//! them, in any object of a kind, and it sees no object of the kind any more.
//!
//! A time and a quantity pass the schema in more shapes than Go takes. Any other value of a wrong type can only be one that
//! was stored before the schema said so, and the schema is then what the operator's own types are.

use crate::document::{Node, Path};
use crate::field::Field;
use crate::schema::{Era, Kind, SchemaProblem, StructuralSchema};
use crate::values::{point_in_time, quantity};

/// Where the unit of an environment variable stands.
pub(crate) const DIVISOR: &str = "valueFrom.resourceFieldRef.divisor";

/// The maps of limits and requests.
pub(crate) const RESOURCES: [&str; 4] = [
    "spec.options.resources.limits",
    "spec.options.resources.requests",
    "spec.resources.limits",
    "spec.resources.requests",
];

/// The lists of environment variables.
pub(crate) const ENVIRONMENTS: [&str; 3] = [
    "spec.env",
    "spec.options.preRestore.job.template.container.env",
    "spec.options.postRestore.job.template.container.env",
];

/// The field that is a time for the operator, or `None` if the kind has none.
pub(crate) fn time_of(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Neo4jRestore => Some("spec.source.pointInTime"),
        Kind::Neo4jEnterpriseCluster | Kind::Neo4jEnterpriseStandalone => Some("spec.restoreFrom.pointInTime"),
        Kind::Neo4jBackup | Kind::Neo4jDatabase | Kind::Neo4jShardedDatabase => None,
    }
}

/// A value that cannot be decoded.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Undecodable<'n> {
    /// Its field.
    pub(crate) path: Path,
    /// What it is; `None` where the path leads nowhere.
    pub(crate) value: Option<&'n Node<'n>>,
    /// The value that was certainly meant.
    pub(crate) meant: Option<serde_json::Value>,
    /// What belongs there.
    pub(crate) expected: &'static str,
    /// Whether the operator never comes back from it, and fails no more.
    pub(crate) hangs: bool,
}

/// Returns every value of an object that the operator cannot decode. `era` is the schema of the operator that runs; without
/// it only times and quantities are looked at.
pub(crate) fn undecodable<'n>(kind: Kind, era: Option<Era>, object: &'n Node<'n>) -> Vec<Undecodable<'n>> {
    let mut found = Vec::new();
    if let Some(time) = time_of(kind).map(|path| Field::at(object, path)) {
        found.extend(time.node().and_then(|node| of_time(time.path(), node)));
    }
    for path in RESOURCES {
        let field = Field::at(object, path);
        let quantities = field.entries();
        found.extend(quantities.filter_map(|(name, node)| of_quantity(field.path().key(name), node)));
    }
    for path in ENVIRONMENTS {
        let field = Field::at(object, path);
        let variables = field.items().iter().enumerate();
        found.extend(variables.filter_map(|(position, variable)| {
            of_quantity(field.path().index(position).join(DIVISOR), variable.at(DIVISOR)?)
        }));
    }
    let schema = era.and_then(|era| StructuralSchema::of_era(kind, era));
    for problem in schema.map(|schema| schema.check(object)).unwrap_or_default() {
        let SchemaProblem::WrongType { path, expected, .. } = problem else {
            continue;
        };
        if found.iter().all(|known: &Undecodable<'_>| known.path != path) {
            let value = path.find(object);
            found.push(Undecodable {
                meant: value.and_then(|value| converted(expected, value)),
                value,
                path,
                expected,
                hangs: false,
            });
        }
    }
    found
}

/// A text that Go cannot read, or no text: the schema of a time lets even a list through.
fn of_time<'n>(path: Path, node: &'n Node<'n>) -> Option<Undecodable<'n>> {
    let text = node.as_str();
    let is_decoded = match text {
        Some(text) => !point_in_time::is_poison(text),
        None => matches!(node, Node::Null),
    };
    (!is_decoded).then(|| Undecodable {
        path,
        value: Some(node),
        meant: text.and_then(point_in_time::normalised).map(Into::into),
        expected: "a time",
        hangs: false,
    })
}

fn of_quantity<'n>(path: Path, node: &'n Node<'n>) -> Option<Undecodable<'n>> {
    let text = node.as_str()?;
    let hangs = quantity::hangs_operator(text);
    (hangs || quantity::is_poison(text)).then(|| Undecodable {
        path,
        value: Some(node),
        meant: quantity::normalised(text)
            .filter(|meant| !quantity::is_poison(meant))
            .map(Into::into),
        expected: "a quantity",
        hangs,
    })
}

/// The value in the type that belongs there, where there is no doubt about it.
fn converted(expected: &str, value: &Node<'_>) -> Option<serde_json::Value> {
    match (expected, value) {
        ("a boolean", Node::String(text)) => text.parse::<bool>().ok().map(Into::into),
        ("an integer", Node::String(text)) => text.parse::<i64>().ok().map(Into::into),
        ("a string", Node::Number(text)) => Some(text.as_ref().into()),
        ("a string", Node::Bool(value)) => Some(value.to_string().into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(kind: Kind, spec: &Value) -> Vec<(String, Option<Value>)> {
        let object = Node::from(json!({"spec": spec}));
        let found = undecodable(kind, Some(Era::NEWEST), &object);
        found
            .into_iter()
            .map(|value| (value.path.to_string(), value.meant))
            .collect()
    }

    #[test]
    fn every_field_that_go_cannot_decode_is_found() {
        let limits = json!({"options": {"resources": {"limits": {"cpu": "1e1.5", "memory": "1Gi"}}}});
        assert_eq!(
            found(Kind::Neo4jBackup, &limits),
            [("spec.options.resources.limits.cpu".to_owned(), None)]
        );
        let time = json!({"source": {"pointInTime": "2025-01-15T14:30:00z"}});
        assert_eq!(
            found(Kind::Neo4jRestore, &time),
            [(
                "spec.source.pointInTime".to_owned(),
                Some("2025-01-15T14:30:00Z".into())
            )]
        );
        let divisor =
            json!({"env": [{"name": "A"}, {"name": "B", "valueFrom": {"resourceFieldRef": {"divisor": "1e.5"}}}]});
        assert_eq!(
            found(Kind::Neo4jEnterpriseCluster, &divisor),
            [("spec.env[1].valueFrom.resourceFieldRef.divisor".to_owned(), None)]
        );
    }

    /// What was stored before the schema said what belongs there.
    #[test]
    fn a_value_of_another_type_is_found_with_what_was_meant() {
        let spec = json!({"suspend": "true", "retention": {"maxCount": "7"}, "schedule": ["a"]});
        let mut found = found(Kind::Neo4jBackup, &spec);
        found.sort_by(|left, right| left.0.cmp(&right.0));
        assert_eq!(
            found,
            [
                ("spec.retention.maxCount".to_owned(), Some(7.into())),
                ("spec.schedule".to_owned(), None),
                ("spec.suspend".to_owned(), Some(true.into())),
            ]
        );
    }

    #[test]
    fn what_go_decodes_is_not() {
        let spec = json!({
            "suspend": null,
            "schedule": "never",
            "unknown": [1],
            "options": {"resources": {"limits": {"cpu": 1, "memory": "100GB"}}},
        });
        assert_eq!(found(Kind::Neo4jBackup, &spec), []);
        let without_era = Node::from(json!({"spec": {"suspend": "true"}}));
        assert_eq!(undecodable(Kind::Neo4jBackup, None, &without_era), []);
    }
}
