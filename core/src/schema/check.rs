//! What the structural schema of the API server says of an object, and what the API server would drop without a word.

use super::pattern::TextPattern;
use super::structural::{Object, Property, StructuralSchema, Text, Type};
use super::suggest;
use super::table::{FieldSchema, Kind};
use crate::document::trail::Trail;
use crate::document::{Map, Node, Path, Segment};
use crate::operator::{Era, EraSet};

/// One thing that the schema has against an object. Values borrow from the object, and what is asked of them from the schema.
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
        allowed: Vec<&'n str>,
    },
    /// A string that does not match.
    PatternMismatch {
        /// The field.
        path: Path,
        /// Its value.
        value: &'n str,
        /// What it should look like.
        pattern: &'n TextPattern,
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

/// Everything that the tables have against `object` in an era; see [`StructuralSchema::check`]. A kind that the era lacks is
/// judged by nothing.
pub fn check<'n>(kind: Kind, era: Era, object: &'n Node<'_>) -> Vec<SchemaProblem<'n>> {
    StructuralSchema::of_era(kind, era).map_or_else(Vec::new, |schema| schema.check(object))
}

impl StructuralSchema {
    /// Everything that the schema has against `object`, in the order of the object, missing fields after those that exist.
    ///
    /// A `null` reads as absent, except in a list. An absent `spec` is no problem, as in the API server; formats are left to
    /// the rules that know what the value means.
    pub fn check<'n>(&'n self, object: &'n Node<'_>) -> Vec<SchemaProblem<'n>> {
        let mut checker = Checker {
            schema: self,
            problems: Vec::new(),
        };
        let Some(root) = object.as_map() else {
            return checker.problems;
        };
        for (key, value) in root.iter() {
            match key {
                "apiVersion" | "kind" | "metadata" | "status" => {}
                "spec" => checker.object(&self.spec, value, &Trail::root("spec")),
                _ => checker.unknown(None, value, &Trail::root(key)),
            }
        }
        checker.problems
    }

    /// Visits each required field that is not there, and nothing else that the schema has against `object`.
    pub(crate) fn each_missing(&self, object: &Node<'_>, visit: &mut dyn FnMut(&Trail<'_>)) {
        if let Some(spec) = object.get("spec") {
            missing_in_object(&self.spec, spec, &Trail::root("spec"), visit);
        }
    }

    /// Why the schema drops the field at `path`, with the value that it has in `object`; `None` where it does not, or where
    /// it drops something above.
    pub(crate) fn why_dropped<'n>(&self, object: &'n Node<'_>, path: &Path) -> Option<SchemaProblem<'n>> {
        let [Segment::Key(root), below @ ..] = path.0.as_slice() else {
            return None;
        };
        if root != "spec" {
            return None;
        }
        let (mut place, mut node) = (Place::Object(&self.spec), object.get(root)?);
        for (position, segment) in below.iter().enumerate() {
            match (place, segment) {
                (Place::Object(object), Segment::Key(key)) => {
                    node = node.get(key)?;
                    let is_last = position + 1 == below.len();
                    match object.property(key) {
                        Some(property) => place = Place::of(&property.value),
                        None if is_last && !object.keeps(key) => {
                            return Some(self.dropped(Some(object), node, key, path.clone()));
                        }
                        None => return None,
                    }
                }
                (Place::Map(each), Segment::Key(key)) => {
                    node = node.get(key)?;
                    place = Place::of(each);
                }
                (Place::List(item), Segment::Index(index)) => {
                    node = node.as_list()?.get(*index)?;
                    place = Place::of(item);
                }
                _ => return None,
            }
        }
        None
    }

    /// What is to be said of a name that the schema lacks.
    fn dropped<'n>(&self, siblings: Option<&Object>, value: &'n Node<'_>, name: &str, path: Path) -> SchemaProblem<'n> {
        match siblings.and_then(|object| Some((object, object.table?.entry(name)?))) {
            Some((object, entry)) => self.absent(object, entry, value, path),
            None => self.unknown(siblings, value, name, path),
        }
    }

    /// A name that the tables do not hold at all.
    fn unknown<'n>(&self, siblings: Option<&Object>, value: &'n Node<'_>, name: &str, path: Path) -> SchemaProblem<'n> {
        let suggestion = suggest::meant(self, siblings, &path, name);
        let matters = suggestion.as_ref().is_some_and(|suggestion| suggestion.changes_meaning);
        SchemaProblem::Unknown {
            value: value.scalar_text(),
            did_you_mean: suggestion.map(|suggestion| suggestion.path),
            replaced_by: None,
            changes_meaning: matters && !is_zero(value),
            is_listed: false,
            note: None,
            path,
        }
    }

    /// A name that the tables hold, for other eras or as a well-known mistake.
    fn absent<'n>(
        &self,
        object: &Object,
        entry: &'static FieldSchema,
        value: &'n Node<'_>,
        path: Path,
    ) -> SchemaProblem<'n> {
        let replaced_by = self.replacement(object, entry, &path);
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

    /// The first replacement that this schema has.
    fn replacement(&self, object: &Object, entry: &'static FieldSchema, path: &Path) -> Option<Path> {
        entry.absence.replaced_by.iter().find_map(|target| {
            if target.starts_with("spec.") {
                return self.has(target).then(|| Path::dotted(target));
            }
            let first = target.split('.').next().unwrap_or(target);
            object.property(first)?;
            Some(path.parent()?.join(target))
        })
    }
}

