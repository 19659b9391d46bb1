//! What the structural schema of the API server says of an object, and what the API server would drop without a word.

use super::pattern::Pattern;
use super::suggest;
use super::table::{FieldSchema, Kind, ObjectSchema, Shape, field};
use crate::document::trail::Trail;
use crate::document::{Map, Node, Path, Segment};
use crate::operator::{Era, EraSet};

/// One thing that the schema has against an object. Values borrow from the object.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaProblem<'n> {
    /// A field that no operator version has; the API server drops it.
    Unknown {
        /// The field.
        path: Path,
        /// Its value, where that is a scalar.
        value: Option<&'n str>,
        /// A field that was probably meant: misspelt, or in another place.
        did_you_mean: Option<Path>,
        /// The field that does what this one is often believed to do.
        replaced_by: Option<Path>,
        /// Whether dropping the field changes what happens.
        changes_meaning: bool,
        /// Whether the table lists the name as one that people write in vain.
        is_listed: bool,
        /// A sentence for the reader.
        note: Option<&'static str>,
    },
    /// A field of other operator versions; the API server drops it.
    OtherVersion {
        /// The field.
        path: Path,
        /// The eras that have it.
        eras_with_it: EraSet,
        /// What to write instead in this era.
        replaced_by: Option<Path>,
        /// Whether dropping the field changes what happens.
        changes_meaning: bool,
        /// Whether the versions that have the field do something with it.
        had_effect: bool,
        /// A sentence for the reader.
        note: Option<&'static str>,
    },
    /// A value of another type.
    WrongType {
        /// The field.
        path: Path,
        /// `a string`, `an integer`.
        expected: &'static str,
        /// `a mapping`.
        found: &'static str,
    },
    /// A string that is none of the allowed ones.
    NotInEnum {
        /// The field.
        path: Path,
        /// Its value.
        value: &'n str,
        /// The allowed ones.
        allowed: &'static [&'static str],
    },
    /// A string that does not match.
    PatternMismatch {
        /// The field.
        path: Path,
        /// Its value.
        value: &'n str,
        /// What it should look like.
        pattern: Pattern,
    },
    /// A string that is too long.
    TooLong {
        /// The field.
        path: Path,
        /// Its length, in characters.
        length: usize,
        /// The greatest length, in characters.
        maximum: usize,
    },
    /// A number outside its range.
    OutOfRange {
        /// The field.
        path: Path,
        /// Its value, as written.
        value: &'n str,
        /// The smallest value.
        minimum: i64,
        /// The largest value.
        maximum: i64,
    },
    /// A required field is not there.
    Required {
        /// The field.
        path: Path,
    },
}

impl SchemaProblem<'_> {
    /// The field that the problem is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Unknown { path, .. }
            | Self::OtherVersion { path, .. }
            | Self::WrongType { path, .. }
            | Self::NotInEnum { path, .. }
            | Self::PatternMismatch { path, .. }
            | Self::TooLong { path, .. }
            | Self::OutOfRange { path, .. }
            | Self::Required { path } => path,
        }
    }
}

/// Everything that the schema has against `object`, in the order of the object, missing fields after those that exist.
///
/// A `null` reads as absent, except in a list. An absent `spec` is no problem, as in the API server; formats are left to
/// the rules that know what the value means. A kind that the era lacks is judged by nothing.
pub fn check<'n>(kind: Kind, era: Era, object: &'n Node<'_>) -> Vec<SchemaProblem<'n>> {
    let schema = kind.schema();
    let mut checker = Checker {
        kind,
        era,
        problems: Vec::new(),
    };
    let Some(root) = object.as_map().filter(|_| schema.eras.contains(era)) else {
        return checker.problems;
    };
    for (key, value) in root.iter() {
        match key {
            "apiVersion" | "kind" | "metadata" | "status" => {}
            "spec" => checker.object(&schema.spec, value, &Trail::root("spec")),
            _ => checker.unknown(None, value, &Trail::root(key)),
        }
    }
    checker.problems
}

/// Visits each required field that is not there, and nothing else that the schema has against `object`.
pub(crate) fn each_missing(kind: Kind, era: Era, object: &Node<'_>, visit: &mut dyn FnMut(&Trail<'_>)) {
    let schema = kind.schema();
    if let Some(spec) = object.get("spec").filter(|_| schema.eras.contains(era)) {
        missing_in_object(&schema.spec, era, spec, &Trail::root("spec"), visit);
    }
}

