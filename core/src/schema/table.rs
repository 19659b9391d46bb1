//! The shape of the tables, and how to look something up in them.

use super::group::Group;
use super::pattern::Pattern;
use crate::document::{Node, Path};
use crate::operator::{Era, EraSet};

/// A kind that the tables describe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A backup.
    Neo4jBackup,
    /// A restore.
    Neo4jRestore,
    /// A cluster, as far as backups depend on it.
    Neo4jEnterpriseCluster,
    /// A single server, as far as backups depend on it.
    Neo4jEnterpriseStandalone,
    /// A database, as far as seeds go.
    Neo4jDatabase,
    /// A sharded database, as far as seeds and backups go.
    Neo4jShardedDatabase,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Neo4jBackup,
        Self::Neo4jRestore,
        Self::Neo4jEnterpriseCluster,
        Self::Neo4jEnterpriseStandalone,
        Self::Neo4jDatabase,
        Self::Neo4jShardedDatabase,
    ];

    /// Returns the kind of an object and the version part of its `apiVersion`, or `None` if it is of no kind of
    /// a group that the tables describe. The version is any text.
    pub fn of<'n>(object: &'n Node<'_>) -> Option<(Self, &'n str)> {
        let (group, version) = object.get("apiVersion")?.as_str()?.split_once('/')?;
        let kind = Self::of_group(group, object.get("kind")?.as_str()?)?;
        Some((kind, version))
    }

    /// Returns the kind of this group and this name, as manifests and reviews spell it, or `None` if there is none.
    pub fn of_group(group: &str, name: &str) -> Option<Self> {
        let is_it = |kind: &Self| kind.group().name() == group && kind.name() == name;
        Self::ALL.into_iter().find(is_it)
    }

    /// The API group that has the kind.
    pub const fn group(self) -> Group {
        Group::Neo4jNeo4jCom
    }

    /// This version of its group, as an `apiVersion`.
    pub fn api_version(self, version: &str) -> String {
        format!("{}/{version}", self.group().name())
    }

    /// The kind with this name, in any case, singular or plural.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|kind| name.eq_ignore_ascii_case(kind.name()) || name.eq_ignore_ascii_case(kind.plural()))
    }

    /// The name, as in manifests.
    pub fn name(self) -> &'static str {
        self.schema().name
    }

    /// The plural, as in paths of the API.
    pub fn plural(self) -> &'static str {
        self.schema().plural
    }
}

/// The table of one kind.
#[derive(Debug)]
pub struct KindSchema {
    /// `Neo4jBackup`.
    pub name: &'static str,
    /// `neo4jbackups`.
    pub plural: &'static str,
    /// What the kind is, in a sentence.
    pub text: &'static str,
    /// The eras that have the kind.
    pub eras: EraSet,
    /// What `kubectl get` shows.
    pub columns: &'static [Column],
    /// The fields below `spec`.
    pub spec: ObjectSchema,
}

/// A printer column.
#[derive(Debug)]
pub struct Column {
    /// The heading.
    pub name: &'static str,
    /// The path of the value, `.spec.schedule`.
    pub path: &'static str,
    /// `string` or `date`.
    pub kind: &'static str,
    /// The eras that have it.
    pub eras: EraSet,
}

/// The fields of an object.
#[derive(Debug)]
pub struct ObjectSchema {
    /// Sorted by name; also the names that no version has, with what to write instead.
    pub fields: &'static [FieldSchema],
    /// Whether the table leaves fields out, so that an unknown name means nothing.
    pub open: bool,
    /// Whether server-side apply treats the object as one value.
    pub atomic: bool,
}

/// One field.
#[derive(Debug)]
pub struct FieldSchema {
    /// The key.
    pub name: &'static str,
    /// What the field does, in a sentence; empty for a field that no version has.
    pub text: &'static str,
    /// The eras in which it is required.
    pub required: EraSet,
    /// The shapes it has had, in disjoint eras; none when no version has the field.
    pub variants: &'static [Variant],
    /// What to say where the field does not exist.
    pub absence: Absence,
}

/// What to say of a field in an era that lacks it.
#[derive(Debug)]
pub struct Absence {
    /// Whether dropping the field changes what happens.
    pub changes_meaning: bool,
    /// Values that may be dropped without harm although the field matters.
    pub harmless_values: &'static [&'static str],
    /// Fields that replace it, the best first: a path from the root (`spec.…`), or one beside the field.
    pub replaced_by: &'static [&'static str],
    /// Whether some version does something with the field.
    pub had_effect: bool,
    /// A sentence for the reader.
    pub note: Option<&'static str>,
}

/// The shape of a field in some eras.
#[derive(Debug)]
pub struct Variant {
    /// The eras with this shape.
    pub eras: EraSet,
    /// The shape.
    pub shape: Shape,
}

