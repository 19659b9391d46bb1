//! The schemas that a cluster serves, read from its `CustomResourceDefinitions`, or from the JSON Schemas that other
//! validators are given.
//!
//! Whoever sends one may send anything, so what is made of it is bounded. What the API server asks beside types, lists of
//! values, patterns, lengths and ranges (CEL rules, `not`, lengths of lists) is not checked.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use super::pattern::TextPattern;
use super::structural::{Object, Property, StructuralSchema, Text, Type};
use super::table::{Kind, ObjectSchema, Shape};
use crate::document::{Map, Node};

/// The most fields of one version of one kind. The largest kind of the operator has a thousand.
const MOST_FIELDS: usize = 20_000;
/// The deepest nesting. Pods, which are the deepest that the operator's kinds hold, have twelve levels.
const DEEPEST: usize = 64;
/// The most patterns of one version of one kind that the tables do not have; those beyond are not checked.
const MOST_PATTERNS: usize = 64;

/// Why a definition cannot be used, as the end of a sentence that begins with its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServedError {
    /// Version by version, nothing says which fields there are.
    #[error("has no `openAPIV3Schema` for {version}")]
    NoSchema {
        /// The version.
        version: String,
    },
    /// There are too many fields.
    #[error("has more than {MOST_FIELDS} fields")]
    TooManyFields,
    /// Fields lie too deep.
    #[error("has fields more than {DEEPEST} levels deep")]
    TooDeep,
}

/// The schemas of the operator's kinds that an API server serves, by kind and version.
#[derive(Clone, Default, PartialEq)]
pub struct ServedSchemas(Vec<Served>);

/// The schema of one version of one kind.
#[derive(Clone, PartialEq)]
struct Served {
    kind: Kind,
    version: String,
    schema: Arc<StructuralSchema>,
}

impl ServedSchemas {
    /// Takes the versions that a `CustomResourceDefinition` serves, and forgets those that the same kind had before.
    /// Returns the kind, or `None` if the object defines none of the operator's.
    pub fn define(&mut self, definition: &Node<'_>) -> Result<Option<Kind>, ServedError> {
        let Some(kind) = defined_kind(definition) else {
            return Ok(None);
        };
        let versions = definition
            .at("spec.versions")
            .and_then(Node::as_list)
            .unwrap_or_default();
        let mut served = Vec::new();
        for version in versions {
            if version.get("served").and_then(Node::as_bool) != Some(true) {
                continue;
            }
            let name = version.get("name").and_then(Node::as_str).unwrap_or_default();
            let schema = version
                .at("schema.openAPIV3Schema")
                .ok_or_else(|| ServedError::NoSchema {
                    version: name.to_owned(),
                })?;
            served.push(Served {
                kind,
                version: name.to_owned(),
                schema: Arc::new(read(kind, schema, Dialect::Structural)?),
            });
        }
        self.forget(kind);
        self.0.append(&mut served);
        Ok(Some(kind))
    }

    /// Takes the JSON Schema of one version of a kind. Unlike a `CustomResourceDefinition` it says of each object whether
    /// there may be other fields.
    pub fn describe(&mut self, kind: Kind, version: &str, schema: &Node<'_>) -> Result<(), ServedError> {
        let schema = Arc::new(read(kind, schema, Dialect::Json)?);
        self.0
            .retain(|served| (served.kind, served.version.as_str()) != (kind, version));
        self.0.push(Served {
            kind,
            version: version.to_owned(),
            schema,
        });
        Ok(())
    }

    /// Takes all that others have, and forgets what these had of the same kinds.
    pub fn extend(&mut self, others: Self) {
        for (kind, _) in others.kinds() {
            self.forget(kind);
        }
        self.0.extend(others.0);
    }

    /// Forgets what is served of a kind.
    pub fn forget(&mut self, kind: Kind) {
        self.0.retain(|served| served.kind != kind);
    }

    /// Returns the schema of a version of a kind, or `None` if it is not among these.
    pub fn get(&self, kind: Kind, version: &str) -> Option<&StructuralSchema> {
        let mut of_kind = self.0.iter().filter(|served| served.kind == kind);
        let found = of_kind.find(|served| served.version == version)?;
        Some(&found.schema)
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns kind and version of each.
    pub fn kinds(&self) -> impl Iterator<Item = (Kind, &str)> {
        self.0.iter().map(|served| (served.kind, served.version.as_str()))
    }
}

impl fmt::Debug for ServedSchemas {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.kinds()).finish()
    }
}

