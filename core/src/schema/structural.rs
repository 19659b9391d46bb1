//! What the API server takes of a kind, as a tree to walk: made of the table of an era, or of what a cluster serves.

use std::borrow::Cow;
use std::sync::OnceLock;

use super::pattern::TextPattern;
use super::table::{Kind, ObjectSchema, Shape};
use crate::document::{Path, Segment};
use crate::operator::Era;

/// The structural schema of a kind. Beside it stand the names that only the tables have, with what is to be said of them.
#[derive(Debug, PartialEq)]
pub struct StructuralSchema {
    pub(super) spec: Object,
}

/// The fields of an object.
#[derive(Debug)]
pub(super) struct Object {
    /// Sorted by name.
    pub(super) properties: Vec<Property>,
    /// Whether other names are kept as they are.
    pub(super) open: bool,
    /// Whether the fields are those that the tables have, who leave some out of some objects but none of those that they
    /// name for another era.
    pub(super) is_of_tables: bool,
    /// What the tables have at this place.
    pub(super) table: Option<&'static ObjectSchema>,
}

/// A field.
#[derive(Debug, PartialEq)]
pub(super) struct Property {
    pub(super) name: Cow<'static, str>,
    /// Whether the API server refuses an object without it.
    pub(super) required: bool,
    pub(super) value: Type,
}

/// What a value must look like.
#[derive(Debug, PartialEq)]
pub(super) enum Type {
    /// Nothing is asked of it, or nothing that can be checked.
    Anything,
    /// `true` or `false`.
    Boolean,
    /// An integer between two others, both included.
    Integer { minimum: i64, maximum: i64 },
    /// A number with or without a fraction.
    Number,
    /// A string.
    String(Text),
    /// An integer, or a string that matches.
    IntOrString { pattern: Option<TextPattern> },
    /// An object with these fields.
    Object(Object),
    /// A list.
    List { item: Box<Type>, has_nulls: bool },
    /// A mapping from any key.
    Map(Box<Type>),
}

/// What a string must look like.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Text {
    /// The only values; empty when any is good.
    pub(super) allowed: Vec<Cow<'static, str>>,
    pub(super) pattern: Option<TextPattern>,
    /// Whether it is of some format, such as `date-time`.
    pub(super) has_format: bool,
    /// The greatest length, in characters.
    pub(super) max_length: Option<usize>,
}

impl PartialEq for Object {
    /// The same fields; what is to be said of others does not count.
    fn eq(&self, other: &Self) -> bool {
        self.open == other.open && self.properties == other.properties
    }
}

/// What stands at a place.
#[derive(Clone, Copy)]
enum Place<'s> {
    Object(&'s Object),
    Value(&'s Type),
}

impl StructuralSchema {
    /// Returns what the tables say of a kind in an era, or `None` if the era lacks the kind. Made once, when it is first
    /// asked for.
    pub fn of_era(kind: Kind, era: Era) -> Option<&'static Self> {
        type Made = [[OnceLock<StructuralSchema>; Era::ALL.len()]; Kind::ALL.len()];
        static MADE: Made = [const { [const { OnceLock::new() }; Era::ALL.len()] }; Kind::ALL.len()];
        let table = kind.schema();
        let made = table
            .eras
            .contains(era)
            .then(|| MADE.get(kind as usize)?.get(era as usize))??;
        Some(made.get_or_init(|| Self {
            spec: Object::of_table(&table.spec, era),
        }))
    }

    /// Returns whether there is a field at a dotted path of plain keys, `spec.storage.bucket`.
    pub(super) fn has(&self, dotted: &str) -> bool {
        self.find(dotted.split('.').map(Step::Key)).is_some()
    }

    /// Returns whether the field at `path` takes a text, as far as that can be checked. Text for a field of a format is none
    /// that another program could have meant.
    pub(crate) fn takes_text(&self, path: &Path, text: &str) -> bool {
        let steps = path.0.iter().map(|segment| match segment {
            Segment::Key(key) => Step::Key(key),
            Segment::Index(_) => Step::Index,
        });
        match self.find(steps) {
            Some(Place::Value(Type::String(of))) => {
                !of.has_format && of.allows(text) && of.pattern.as_ref().is_none_or(|pattern| pattern.matches(text))
            }
            _ => true,
        }
    }

    fn find<'s, 'p>(&'s self, steps: impl Iterator<Item = Step<'p>>) -> Option<Place<'s>> {
        let mut steps = steps;
        let Step::Key("spec") = steps.next()? else { return None };
        let mut place = Place::Object(&self.spec);
        for step in steps {
            let below = match (place, step) {
                (Place::Object(object) | Place::Value(Type::Object(object)), Step::Key(key)) => {
                    &object.property(key)?.value
                }
                (Place::Value(Type::Map(each)), Step::Key(_)) => each,
                (Place::Value(Type::List { item, .. }), Step::Index) => item,
                _ => return None,
            };
            place = Place::Value(below);
        }
        Some(place)
    }

    /// Visits the dotted path of each field, lists and maps left out of it.
    pub(super) fn each_field<'s>(&'s self, visit: &mut dyn FnMut(&[&'s str])) {
        self.spec.each_field(&mut vec!["spec"], visit);
    }
}

