//! What a value may look like, in words.

use neo4jbackup_core::document::Node;
use neo4jbackup_core::schema::{Literal, Shape};

/// What a value looks like, whichever schema says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in super::super) struct Looks {
    pub(in super::super) type_name: String,
    /// Whether there are fields or items in it.
    pub(in super::super) is_nested: bool,
    /// All that it may be, where that can be listed.
    pub(in super::super) words: Vec<String>,
    /// Whether these are texts, which JSON has in quotation marks.
    pub(in super::super) is_text: bool,
    /// What it is unless somebody says so.
    pub(in super::super) default: Option<String>,
}

impl Looks {
    /// What the tables say.
    pub(super) fn of_shape(shape: &Shape) -> Self {
        let words = match shape {
            Shape::Boolean { .. } => booleans(),
            Shape::String { allowed, .. } => allowed.iter().map(|word| (*word).to_owned()).collect(),
            _ => Vec::new(),
        };
        Self {
            type_name: name_of_shape(shape),
            is_nested: matches!(shape, Shape::Object(_) | Shape::List { .. } | Shape::Map(_)),
            words,
            is_text: matches!(shape, Shape::String { .. }),
            default: shape.default_value().map(|default| match default {
                Literal::Bool(value) => value.to_string(),
                Literal::String(text) => text.to_owned(),
            }),
        }
    }

    /// What a definition says.
    pub(super) fn of_schema(schema: &Node<'_>) -> Self {
        let types = types(schema);
        let one = schema.get("const").map(std::slice::from_ref);
        let listed = one.or_else(|| schema.get("enum").and_then(Node::as_list));
        let listed: Vec<&Node<'_>> = listed.into_iter().flatten().filter(|value| !value.is_null()).collect();
        let scalar = |value: &Node<'_>| value.scalar_text().map(str::to_owned);
        let words = match (listed.as_slice(), types.as_slice()) {
            ([], ["boolean"]) => booleans(),
            (listed, _) => listed.iter().filter_map(|value| scalar(value)).collect(),
        };
        Self {
            type_name: name_of_schema(schema),
            is_nested: matches!(types.as_slice(), ["object" | "array"]),
            words,
            is_text: types.contains(&"string") || listed.iter().any(|value| value.as_str().is_some()),
            default: schema.get("default").and_then(scalar),
        }
    }
}

fn booleans() -> Vec<String> {
    vec!["true".to_owned(), "false".to_owned()]
}

const BOOLEAN: &str = "true or false";

fn name_of_shape(shape: &Shape) -> String {
    match shape {
        Shape::Boolean { .. } => BOOLEAN.to_owned(),
        Shape::Integer { minimum, maximum } => {
            let text = |bound: &Option<i64>| bound.map(|bound| bound.to_string());
            number(text(minimum).as_deref(), text(maximum).as_deref())
        }
        Shape::String { format, .. } => text(*format),
        Shape::Quantity => "quantity".to_owned(),
        Shape::Object(_) => "object".to_owned(),
        Shape::List { item, .. } => format!("list of {}", name_of_shape(item)),
        Shape::Map(_) => "map".to_owned(),
    }
}

fn name_of_schema(schema: &Node<'_>) -> String {
    let bound = |key: &str| schema.get(key).and_then(Node::scalar_text);
    let names = types(schema).into_iter().map(|name| match name {
        "boolean" => BOOLEAN.to_owned(),
        "integer" | "number" => number(bound("minimum"), bound("maximum")),
        "string" => text(bound("format")),
        "object" if schema.get("properties").is_none() && schema.get("additionalProperties").is_some() => {
            "map".to_owned()
        }
        "array" => format!(
            "list of {}",
            schema.get("items").map_or("anything".to_owned(), name_of_schema)
        ),
        other => other.to_owned(),
    });
    let names: Vec<String> = names.collect();
    if names.is_empty() {
        "anything".to_owned()
    } else {
        names.join(" or ")
    }
}

/// The types that a schema names, of which `null` says only that the field may be empty.
fn types<'s>(schema: &'s Node<'_>) -> Vec<&'s str> {
    if schema.get("x-kubernetes-int-or-string").and_then(Node::as_bool) == Some(true) {
        return vec!["integer", "string"];
    }
    let named = match schema.get("type") {
        Some(Node::List(names)) => names.as_slice(),
        Some(name) => std::slice::from_ref(name),
        None => &[],
    };
    let names = named.iter().filter_map(Node::as_str).filter(|name| *name != "null");
    names.collect()
}

fn text(format: Option<&str>) -> String {
    format.map_or("text".to_owned(), |format| format!("text ({format})"))
}

fn number(minimum: Option<&str>, maximum: Option<&str>) -> String {
    match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => format!("number from {minimum} to {maximum}"),
        (Some(minimum), None) => format!("number from {minimum}"),
        (None, Some(maximum)) => format!("number to {maximum}"),
        (None, None) => "number".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn definitions_are_told_in_the_words_of_the_tables() {
        let looks = |schema| Looks::of_schema(&Node::from(schema));
        let tier = looks(json!({"type": ["string", "null"], "enum": ["hot", null, "cold"], "default": "hot"}));
        assert_eq!((tier.type_name.as_str(), tier.is_text), ("text", true));
        assert_eq!(
            (tier.words, tier.default),
            (vec!["hot".to_owned(), "cold".to_owned()], Some("hot".to_owned()))
        );
        let name = |schema| looks(schema).type_name;
        assert_eq!(name(json!({"type": "integer", "minimum": 1})), "number from 1");
        assert_eq!(
            name(json!({"type": "array", "items": {"type": "boolean"}})),
            "list of true or false"
        );
        assert_eq!(
            name(json!({"type": "object", "additionalProperties": {"type": "string"}})),
            "map"
        );
        assert_eq!(name(json!({"x-kubernetes-int-or-string": true})), "number or text");
        assert_eq!(name(json!({"x-kubernetes-preserve-unknown-fields": true})), "anything");
        assert_eq!(looks(json!({"type": "boolean"})).words, ["true", "false"]);
    }
}