/// The kind that an object defines, where it is a definition of one of the operator's.
fn defined_kind(object: &Node<'_>) -> Option<Kind> {
    let text = |path| object.at(path).and_then(Node::as_str);
    let is_definition = text("kind") == Some("CustomResourceDefinition")
        && text("apiVersion").is_some_and(|version| version.starts_with("apiextensions.k8s.io/"));
    if !is_definition {
        return None;
    }
    Kind::of_group(text("spec.group")?, text("spec.names.kind")?)
}

fn read(kind: Kind, schema: &Node<'_>, dialect: Dialect) -> Result<StructuralSchema, ServedError> {
    let mut reader = Reader {
        dialect,
        fields: 0,
        patterns: 0,
    };
    let table = &kind.schema().spec;
    let spec = match schema.at("properties.spec") {
        Some(spec) => reader.value(spec, Some(table), 0)?,
        None => Type::Anything,
    };
    Ok(StructuralSchema {
        spec: match spec {
            Type::Object(object) => object,
            // Whatever it is, nothing that can be checked is asked of it.
            _ => Object {
                properties: Vec::new(),
                open: true,
                is_of_tables: false,
                table: Some(table),
            },
        },
    })
}

/// How a schema says that an object has no other fields.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// By saying nothing: the API server drops them.
    Structural,
    /// By `additionalProperties: false`.
    Json,
}

/// Reads one schema, and counts what it reads.
struct Reader {
    dialect: Dialect,
    fields: usize,
    patterns: usize,
}

impl Reader {
    fn value(
        &mut self,
        schema: &Node<'_>,
        table: Option<&'static ObjectSchema>,
        depth: usize,
    ) -> Result<Type, ServedError> {
        if depth > DEEPEST {
            return Err(ServedError::TooDeep);
        }
        self.fields += 1;
        if self.fields > MOST_FIELDS {
            return Err(ServedError::TooManyFields);
        }
        if is_int_or_string(schema) {
            return Ok(Type::IntOrString {
                pattern: self.pattern(schema),
            });
        }
        Ok(match type_of(schema) {
            Some("object") => self.object(schema, table, depth)?,
            Some("array") => self.list(schema, table, depth)?,
            Some("string") => Type::String(self.text(schema)),
            Some("boolean") => Type::Boolean,
            Some("integer") => integer(schema),
            Some("number") => Type::Number,
            _ => Type::Anything,
        })
    }

    fn object(
        &mut self,
        schema: &Node<'_>,
        table: Option<&'static ObjectSchema>,
        depth: usize,
    ) -> Result<Type, ServedError> {
        let properties = schema.get("properties").and_then(Node::as_map);
        let additional = schema.get("additionalProperties");
        if let (None, Some(each @ Node::Map(_))) = (properties, additional) {
            return Ok(Type::Map(Box::new(self.value(each, table, depth + 1)?)));
        }
        let flag = |key: &str| schema.get(key).and_then(Node::as_bool);
        let is_embedded = flag("x-kubernetes-embedded-resource") == Some(true);
        let open = is_embedded
            || flag("x-kubernetes-preserve-unknown-fields") == Some(true)
            || match (additional, self.dialect) {
                (Some(Node::Bool(open)), _) => *open,
                (None, Dialect::Structural) => false,
                (Some(_), _) | (None, Dialect::Json) => true,
            };
        let required = schema.get("required").and_then(Node::as_list).unwrap_or_default();
        let is_required = |name: &str| required.iter().any(|key| key.as_str() == Some(name));
        let mut fields = Vec::new();
        for (name, below) in properties.map(Map::iter).into_iter().flatten() {
            let value = self.value(below, table.and_then(|table| beneath(table, name)), depth + 1)?;
            // What is filled in is never missing, and a `null` that is allowed is there.
            let is_filled_in = below.get("default").is_some_and(|default| !default.is_null());
            fields.push(Property {
                name: Cow::Owned(name.to_owned()),
                required: is_required(name) && !is_filled_in && !is_nullable(below),
                value,
            });
        }
        fields.sort_by(|left, right| left.name.cmp(&right.name));
        Ok(Type::Object(Object {
            properties: fields,
            open,
            is_of_tables: false,
            table,
        }))
    }

