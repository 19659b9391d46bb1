//! The tables as a `CustomResourceDefinition`, which the tests install, and as JSON Schema, which editors read.

use serde_json::{Map, Value, json};

use super::table::{Kind, Literal, ObjectSchema, Shape};
use crate::operator::{Era, Profile};

/// The complete `CustomResourceDefinition` of a kind in an era: one version, served and stored.
///
/// Parts that the tables do not hold are open, as is the status.
pub fn crd(kind: Kind, era: Era) -> Value {
    let schema = kind.schema();
    let singular = kind.name().to_ascii_lowercase();
    let columns: Vec<Value> = schema
        .columns
        .iter()
        .filter(|column| column.eras.contains(era))
        .map(|column| json!({"name": column.name, "type": column.kind, "jsonPath": column.path}))
        .collect();
    let mut version = json!({
        "name": era.api_version(),
        "served": true,
        "storage": true,
        "subresources": {"status": {}},
        "schema": {"openAPIV3Schema": {
            "type": "object",
            "description": schema.text,
            "properties": {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"type": "object"},
                "spec": object(&schema.spec, era, Dialect::Cluster),
                "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            },
        }},
    });
    if !columns.is_empty() {
        version["additionalPrinterColumns"] = Value::Array(columns);
    }
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{}.{}", schema.plural, kind.group().name())},
        "spec": {
            "group": kind.group().name(),
            "names": {"kind": schema.name, "listKind": format!("{}List", schema.name), "plural": schema.plural, "singular": singular},
            "scope": "Namespaced",
            "versions": [version],
        },
    })
}

/// The JSON Schema (draft 7) of a kind in a profile; unlike the API server, it refuses unknown fields.
pub fn json_schema(kind: Kind, profile: Profile) -> Value {
    let schema = kind.schema();
    let era = profile.newest_era();
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": schema.name,
        "description": schema.text,
        "type": "object",
        "additionalProperties": false,
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "properties": {
            "apiVersion": {"const": kind.api_version(era.api_version())},
            "kind": {"const": schema.name},
            "metadata": {"type": "object"},
            "spec": object(&schema.spec, era, Dialect::Editor),
            "status": {"type": "object"},
        },
    })
}

/// Who reads the result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Cluster,
    Editor,
}

fn object(schema: &ObjectSchema, era: Era, dialect: Dialect) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for entry in schema.fields {
        let Some(shape) = entry.shape(era) else { continue };
        let mut value = render(shape, era, dialect);
        value["description"] = entry.text.into();
        properties.insert(entry.name.to_owned(), value);
        if entry.required.contains(era) {
            required.push(entry.name);
        }
    }
    let mut value = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        value["required"] = required.into();
    }
    match dialect {
        Dialect::Editor => value["additionalProperties"] = schema.open.into(),
        Dialect::Cluster if schema.open => value["x-kubernetes-preserve-unknown-fields"] = true.into(),
        Dialect::Cluster if schema.atomic => value["x-kubernetes-map-type"] = "atomic".into(),
        Dialect::Cluster => {}
    }
    value
}

fn render(shape: &Shape, era: Era, dialect: Dialect) -> Value {
    let mut value = match shape {
        Shape::Boolean { .. } => json!({"type": "boolean"}),
        Shape::Integer { minimum, maximum } => integer(*minimum, *maximum),
        Shape::String {
            allowed,
            pattern,
            format,
            max_length,
            ..
        } => {
            let mut value = json!({"type": "string"});
            if !allowed.is_empty() {
                value["enum"] = json!(allowed);
            }
            if let Some(pattern) = pattern {
                value["pattern"] = pattern.expression().into();
            }
            if let Some(format) = format {
                value["format"] = (*format).into();
            }
            if let Some(length) = max_length {
                value["maxLength"] = (*length).into();
            }
            value
        }
        Shape::Quantity => quantity(dialect),
        Shape::Object(schema) => object(schema, era, dialect),
        Shape::List { item, keys } => {
            let mut value = json!({"type": "array", "items": render(item, era, dialect)});
            if !keys.is_empty() && dialect == Dialect::Cluster {
                value["x-kubernetes-list-type"] = "map".into();
                value["x-kubernetes-list-map-keys"] = json!(keys);
            }
            value
        }
        Shape::Map(each) => json!({"type": "object", "additionalProperties": render(each, era, dialect)}),
    };
    match shape.default_value() {
        Some(Literal::Bool(default)) => value["default"] = default.into(),
        Some(Literal::String(default)) => value["default"] = default.into(),
        None => {}
    }
    value
}

fn integer(minimum: Option<i64>, maximum: Option<i64>) -> Value {
    let mut value = json!({"type": "integer", "format": "int32"});
    if let Some(minimum) = minimum {
        value["minimum"] = minimum.into();
    }
    if let Some(maximum) = maximum {
        value["maximum"] = maximum.into();
    }
    value
}

fn quantity(dialect: Dialect) -> Value {
    let pattern = super::Pattern::Quantity.expression();
    match dialect {
        Dialect::Cluster => json!({
            "anyOf": [{"type": "integer"}, {"type": "string"}],
            "pattern": pattern,
            "x-kubernetes-int-or-string": true,
        }),
        Dialect::Editor => json!({"type": ["integer", "string"], "pattern": pattern}),
    }
}