impl Object {
    /// Whether a name that is no field stays all the same. What the tables list stays nowhere that they are asked.
    fn keeps(&self, name: &str) -> bool {
        self.open && !(self.is_of_tables && self.table.is_some_and(|table| table.entry(name).is_some()))
    }
}

fn missing_in_object(object: &Object, node: &Node<'_>, trail: &Trail<'_>, visit: &mut dyn FnMut(&Trail<'_>)) {
    let Some(map) = node.as_map() else { return };
    for (key, value) in map.iter() {
        if matches!(value, Node::Map(_) | Node::List(_))
            && let Some(property) = object.property(key)
        {
            missing_in_value(&property.value, value, &trail.key(key), visit);
        }
    }
    for property in &object.properties {
        if is_missing(property, map) {
            visit(&trail.key(&property.name));
        }
    }
}

fn missing_in_value(value: &Type, node: &Node<'_>, trail: &Trail<'_>, visit: &mut dyn FnMut(&Trail<'_>)) {
    match (value, node) {
        (Type::Object(object), _) => missing_in_object(object, node, trail, visit),
        (Type::List { item, .. }, Node::List(values)) => {
            for (index, value) in values.iter().enumerate() {
                missing_in_value(item, value, &trail.index(index), visit);
            }
        }
        (Type::Map(each), Node::Map(map)) => {
            for (key, value) in map.iter() {
                missing_in_value(each, value, &trail.key(key), visit);
            }
        }
        _ => {}
    }
}

fn is_missing(property: &Property, map: &Map<'_>) -> bool {
    property.required && map.get(&property.name).is_none_or(Node::is_null)
}

/// What the schema has at a place.
#[derive(Clone, Copy)]
enum Place<'s> {
    Object(&'s Object),
    Map(&'s Type),
    List(&'s Type),
    Scalar,
}

impl<'s> Place<'s> {
    fn of(value: &'s Type) -> Self {
        match value {
            Type::Object(object) => Self::Object(object),
            Type::Map(each) => Self::Map(each),
            Type::List { item, .. } => Self::List(item),
            _ => Self::Scalar,
        }
    }
}

struct Checker<'n> {
    schema: &'n StructuralSchema,
    problems: Vec<SchemaProblem<'n>>,
}

impl<'n> Checker<'n> {
    fn object(&mut self, object: &'n Object, node: &'n Node<'_>, trail: &Trail<'_>) {
        match node {
            Node::Map(map) => {
                self.entries(object, map, trail);
                self.required(object, map, trail);
            }
            Node::Null => {}
            _ => self.wrong_type("a mapping", node, trail),
        }
    }

    fn entries(&mut self, object: &'n Object, map: &'n Map<'_>, trail: &Trail<'_>) {
        for (key, value) in map.iter() {
            let below = trail.key(key);
            match object.property(key) {
                Some(_) if value.is_null() => {}
                Some(property) => self.value(&property.value, value, &below),
                None if object.keeps(key) => {}
                None => self.unknown(Some(object), value, &below),
            }
        }
    }

    fn required(&mut self, object: &'n Object, map: &Map<'_>, trail: &Trail<'_>) {
        for property in &object.properties {
            if is_missing(property, map) {
                self.problems.push(SchemaProblem::Required {
                    path: trail.key(&property.name).path(),
                });
            }
        }
    }

    fn value(&mut self, value: &'n Type, node: &'n Node<'_>, trail: &Trail<'_>) {
        match (value, node) {
            (Type::Object(object), Node::Map(_)) => self.object(object, node, trail),
            (Type::Anything, _) | (Type::Boolean, Node::Bool(_)) | (Type::Number, Node::Number(_)) => {}
            (Type::String(of), Node::String(text)) => self.string(of, text, trail),
            (Type::Integer { minimum, maximum }, Node::Number(text)) => self.integer(text, *minimum, *maximum, trail),
            (Type::IntOrString { .. }, Node::Number(text)) if integer_value(text).is_some() => {}
            (Type::IntOrString { pattern }, Node::String(text)) => self.pattern(pattern.as_ref(), text, trail),
            (Type::List { item, has_nulls }, Node::List(values)) => {
                for (index, value) in values.iter().enumerate() {
                    if !(*has_nulls && value.is_null()) {
                        self.value(item, value, &trail.index(index));
                    }
                }
            }
            (Type::Map(each), Node::Map(map)) => {
                for (key, value) in map.iter().filter(|(_, value)| !value.is_null()) {
                    self.value(each, value, &trail.key(key));
                }
            }
            _ => self.wrong_type(value.name(), node, trail),
        }
    }

    fn string(&mut self, of: &'n Text, text: &'n str, trail: &Trail<'_>) {
        if !of.allows(text) {
            self.problems.push(SchemaProblem::NotInEnum {
                path: trail.path(),
                value: text,
                allowed: of.allowed.iter().map(AsRef::as_ref).collect(),
            });
        }
        // No character is shorter than a byte, so a short text needs no count.
        if let Some(maximum) = of.max_length.filter(|maximum| text.len() > *maximum) {
            let length = text.chars().count();
            if length > maximum {
                self.problems.push(SchemaProblem::TooLong {
                    path: trail.path(),
                    length,
                    maximum,
                });
            }
        }
        self.pattern(of.pattern.as_ref(), text, trail);
    }

    fn pattern(&mut self, pattern: Option<&'n TextPattern>, value: &'n str, trail: &Trail<'_>) {
        if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(value)) {
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

    fn unknown(&mut self, siblings: Option<&Object>, value: &'n Node<'_>, trail: &Trail<'_>) {
        let problem = self.schema.dropped(siblings, value, trail.last_key(), trail.path());
        self.problems.push(problem);
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