    fn list(
        &mut self,
        schema: &Node<'_>,
        table: Option<&'static ObjectSchema>,
        depth: usize,
    ) -> Result<Type, ServedError> {
        let items = schema.get("items");
        let item = match items {
            Some(items @ Node::Map(_)) => self.value(items, table, depth + 1)?,
            _ => Type::Anything,
        };
        Ok(Type::List {
            item: Box::new(item),
            has_nulls: items.is_some_and(is_nullable),
        })
    }

    fn text(&mut self, schema: &Node<'_>) -> Text {
        let one = schema.get("const").map(std::slice::from_ref);
        let values = one
            .or_else(|| schema.get("enum").and_then(Node::as_list))
            .unwrap_or_default();
        let texts: Option<Vec<Cow<'static, str>>> = values
            .iter()
            .filter(|value| !value.is_null())
            .map(|value| Some(Cow::Owned(value.as_str()?.to_owned())))
            .collect();
        Text {
            allowed: texts.unwrap_or_default(),
            pattern: self.pattern(schema),
            has_format: schema.get("format").is_some(),
            max_length: whole_number(schema, "maxLength").and_then(|length| usize::try_from(length).ok()),
        }
    }

    fn pattern(&mut self, schema: &Node<'_>) -> Option<TextPattern> {
        let expression = schema.get("pattern").and_then(Node::as_str)?;
        if self.patterns == MOST_PATTERNS {
            return None;
        }
        let pattern = TextPattern::of_expression(expression);
        self.patterns += usize::from(!matches!(pattern, Some(TextPattern::Known(_))));
        pattern
    }
}

/// What the tables have below a field of theirs; the newest shape, where it has had several.
fn beneath(table: &'static ObjectSchema, name: &str) -> Option<&'static ObjectSchema> {
    let variants = table.entry(name)?.variants;
    variants.iter().rev().find_map(|variant| {
        let mut shape = &variant.shape;
        while let Shape::List { item: below, .. } | Shape::Map(below) = shape {
            shape = below;
        }
        match shape {
            Shape::Object(object) => Some(*object),
            _ => None,
        }
    })
}

/// The one type that a schema names; a `null` beside it says only that the field may be empty.
fn type_of<'s>(schema: &'s Node<'_>) -> Option<&'s str> {
    match schema.get("type")? {
        Node::String(name) => Some(name),
        Node::List(names) => {
            let mut names = names.iter().filter_map(Node::as_str).filter(|name| *name != "null");
            names.next().filter(|_| names.next().is_none())
        }
        _ => None,
    }
}

fn is_nullable(schema: &Node<'_>) -> bool {
    let names = schema.get("type").and_then(Node::as_list).unwrap_or_default();
    schema.get("nullable").and_then(Node::as_bool) == Some(true)
        || names.iter().any(|name| name.as_str() == Some("null"))
}

/// Whether a schema takes an integer as well as a string, in one of the ways in which that is written.
fn is_int_or_string(schema: &Node<'_>) -> bool {
    if schema.get("x-kubernetes-int-or-string").and_then(Node::as_bool) == Some(true) {
        return true;
    }
    let of_list = schema.get("type").and_then(Node::as_list);
    let types: Vec<&str> = match of_list {
        Some(names) => names.iter().filter_map(Node::as_str).collect(),
        None => ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema.get(key)?.as_list())
            .flatten()
            .filter_map(type_of)
            .collect(),
    };
    let mut types: Vec<&str> = types.into_iter().filter(|name| *name != "null").collect();
    types.sort_unstable();
    types == ["integer", "string"]
}

fn integer(schema: &Node<'_>) -> Type {
    let (least, most) = match schema.get("format").and_then(Node::as_str) {
        Some("int32") => (i32::MIN.into(), i32::MAX.into()),
        _ => (i64::MIN, i64::MAX),
    };
    let excludes = |key| schema.get(key).and_then(Node::as_bool) == Some(true);
    let minimum =
        whole_number(schema, "minimum").map(|number| number.saturating_add(excludes("exclusiveMinimum").into()));
    let maximum =
        whole_number(schema, "maximum").map(|number| number.saturating_sub(excludes("exclusiveMaximum").into()));
    Type::Integer {
        minimum: minimum.unwrap_or(least).max(least),
        maximum: maximum.unwrap_or(most).min(most),
    }
}

fn whole_number(schema: &Node<'_>, key: &str) -> Option<i64> {
    match schema.get(key)? {
        Node::Number(text) => text.parse().ok(),
        _ => None,
    }
}
