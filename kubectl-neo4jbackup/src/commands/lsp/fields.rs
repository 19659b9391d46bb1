//! What the tables say of a field: for the person who types it.

use neo4jbackup_core::document::Segment;
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::{Era, EraSet, FieldSchema, Kind, Literal, ObjectSchema, Shape};

/// The kind of a document and the schema by which it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader {
    pub(super) kind: Kind,
    pub(super) era: Era,
}

impl Reader {
    /// Returns `None` for an object of no kind of the operator's.
    pub(super) fn of(api_version: &str, kind: &str, operator: Option<Operator>) -> Option<Self> {
        let (group, version) = api_version.split_once('/').unwrap_or_default();
        let known = Kind::of_group(group, kind);
        // Nobody has to write the first line first.
        let kind = known.or_else(|| Kind::named(kind).filter(|_| api_version.is_empty()))?;
        let era = match operator {
            Some(operator) => operator.era(),
            None => Era::newest_for(version).unwrap_or(Era::NEWEST),
        };
        kind.schema().eras.contains(era).then_some(Self { kind, era })
    }

    /// The shape of what stands at a path.
    pub(super) fn shape(self, path: &[Segment]) -> Option<Place> {
        let Some((Segment::Key(first), rest)) = path.split_first() else {
            return None;
        };
        if first != "spec" {
            return None;
        }
        let mut place = Place::Object(&self.kind.schema().spec);
        for segment in rest {
            place = place.below(segment, self.era)?;
        }
        Some(place)
    }

    /// The field at a path.
    pub(super) fn field(self, path: &[Segment]) -> Option<&'static FieldSchema> {
        let (Segment::Key(name), above) = path.split_last()? else {
            return None;
        };
        match self.shape(above)? {
            Place::Object(object) => object.entry(name),
            Place::Shape(_) => None,
        }
    }
}

/// What the tables have at a place; [`Place::Shape`] is never that of an object.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Object(&'static ObjectSchema),
    Shape(&'static Shape),
}

impl Place {
    fn below(self, segment: &Segment, era: Era) -> Option<Self> {
        match (self, segment) {
            (Self::Object(object), Segment::Key(key)) => object.entry(key)?.shape(era).map(Self::of),
            (Self::Shape(Shape::List { item, .. }), Segment::Index(_)) => Some(Self::of(item)),
            (Self::Shape(Shape::Map(value)), Segment::Key(_)) => Some(Self::of(value)),
            _ => None,
        }
    }

    fn of(shape: &'static Shape) -> Self {
        match shape {
            Shape::Object(object) => Self::Object(object),
            other => Self::Shape(other),
        }
    }
}

/// What a shape is called.
pub(super) fn type_name(shape: &Shape) -> String {
    match shape {
        Shape::Boolean { .. } => "true or false".to_owned(),
        Shape::Integer { minimum, maximum } => match (minimum, maximum) {
            (Some(minimum), Some(maximum)) => format!("number from {minimum} to {maximum}"),
            (Some(minimum), None) => format!("number from {minimum}"),
            (None, Some(maximum)) => format!("number to {maximum}"),
            (None, None) => "number".to_owned(),
        },
        Shape::String {
            format: Some(format), ..
        } => format!("text ({format})"),
        Shape::String { .. } => "text".to_owned(),
        Shape::Quantity => "quantity".to_owned(),
        Shape::Object(_) => "object".to_owned(),
        Shape::List { item, .. } => format!("list of {}", type_name(item)),
        Shape::Map(_) => "map".to_owned(),
    }
}

/// The page of a field, in Markdown.
pub(super) fn page(reader: Reader, path: &str, field: &FieldSchema) -> String {
    let Reader { kind, era } = reader;
    let mut page = format!("**{path}** of {}", kind.name());
    if let Some(shape) = field.shape(era) {
        page.push_str(&format!(": {}", type_name(shape)));
        if field.required.contains(era) {
            page.push_str(", required");
        }
        page.push_str(&format!("\n\n{}\n", field.text));
        if let Shape::String { allowed, .. } = shape
            && !allowed.is_empty()
        {
            page.push_str(&format!("\nOne of: {}\n", code_list(allowed)));
        }
        if let Some(default) = shape.default_value() {
            page.push_str(&format!("\nUnless given: `{}`\n", literal(default)));
        }
    } else {
        let there_is = match field.eras() {
            eras if eras.is_empty() => "no operator version has it".to_owned(),
            eras => format!("it is one of {eras}"),
        };
        page.push_str(&format!("\n\nNo field of {}: {there_is}.\n", EraSet::of(era)));
        if !field.absence.replaced_by.is_empty() {
            page.push_str(&format!("\nInstead: {}\n", code_list(field.absence.replaced_by)));
        }
        if let Some(note) = field.absence.note {
            page.push_str(&format!("\n{note}\n"));
        }
    }
    if field.shape(era).is_some() && field.eras() != kind.schema().eras {
        page.push_str(&format!("\nA field of {} only.\n", field.eras()));
    }
    page
}

fn code_list(words: &[&str]) -> String {
    let words = words.iter().map(|word| format!("`{word}`"));
    words.collect::<Vec<_>>().join(", ")
}

/// A default as it is written.
pub(super) fn literal(literal: Literal) -> String {
    match literal {
        Literal::Bool(value) => value.to_string(),
        Literal::String(text) => text.to_owned(),
    }
}