/// One step down.
enum Step<'p> {
    Key(&'p str),
    Index,
}

impl Object {
    fn of_table(table: &'static ObjectSchema, era: Era) -> Self {
        let properties = table.fields.iter().filter_map(|entry| {
            Some(Property {
                name: entry.name.into(),
                required: entry.required.contains(era),
                value: Type::of_table(entry.shape(era)?, era),
            })
        });
        Self {
            properties: properties.collect(),
            open: table.open,
            is_of_tables: true,
            table: Some(table),
        }
    }

    /// Returns a field by its name.
    pub(super) fn property(&self, name: &str) -> Option<&Property> {
        let index = self
            .properties
            .binary_search_by(|property| property.name.as_ref().cmp(name))
            .ok()?;
        self.properties.get(index)
    }

    fn each_field<'s>(&'s self, way: &mut Vec<&'s str>, visit: &mut dyn FnMut(&[&'s str])) {
        for property in &self.properties {
            way.push(&property.name);
            visit(way);
            let mut value = &property.value;
            while let Type::List { item: below, .. } | Type::Map(below) = value {
                value = below;
            }
            if let Type::Object(below) = value {
                below.each_field(way, visit);
            }
            way.pop();
        }
    }
}

impl Type {
    fn of_table(shape: &'static Shape, era: Era) -> Self {
        match shape {
            Shape::Boolean { .. } => Self::Boolean,
            Shape::Integer { minimum, maximum } => Self::Integer {
                minimum: minimum.unwrap_or(i32::MIN.into()),
                maximum: maximum.unwrap_or(i32::MAX.into()),
            },
            Shape::String {
                allowed,
                pattern,
                format,
                max_length,
                ..
            } => Self::String(Text {
                allowed: allowed.iter().copied().map(Cow::Borrowed).collect(),
                pattern: pattern.map(TextPattern::Known),
                has_format: format.is_some(),
                max_length: *max_length,
            }),
            Shape::Quantity => Self::IntOrString {
                pattern: Some(TextPattern::QUANTITY),
            },
            Shape::Object(table) => Self::Object(Object::of_table(table, era)),
            Shape::List { item, .. } => Self::List {
                item: Box::new(Self::of_table(item, era)),
                has_nulls: false,
            },
            Shape::Map(each) => Self::Map(Box::new(Self::of_table(each, era))),
        }
    }

    /// What a person calls this type.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Anything => "anything",
            Self::Boolean => "a boolean",
            Self::Integer { .. } => "an integer",
            Self::Number => "a number",
            Self::String(_) => "a string",
            Self::IntOrString { .. } => "an integer or a string",
            Self::Object(_) | Self::Map(_) => "a mapping",
            Self::List { .. } => "a list",
        }
    }
}

impl Text {
    /// Returns whether a text is one of the allowed ones.
    pub(super) fn allows(&self, text: &str) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed == text)
    }
}
