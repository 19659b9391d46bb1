//! What the structural schema of the API server says of an object, and what the API server would drop without a word.

use super::era::{Era, EraSet};
use super::pattern::Pattern;
use super::suggest;
use super::table::{FieldSchema, Kind, ObjectSchema, Shape, field};
use crate::document::{Map, Node, Path};

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
            "spec" => checker.object(
                &schema.spec,
                value,
                &Trail {
                    above: None,
                    step: Step::Key("spec"),
                },
            ),
            _ => checker.unknown(
                None,
                value,
                &Trail {
                    above: None,
                    step: Step::Key(key),
                },
            ),
        }
    }
    checker.problems
}

/// The way down to a value, on the stack; it becomes a path only when there is something to report.
#[derive(Clone, Copy)]
struct Trail<'t> {
    above: Option<&'t Trail<'t>>,
    step: Step<'t>,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    Key(&'t str),
    Index(usize),
}

impl<'t> Trail<'t> {
    fn key(&'t self, key: &'t str) -> Trail<'t> {
        Trail {
            above: Some(self),
            step: Step::Key(key),
        }
    }

    fn index(&'t self, index: usize) -> Trail<'t> {
        Trail {
            above: Some(self),
            step: Step::Index(index),
        }
    }

    fn path(&self) -> Path {
        let above = self.above.map(Trail::path).unwrap_or_default();
        match self.step {
            Step::Key(key) => above.key(key),
            Step::Index(index) => above.index(index),
        }
    }

    fn last_key(&self) -> &'t str {
        match self.step {
            Step::Key(key) => key,
            Step::Index(_) => "",
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
            if entry.required.contains(self.era) && map.get(entry.name).is_none_or(Node::is_null) {
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

    /// A name that the table does not hold at all.
    fn unknown(&mut self, siblings: Option<&'static ObjectSchema>, value: &'n Node<'_>, trail: &Trail<'_>) {
        let path = trail.path();
        let suggestion = suggest::meant(self.kind, self.era, siblings, &path, trail.last_key());
        let matters = suggestion
            .as_ref()
            .is_some_and(|(_, entry)| entry.absence.changes_meaning);
        self.problems.push(SchemaProblem::Unknown {
            value: value.scalar_text(),
            did_you_mean: suggestion.map(|(meant, _)| meant),
            replaced_by: None,
            changes_meaning: matters && !is_zero(value),
            note: None,
            path,
        });
    }

    /// A name that the table holds, for other eras or as a well-known mistake.
    fn absent(
        &mut self,
        schema: &'static ObjectSchema,
        entry: &'static FieldSchema,
        value: &'n Node<'_>,
        trail: &Trail<'_>,
    ) {
        let path = trail.path();
        let replaced_by = self.replacement(schema, entry, &path);
        let is_harmless = value
            .scalar_text()
            .is_some_and(|text| entry.absence.harmless_values.contains(&text));
        let changes_meaning = entry.absence.changes_meaning && !is_harmless && !is_zero(value);
        let (eras_with_it, note) = (entry.eras(), entry.absence.note);
        self.problems.push(if eras_with_it.is_empty() {
            SchemaProblem::Unknown {
                path,
                value: value.scalar_text(),
                did_you_mean: None,
                replaced_by,
                changes_meaning,
                note,
            }
        } else {
            SchemaProblem::OtherVersion {
                path,
                eras_with_it,
                replaced_by,
                changes_meaning,
                note,
            }
        });
    }

    /// The first replacement that this era has.
    fn replacement(&self, schema: &'static ObjectSchema, entry: &'static FieldSchema, path: &Path) -> Option<Path> {
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