fn missing_in_object(
    schema: &'static ObjectSchema,
    era: Era,
    node: &Node<'_>,
    trail: &Trail<'_>,
    visit: &mut dyn FnMut(&Trail<'_>),
) {
    let Some(map) = node.as_map() else { return };
    for (key, value) in map.iter() {
        if matches!(value, Node::Map(_) | Node::List(_))
            && let Some(shape) = schema.entry(key).and_then(|entry| entry.shape(era))
        {
            missing_in_value(shape, era, value, &trail.key(key), visit);
        }
    }
    for entry in schema.fields {
        if is_missing(entry, era, map) {
            visit(&trail.key(entry.name));
        }
    }
}

fn missing_in_value(
    shape: &'static Shape,
    era: Era,
    node: &Node<'_>,
    trail: &Trail<'_>,
    visit: &mut dyn FnMut(&Trail<'_>),
) {
    match (shape, node) {
        (Shape::Object(schema), _) => missing_in_object(schema, era, node, trail, visit),
        (Shape::List { item, .. }, Node::List(values)) => {
            for (index, value) in values.iter().enumerate() {
                missing_in_value(item, era, value, &trail.index(index), visit);
            }
        }
        (Shape::Map(each), Node::Map(map)) => {
            for (key, value) in map.iter() {
                missing_in_value(each, era, value, &trail.key(key), visit);
            }
        }
        _ => {}
    }
}

fn is_missing(entry: &FieldSchema, era: Era, map: &Map<'_>) -> bool {
    entry.required.contains(era) && map.get(entry.name).is_none_or(Node::is_null)
}

/// Why the schema drops the field at `path`, with the value that it has in `object`; `None` where it does not, or where
/// it drops something above.
pub(crate) fn why_dropped<'n>(kind: Kind, era: Era, object: &'n Node<'_>, path: &Path) -> Option<SchemaProblem<'n>> {
    let [Segment::Key(root), below @ ..] = path.0.as_slice() else {
        return None;
    };
    let table = Table { kind, era };
    if root != "spec" || !kind.schema().eras.contains(era) {
        return None;
    }
    let (mut known, mut node) = (Known::Object(&kind.schema().spec), object.get(root)?);
    for (position, segment) in below.iter().enumerate() {
        match (known, segment) {
            (Known::Object(schema), Segment::Key(key)) => {
                node = node.get(key)?;
                let is_last = position + 1 == below.len();
                let entry = schema.entry(key);
                match entry.and_then(|entry| entry.shape(era)) {
                    Some(shape) => known = Known::of(shape),
                    None if !is_last => return None,
                    None => {
                        return match entry {
                            Some(entry) => Some(table.absent(schema, entry, node, path.clone())),
                            None if schema.open => None,
                            None => Some(table.unknown(Some(schema), node, key, path.clone())),
                        };
                    }
                }
            }
            (Known::Map(each), Segment::Key(key)) => {
                node = node.get(key)?;
                known = Known::of(each);
            }
            (Known::List(item), Segment::Index(index)) => {
                node = node.as_list()?.get(*index)?;
                known = Known::of(item);
            }
            _ => return None,
        }
    }
    None
}

/// What the schema has at a place.
#[derive(Clone, Copy)]
enum Known {
    Object(&'static ObjectSchema),
    Map(&'static Shape),
    List(&'static Shape),
    Scalar,
}

impl Known {
    fn of(shape: &'static Shape) -> Self {
        match shape {
            Shape::Object(schema) => Self::Object(schema),
            Shape::Map(each) => Self::Map(each),
            Shape::List { item, .. } => Self::List(item),
            _ => Self::Scalar,
        }
    }
}

struct Checker<'n> {
    kind: Kind,
    era: Era,
    problems: Vec<SchemaProblem<'n>>,
}

impl<'n> Checker<'n> {
    fn object(&mut self, schema: &'static ObjectSchema, node: &'n Node<'_>, trail: &Trail<'_>) {
        match node {
            Node::Map(map) => {
                self.entries(schema, map, trail);
                self.required(schema, map, trail);
            }
            Node::Null => {}
            _ => self.wrong_type("a mapping", node, trail),
        }
    }

    fn entries(&mut self, schema: &'static ObjectSchema, map: &'n Map<'_>, trail: &Trail<'_>) {
        for (key, value) in map.iter() {
            let below = trail.key(key);
            match schema.entry(key) {
                None if schema.open => {}
                None => self.unknown(Some(schema), value, &below),
                Some(entry) => match entry.shape(self.era) {
                    Some(_) if value.is_null() => {}
                    Some(shape) => self.value(shape, value, &below),
                    None => self.absent(schema, entry, value, &below),
                },
            }
        }
    }

    fn required(&mut self, schema: &'static ObjectSchema, map: &Map<'_>, trail: &Trail<'_>) {
        for entry in schema.fields {
            if is_missing(entry, self.era, map) {
                self.problems.push(SchemaProblem::Required {
                    path: trail.key(entry.name).path(),
                });
            }
        }
    }

    fn value(&mut self, shape: &'static Shape, node: &'n Node<'_>, trail: &Trail<'_>) {
        match (shape, node) {
            (Shape::Object(schema), Node::Map(_)) => self.object(schema, node, trail),
            (Shape::Boolean { .. }, Node::Bool(_)) => {}
            (Shape::String { .. }, Node::String(text)) => self.string(shape, text, trail),
            (Shape::Integer { minimum, maximum }, Node::Number(text)) => {
                self.integer(
                    text,
                    minimum.unwrap_or(i32::MIN.into()),
                    maximum.unwrap_or(i32::MAX.into()),
                    trail,
                );
            }
            (Shape::Quantity, Node::Number(text)) if integer_value(text).is_some() => {}
            (Shape::Quantity, Node::String(text)) => self.pattern(Pattern::Quantity, text, trail),
            (Shape::List { item, .. }, Node::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    self.value(item, value, &trail.index(index));
                }
            }
            (Shape::Map(each), Node::Map(map)) => {
                for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                    self.value(each, value, &trail.key(key));
                }
            }
            _ => self.wrong_type(shape.type_name(), node, trail),
        }
    }

    fn string(&mut self, shape: &'static Shape, text: &'n str, trail: &Trail<'_>) {
        let Shape::String {
            allowed,
            pattern,
            max_length,
            ..
        } = shape
        else {
            return;
        };
        if !allowed.is_empty() && !allowed.contains(&text) {
            self.problems.push(SchemaProblem::NotInEnum {
                path: trail.path(),
                value: text,
                allowed,
            });
        }
        // No character is shorter than a byte, so a short text needs no count.
        if let Some(maximum) = max_length.filter(|maximum| text.len() > *maximum) {
            let length = text.chars().count();
            if length > maximum {
                self.problems.push(SchemaProblem::TooLong {
                    path: trail.path(),
                    length,
                    maximum,
                });
            }
        }
        if let Some(pattern) = pattern {
            self.pattern(*pattern, text, trail);
        }
    }

    fn pattern(&mut self, pattern: Pattern, value: &'n str, trail: &Trail<'_>) {
        if !pattern.matches(value) {
            self.problems.push(SchemaProblem::PatternMismatch {
                path: trail.path(),
                value,
                pattern,
            });
        }
    }

    fn integer(&mut self, text: &'n str, minimum: i64, maximum: i64, trail: &Trail<'_>) {
        match integer_value(text) {
            None => {
                let (expected, found) = ("an integer", "a number with a fraction");
                self.problems.push(SchemaProblem::WrongType {
                    path: trail.path(),
                    expected,
                    found,
                });
            }
            Some(number) if (minimum..=maximum).contains(&number) => {}
            Some(_) => {
                self.problems.push(SchemaProblem::OutOfRange {
                    path: trail.path(),
                    value: text,
                    minimum,
                    maximum,
                });
            }
        }
    }

    fn wrong_type(&mut self, expected: &'static str, node: &Node<'_>, trail: &Trail<'_>) {
        self.problems.push(SchemaProblem::WrongType {
            path: trail.path(),
            expected,
            found: node.type_name(),
        });
    }

    fn unknown(&mut self, siblings: Option<&'static ObjectSchema>, value: &'n Node<'_>, trail: &Trail<'_>) {
        let problem = self.table().unknown(siblings, value, trail.last_key(), trail.path());
        self.problems.push(problem);
    }

    fn absent(
        &mut self,
        schema: &'static ObjectSchema,
        entry: &'static FieldSchema,
        value: &'n Node<'_>,
        trail: &Trail<'_>,
    ) {
        let problem = self.table().absent(schema, entry, value, trail.path());
        self.problems.push(problem);
    }

    fn table(&self) -> Table {
        Table {
            kind: self.kind,
            era: self.era,
        }
    }
}

/// What one era has of one kind.
#[derive(Clone, Copy)]
struct Table {
    kind: Kind,
    era: Era,
}

impl Table {
    /// A name that the table does not hold at all.
    fn unknown<'n>(
        self,
        siblings: Option<&'static ObjectSchema>,
        value: &'n Node<'_>,
        name: &str,
        path: Path,
    ) -> SchemaProblem<'n> {
        let suggestion = suggest::meant(self.kind, self.era, siblings, &path, name);
        let matters = suggestion
            .as_ref()
            .is_some_and(|(_, entry)| entry.absence.changes_meaning);
        SchemaProblem::Unknown {
            value: value.scalar_text(),
            did_you_mean: suggestion.map(|(meant, _)| meant),
            replaced_by: None,
            changes_meaning: matters && !is_zero(value),
            is_listed: false,
            note: None,
            path,
        }
    }

    /// A name that the table holds, for other eras or as a well-known mistake.
    fn absent<'n>(
        self,
        schema: &'static ObjectSchema,
        entry: &'static FieldSchema,
        value: &'n Node<'_>,
        path: Path,
    ) -> SchemaProblem<'n> {
        let replaced_by = self.replacement(schema, entry, &path);
        let is_harmless = value
            .scalar_text()
            .is_some_and(|text| entry.absence.harmless_values.contains(&text));
        let changes_meaning = entry.absence.changes_meaning && !is_harmless && !is_zero(value);
        let (eras_with_it, note) = (entry.eras(), entry.absence.note);
        if eras_with_it.is_empty() {
            SchemaProblem::Unknown {
                path,
                value: value.scalar_text(),
                did_you_mean: None,
                replaced_by,
                changes_meaning,
                is_listed: true,
                note,
            }
        } else {
            SchemaProblem::OtherVersion {
                path,
                eras_with_it,
                replaced_by,
                changes_meaning,
                had_effect: entry.absence.had_effect,
                note,
            }
        }
    }

    /// The first replacement that this era has.
    fn replacement(self, schema: &'static ObjectSchema, entry: &'static FieldSchema, path: &Path) -> Option<Path> {
        entry.absence.replaced_by.iter().find_map(|target| {
            if target.starts_with("spec.") {
                return field(self.kind, self.era, target).map(|_| Path::dotted(target));
            }
            let first = target.split('.').next().unwrap_or(target);
            schema.entry(first)?.shape(self.era)?;
            Some(path.parent()?.join(target))
        })
    }
}

impl Shape {
    /// What a person calls this type.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Boolean { .. } => "a boolean",
            Self::Integer { .. } => "an integer",
            Self::String { .. } => "a string",
            Self::Quantity => "an integer or a string",
            Self::Object(_) | Self::Map(_) => "a mapping",
            Self::List { .. } => "a list",
        }
    }
}

/// The value of a JSON number without a fraction; `2.0` and `1e3` have none. Saturates at the ends.
fn integer_value(text: &str) -> Option<i64> {
    if let Ok(value) = text.parse::<i64>() {
        return Some(value);
    }
    let value = text
        .parse::<f64>()
        .ok()
        .filter(|value| value.is_finite() && value.fract() == 0.0)?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the cast saturates, and every range here is far smaller"
    )]
    Some(value as i64)
}

/// Whether the value says what its absence says.
fn is_zero(value: &Node<'_>) -> bool {
    match value {
        Node::Null => true,
        Node::Bool(value) => !value,
        Node::Number(text) => integer_value(text) == Some(0),
        Node::String(text) => text.is_empty(),
        Node::List(items) => items.is_empty(),
        Node::Map(map) => map.is_empty(),
    }
}