/// What a value must look like.
#[derive(Debug)]
pub enum Shape {
    /// `true` or `false`.
    Boolean {
        /// What the API server fills in.
        default: Option<bool>,
    },
    /// A 32-bit integer.
    Integer {
        /// The smallest value.
        minimum: Option<i64>,
        /// The largest value.
        maximum: Option<i64>,
    },
    /// A string.
    String {
        /// What the API server fills in.
        default: Option<&'static str>,
        /// The only values; empty when any is good.
        allowed: &'static [&'static str],
        /// The pattern to match.
        pattern: Option<Pattern>,
        /// The format, `date-time`.
        format: Option<&'static str>,
        /// The greatest length, in characters.
        max_length: Option<usize>,
    },
    /// An integer, or a string that is a quantity.
    Quantity,
    /// An object.
    Object(&'static ObjectSchema),
    /// A list.
    List {
        /// The shape of each item.
        item: &'static Shape,
        /// The keys that tell the items apart, when the list is a map for server-side apply.
        keys: &'static [&'static str],
    },
    /// A mapping from any key.
    Map(&'static Shape),
}

impl ObjectSchema {
    /// The entry of a key, also when no version has it.
    pub fn entry(&self, name: &str) -> Option<&'static FieldSchema> {
        let index = self.fields.binary_search_by(|field| field.name.cmp(name)).ok()?;
        self.fields.get(index)
    }
}

impl FieldSchema {
    /// The shape in an era; `None` when the era lacks the field.
    pub fn shape(&self, era: Era) -> Option<&'static Shape> {
        self.variants
            .iter()
            .find(|variant| variant.eras.contains(era))
            .map(|variant| &variant.shape)
    }

    /// The eras that have the field.
    pub fn eras(&self) -> EraSet {
        self.variants
            .iter()
            .fold(EraSet::NONE, |eras, variant| eras.union(variant.eras))
    }
}

/// A value that the API server fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal {
    /// A boolean.
    Bool(bool),
    /// A string.
    String(&'static str),
}

impl From<Literal> for Node<'static> {
    fn from(literal: Literal) -> Self {
        match literal {
            Literal::Bool(value) => Node::Bool(value),
            Literal::String(text) => Node::String(text.into()),
        }
    }
}

impl Shape {
    /// What the API server fills in.
    pub fn default_value(&self) -> Option<Literal> {
        match self {
            Self::Boolean { default } => default.map(Literal::Bool),
            Self::String { default, .. } => default.map(Literal::String),
            _ => None,
        }
    }
}

/// The field at a dotted path, `spec.storage.bucket`, in an era. List items are `[]`: `spec.env.[].name`.
pub fn field(kind: Kind, era: Era, path: &str) -> Option<&'static FieldSchema> {
    if !kind.schema().eras.contains(era) {
        return None;
    }
    let mut keys = path.strip_prefix("spec.")?.split('.').peekable();
    let mut object = &kind.schema().spec;
    loop {
        let entry = object.entry(keys.next()?)?;
        let mut shape = entry.shape(era)?;
        while let Shape::List { item, .. } = shape {
            if keys.next_if_eq(&"[]").is_none() {
                break;
            }
            shape = item;
        }
        if keys.peek().is_none() {
            return Some(entry);
        }
        let Shape::Object(below) = shape else { return None };
        object = below;
    }
}

/// A default of the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultField {
    /// The dotted path; items of lists are `[]`.
    pub path: String,
    /// What the API server fills in when the parent exists and the field does not.
    pub value: Literal,
}

/// All defaults of a kind.
pub fn defaults(kind: Kind, era: Era) -> Vec<DefaultField> {
    let mut found = Vec::new();
    collect_defaults(&kind.schema().spec, era, "spec", &mut found);
    found
}

fn collect_defaults(object: &'static ObjectSchema, era: Era, path: &str, found: &mut Vec<DefaultField>) {
    for entry in object.fields {
        let Some(mut shape) = entry.shape(era) else { continue };
        let mut path = format!("{path}.{}", entry.name);
        if let Some(value) = shape.default_value() {
            found.push(DefaultField {
                path: path.clone(),
                value,
            });
        }
        while let Shape::List { item, .. } = shape {
            path.push_str(".[]");
            shape = item;
        }
        if let Shape::Object(below) = shape {
            collect_defaults(below, era, &path, found);
        }
    }
}

/// The places in `object` (a whole manifest) where the API server fills in a default, in the order of the table.
pub fn absent_defaults(kind: Kind, era: Era, object: &Node<'_>) -> Vec<(Path, Literal)> {
    let mut found = Vec::new();
    if let Some(spec) = object.get("spec") {
        fill_object(&kind.schema().spec, era, spec, &Path::dotted("spec"), &mut found);
    }
    found
}

fn fill_object(
    schema: &'static ObjectSchema,
    era: Era,
    node: &Node<'_>,
    path: &Path,
    found: &mut Vec<(Path, Literal)>,
) {
    if node.as_map().is_none() {
        return;
    }
    for entry in schema.fields {
        let Some(shape) = entry.shape(era) else { continue };
        match node.get(entry.name).filter(|value| !value.is_null()) {
            Some(value) => fill(shape, era, value, &path.key(entry.name), found),
            None => found.extend(shape.default_value().map(|value| (path.key(entry.name), value))),
        }
    }
}

fn fill(shape: &'static Shape, era: Era, node: &Node<'_>, path: &Path, found: &mut Vec<(Path, Literal)>) {
    match shape {
        Shape::Object(below) => fill_object(below, era, node, path, found),
        Shape::List { item, .. } => {
            for (index, value) in node.as_list().unwrap_or_default().iter().enumerate() {
                fill(item, era, value, &path.index(index), found);
            }
        }
        _ => {}
    }
}
