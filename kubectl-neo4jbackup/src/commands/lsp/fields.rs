//! What is known of a field, for the person who types it: of the definitions that are given, or else of the tables.

mod looks;

use neo4jbackup_core::document::{Map, Node, Segment};
use neo4jbackup_core::operator::Operator;
use neo4jbackup_core::schema::{Era, EraSet, FieldSchema, Kind, ObjectSchema, Shape};

pub(super) use self::looks::Looks;
use super::definitions::Definitions;

/// What fields are known by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schemas<'d> {
    pub(super) operator: Option<Operator>,
    pub(super) definitions: &'d Definitions,
}

impl<'d> Schemas<'d> {
    /// Returns `None` for an object of no kind of the operator's.
    pub(super) fn reader(self, api_version: &str, kind: &str) -> Option<Reader<'d>> {
        let (group, version) = api_version.split_once('/').unwrap_or_default();
        let known = Kind::of_group(group, kind);
        // Nobody has to write the first line first.
        let kind = known.or_else(|| Kind::named(kind).filter(|_| api_version.is_empty()))?;
        let era = match self.operator {
            Some(operator) => operator.era(),
            None => Era::newest_for(version).unwrap_or(Era::NEWEST),
        };
        let version = if version.is_empty() { era.api_version() } else { version };
        let given = self.definitions.get(kind, version);
        let is_there = given.is_some() || kind.schema().eras.contains(era);
        is_there.then_some(Reader { kind, era, given })
    }
}

/// The kind of a document and the schema by which it is read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'d> {
    pub(super) kind: Kind,
    era: Era,
    /// The definition of `spec`, where one is given.
    given: Option<&'d Node<'static>>,
}

/// A field.
pub(super) struct Known<'d> {
    pub(super) name: &'d str,
    pub(super) looks: Looks,
    pub(super) is_required: bool,
    /// The page, in Markdown.
    pub(super) page: String,
}

/// What a schema has at a place; a shape is never that of an object.
#[derive(Clone, Copy)]
enum Place<'d> {
    Object(&'static ObjectSchema),
    Shape(&'static Shape),
    Given(&'d Node<'static>),
}

impl<'d> Reader<'d> {
    /// The fields of the object at a path.
    pub(super) fn fields(self, path: &[Segment]) -> Vec<Known<'d>> {
        let names: Vec<&'d str> = match self.place(path) {
            Some(Place::Object(object)) => object.fields.iter().map(|field| field.name).collect(),
            Some(Place::Given(schema)) => {
                let properties = schema.get("properties").and_then(Node::as_map);
                properties
                    .map(Map::iter)
                    .into_iter()
                    .flatten()
                    .map(|(name, _)| name)
                    .collect()
            }
            Some(Place::Shape(_)) | None => Vec::new(),
        };
        let fields = names.into_iter().filter_map(|name| self.known(path, name));
        fields.collect()
    }

    /// What the value at a path looks like.
    pub(super) fn looks(self, path: &[Segment]) -> Option<Looks> {
        match self.place(path)? {
            Place::Object(_) => None,
            Place::Shape(shape) => Some(Looks::of_shape(shape)),
            Place::Given(schema) => Some(Looks::of_schema(schema)),
        }
    }

    /// The page of the field at a path, also of one that this schema lacks and another has.
    pub(super) fn page(self, path: &[Segment]) -> Option<String> {
        let (Segment::Key(name), above) = path.split_last()? else {
            return None;
        };
        let known = self.known(above, name).map(|known| known.page);
        known.or_else(|| self.absent(path, self.row(above, name)?))
    }

    fn known(self, above: &[Segment], name: &str) -> Option<Known<'d>> {
        let row = self.row(above, name);
        let (name, looks, is_required, text, remark) = match self.place(above)? {
            Place::Object(object) => {
                let row = object.entry(name)?;
                let looks = Looks::of_shape(row.shape(self.era)?);
                let some = row.eras() != self.kind.schema().eras;
                let remark = some.then(|| format!("A field of {} only.", row.eras()));
                (row.name, looks, row.required.contains(self.era), row.text, remark)
            }
            Place::Given(schema) => {
                let properties = schema.get("properties")?.as_map()?;
                let (name, field) = properties.iter().find(|(known, _)| *known == name)?;
                let required = schema.get("required").and_then(Node::as_list).unwrap_or_default();
                let is_required = required.iter().any(|required| required.as_str() == Some(name));
                let of_tables = || row.map_or("", |row| row.text);
                let text = field
                    .get("description")
                    .and_then(Node::as_str)
                    .unwrap_or_else(of_tables);
                let remark = "By the definition that `--crds` names.".to_owned();
                (name, Looks::of_schema(field), is_required, text, Some(remark))
            }
            Place::Shape(_) => return None,
        };
        let mut page = format!("{}: {}", self.title(above, name), looks.type_name);
        if is_required {
            page.push_str(", required");
        }
        page.push_str(&format!("\n\n{text}\n"));
        if looks.is_text && !looks.words.is_empty() {
            page.push_str(&format!("\nOne of: {}\n", code_list(&looks.words)));
        }
        if let Some(default) = &looks.default {
            page.push_str(&format!("\nUnless given: `{default}`\n"));
        }
        if let Some(remark) = remark {
            page.push_str(&format!("\n{remark}\n"));
        }
        Some(Known {
            name,
            looks,
            is_required,
            page,
        })
    }

    /// The page of a field that is in the tables and not in this schema.
    fn absent(self, path: &[Segment], row: &'static FieldSchema) -> Option<String> {
        let (_, above) = path.split_last()?;
        let lacking = match self.given {
            Some(_) => "the definition that `--crds` names".to_owned(),
            None => EraSet::of(self.era).to_string(),
        };
        let there_is = match row.eras() {
            eras if eras.is_empty() => "no operator version has it".to_owned(),
            eras => format!("it is one of {eras}"),
        };
        let title = self.title(above, row.name);
        let mut page = format!("{title}\n\nNo field of {lacking}: {there_is}.\n");
        if !row.absence.replaced_by.is_empty() {
            page.push_str(&format!("\nInstead: {}\n", code_list(row.absence.replaced_by)));
        }
        if let Some(note) = row.absence.note {
            page.push_str(&format!("\n{note}\n"));
        }
        Some(page)
    }

    fn title(self, above: &[Segment], name: &str) -> String {
        let path = neo4jbackup_core::document::Path(above.to_vec()).key(name);
        format!("**{path}** of {}", self.kind.name())
    }

    /// What the schema has at a path.
    fn place(self, path: &[Segment]) -> Option<Place<'d>> {
        let spec = match self.given {
            Some(spec) => Place::Given(spec),
            None => Place::Object(&self.kind.schema().spec),
        };
        self.below_spec(spec, path)
    }

    /// What the tables have of a field.
    fn row(self, above: &[Segment], name: &str) -> Option<&'static FieldSchema> {
        match self.below_spec(Place::Object(&self.kind.schema().spec), above)? {
            Place::Object(object) => object.entry(name),
            _ => None,
        }
    }

    fn below_spec<'p>(self, spec: Place<'p>, path: &[Segment]) -> Option<Place<'p>> {
        let (first, rest) = path.split_first()?;
        let mut place = Some(spec).filter(|_| *first == Segment::Key("spec".to_owned()))?;
        for segment in rest {
            place = place.below(segment, self.era)?;
        }
        Some(place)
    }
}

impl Place<'_> {
    fn below(self, segment: &Segment, era: Era) -> Option<Self> {
        match (self, segment) {
            (Self::Object(object), Segment::Key(key)) => object.entry(key)?.shape(era).map(Self::of),
            (Self::Shape(Shape::List { item, .. }), Segment::Index(_)) => Some(Self::of(item)),
            (Self::Shape(Shape::Map(value)), Segment::Key(_)) => Some(Self::of(value)),
            (Self::Given(schema), Segment::Key(key)) => {
                let property = schema.get("properties").and_then(|properties| properties.get(key));
                property.or_else(|| schema.get("additionalProperties")).map(Self::Given)
            }
            (Self::Given(schema), Segment::Index(_)) => schema.get("items").map(Self::Given),
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

fn code_list<W: AsRef<str>>(words: &[W]) -> String {
    let words = words.iter().map(|word| format!("`{}`", word.as_ref()));
    words.collect::<Vec<_>>().join(", ")
}
